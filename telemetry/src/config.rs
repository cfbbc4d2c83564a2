//! The builder: which system, which exporter, and how it is served.

use std::fmt;
use std::time::Duration;

use playhouse_core::System;
use prometheus::Registry;
use tokio::net::ToSocketAddrs;

use crate::error::{InstallError, ServeError};
use crate::exposition::Exporter;
use crate::server::{Limits, Served};

/// Metrics of a system: choose what to export, then [`serve`](Self::serve) or [`install`](Self::install) it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use playhouse::prelude::*;
/// use playhouse::telemetry::Telemetry;
///
/// let system = System::new("bank");
/// // Port 0: whichever is free.
/// let telemetry = Telemetry::new(&system).prometheus().serve("127.0.0.1:0").await?;
/// println!("metrics at {}/metrics", telemetry.url());
/// telemetry.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `serve` or `install`"]
pub struct Telemetry {
    system: System,
    /// Set when Prometheus was asked for.
    registry: Option<Registry>,
    limits: Limits,
}

impl Telemetry {
    /// How long a client may take to send the header of a request, and how long it may keep an unused connection.
    pub const DEFAULT_HEADER_TIMEOUT: Duration = Duration::from_secs(10);
    /// Connections that are served at the same time.
    pub const DEFAULT_CONNECTIONS: usize = 256;
    /// How long a client may still take for its answer when the server stops.
    pub const DEFAULT_GRACE: Duration = Duration::from_secs(2);

    /// Begins with nothing chosen.
    pub fn new(system: &System) -> Self {
        Self {
            system: system.clone(),
            registry: None,
            limits: Limits::default(),
        }
    }

    /// Exports to Prometheus, from a registry of this telemetry's own: several systems in one process never clash.
    pub fn prometheus(mut self) -> Self {
        self.registry.get_or_insert_default();
        self
    }

    /// Exports to Prometheus, together with what `registry` has or will have of the caller's own.
    ///
    /// Several systems can share a registry if their names differ. The metrics of the process come once.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use playhouse::prelude::*;
    /// use playhouse::telemetry::{Telemetry, prometheus};
    ///
    /// let registry = prometheus::Registry::new();
    /// let orders = prometheus::IntCounter::new("orders_total", "Orders")?;
    /// registry.register(Box::new(orders.clone()))?;
    ///
    /// let system = System::new("shop");
    /// let exporter = Telemetry::new(&system).registry(registry).install()?;
    /// orders.inc();
    /// assert!(exporter.render().contains("orders_total 1"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// How long a client may take to send the header of a request, and how long it may keep an unused connection,
    /// before the connection is closed. Shorter frees connections earlier; longer spares a regular client a reconnect.
    /// [10 s](Self::DEFAULT_HEADER_TIMEOUT) if not set.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.limits.header_timeout = timeout;
        self
    }

    /// How many connections are served at the same time, at least 1. A further one waits until one of them closes.
    /// [256](Self::DEFAULT_CONNECTIONS) if not set.
    pub fn connections(mut self, connections: usize) -> Self {
        self.limits.connections = connections.max(1);
        self
    }

    /// How long a client may still take for its answer when the server stops, before it is cut off. Longer lets a slow
    /// client finish; shorter ends [`Served::stop`] earlier. [2 s](Self::DEFAULT_GRACE) if not set.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.limits.grace = grace;
        self
    }

    /// Puts the metrics into the registry without serving them, for a program that has an HTTP server already.
    ///
    /// # Errors
    ///
    /// [`InstallError::NoExporter`] without [`prometheus`](Self::prometheus) or [`registry`](Self::registry), and
    /// [`InstallError::Duplicate`] if that registry has a system of the same name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use playhouse::prelude::*;
    /// use playhouse::telemetry::{InstallError, Telemetry};
    ///
    /// let system = System::new("bank");
    /// let error = Telemetry::new(&system).install().unwrap_err();
    /// assert_eq!(error, InstallError::NoExporter);
    ///
    /// let exporter = Telemetry::new(&system).prometheus().install()?;
    /// assert!(exporter.render().starts_with("# HELP actor_"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn install(self) -> Result<Exporter, InstallError> {
        let registry = self.registry.ok_or(InstallError::NoExporter)?;
        Exporter::install(&self.system, registry)
    }

    /// Installs the metrics and serves them: `/metrics`, and `/livez`, which says `ok`. Ready when the port is bound.
    ///
    /// Only loopback addresses are accepted, and only requests whose `Host` is `localhost` or an IP address
    /// are answered, so that no web page can read the metrics through a name that it controls. The server runs until
    /// [`Served::stop`] or until it is dropped.
    ///
    /// # Errors
    ///
    /// [`ServeError`], at once: an address that is not loopback, a port that is in use, or what
    /// [`install`](Self::install) says. Without an exporter it serves `/livez` alone.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time enabled.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use playhouse::prelude::*;
    /// use playhouse::telemetry::{ServeError, Telemetry};
    ///
    /// let system = System::new("bank");
    /// let error = Telemetry::new(&system).prometheus().serve("0.0.0.0:9090").await.unwrap_err();
    /// assert!(matches!(error, ServeError::NotLoopback { .. }));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result<Served, ServeError> {
        // The port first: if it is not to be had, nothing may stay in the registry.
        let listener = crate::server::bind(address).await?;
        let exporter = self
            .registry
            .map(|registry| Exporter::install(&self.system, registry))
            .transpose()?;
        Served::start(listener, exporter, self.limits)
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("system", &self.system.name())
            .field("prometheus", &self.registry.is_some())
            .field("limits", &self.limits)
            .finish()
    }
}
