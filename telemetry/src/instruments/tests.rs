use std::collections::HashSet;

use super::*;

/// A table with a line that panics, between two that do not.
pub(crate) static WITH_A_PANIC: &[Instrument] = &[
    test_instrument(
        "failures",
        Read::System(|reading, points| points.put(reading.tally.failures)),
    ),
    test_instrument("broken", Read::Row(|_, _| panic!("a callback that panics"))),
    test_instrument("sound", Read::Row(|row, points| points.put(row.depth))),
];

const fn test_instrument(name: &'static str, read: Read) -> Instrument {
    Instrument {
        name,
        unit: "{thing}",
        kind: InstrumentKind::Counter,
        attributes: &[],
        description: "For a test",
        read,
    }
}

/// The table in the crate's documentation is written by hand, once per instrument: it has to say the same.
#[test]
fn the_documentation_has_every_instrument() {
    let docs = include_str!("../lib.rs");
    let mut lines: HashSet<&str> = docs
        .lines()
        .filter(|line| line.starts_with("//! | `"))
        .collect();
    for instrument in INSTRUMENTS {
        let kind = match instrument.kind {
            InstrumentKind::Counter => "counter",
            InstrumentKind::UpDownCounter | InstrumentKind::Gauge => "gauge",
        };
        let labels: Vec<String> = instrument
            .attributes
            .iter()
            .filter(|attribute| **attribute != "actor.system")
            .map(|attribute| format!("`{}`", attribute.replace('.', "_")))
            .collect();
        let labels = match labels.join(", ") {
            none if none.is_empty() => " ".to_owned(),
            some => format!(" {some} "),
        };
        let line = format!(
            "//! | `{}` | {kind} |{labels}| {} |",
            instrument.prometheus_name(),
            instrument.description
        );
        assert!(lines.remove(line.as_str()), "missing in lib.rs:\n{line}");
    }
    assert!(lines.is_empty(), "not an instrument: {lines:?}");
}

/// The rules of the OpenTelemetry naming conventions that a program can check.
#[test]
fn names_follow_the_conventions() {
    let mut names = HashSet::new();
    for Instrument { name, unit, .. } in INSTRUMENTS {
        assert!(names.insert(name), "{name} twice");
        let allowed = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '_');
        assert!(name.chars().all(allowed), "{name}");
        assert!(!name.contains("total"), "{name}: the exposition adds that");
        let annotation = unit.starts_with('{') && unit.ends_with('}');
        assert!(annotation || matches!(*unit, "s" | "By" | "1"), "{name}");
    }
}
