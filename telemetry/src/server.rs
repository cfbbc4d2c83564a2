//! The HTTP server: what it binds, how long it lives, and how it ends.

mod accept;
mod guard;
mod routes;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Telemetry;
use crate::error::ServeError;
use crate::exposition::Exporter;

/// What one client may take from the others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) header_timeout: Duration,
    pub(crate) connections: usize,
    pub(crate) grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Telemetry::DEFAULT_HEADER_TIMEOUT,
            connections: Telemetry::DEFAULT_CONNECTIONS,
            grace: Telemetry::DEFAULT_GRACE,
        }
    }
}

/// Binds the first of the resolved addresses that can be bound. None of them may be other than loopback.
pub(crate) async fn bind(address: impl ToSocketAddrs) -> Result<TcpListener, ServeError> {
    let addresses: Vec<SocketAddr> = lookup_host(address)
        .await
        .map_err(ServeError::Address)?
        .collect();
    if let Some(&address) = addresses.iter().find(|one| !one.ip().is_loopback()) {
        return Err(ServeError::NotLoopback { address });
    }
    let mut refused = None;
    for address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(source) => refused = Some((address, source)),
        }
    }
    Err(match refused {
        None => ServeError::Address(std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "the name has no address",
        )),
        Some((address, source)) if source.kind() == std::io::ErrorKind::AddrInUse => {
            ServeError::Busy { address }
        }
        Some((address, source)) => ServeError::Bind { address, source },
    })
}

/// A running server. Comes from [`Telemetry::serve`].
///
/// Dropping it stops the server as well, without waiting for that.
#[must_use = "the server stops when this is dropped"]
pub struct Served {
    address: SocketAddr,
    url: String,
    exporter: Option<Exporter>,
    /// The server and its connections end when this is gone.
    stop: watch::Sender<()>,
    server: JoinHandle<()>,
}

impl Served {
    pub(crate) fn start(
        listener: TcpListener,
        exporter: Option<Exporter>,
        limits: Limits,
    ) -> Result<Self, ServeError> {
        let address = listener.local_addr().map_err(ServeError::Address)?;
        let (stop, stopped) = watch::channel(());
        let router = routes::router(exporter.clone());
        let server = tokio::spawn(accept::run(listener, router, limits, stopped));
        Ok(Self {
            address,
            url: format!("http://{address}"),
            exporter,
            stop,
            server,
        })
    }

    /// Where the server is, to print or to open: `http://127.0.0.1:9090`, without a slash at the end. The metrics are
    /// at `/metrics` below it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address that the server listens on, with the real port when port 0 was asked for.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The exporter behind `/metrics`, if there is one: to render without HTTP, or to add metrics to its registry.
    #[must_use]
    pub const fn exporter(&self) -> Option<&Exporter> {
        self.exporter.as_ref()
    }

    /// Stops the server: the port is free when this returns, and a request in hand is answered. A client that does not
    /// read its answer, or is in the middle of another request, is cut off after the [grace](Telemetry::grace).
    pub async fn stop(self) {
        drop(self.stop);
        // An error means that the server has panicked or that its runtime is gone: it has ended either way.
        let _ = self.server.await;
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
