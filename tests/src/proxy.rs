//! A way between two processes that a test can block: a TCP forwarder.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// What passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Everything.
    Open,
    /// Nothing, and nobody is told: connections stay as they are, as when a cable is cut.
    Stalled,
    /// What clients send, but no answer to it.
    Mute,
    /// Nothing: connections are closed and new ones are closed at once.
    Refused,
}

impl Way {
    fn lets_requests_pass(self) -> bool {
        self != Self::Stalled
    }

    fn lets_answers_pass(self) -> bool {
        self != Self::Stalled && self != Self::Mute
    }
}

/// A forwarder; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    ways: Arc<Ways>,
    _accepting: AbortOnDropHandle<()>,
}

/// What all connections look at.
#[derive(Debug)]
struct Ways {
    way: watch::Sender<Way>,
    /// After these bytes of a client no answer passes on its connection.
    trap: watch::Sender<Option<Vec<u8>>>,
}

impl Proxy {
    /// A forwarder to `target` on a free port.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let ways = Arc::new(Ways { way: watch::Sender::new(Way::Open), trap: watch::Sender::new(None) });
        let accepting = tokio::spawn(accept(listener, target, ways.clone()));
        Self { addr, ways, _accepting: AbortOnDropHandle::new(accepting) }
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// From now on this passes.
    pub fn set(&self, way: Way) {
        self.ways.way.send_replace(way);
    }

    /// From now on a client that has sent these bytes gets no answer to what it sends next: the server has it, and the answer
    /// waits. (A statement is sent before its values.)
    pub fn hold_answers_to_what_follows(&self, bytes: &str) {
        self.ways.trap.send_replace(Some(bytes.as_bytes().to_vec()));
    }

    /// Answers that were held arrive.
    pub fn release_answers(&self) {
        self.ways.trap.send_replace(None);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, ways: Arc<Ways>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        tokio::spawn(forward(client, target, ways.clone()));
    }
}

async fn forward(client: TcpStream, target: SocketAddr, ways: Arc<Ways>) {
    let mut changes = ways.way.subscribe();
    if changes.wait_for(|way| *way != Way::Stalled).await.is_err() || *ways.way.borrow() == Way::Refused {
        return;
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let is_held = AtomicBool::new(false);
    tokio::select! {
        () = carry_requests(from_client, to_server, &ways, &is_held) => {}
        () = carry_answers(from_server, to_client, &ways, &is_held) => {}
        _ = changes.wait_for(|way| *way == Way::Refused) => {}
    }
}

async fn carry_requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, ways: &Ways, is_held: &AtomicBool) {
    let (mut buffer, mut changes, mut is_next) = (vec![0; 64 * 1024], ways.way.subscribe(), false);
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if changes.wait_for(|way| way.lets_requests_pass()).await.is_err() {
            return;
        }
        if is_next {
            // Before the server can answer.
            is_held.store(true, Ordering::SeqCst);
        }
        let bytes = &buffer[..read];
        is_next = ways.trap.borrow().as_ref().is_some_and(|wanted| contains(bytes, wanted));
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn carry_answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, ways: &Ways, is_held: &AtomicBool) {
    let (mut buffer, mut changes, mut releases) = (vec![0; 64 * 1024], ways.way.subscribe(), ways.trap.subscribe());
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let passes = changes.wait_for(|way| way.lets_answers_pass()).await.is_ok();
        if !passes || (is_held.load(Ordering::SeqCst) && releases.wait_for(Option::is_none).await.is_err()) {
            return;
        }
        is_held.store(false, Ordering::SeqCst);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
