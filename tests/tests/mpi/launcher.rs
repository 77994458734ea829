use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::program::Done;

/// No job takes longer, by far; one that does hangs.
const LONGEST: Duration = Duration::from_mins(3);

/// A job of `mpiexec`. One runs after the other: ranks that wait for each other want cores.
pub(crate) struct Job {
    child: Option<Child>,
    _turn: MutexGuard<'static, ()>,
}

/// How many ranks, and what launches them.
pub(crate) fn mpiexec(n_ranks: usize, options: &[&str]) -> Command {
    let mut command = Command::new("mpiexec");
    // As many ranks as asked for on any machine, by any user, on any core.
    command.args(["--oversubscribe", "--allow-run-as-root", "--bind-to", "none"]).args(options);
    command.args(["-n", &n_ranks.to_string()]);
    command
}

impl Job {
    /// Starts `program` with `arguments` as what `command` launches.
    pub(crate) fn start(command: &mut Command, program: &Path, arguments: &[String]) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command
            .arg(program)
            .args(arguments)
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("mpiexec can be started; ./dev setup installs it");
        Self { child: Some(child), _turn: turn }
    }

    fn pid(&self) -> u32 {
        self.child.as_ref().expect("the job has not ended").id()
    }

    /// Sends a signal to mpiexec.
    pub(crate) fn signal(&self, signal: &str) {
        send(signal, self.pid());
    }

    /// Sends a signal to one rank alone.
    pub(crate) fn signal_rank(&self, rank: usize, signal: &str) {
        let mpiexec = self.pid().to_string();
        let listed = Command::new("pgrep").args(["-P", &mpiexec]).output().expect("pgrep can be started");
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let expected = format!("OMPI_COMM_WORLD_RANK={rank}");
        let is_rank = |pid: &&str| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|&byte| byte == 0).any(|variable| variable == expected.as_bytes())
        };
        let pid = listed.lines().find(is_rank).unwrap_or_else(|| panic!("no rank {rank} among: {listed}"));
        send(signal, pid.parse().expect("a process number"));
    }

    /// Waits for the end; a job that hangs is killed, and fails the test.
    pub(crate) fn finish(mut self) -> Done {
        let child = self.child.take().expect("the job has not ended");
        let pid = child.id();
        let (done, ended) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(child.wait_with_output()));
        let Ok(output) = ended.recv_timeout(LONGEST) else {
            send("-KILL", pid);
            panic!("the job has not ended after {LONGEST:?}");
        };
        let output = output.expect("mpiexec can be waited for");
        Done {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Waits until `is_due` says so.
    pub(crate) fn wait_until(&mut self, is_due: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_due() {
            let ended = self.child.as_mut().expect("the job runs").try_wait().expect("mpiexec can be asked");
            assert!(ended.is_none(), "the job ended before the moment came: {ended:?}");
            assert!(begun.elapsed() < LONGEST, "the moment never came");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn send(signal: &str, pid: u32) {
    let sent = Command::new("kill").args([signal, &pid.to_string()]).status().expect("kill can be started");
    assert!(sent.success(), "kill {signal} {pid}");
}
