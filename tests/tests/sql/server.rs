//! How the server starts, whom it refuses, what it survives, and how it ends. What it answers is for real drivers to test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{Done, cobre, command, finish};
use crate::setting::root;

/// The results of a small run.
fn results() -> &'static str {
    static RESULTS: OnceLock<(TempDir, String)> = OnceLock::new();
    let (_, path) = RESULTS.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().join("results").display().to_string();
        let case = root().join("datasets/toy").display().to_string();
        let done = cobre(&["run", &case, "--output", &output, "--quiet"]);
        assert_eq!(done.code, Some(0), "{}", done.err);
        (folder, output)
    });
    path
}

fn serve(arguments: &[&str]) -> Command {
    let mut command = command(&["serve"]);
    command.args(arguments).env_remove("COBRE_TOKEN");
    command
}

/// A server that must not start.
fn refused(arguments: &[&str]) -> Done {
    let done = finish(&mut serve(arguments));
    assert!(!done.err.contains("panicked"), "{}", done.err);
    done
}

struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    url: String,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let mut child = serve(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let url = line.trim_end().strip_prefix("listening on ").map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("{line:?} tells no address"));
        Self { child, out, url }
    }

    fn connect(&self) -> TcpStream {
        let address = self.url.rsplit('/').next().expect("an address");
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        stream
    }

    /// Whether somebody who speaks HTTP/2 is answered.
    fn answers(&self) -> bool {
        let mut stream = self.connect();
        // The greeting of a client, and settings that are empty.
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").expect("sent");
        let mut head = [0; 9];
        stream.read_exact(&mut head).is_ok() && head[3] == 4
    }

    /// Sends a signal; gives the exit code and what was printed besides.
    fn end(mut self, signal: &str) -> (Option<i32>, String, String) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).expect("text");
        self.child.stderr.take().expect("its messages").read_to_string(&mut err).expect("text");
        (self.child.wait().expect("it ends").code(), out, err)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_server_ends_in_order_and_tells_a_new_token_once() {
    for signal in ["-TERM", "-INT"] {
        let server = Server::start(&[results()]);
        assert!(server.url.starts_with("grpc://127.0.0.1:"), "{}", server.url);
        assert!(server.answers());
        let begun = Instant::now();
        let (code, out, err) = server.end(signal);
        assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
        assert!(begun.elapsed() < Duration::from_secs(8));
        let token = err.trim_end().rsplit(' ').next().expect("a word");
        assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
}

#[test]
fn a_token_of_ones_own_is_not_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, "0123456789abcdef\n").expect("a file");
    let path = file.display().to_string();
    let (code, _, err) = Server::start(&[results(), "--token-file", &path]).end("-TERM");
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let (code, _, err) = Server::start(&[results(), "--no-token"]).end("-TERM");
    assert_eq!((code, err.as_str()), (Some(0), ""));
    std::fs::write(&file, "short").expect("a file");
    let done = refused(&[results(), "--token-file", &path]);
    assert!(done.code == Some(1) && done.err.contains("at least 16"), "{}", done.err);
    assert_eq!(refused(&[results(), "--token-file", "/nowhere/token"]).code, Some(2));
}

#[test]
fn other_machines_are_not_let_in_by_chance() {
    let done = refused(&[results(), "--bind", "0.0.0.0"]);
    assert!(done.code == Some(1) && done.err.contains("TLS") && done.err.contains("--insecure"), "{}", done.err);
    let done = refused(&[results(), "--bind", "0.0.0.0", "--insecure", "--no-token"]);
    assert!(done.code == Some(1) && done.err.contains("token"), "{}", done.err);
    let (code, _, _) = Server::start(&[results(), "--bind", "0.0.0.0", "--insecure"]).end("-TERM");
    assert_eq!(code, Some(0));
}

#[test]
fn what_cannot_be_served_is_said_before_anybody_listens() {
    assert_eq!(refused(&[]).code, Some(1));
    assert_eq!(refused(&["/nowhere/at/all"]).code, Some(2));
    assert_eq!(refused(&["memory://x"]).code, Some(2));
    assert_eq!(refused(&[&format!("Base={}", results())]).code, Some(1));
    assert_eq!(refused(&[results(), results()]).code, Some(1), "both would be called study");
    assert_eq!(refused(&[&format!("{}#7", results())]).code, Some(2), "there is no run 7");
    assert_eq!(refused(&[results(), "--max-queries", "0"]).code, Some(1));
    assert_eq!(refused(&[results(), "--memory-limit", "much"]).code, Some(1));
    let no_certificate = root().join("Cargo.toml").display().to_string();
    let done = refused(&[results(), "--tls-cert", &no_certificate, "--tls-key", &no_certificate]);
    assert!(done.code == Some(1) && done.err.contains("certificate"), "{}", done.err);
    let server = Server::start(&[results()]);
    let port = server.url.rsplit(':').next().expect("a port");
    let done = refused(&[results(), "--port", port]);
    assert!(done.code == Some(1) && done.err.contains("cannot listen"), "{}", done.err);
}

#[test]
fn noise_on_the_port_is_survived() {
    let server = Server::start(&[results()]);
    let greeting = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let noises: [Vec<u8>; 6] = [
        Vec::new(),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        vec![0; 100_000],
        vec![0xff; 100_000],
        [greeting.as_slice(), &[0xff; 10_000]].concat(),
        // A frame of headers that are none.
        [greeting.as_slice(), b"\0\0\0\x04\0\0\0\0\0\0\x03\xe8\x01\x05\0\0\0\x01", &[0x80; 1000]].concat(),
    ];
    for noise in &noises {
        let mut stream = server.connect();
        // It may hang up before all is said.
        let _ = stream.write_all(noise);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let silent: Vec<TcpStream> = (0..100).map(|_| server.connect()).collect();
    assert!(server.answers());
    drop(silent);
    let (code, _, err) = server.end("-TERM");
    assert_eq!(code, Some(0), "{err}");
    assert!(!err.contains("panicked"), "{err}");
}
