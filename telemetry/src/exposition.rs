//! The exposition: from OpenTelemetry through a registry to Prometheus text.

mod bridge;

use std::fmt;
use std::sync::Arc;

use playhouse_core::System;
use prometheus::{Registry, TextEncoder};

use crate::error::InstallError;
use crate::instruments::{INSTRUMENTS, Subject};
use crate::process::Usage;
use crate::reading::{Failures, Reading, Shared, Source};
use bridge::{Bridge, Registered};

/// The media type of what [`Exporter::render`] returns.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics of one system, installed in a registry. Comes from [`Telemetry::install`](crate::Telemetry::install).
///
/// Clones share the installation. It ends with the last clone: the metrics leave the registry. Those of the process
/// (`process_*`) stay, for as long as a registry of the caller's lives.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use playhouse::prelude::*;
/// use playhouse::telemetry::Telemetry;
///
/// let system = System::new("bank");
/// let exporter = Telemetry::new(&system).prometheus().install()?;
/// assert!(exporter.render().contains(r#"actor_snapshots_total{actor_system="bank"} 1"#));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "the metrics leave the registry when the exporter is dropped"]
pub struct Exporter {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    system: Arc<str>,
    _metrics: Registered,
}

impl Exporter {
    pub(crate) fn install(system: &System, registry: Registry) -> Result<Self, InstallError> {
        let source = {
            let system = system.clone();
            Source::new(Arc::from(system.name()), move || {
                Reading::of(&system.snapshot())
            })
        };
        Self::install_source(source, registry)
    }

    pub(crate) fn install_source(source: Source, registry: Registry) -> Result<Self, InstallError> {
        let system = Arc::clone(source.system());
        let failures = source.failures();
        let subject = Subject::System(Arc::new(Shared::new(move || source.read())));
        let bridge = Bridge::new(INSTRUMENTS, subject, &failures, Some(&system))?;
        let metrics = bridge.register(&registry)?;

        let usage = Subject::Process(Arc::new(Shared::new(Usage::now)));
        let process = Bridge::new(INSTRUMENTS, usage, &Arc::new(Failures::default()), None)?;
        match process.register(&registry) {
            // The process is no part of any system: whoever comes first exports it, and it stays.
            Ok(registered) => registered.leave(),
            Err(InstallError::Duplicate { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(Self {
            inner: Arc::new(Inner {
                registry,
                system,
                _metrics: metrics,
            }),
        })
    }

    /// Takes a snapshot and writes everything in the registry as Prometheus text ([`CONTENT_TYPE`]).
    ///
    /// It computes, for some milliseconds per 10,000 actors: in async code use
    /// [`spawn_blocking`](tokio::task::spawn_blocking), as the server does. Scrapes of the same system wait for each
    /// other. A metric of the caller's that cannot be written is left out.
    ///
    /// # Panics
    ///
    /// If a collector that the caller put into the registry panics.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for family in self.inner.registry.gather() {
            let whole = text.len();
            if TextEncoder::new()
                .encode_utf8(&[family], &mut text)
                .is_err()
            {
                text.truncate(whole);
            }
        }
        text
    }

    /// The registry that the metrics are in. Metrics of the caller's own can be put there too.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("system", &self.inner.system)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
