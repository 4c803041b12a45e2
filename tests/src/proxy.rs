//! A way between two processes that a test can block: a TCP forwarder.

use std::net::SocketAddr;
use std::sync::Arc;

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
    /// Answers, but nothing that clients send.
    Deaf,
    /// What clients send, but no answer to it.
    Mute,
    /// Nothing: connections are closed and new ones are closed at once.
    Refused,
}

impl Way {
    fn lets_requests_pass(self) -> bool {
        self != Self::Stalled && self != Self::Deaf
    }

    fn lets_answers_pass(self) -> bool {
        self != Self::Stalled && self != Self::Mute
    }
}

/// A forwarder; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    way: Arc<watch::Sender<Way>>,
    trap: Arc<watch::Sender<Option<Vec<u8>>>>,
    _accepting: AbortOnDropHandle<()>,
}

impl Proxy {
    /// A forwarder to `target` on a free port.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let (way, trap) = (Arc::new(watch::Sender::new(Way::Open)), Arc::new(watch::Sender::new(None)));
        let accepting = tokio::spawn(accept(listener, target, way.clone(), trap.clone()));
        Self { addr, way, trap, _accepting: AbortOnDropHandle::new(accepting) }
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// From now on this passes.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// Stalls right after a client has sent something that follows these bytes: the server gets it, and the answer does
    /// not arrive. (A statement is sent before its values.)
    pub fn stall_after_what_follows(&self, bytes: &str) {
        self.trap.send_replace(Some(bytes.as_bytes().to_vec()));
    }

    /// Whether it stalls.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        *self.way.borrow() == Way::Stalled
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    way: Arc<watch::Sender<Way>>,
    trap: Arc<watch::Sender<Option<Vec<u8>>>>,
) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        tokio::spawn(forward(client, target, way.clone(), trap.clone()));
    }
}

async fn forward(client: TcpStream, target: SocketAddr, way: Arc<watch::Sender<Way>>, trap: Arc<watch::Sender<Option<Vec<u8>>>>) {
    let mut changes = way.subscribe();
    if changes.wait_for(|way| *way != Way::Stalled).await.is_err() || *way.borrow() == Way::Refused {
        return;
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        () = pump(from_client, to_server, &way, Way::lets_requests_pass, Some(&trap)) => {}
        () = pump(from_server, to_client, &way, Way::lets_answers_pass, None) => {}
        _ = changes.wait_for(|way| *way == Way::Refused) => {}
    }
}

/// Carries bytes one way until that side ends.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    way: &watch::Sender<Way>,
    passes: fn(Way) -> bool,
    trap: Option<&watch::Sender<Option<Vec<u8>>>>,
) {
    let (mut buffer, mut changes, mut is_next) = (vec![0; 64 * 1024], way.subscribe(), false);
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if changes.wait_for(|way| passes(*way)).await.is_err() {
            return;
        }
        let bytes = &buffer[..read];
        if is_next {
            // Before the server can answer.
            way.send_replace(Way::Stalled);
        }
        let is_sprung = |trap: &watch::Sender<_>| {
            trap.send_if_modified(|wanted: &mut Option<Vec<u8>>| wanted.take_if(|wanted| contains(bytes, wanted)).is_some())
        };
        is_next = trap.is_some_and(is_sprung);
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
