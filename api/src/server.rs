//! Connections in: bounded, timed, and ended in good order.

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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::drain::Drain;

/// Times and limits of a listener.
#[derive(Debug, Clone)]
pub struct ServeSettings {
    /// Connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// Time for a request's headers; also how long an idle connection is kept.
    pub header_timeout: Duration,
    /// Time between "not ready" and closing.
    pub drain: Duration,
    /// Time that requests in flight have after that.
    pub grace: Duration,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            header_timeout: Duration::from_secs(10),
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
        builder: builder(&settings),
        room: Arc::new(Semaphore::new(settings.max_connections)),
        graceful: GracefulShutdown::new(),
        tasks: TaskTracker::new(),
        cut: CancellationToken::new(),
    };
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
                Ok((stream, address)) => server.spawn(stream, address, room),
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
    room: Arc<Semaphore>,
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

    fn spawn(&self, stream: TcpStream, address: SocketAddr, room: Option<OwnedSemaphorePermit>) {
        // An answer is one write; there is nothing to wait for. A connection that is gone already fails below.
        let _ = stream.set_nodelay(true);
        let (builder, router, watcher) = (Arc::clone(&self.builder), self.router.clone(), self.graceful.watcher());
        let cut = self.cut.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = connection(&builder, router, stream, address, watcher) => {}
                () = cut.cancelled() => {}
            }
            drop(room);
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

fn builder(settings: &ServeSettings) -> Arc<Builder<TokioExecutor>> {
    // HTTP/1 alone: telling the versions apart waits for the first bytes without a time limit, and whoever ends TLS in
    // front of us speaks HTTP/1 behind.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(settings.header_timeout);
    Arc::new(builder)
}

async fn connection(builder: &Builder<TokioExecutor>, router: Router, stream: TcpStream, address: SocketAddr, watcher: Watcher) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request)
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        // Clients go away in the middle of things all the time.
        tracing::debug!(%error, %address, "a connection ended early");
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
