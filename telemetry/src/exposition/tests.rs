use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use playhouse_core::observe::Totals;
use prometheus::proto::MetricFamily;

use super::*;
use crate::instruments::InstrumentKind;
use crate::reading::Row;

fn exporter(reading: impl Fn() -> Reading + Send + Sync + 'static) -> Exporter {
    Exporter::install_source(Source::new(Arc::from("bank"), reading), Registry::new())
        .expect("a new registry has room")
}

/// The value of the only line that begins with `series` and a space.
#[track_caller]
fn value(text: &str, series: &str) -> f64 {
    let mut found = text
        .lines()
        .filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let value = found
        .next()
        .unwrap_or_else(|| panic!("no {series} in:\n{text}"));
    assert_eq!(found.next(), None, "{series} twice");
    value.parse().expect("a number")
}

/// A reading in which every instrument has a value.
fn full() -> Reading {
    let mut totals = Totals::default();
    totals.handled = 6;
    totals.failed = 2;
    totals.busy = Duration::from_millis(1750);
    let row = Row {
        type_name: "Teller",
        started: 3,
        ended: 2,
        phases: [0, 0, 1, 0, 0, 0, 0],
        depth: 5,
        depth_max: 5,
        limit: Some(10),
        utilization: Some(0.5),
        waiting: 0,
        totals,
    };
    Reading {
        rows: vec![row],
        ..Reading::empty(Arc::from("bank"))
    }
}

/// The same of another system.
fn full_of(system: &str) -> Reading {
    Reading {
        system: Arc::from(system),
        ..full()
    }
}

