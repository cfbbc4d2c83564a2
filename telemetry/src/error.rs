//! One error per operation: what a caller can meet is what it has to match.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// Why [`Telemetry::install`](crate::Telemetry::install) put nothing into the registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// No exporter was asked for.
    #[error("there is nothing to install: call `.prometheus()` on the builder first")]
    NoExporter,
    /// The registry already has the metrics of a system of this name. Two sets of series that no label tells apart
    /// make a scrape that Prometheus rejects as a whole.
    #[error("this registry already exports a system named \"{system}\"")]
    Duplicate {
        /// The name of the system.
        system: Arc<str>,
    },
    /// The registry refused the metrics for a reason of its own.
    #[error("the registry refused the metrics: {reason}")]
    Refused {
        /// What the registry said.
        reason: String,
    },
}

/// Why [`Telemetry::serve`](crate::Telemetry::serve) does not serve. Nothing is left behind: no port is bound and
/// no metrics are registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is not one, or its name cannot be resolved.
    #[error("the address to serve on cannot be used")]
    Address(#[source] io::Error),
    /// The address can be reached from other machines. There is no access control yet, so only loopback is served.
    #[error(
        "will not serve on {address}: only loopback addresses such as 127.0.0.1 or [::1] are allowed"
    )]
    NotLoopback {
        /// The address that was asked for, resolved.
        address: SocketAddr,
    },
    /// Somebody else listens there.
    #[error("cannot serve on {address}: the port is in use")]
    Busy {
        /// The address that was asked for, resolved.
        address: SocketAddr,
    },
    /// The operating system refused the address for another reason.
    #[error("cannot serve on {address}")]
    Bind {
        /// The address that was asked for, resolved.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The metrics could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
}
