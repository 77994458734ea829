use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The server gets it, the client gets the answer.
    Forward,
    /// The server never sees it; the client gets this status.
    Answer(u16),
    /// The server never sees it; the client sees the connection end.
    Close,
    /// The server does it; the client sees the connection end.
    DropAnswer,
    /// The server does it after this time.
    Delay(Duration),
    /// The server gets half of it and waits for the rest until the client goes away.
    Half,
}

type Plan = dyn Fn(usize, &str) -> Verdict + Send + Sync;

/// Stands between a client and a server that speaks HTTP, and spoils requests by their number.
pub(crate) struct FaultProxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: u16,
    plan: Box<Plan>,
    n_requests: AtomicUsize,
    /// First lines of the requests that were not just forwarded.
    spoiled: Mutex<Vec<String>>,
    closed: AtomicBool,
}

impl FaultProxy {
    /// A proxy for the server at the port `upstream`. The plan gets the number of a request and its first line.
    pub(crate) fn start(upstream: u16, plan: impl Fn(usize, &str) -> Verdict + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            upstream,
            plan: Box::new(plan),
            n_requests: AtomicUsize::new(0),
            spoiled: Mutex::default(),
            closed: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if accepting.closed.load(Ordering::SeqCst) {
                    return;
                }
                let serving = Arc::clone(&accepting);
                // A client that goes away in the middle is none of our business.
                std::thread::spawn(move || client.and_then(|client| serving.serve(client)));
            }
        });
        Self { port, shared }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Requests so far.
    pub(crate) fn n_requests(&self) -> usize {
        self.shared.n_requests.load(Ordering::SeqCst)
    }

    /// The first lines of the requests that were spoiled.
    pub(crate) fn spoiled(&self) -> Vec<String> {
        self.shared.spoiled.lock().expect("no panic while locked").clone()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port)); // Wakes the listener.
    }
}

impl Shared {
    /// One request of a client; the connection is not kept.
    fn serve(&self, client: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client);
        let Some(request) = Request::read(&mut reader)? else { return Ok(()) };
        let mut client = reader.into_inner();
        let verdict = (self.plan)(self.n_requests.fetch_add(1, Ordering::SeqCst), &request.first_line);
        if verdict != Verdict::Forward {
            self.spoiled.lock().expect("no panic while locked").push(request.first_line.clone());
        }
        match verdict {
            Verdict::Forward => client.write_all(&self.forward(&request)?),
            Verdict::Answer(status) => {
                write!(client, "HTTP/1.1 {status} Injected\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            }
            Verdict::Close => Ok(()),
            Verdict::DropAnswer => self.forward(&request).map(|_| ()),
            Verdict::Half => self.send_half(&request, &mut client),
            Verdict::Delay(time) => {
                std::thread::sleep(time);
                client.write_all(&self.forward(&request)?)
            }
        }
    }

    fn send_half(&self, request: &Request, client: &mut TcpStream) -> io::Result<()> {
        let mut server = TcpStream::connect(("127.0.0.1", self.upstream))?;
        server.write_all(&request.head)?;
        server.write_all(&request.body[..request.body.len() / 2])?;
        server.flush()?;
        client.read(&mut [0]).map(|_| ()) // Answers nothing before the client is gone.
    }

    /// The answer of the server.
    fn forward(&self, request: &Request) -> io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(("127.0.0.1", self.upstream))?;
        server.write_all(&request.head)?;
        server.write_all(&request.body)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

struct Request {
    first_line: String,
    /// With the wish that the connection be closed.
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    /// Reads a request; `None` when the client closes instead.
    fn read(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let mut first_line = String::new();
        if reader.read_line(&mut first_line)? == 0 {
            return Ok(None);
        }
        let mut head = first_line.clone().into_bytes();
        let mut n_bytes = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let (name, value) = line.split_once(':').unwrap_or_default();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => {
                    n_bytes =
                        value.trim().parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                }
                "connection" => continue,
                _ => {}
            }
            if line.trim().is_empty() {
                break;
            }
            head.extend_from_slice(line.as_bytes());
        }
        head.extend_from_slice(b"Connection: close\r\n\r\n");
        let mut body = vec![0; n_bytes];
        reader.read_exact(&mut body)?;
        Ok(Some(Self { first_line: first_line.trim().to_owned(), head, body }))
    }
}