#[test]
fn values_names_and_labels() {
    let text = exporter(full).render();
    let teller = r#"actor_system="bank",actor_type="Teller""#;
    for (series, expected) in [
        (
            format!(r#"actor_count{{actor_state="suspended",{teller}}}"#),
            1.0,
        ),
        (
            format!(r#"actor_count{{actor_state="running",{teller}}}"#),
            0.0,
        ),
        (format!("actor_stops_total{{{teller}}}"), 2.0),
        (format!("actor_mailbox_depth{{{teller}}}"), 5.0),
        (format!("actor_mailbox_depth_max{{{teller}}}"), 5.0),
        (format!("actor_mailbox_limit{{{teller}}}"), 10.0),
        (format!("actor_mailbox_utilization_ratio{{{teller}}}"), 0.5),
        (
            format!(r#"actor_messages_processed_total{{actor_message_outcome="ok",{teller}}}"#),
            6.0,
        ),
        (
            r#"actor_time_seconds_total{actor_system="bank",actor_time_state="busy",actor_type="Teller"}"#
                .to_owned(),
            1.75,
        ),
        (
            r#"actor_snapshots_total{actor_system="bank"}"#.to_owned(),
            1.0,
        ),
    ] {
        assert_eq!(value(&text, &series), expected, "{series}");
    }
    assert!(!text.contains("otel_"), "{text}");
    assert!(!text.contains("target_info"), "{text}");
}

/// The names, kinds and labels that are promised are those that come out.
#[test]
fn the_exposition_is_what_the_table_says() {
    let exporter = exporter(full);
    let families = exporter.registry().gather();
    let family = |name: &str| -> Option<&MetricFamily> {
        families.iter().find(|family| family.name() == name)
    };
    let mut promised = 0;
    for instrument in INSTRUMENTS {
        let name = instrument.prometheus_name();
        let Some(family) = family(&name) else {
            // Without /proc there is nothing to say of the process.
            let elsewhere = cfg!(not(target_os = "linux")) && name.starts_with("process_");
            assert!(elsewhere, "no {name}");
            continue;
        };
        promised += 1;
        let is_counter = instrument.kind == InstrumentKind::Counter;
        let kind = format!("{:?}", family.get_field_type());
        assert_eq!(kind == "COUNTER", is_counter, "{name} is a {kind}");
        assert_eq!(family.help(), instrument.description);
        let labels: BTreeSet<String> = instrument
            .attributes
            .iter()
            .map(|attribute| attribute.replace('.', "_"))
            .collect();
        for metric in family.get_metric() {
            let found: BTreeSet<String> = metric
                .get_label()
                .iter()
                .map(|label| label.name().to_owned())
                .collect();
            assert_eq!(found, labels, "{name}");
        }
    }
    assert_eq!(
        promised,
        families.len(),
        "something that is not in the table"
    );
}

/// With values that are stale at once, so that nothing but the scrape itself can keep one.
fn always_stale(
    table: &'static [crate::Instrument],
    reading: impl Fn() -> Reading + Send + Sync + 'static,
) -> (Registry, Registered) {
    let source = Source::new(Arc::from("bank"), reading);
    let failures = source.failures();
    let shared = Shared::with_fresh(Duration::ZERO, move || source.read());
    let subject = Subject::System(Arc::new(shared));
    let registry = Registry::new();
    let registered = Bridge::new(table, subject, &failures, Some(&Arc::from("bank")))
        .and_then(|bridge| bridge.register(&registry))
        .expect("a new registry has room");
    (registry, registered)
}

fn text(registry: &Registry) -> String {
    TextEncoder::new()
        .encode_to_string(&registry.gather())
        .expect("text")
}

#[test]
fn one_snapshot_per_scrape() {
    let (registry, _registered) = always_stale(INSTRUMENTS, full);
    for scrapes in [1.0, 2.0] {
        let snapshots = r#"actor_snapshots_total{actor_system="bank"}"#;
        assert_eq!(value(&text(&registry), snapshots), scrapes);
    }
}

#[test]
fn a_counter_does_not_fall() {
    let scrapes = AtomicU64::new(0);
    let (registry, _registered) = always_stale(INSTRUMENTS, move || {
        let mut reading = full();
        let fallen = scrapes.fetch_add(1, Ordering::Relaxed);
        reading.rows[0].totals.handled -= fallen;
        reading.rows[0].totals.busy -= Duration::from_nanos(fallen);
        reading.rows[0].depth -= fallen;
        reading
    });
    let teller = r#"actor_system="bank",actor_type="Teller""#;
    for depth in [5.0, 4.0, 3.0] {
        let text = text(&registry);
        let processed =
            format!(r#"actor_messages_processed_total{{actor_message_outcome="ok",{teller}}}"#);
        assert_eq!(value(&text, &processed), 6.0);
        let busy = r#"actor_time_seconds_total{actor_system="bank",actor_time_state="busy",actor_type="Teller"}"#;
        assert_eq!(value(&text, busy), 1.75);
        // A gauge does.
        assert_eq!(
            value(&text, &format!("actor_mailbox_depth{{{teller}}}")),
            depth
        );
    }
}

#[test]
fn a_panic_in_the_snapshot_costs_that_scrape_alone() {
    let calls = AtomicU64::new(0);
    let (registry, _registered) = always_stale(INSTRUMENTS, move || {
        let before = calls.fetch_add(1, Ordering::Relaxed);
        assert!(before > 0, "the first snapshot fails");
        full()
    });
    let failures = r#"actor_snapshot_failures_total{actor_system="bank"}"#;
    let depth = r#"actor_mailbox_depth{actor_system="bank",actor_type="Teller"}"#;

    let first = text(&registry);
    assert_eq!(value(&first, failures), 1.0);
    assert!(!first.contains(depth), "{first}");

    let second = text(&registry);
    assert_eq!(value(&second, failures), 1.0);
    assert_eq!(value(&second, depth), 5.0);
}

#[test]
fn a_panic_in_a_callback_costs_that_instrument_alone() {
    let (registry, _registered) = always_stale(crate::instruments::WITH_A_PANIC, full);
    for before in [0.0, 1.0, 2.0] {
        let text = text(&registry);
        assert!(text.contains("sound_total"), "{text}");
        assert!(!text.contains("broken_total"), "{text}");
        assert_eq!(
            value(&text, r#"failures_total{actor_system="bank"}"#),
            before
        );
    }
}

#[test]
fn systems_share_a_registry_unless_their_names_are_equal() {
    let registry = Registry::new();
    let install = |name: &'static str| {
        let source = Source::new(Arc::from(name), move || full_of(name));
        Exporter::install_source(source, registry.clone())
    };
    let bank = install("bank").expect("the first");
    let shop = install("shop").expect("another name");
    let error = install("bank").expect_err("the same name again");
    assert_eq!(
        error,
        InstallError::Duplicate {
            system: Arc::from("bank")
        }
    );

    let text = bank.render();
    for system in ["bank", "shop"] {
        let series =
            format!(r#"actor_mailbox_depth{{actor_system="{system}",actor_type="Teller"}}"#);
        assert_eq!(value(&text, &series), 5.0);
    }
    // Each series once, those of the process too.
    let series: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(series, _)| series)
        .collect();
    let distinct: BTreeSet<&str> = series.iter().copied().collect();
    assert_eq!(distinct.len(), series.len(), "{text}");

    // What is dropped leaves, and its name can be used again.
    drop(bank);
    let text = shop.render();
    assert!(!text.contains(r#"actor_system="bank""#), "{text}");
    assert!(text.contains(r#"actor_system="shop""#), "{text}");
    assert!(text.contains("process_thread_count") || cfg!(not(target_os = "linux")));
    let bank = install("bank").expect("the name is free again");
    assert!(bank.render().contains(r#"actor_system="bank""#));
}

#[test]
fn an_exporter_of_the_callers_own_in_the_same_registry_is_no_clash() {
    use opentelemetry::metrics::MeterProvider;
    let registry = Registry::new();
    let reader = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .build()
        .expect("the caller's exporter");
    let provider = opentelemetry_sdk::metrics::SdkMeterProvider::builder()
        .with_reader(reader)
        .build();
    provider
        .meter("shop")
        .u64_counter("orders")
        .build()
        .add(2, &[]);
    let source = Source::new(Arc::from("bank"), full);
    let exporter = Exporter::install_source(source, registry).expect("both have room");
    let text = exporter.render();
    assert!(text.contains("orders_total"), "{text}");
    assert!(text.contains("actor_mailbox_depth{"), "{text}");
}

#[test]
fn hostile_names_are_escaped() {
    let name = "a\"b\\c\nd";
    let source = Source::new(Arc::from(name), move || full_of(name));
    let exporter = Exporter::install_source(source, Registry::new()).expect("any name will do");
    let text = exporter.render();
    assert!(text.contains(r#"actor_system="a\"b\\c\nd""#), "{text}");
}

#[test]
fn more_types_than_the_limit_of_opentelemetry() {
    let names: Vec<&'static str> = (0..1200).map(|n| &*format!("Type{n}").leak()).collect();
    let exporter = exporter(move || {
        let row = |name: &&'static str| Row {
            type_name: name,
            ..Row::default()
        };
        Reading {
            rows: names.iter().map(row).collect(),
            ..full()
        }
    });
    let text = exporter.render();
    assert!(!text.contains("overflow"));
    let counts = text
        .lines()
        .filter(|line| line.starts_with("actor_count{"))
        .count();
    assert_eq!(counts, 1200 * 7);
}
