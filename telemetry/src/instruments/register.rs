//! The table, put into OpenTelemetry: one observable instrument and one callback per line.

use std::sync::Arc;

use opentelemetry::metrics::{AsyncInstrument, Meter};
use opentelemetry::{KeyValue, StringValue, Value};

use super::floor::Floor;
use super::{Instrument, InstrumentKind, Number, Points, Read};
use crate::process::Usage;
use crate::reading::{Failures, Reading, Shared};

/// What the instruments of one pipeline speak of.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    /// One system of actors.
    System(Arc<Shared<Reading>>),
    /// The process.
    Process(Arc<Shared<Usage>>),
}

/// Takes values with all their attributes.
type Put<'a> = dyn FnMut(Number, &[KeyValue]) + 'a;
/// Finds the values of one instrument.
type Find = Box<dyn Fn(&mut Put<'_>) + Send + Sync>;

/// Registers those lines of `table` that speak of `subject`.
///
/// No callback lets a panic through: OpenTelemetry does not isolate one, and its lock would stay poisoned, so that
/// the first panic would be the end of all metrics.
pub(crate) fn register(
    table: &'static [Instrument],
    meter: &Meter,
    subject: &Subject,
    failures: &Arc<Failures>,
) {
    for instrument in table {
        if let Some(find) = find(instrument.read, subject) {
            add(instrument, meter, find, Arc::clone(failures));
        }
    }
}

/// `None` for an instrument of another subject.
fn find(read: Read, subject: &Subject) -> Option<Find> {
    match (read, subject) {
        (Read::Row(read), Subject::System(shared)) => {
            let shared = Arc::clone(shared);
            Some(Box::new(move |put| {
                let reading = shared.read();
                for row in &reading.rows {
                    let common = vec![system(&reading), KeyValue::new("actor.type", row.type_name)];
                    let put = &mut with(common, put);
                    read(row, &mut Points { put });
                }
            }))
        }
        (Read::System(read), Subject::System(shared)) => {
            let shared = Arc::clone(shared);
            Some(Box::new(move |put| {
                let reading = shared.read();
                let put = &mut with(vec![system(&reading)], put);
                read(&reading, &mut Points { put });
            }))
        }
        (Read::Process(read), Subject::Process(shared)) => {
            let shared = Arc::clone(shared);
            Some(Box::new(move |put| {
                let put = &mut with(Vec::new(), put);
                read(&shared.read(), &mut Points { put });
            }))
        }
        (Read::Row(_) | Read::System(_), Subject::Process(_))
        | (Read::Process(_), Subject::System(_)) => None,
    }
}

fn system(reading: &Reading) -> KeyValue {
    let name = StringValue::from(Arc::clone(&reading.system));
    KeyValue::new("actor.system", Value::String(name))
}

/// Adds to the common attributes the one that a value may have of its own.
fn with(
    mut attributes: Vec<KeyValue>,
    put: &mut Put<'_>,
) -> impl FnMut(Number, Option<(&'static str, &'static str)>) {
    let common = attributes.len();
    move |value, own| {
        attributes.truncate(common);
        attributes.extend(own.map(|(key, means)| KeyValue::new(key, means)));
        put(value, &attributes);
    }
}

/// Each kind and form is a type of its own in OpenTelemetry, and their builders share no trait.
fn add(instrument: &'static Instrument, meter: &Meter, find: Find, failures: Arc<Failures>) {
    let floor = match instrument.kind {
        InstrumentKind::Counter => Some(Floor::default()),
        InstrumentKind::UpDownCounter | InstrumentKind::Gauge => None,
    };
    let callback = Callback {
        find,
        floor,
        failures,
    };
    macro_rules! build {
        ($builder:ident, $convert:expr) => {{
            let _ = meter
                .$builder(instrument.name)
                .with_unit(instrument.unit)
                .with_description(instrument.description)
                .with_callback(move |to| callback.observe(to, $convert))
                .build();
        }};
    }
    match (instrument.kind, instrument.is_whole()) {
        (InstrumentKind::Counter, true) => build!(u64_observable_counter, whole),
        (InstrumentKind::Counter, false) => build!(f64_observable_counter, real),
        (InstrumentKind::UpDownCounter, true) => build!(i64_observable_up_down_counter, signed),
        (InstrumentKind::UpDownCounter, false) => build!(f64_observable_up_down_counter, real),
        (InstrumentKind::Gauge, true) => build!(u64_observable_gauge, whole),
        (InstrumentKind::Gauge, false) => build!(f64_observable_gauge, real),
    }
}

struct Callback {
    find: Find,
    floor: Option<Floor>,
    failures: Arc<Failures>,
}

impl Callback {
    fn observe<T>(&self, to: &dyn AsyncInstrument<T>, convert: fn(Number) -> T) {
        let mut put = |value, attributes: &[KeyValue]| {
            let value = match &self.floor {
                Some(floor) => floor.lift(value, attributes),
                None => value,
            };
            to.observe(convert(value), attributes);
        };
        self.failures.guard(|| (self.find)(&mut put));
    }
}

fn whole(number: Number) -> u64 {
    match number {
        Number::Whole(value) => value,
        Number::Real(value) => value as u64,
    }
}

fn signed(number: Number) -> i64 {
    i64::try_from(whole(number)).unwrap_or(i64::MAX)
}

fn real(number: Number) -> f64 {
    match number {
        Number::Whole(value) => value as f64,
        Number::Real(value) => value,
    }
}
