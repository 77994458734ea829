use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::http;

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server on a free port of this machine. It ends with this value, and with this process, however that ends.
pub(super) struct ServerProcess {
    pub(super) port: u16,
    child: Child,
    /// Ends the server as soon as nobody holds the other end of its input.
    watchdog: Child,
}

impl ServerProcess {
    /// Starts the server `name` by the command that `make` gives for a port, and waits until it answers.
    pub(super) fn start(name: &str, make: impl Fn(u16) -> Command) -> Self {
        // Between finding a free port and listening on it somebody else may have taken it.
        for _ in 0..5 {
            if let Some(server) = Self::try_start(name, &make) {
                return server;
            }
        }
        panic!("{name} does not start; see {}", log(name, 0).with_file_name("").display());
    }

    fn try_start(name: &str, make: &impl Fn(u16) -> Command) -> Option<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr()).expect("a port").port();
        let path = log(name, port);
        let output = File::create(&path).expect("a log file");
        let mut command = make(port);
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a log file"))
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}; hint: run ./dev setup"));
        let watchdog = Command::new("sh")
            .args(["-c", "read -r _; kill -KILL \"$1\" 2>/dev/null", "sh", &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh can be started");
        let mut server = Self { port, child, watchdog };
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if server.child.try_wait().expect("a state").is_some() {
                return None;
            }
            if http::request(port, "GET", "/").is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{name} does not answer: {}", std::fs::read_to_string(path).unwrap_or_default());
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(mut input) = self.watchdog.stdin.take() {
            let _ = input.write_all(b"\n");
        }
        let _ = self.watchdog.wait();
    }
}

fn log(name: &str, port: u16) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{port}.log"))
}
