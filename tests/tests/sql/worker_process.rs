use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::program::path_with_workers;

/// What workers of the tests want to see.
pub(super) const TOKEN: &str = "a token of the tests";

/// A `cobre worker` of its own process.
pub(super) struct WorkerProcess {
    child: Child,
    pub(super) url: String,
}

impl WorkerProcess {
    /// Starts a worker for a root, on a port that is free, or on `port`.
    pub(super) fn start(root: &str, port: u16) -> Self {
        let mut command = Command::new(path_with_workers());
        command
            .args(["worker", root, "--threads", "2", "--port", &port.to_string()])
            .env("COBRE_WORKER_TOKEN", TOKEN.replace(' ', "-"))
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("a worker starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let url = line.trim_end().strip_prefix("working at ").map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("{line:?} tells no address"));
        Self { child, url }
    }

    pub(super) fn port(&self) -> u16 {
        self.url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    /// Ends it without warning.
    pub(super) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
