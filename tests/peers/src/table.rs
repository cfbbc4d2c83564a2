//! What is printed, and what is written as JSON.

use std::fmt::Write;

use crate::allocations::Allocations;
use crate::memory::Memory;
use crate::options::Options;
use crate::peer::Flavor;
use crate::rounds::{Series, latency, median, nanos, range, ratios};
use crate::runner::Runner;
use crate::workload::Workload;

/// A row of the JSON file.
pub(crate) struct Row {
    workload: String,
    runtime: &'static str,
    peer: &'static str,
    values: Vec<(&'static str, f64)>,
}

/// The rows as one array.
pub(crate) fn json(rows: &[Row]) -> String {
    let mut text = String::from("[\n");
    for (index, row) in rows.iter().enumerate() {
        let comma = if index == 0 { "" } else { ",\n" };
        // Names are ours: none needs an escape.
        let _ = write!(
            text,
            r#"{comma}{{"workload":"{}","runtime":"{}","peer":"{}""#,
            row.workload, row.runtime, row.peer
        );
        for (key, value) in &row.values {
            let _ = write!(text, r#","{key}":{value:.4}"#);
        }
        text.push('}');
    }
    text + "\n]\n"
}

/// What its mailbox holds.
fn bound(runner: &Runner) -> String {
    runner
        .bound
        .map_or_else(|| "unbounded".to_owned(), |bound| bound.to_string())
}

fn span(values: &[f64]) -> String {
    let (low, high) = range(values);
    format!("{low:.2}..{high:.2}")
}

/// One line per peer.
pub(crate) fn workload(
    workload: Workload,
    flavor: Flavor,
    options: &Options,
    series: &[Series],
) -> Vec<Row> {
    let operations = series[0].first().map_or(0, |outcome| outcome.operations);
    println!(
        "\n{}: {} ({}, {operations} operations, {} rounds)",
        workload.name(),
        workload.title(),
        flavor.name(),
        options.rounds
    );
    let rows = if workload == Workload::W8 {
        latencies(flavor, options, series)
    } else {
        times(workload, flavor, options, series)
    };
    for (runner, series) in options.runners.iter().zip(series) {
        let disordered: u64 = series.iter().map(|outcome| outcome.disordered).sum();
        if disordered > 0 {
            println!(
                "  {}: {disordered} messages were handled after a later one of the same sender",
                runner.name
            );
        }
    }
    rows
}

fn times(workload: Workload, flavor: Flavor, options: &Options, series: &[Series]) -> Vec<Row> {
    println!(
        "{:<18} {:>10} {:>9} {:>16}   mailbox",
        "", "ns/op", "x tokio", "lowest..highest"
    );
    let base = nanos(&series[0]);
    let mut rows = Vec::new();
    for (runner, series) in options.runners.iter().zip(series) {
        if series.is_empty() {
            println!("{:<18} {:>10}", runner.name, "-");
            continue;
        }
        let nanos = nanos(series);
        let ratios = ratios(&base, &nanos);
        println!(
            "{:<18} {:>10.0} {:>9.2} {:>16}   {}",
            runner.name,
            median(&nanos),
            median(&ratios),
            span(&ratios),
            bound(runner)
        );
        rows.push(Row {
            workload: workload.name().to_owned(),
            runtime: flavor.name(),
            peer: runner.name,
            values: vec![("ns_per_op", median(&nanos)), ("ratio", median(&ratios))],
        });
    }
    rows
}

fn latencies(flavor: Flavor, options: &Options, series: &[Series]) -> Vec<Row> {
    println!(
        "{:<18} {:>8} {:>8} {:>8} {:>9} {:>16}   mailbox",
        "", "p50 µs", "p99 µs", "p99.9 µs", "p50 x tok", "lowest..highest"
    );
    let mut rows = Vec::new();
    for (runner, of_peer) in options.runners.iter().zip(series) {
        let mut micros = Vec::new();
        let mut first = Vec::new();
        for (which, name) in ["W8p50", "W8p99", "W8p999"].into_iter().enumerate() {
            let latency_of = latency(of_peer, which);
            let ratios = ratios(&latency(&series[0], which), &latency_of);
            micros.push(median(&latency_of) / 1_000.0);
            rows.push(Row {
                workload: name.to_owned(),
                runtime: flavor.name(),
                peer: runner.name,
                values: vec![
                    ("ns_per_op", median(&latency_of)),
                    ("ratio", median(&ratios)),
                ],
            });
            if which == 0 {
                first = ratios;
            }
        }
        println!(
            "{:<18} {:>8.1} {:>8.1} {:>8.1} {:>9.2} {:>16}   {}",
            runner.name,
            micros[0],
            micros[1],
            micros[2],
            median(&first),
            span(&first),
            bound(runner)
        );
    }
    rows
}

/// Allocations per operation.
pub(crate) fn allocations(measured: &[(&Runner, Allocations)]) -> Vec<Row> {
    println!("\nallocs: allocations per operation (ct, the mailbox never full)");
    println!(
        "{:<18} {:>8} {:>8} {:>8} {:>12}",
        "", "tell", "ask", "spawn", "bytes/spawn"
    );
    let mut rows = Vec::new();
    for (runner, allocations) in measured {
        let (blocks, bytes) = allocations.spawn.map_or_else(
            || ("-".to_owned(), "-".to_owned()),
            |spawn| {
                (
                    format!("{:.2}", spawn.blocks),
                    format!("{:.0}", spawn.bytes),
                )
            },
        );
        println!(
            "{:<18} {:>8.2} {:>8.2} {blocks:>8} {bytes:>12}",
            runner.name, allocations.tell, allocations.ask
        );
        let mut row = |workload: &str, values| {
            rows.push(Row {
                workload: workload.to_owned(),
                runtime: Flavor::Ct.name(),
                peer: runner.name,
                values,
            });
        };
        row("allocs-tell", vec![("count", allocations.tell)]);
        row("allocs-ask", vec![("count", allocations.ask)]);
        if let Some(spawn) = allocations.spawn {
            row(
                "allocs-spawn",
                vec![("count", spawn.blocks), ("bytes", spawn.bytes)],
            );
        }
    }
    rows
}

/// Bytes per actor.
pub(crate) fn memory(actors: u64, measured: &[(&Runner, Option<Memory>)]) -> Vec<Row> {
    println!("\nmemory: resident bytes per actor with 40 bytes of state (mt, {actors} actors)");
    println!("{:<18} {:>8} {:>20}", "", "idle", "after one message");
    let mut rows = Vec::new();
    for (runner, memory) in measured {
        let Some(memory) = memory else {
            println!("{:<18} {:>8}", runner.name, "-");
            continue;
        };
        println!(
            "{:<18} {:>8.0} {:>20.0}",
            runner.name, memory.idle, memory.first
        );
        for (workload, bytes) in [("memory-idle", memory.idle), ("memory-first", memory.first)] {
            rows.push(Row {
                workload: workload.to_owned(),
                runtime: Flavor::Mt.name(),
                peer: runner.name,
                values: vec![("bytes", bytes)],
            });
        }
    }
    rows
}

#[cfg(test)]
mod tests;
