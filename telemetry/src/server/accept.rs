//! The accept loop. `axum::serve` would do, but it sets no timer: a client that sends half a header and then nothing
//! would keep its connection for ever.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Limits;

/// What a header may take. No request here needs more than a few hundred bytes.
const BUFFER: usize = 16 * 1024;
/// How long a connection may live, however well it behaves. It is closed between two requests; this bounds those
/// clients who never read what they asked for.
const AGE: Duration = Duration::from_secs(300);
/// How long to wait when the system is out of file descriptors, say. They do not come back any faster by asking.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until the sender of `stop` is gone, and returns when every connection has ended.
pub(super) async fn run(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<()>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    loop {
        // A place first, then a connection: whoever is too many waits in the queue of the operating system.
        let accepted = tokio::select! {
            _ = stop.changed() => break,
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
        };
        while open.try_join_next().is_some() {}
        match accepted {
            (Ok(place), Ok((stream, _))) => {
                let connection = connection(stream, router.clone(), limits, stop.clone());
                open.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "the metrics server cannot accept a connection");
                sleep(PAUSE).await;
            }
            (Err(_), _) => break,
        }
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<()>,
) {
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let asked = Arc::new(AtomicBool::new(false));
    let service = {
        let asked = Arc::clone(&asked);
        service_fn(move |request| {
            asked.store(true, Ordering::Relaxed);
            router.call(request)
        })
    };
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        // An error is the client's: it went away, was too slow, or did not speak HTTP.
        _ = connection.as_mut() => return,
        _ = stop.changed() => {}
        () = sleep(AGE) => {}
    }
    // Nobody is owed an answer on a connection that never asked, such as browsers open in advance; hyper would wait
    // for its first request.
    if asked.load(Ordering::Relaxed) {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(limits.grace, connection).await;
    }
}
