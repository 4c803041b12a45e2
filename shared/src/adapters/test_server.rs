//! An HTTP server for the clients' tests: it answers as it is told and remembers what it was asked.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A header; empty when absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// How a streamed body ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// As it should.
    Closed,
    /// The connection breaks.
    Broken,
    /// Nothing more comes.
    Silent,
}

enum How {
    Streamed(Vec<Vec<u8>>, End),
    Whole,
    Dropped,
    Cut,
    Never,
}

/// What the server answers.
pub(crate) struct Reply {
    how: How,
    yields: usize,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self { how: How::Whole, yields: 0, status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::text(status, "application/json;charset=UTF-8", &body.to_string())
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::text(status, "text/html; charset=utf-8", body)
    }

    pub(crate) fn text(status: u16, media: &str, body: &str) -> Self {
        Self { body: body.as_bytes().to_vec(), ..Self::status(status) }.with("content-type", media)
    }

    /// The connection ends without an answer.
    pub(crate) fn dropped() -> Self {
        Self { how: How::Dropped, ..Self::status(0) }
    }

    /// The connection ends in the middle of the body.
    pub(crate) fn cut() -> Self {
        Self { how: How::Cut, ..Self::text(200, "application/json", "{\"half\":") }
    }

    /// A body in pieces.
    pub(crate) fn streamed(media: &str, pieces: Vec<Vec<u8>>, end: End) -> Self {
        Self { how: How::Streamed(pieces, end), ..Self::status(200) }.with("content-type", media)
    }

    /// Nothing is ever answered.
    pub(crate) fn never() -> Self {
        Self { how: How::Never, ..Self::status(0) }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets other tasks go first this many times.
    pub(crate) fn after_yields(mut self, yields: usize) -> Self {
        self.yields = yields;
        self
    }
}

#[derive(Default)]
struct Journal {
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

/// The server; it ends when it is dropped.
pub(crate) struct TestServer {
    address: SocketAddr,
    journal: Arc<Journal>,
    task: JoinHandle<Infallible>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TestServer {
    pub(crate) async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let journal = Arc::new(Journal::default());
        let answer = Arc::new(answer);
        let shared = Arc::clone(&journal);
        let task = tokio::spawn(async move {
            loop {
                if let Ok((stream, _)) = listener.accept().await {
                    shared.connections.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(serve(stream, Arc::clone(&shared), Arc::clone(&answer)));
                }
            }
        });
        Self { address, journal, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.journal.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.journal.connections.load(Ordering::SeqCst)
    }

    /// How many requests were under way at the same time, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.journal.most.load(Ordering::SeqCst)
    }
}

/// One request a connection: `Connection: close` keeps the count of connections meaningful.
async fn serve(mut stream: TcpStream, journal: Arc<Journal>, answer: Arc<impl Fn(&Request) -> Reply>) {
    let Some(request) = read(&mut stream).await else { return };
    let now = journal.now.fetch_add(1, Ordering::SeqCst) + 1;
    journal.most.fetch_max(now, Ordering::SeqCst);
    let reply = answer(&request);
    journal.requests.lock().unwrap().push(request);
    for _ in 0..reply.yields {
        tokio::task::yield_now().await;
    }
    journal.now.fetch_sub(1, Ordering::SeqCst);
    let length = match &reply.how {
        How::Whole => format!("content-length: {}", reply.body.len()),
        How::Cut => format!("content-length: {}", reply.body.len() + 1000),
        How::Streamed(..) => "transfer-encoding: chunked".to_owned(),
        How::Dropped => return,
        How::Never => return std::future::pending().await,
    };
    let mut head = format!("HTTP/1.1 {} Told\r\n{length}\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&reply.body).await;
    if let How::Streamed(pieces, end) = reply.how {
        let _ = stream.set_nodelay(true);
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
            let _ = stream.write_all(&chunk).await;
            tokio::task::yield_now().await;
        }
        match end {
            End::Closed => drop(stream.write_all(b"0\r\n\r\n").await),
            End::Broken => {}
            End::Silent => std::future::pending().await,
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let method = first.next()?.to_owned();
    let target = first.next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut request = Request { method, path: path.to_owned(), query: query.to_owned(), headers, body: bytes.split_off(end + 4) };
    let length: usize = request.header("content-length").parse().unwrap_or(0);
    while request.body.len() < length {
        if stream.read_buf(&mut request.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(request)
}
