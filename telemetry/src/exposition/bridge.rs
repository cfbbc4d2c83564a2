//! One OpenTelemetry pipeline, as a collector in a Prometheus registry.

use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{SdkMeterProvider, Stream};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Error, Registry};

use crate::error::InstallError;
use crate::instruments::{Instrument, Subject, register};
use crate::reading::Failures;

/// The name of the meter: who measures. What is measured is named by the instruments.
const METER: &str = "playhouse";

/// Series of one instrument, above which OpenTelemetry folds the rest into one. Its own limit of 2,000 is met by
/// some 300 actor types, since the count of actors has a series per state. Memory for that many is reserved at
/// once, though touched only as it is used.
const SERIES_LIMIT: usize = 10_000;

/// A pipeline behind a description of its own.
///
/// The collector of the exporter crate describes nothing, so that a registry takes all of them for one and the same
/// and refuses the second, be it ours or the caller's. Hence it sits in a registry of its own, and this bridge, which
/// says whose metrics it brings, stands in the caller's.
#[derive(Clone)]
pub(crate) struct Bridge {
    desc: Desc,
    pipeline: Arc<Pipeline>,
    /// For the error.
    system: Option<Arc<str>>,
}

struct Pipeline {
    registry: Registry,
    subject: Subject,
    /// The exporter has a weak reference to it only.
    _provider: SdkMeterProvider,
}

impl Bridge {
    /// A bridge to the metrics of a system, or of the process without one.
    pub(crate) fn new(
        table: &'static [Instrument],
        subject: Subject,
        failures: &Arc<Failures>,
        system: Option<&Arc<str>>,
    ) -> Result<Self, InstallError> {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            // Else every line has labels of the meter.
            .scope_info_enabled(false)
            .build()
            .map_err(|error| InstallError::Refused {
                reason: error.to_string(),
            })?;
        let provider = SdkMeterProvider::builder()
            // A resource would come out as `target_info`, of which a registry with two systems would have two.
            .with_resource(Resource::builder_empty().build())
            .with_reader(reader)
            .with_view(|_: &_| {
                Stream::builder()
                    .with_cardinality_limit(SERIES_LIMIT)
                    .build()
                    .ok()
            })
            .build();
        register(table, &provider.meter(METER), &subject, failures);

        let (name, labels) = match system {
            Some(system) => (
                "playhouse_system",
                HashMap::from([("actor_system".to_owned(), system.to_string())]),
            ),
            None => ("playhouse_process", HashMap::new()),
        };
        let desc = Desc::new(
            name.to_owned(),
            "Metrics of playhouse".to_owned(),
            Vec::new(),
            labels,
        )
        .map_err(|error| InstallError::Refused {
            reason: error.to_string(),
        })?;
        Ok(Self {
            desc,
            pipeline: Arc::new(Pipeline {
                registry,
                subject,
                _provider: provider,
            }),
            system: system.cloned(),
        })
    }

    pub(crate) fn register(self, registry: &Registry) -> Result<Registered, InstallError> {
        match registry.register(Box::new(self.clone())) {
            Ok(()) => Ok(Registered {
                registry: registry.clone(),
                bridge: self,
                stays: false,
            }),
            Err(Error::AlreadyReg) => Err(InstallError::Duplicate {
                system: self.system.unwrap_or_default(),
            }),
            Err(error) => Err(InstallError::Refused {
                reason: error.to_string(),
            }),
        }
    }
}

impl Collector for Bridge {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    /// All of it over one snapshot.
    fn collect(&self) -> Vec<MetricFamily> {
        let gather = || self.pipeline.registry.gather();
        match &self.pipeline.subject {
            Subject::System(shared) => {
                let _hold = shared.hold();
                gather()
            }
            Subject::Process(shared) => {
                let _hold = shared.hold();
                gather()
            }
        }
    }
}

/// Takes the bridge out of the registry when dropped.
pub(crate) struct Registered {
    registry: Registry,
    bridge: Bridge,
    stays: bool,
}

impl Registered {
    /// Keeps it in the registry for as long as that lives.
    pub(crate) fn leave(mut self) {
        self.stays = true;
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if !self.stays {
            // Refused only if the caller has taken it out already.
            let _ = self.registry.unregister(Box::new(self.bridge.clone()));
        }
    }
}
