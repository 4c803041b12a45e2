//! Connections in: bounded, timed, encrypted when there is a certificate, and ended in good order.

mod patient;
mod seats;
mod turn;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use patient::{Patience, Patient};
use seats::{Seat, Seats};
use shared::adapters::webhook::Network;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use turn::{Answer, Turn, Turns};

use crate::drain::Drain;
use crate::origin::OverTls;
use crate::tls::Tls;

/// Headers of a request.
const MOST_HEADERS: usize = 64;

/// Bytes of a request's head after which no more is read. The last piece that is read may double it.
const LARGEST_HEAD: usize = 32 * 1024;

/// Times and limits of a listener.
#[derive(Debug, Clone)]
pub struct ServeSettings {
    /// Connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// The same from one address; those of `trusted_proxies` may have any number.
    pub max_connections_per_ip: usize,
    /// Proxies, behind which are many.
    pub trusted_proxies: Vec<Network>,
    /// Time for a request's headers, and for a TLS handshake.
    pub header_timeout: Duration,
    /// How long a connection is kept between requests. A proxy should give up its idle connections sooner, or it sends a
    /// request into one that ends.
    pub keep_alive: Duration,
    /// Time in which some of an answer must be taken.
    pub write_timeout: Duration,
    /// The certificate; `None` = plain HTTP.
    pub tls: Option<Tls>,
    /// Time between "not ready" and closing.
    pub drain: Duration,
    /// Time that requests in flight have after that.
    pub grace: Duration,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            max_connections_per_ip: 1_000,
            trusted_proxies: Vec::new(),
            header_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            tls: None,
            drain: Duration::from_secs(5),
            grace: Duration::from_secs(10),
        }
    }
}

/// Serves until `stop`: then it says that it is not ready, goes on for the drain time, ends streams and long polls,
/// and waits for what is in flight.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: ServeSettings,
    drain: Drain,
    stop: CancellationToken,
) -> io::Result<()> {
    let server = Server {
        router,
        builder: builder(),
        room: Arc::new(Semaphore::new(settings.max_connections)),
        seats: Seats::new(settings.max_connections_per_ip, &settings.trusted_proxies),
        graceful: GracefulShutdown::new(),
        tasks: TaskTracker::new(),
        cut: CancellationToken::new(),
        settings: settings.clone(),
    };
    if let Some(tls) = settings.tls.clone() {
        server.tasks.spawn(tls.watch(stop.clone()));
    }
    let ended = async {
        stop.cancelled().await;
        drain.begin();
        tokio::time::sleep(settings.drain).await;
    };
    tokio::pin!(ended);
    loop {
        tokio::select! {
            () = &mut ended => break,
            (accepted, room) = server.accept(&listener) => match accepted {
                Ok((stream, address)) => match server.seats.take(address.ip()) {
                    Some(seat) => server.spawn(stream, address, (room, seat)),
                    None => tracing::debug!(%address, "too many connections from one address"),
                },
                Err(error) => rest_after(&error).await,
            },
        }
    }
    drop(listener);
    drain.close();
    server.close(settings.grace).await;
    Ok(())
}

struct Server {
    router: Router,
    builder: Arc<Builder<TokioExecutor>>,
    settings: ServeSettings,
    room: Arc<Semaphore>,
    seats: Seats,
    graceful: GracefulShutdown,
    tasks: TaskTracker,
    /// Cuts off what did not end in time.
    cut: CancellationToken,
}

impl Server {
    /// The next connection, once there is room for it.
    async fn accept(&self, listener: &TcpListener) -> (io::Result<(TcpStream, SocketAddr)>, Option<OwnedSemaphorePermit>) {
        // The semaphore is never closed.
        let room = Arc::clone(&self.room).acquire_owned().await.ok();
        (listener.accept().await, room)
    }

    fn spawn(&self, stream: TcpStream, address: SocketAddr, counted: (Option<OwnedSemaphorePermit>, Seat)) {
        // An answer is one write; there is nothing to wait for. A connection that is gone already fails below.
        let _ = stream.set_nodelay(true);
        let (cut, turns) = (self.cut.clone(), Turns::new());
        let ServeSettings { header_timeout, keep_alive, write_timeout, .. } = self.settings;
        let patience = Patience { head: header_timeout, idle: keep_alive, write: write_timeout };
        let stream = Patient::new(stream, patience, turns.clone());
        let peer = Peer {
            builder: Arc::clone(&self.builder),
            router: self.router.clone(),
            watcher: self.graceful.watcher(),
            address,
            is_secure: self.settings.tls.is_some(),
            turns,
        };
        let tls = self.settings.tls.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = peer.served(stream, tls, header_timeout) => {}
                () = cut.cancelled() => {}
            }
            drop(counted);
        });
    }

    async fn close(self, grace: Duration) {
        self.tasks.close();
        if tokio::time::timeout(grace, self.graceful.shutdown()).await.is_err() {
            tracing::warn!(connections = self.tasks.len(), "some requests did not end in time and are cut off");
            self.cut.cancel();
            self.tasks.wait().await;
        }
    }
}

fn builder() -> Arc<Builder<TokioExecutor>> {
    // HTTP/1 alone: telling the versions apart waits for the first bytes without a time limit, and whoever ends TLS in
    // front of us speaks HTTP/1 behind.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    let mut http1 = builder.http1();
    // The connection itself knows how long to wait: longer between requests than for the rest of a head.
    http1.timer(TokioTimer::new()).header_read_timeout(None);
    http1.max_headers(MOST_HEADERS).max_buf_size(LARGEST_HEAD);
    Arc::new(builder)
}

/// One connection, accepted.
struct Peer {
    builder: Arc<Builder<TokioExecutor>>,
    router: Router,
    watcher: Watcher,
    address: SocketAddr,
    is_secure: bool,
    turns: Turns,
}

impl Peer {
    async fn served(self, stream: Patient<TcpStream>, tls: Option<Tls>, handshake: Duration) {
        let Some(tls) = tls else { return self.connection(stream).await };
        match tokio::time::timeout(handshake, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => self.connection(stream).await,
            Ok(Err(error)) => tracing::debug!(%error, address = %self.address, "a TLS handshake failed"),
            Err(_) => tracing::debug!(address = %self.address, "a TLS handshake took too long"),
        }
    }

    async fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let Self { builder, router, watcher, address, is_secure, turns } = self;
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            if is_secure {
                request.extensions_mut().insert(OverTls);
            }
            turns.set(Turn::Ours);
            let (answering, turns) = (router.clone().oneshot(request), turns.clone());
            async move { Ok::<_, Infallible>(answering.await?.map(|body| Answer::new(body, turns))) }
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            // Clients go away in the middle of things all the time.
            tracing::debug!(%error, %address, "a connection ended early");
        }
    }
}

/// Running out of file descriptors goes away by waiting; a connection that was reset before it was accepted is no matter.
async fn rest_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "a connection could not be accepted");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
