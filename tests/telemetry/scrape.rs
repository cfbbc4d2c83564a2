//! A scrape, read.

use std::collections::{BTreeMap, HashMap, HashSet};

use playhouse::prelude::*;
use playhouse::telemetry::{Served, Telemetry};

use crate::client::{get, within};

type Labels = BTreeMap<String, String>;

/// The samples of one scrape.
#[derive(Debug)]
pub(crate) struct Scrape {
    samples: HashMap<(String, Labels), f64>,
    counters: HashSet<String>,
    pub(crate) text: String,
}

impl Scrape {
    /// Reads the text format, and fails the test on what Prometheus would refuse: a series twice, or one without a
    /// type.
    pub(crate) fn parse(text: String) -> Self {
        let mut samples = HashMap::new();
        let mut counters = HashSet::new();
        let mut types = HashSet::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type");
                assert!(types.insert(name.to_owned()), "{name} has two types");
                if kind == "counter" {
                    counters.insert(name.to_owned());
                }
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').expect("a sample");
                let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
                assert!(types.contains(name), "{name} has no type");
                let labels = labels.strip_suffix('}').expect("the end of the labels");
                let labels: Labels = labels
                    .split(',')
                    .filter_map(|label| label.split_once('='))
                    .map(|(label, value)| (label.to_owned(), value.trim_matches('"').to_owned()))
                    .collect();
                let value = value.parse().expect("a number");
                let before = samples.insert((name.to_owned(), labels), value);
                assert_eq!(before, None, "{series} twice");
            }
        }
        Self {
            samples,
            counters,
            text,
        }
    }

    /// What a system says right now, without a server and without what an earlier scrape may have kept.
    pub(crate) fn of(system: &System) -> Self {
        let exporter = Telemetry::new(system).prometheus().install();
        Self::parse(exporter.expect("a registry of its own").render())
    }

    /// What `/metrics` says.
    pub(crate) async fn from(served: &Served) -> Self {
        let answer = get(served.addr(), "/metrics").await;
        assert_eq!(answer.status, 200);
        Self::parse(answer.body)
    }

    /// Scrapes until `is_it` says so. For what happens by itself, of which nobody else tells.
    pub(crate) async fn until(system: &System, is_it: impl Fn(&Self) -> bool) -> Self {
        within(async {
            loop {
                let scrape = Self::of(system);
                if is_it(&scrape) {
                    return scrape;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// The value of one series of an actor type; `None` if there is none.
    pub(crate) fn find(&self, name: &str, type_name: &str, more: &[(&str, &str)]) -> Option<f64> {
        let mut found = self.samples.iter().filter(|((of, labels), _)| {
            let has = |label: &str, value: &str| labels.get(label).is_some_and(|is| is == value);
            of == name
                && has("actor_type", type_name)
                && more.iter().all(|(label, value)| has(label, value))
        });
        let (_, value) = found.next()?;
        assert!(
            found.next().is_none(),
            "{name} of {type_name} {more:?} is not one series"
        );
        Some(*value)
    }

    /// The same, where there has to be one.
    #[track_caller]
    pub(crate) fn value(&self, name: &str, type_name: &str, more: &[(&str, &str)]) -> f64 {
        self.find(name, type_name, more)
            .unwrap_or_else(|| panic!("no {name} of {type_name} {more:?} in\n{}", self.text))
    }

    /// The sum over all series of an actor type.
    pub(crate) fn sum(&self, name: &str, type_name: &str) -> f64 {
        let of_type = |labels: &Labels| labels.get("actor_type").is_some_and(|is| is == type_name);
        self.samples
            .iter()
            .filter(|((of, labels), _)| of == name && of_type(labels))
            .map(|(_, value)| value)
            .sum()
    }

    pub(crate) fn time(&self, type_name: &str, state: &str) -> f64 {
        self.value(
            "actor_time_seconds_total",
            type_name,
            &[("actor_time_state", state)],
        )
    }

    pub(crate) fn in_state(&self, type_name: &str, state: &str) -> f64 {
        self.value("actor_count", type_name, &[("actor_state", state)])
    }

    pub(crate) fn processed(&self, type_name: &str, outcome: &str) -> f64 {
        let outcome = [("actor_message_outcome", outcome)];
        self.value("actor_messages_processed_total", type_name, &outcome)
    }

    /// The number of series.
    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    /// Fails the test if a counter of actors is missing here, or lower than in the earlier scrape. (Those of the
    /// exporter itself begin with each [`of`](Self::of).)
    #[track_caller]
    pub(crate) fn assert_nothing_fell_since(&self, earlier: &Self) {
        for (series, before) in &earlier.samples {
            if earlier.counters.contains(&series.0) && series.1.contains_key("actor_type") {
                let now = self.samples.get(series);
                let now = now.unwrap_or_else(|| panic!("{series:?} is gone"));
                assert!(now >= before, "{series:?} fell from {before} to {now}");
            }
        }
    }
}
