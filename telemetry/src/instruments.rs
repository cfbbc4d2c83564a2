//! Every instrument, as data: what it is called, what it counts, and where in a reading its value is.

mod floor;
mod register;
mod table;

use crate::process::Usage;
use crate::reading::{Reading, Row};

pub(crate) use register::{Subject, register};
pub use table::INSTRUMENTS;

/// One line of [`INSTRUMENTS`].
///
/// ```
/// let depth = playhouse::telemetry::INSTRUMENTS.iter().find(|i| i.name == "actor.mailbox.depth").unwrap();
/// assert_eq!(depth.prometheus_name(), "actor_mailbox_depth");
/// assert_eq!(depth.attributes, ["actor.system", "actor.type"]);
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Instrument {
    /// The name in OpenTelemetry, such as `actor.mailbox.depth`.
    pub name: &'static str,
    /// The unit in UCUM: `s`, `By`, `1` for a ratio, or what is counted, such as `{message}`.
    pub unit: &'static str,
    /// How its values behave over time.
    pub kind: InstrumentKind,
    /// The attributes that tell its series apart.
    pub attributes: &'static [&'static str],
    /// What it says, in a sentence.
    pub description: &'static str,
    read: Read,
}

/// How the values of an instrument behave over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstrumentKind {
    /// Only grows, as long as the process lives. A Prometheus counter.
    Counter,
    /// Grows and shrinks, and can be summed over its series. A Prometheus gauge.
    UpDownCounter,
    /// Grows and shrinks, and a sum of it says nothing. A Prometheus gauge.
    Gauge,
}

impl Instrument {
    /// The name in the Prometheus exposition: with the unit, and `_total` for a counter.
    #[must_use]
    pub fn prometheus_name(&self) -> String {
        let unit = match self.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            "1" => "_ratio",
            _ => "",
        };
        let total = match self.kind {
            InstrumentKind::Counter => "_total",
            InstrumentKind::UpDownCounter | InstrumentKind::Gauge => "",
        };
        format!("{}{unit}{total}", self.name.replace('.', "_"))
    }

    /// Whether its values are whole numbers: all but times and ratios.
    const fn is_whole(&self) -> bool {
        !matches!(self.unit.as_bytes(), b"s" | b"1")
    }
}

/// Where the values of an instrument are.
#[derive(Debug, Clone, Copy)]
enum Read {
    /// In each row: one value per actor type.
    Row(fn(&Row, &mut Points<'_>)),
    /// Beside the rows: one value per system.
    System(fn(&Reading, &mut Points<'_>)),
    /// In what the operating system says.
    Process(fn(&Usage, &mut Points<'_>)),
}

/// A value of either form that OpenTelemetry has.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Number {
    Whole(u64),
    Real(f64),
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::Whole(value)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<std::time::Duration> for Number {
    fn from(value: std::time::Duration) -> Self {
        Self::Real(value.as_secs_f64())
    }
}

/// Takes the values that a line of the table finds.
///
/// One value per set of attributes: OpenTelemetry keeps the last one of a set, it does not add. That is why
/// everything is summed in the reading already.
struct Points<'a> {
    put: &'a mut dyn FnMut(Number, Option<(&'static str, &'static str)>),
}

impl Points<'_> {
    fn put(&mut self, value: impl Into<Number>) {
        (self.put)(value.into(), None);
    }

    /// With one more attribute than all values of this instrument have.
    fn put_with(&mut self, attribute: &'static str, means: &'static str, value: impl Into<Number>) {
        (self.put)(value.into(), Some((attribute, means)));
    }
}

#[cfg(test)]
pub(crate) use tests::WITH_A_PANIC;
#[cfg(test)]
mod tests;
