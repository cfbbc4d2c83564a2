//! Rounds, and what is made of them.
//!
//! Each round runs every peer once, in an order that is rotated. A ratio is always to the base of the same round, so that
//! a machine that is slow for a while is slow for both.

use std::io::Write;
use std::time::Instant;

use crate::options::Options;
use crate::peer::Flavor;
use crate::watch;
use crate::workload::{Outcome, Workload};

/// The outcomes of one peer, by round.
pub(crate) type Series = Vec<Outcome>;

/// One series for each peer; empty where the workload does not suit it.
pub(crate) fn measure(workload: Workload, flavor: Flavor, options: &Options) -> Vec<Series> {
    let began = Instant::now();
    let runners = &options.runners;
    let mut series = vec![Series::new(); runners.len()];
    progress(&format!("{} {} ", workload.name(), flavor.name()));
    for round in 0..=options.rounds {
        for offset in 0..runners.len() {
            let index = (round + offset) % runners.len();
            let runner = &runners[index];
            if !runner.suits(workload) {
                continue;
            }
            let what = format!(
                "{} in {} on {}",
                runner.name,
                workload.name(),
                flavor.name()
            );
            let outcome = watch::during(what, options.limit, || {
                runner.run(workload, &options.sizes, flavor)
            });
            // The first round only warms up.
            if round > 0 {
                series[index].push(outcome);
            }
        }
        progress(".");
    }
    progress(&format!(" {:.1} s\n", began.elapsed().as_secs_f64()));
    series
}

/// Says on standard error how far it is.
pub(crate) fn progress(text: &str) {
    eprint!("{text}");
    let _ = std::io::stderr().flush();
}

/// The time of one operation, in nanoseconds, by round.
pub(crate) fn nanos(series: &[Outcome]) -> Vec<f64> {
    series
        .iter()
        .map(|outcome| outcome.elapsed.as_nanos() as f64 / outcome.operations as f64)
        .collect()
}

/// One of the latencies of W8, in nanoseconds, by round.
pub(crate) fn latency(series: &[Outcome], which: usize) -> Vec<f64> {
    series
        .iter()
        .map(|outcome| outcome.latency[which] as f64)
        .collect()
}

/// How often faster than the base, by round.
pub(crate) fn ratios(base: &[f64], values: &[f64]) -> Vec<f64> {
    base.iter()
        .zip(values)
        .map(|(base, value)| base / value)
        .collect()
}

/// The middle one; between the two in the middle if there are two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// The lowest and the highest.
pub(crate) fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::MAX, 0.0), |(low, high), value| {
        (low.min(*value), f64::max(high, *value))
    })
}

#[cfg(test)]
mod tests;
