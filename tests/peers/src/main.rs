//! playhouse measured beside other libraries, in one process.
//!
//! Absolute times belong to the machine of the day; what is worth keeping is the ratio to raw `tokio::sync::mpsc` in
//! the same round. Each round runs every peer once, in an order that is rotated, on a runtime of its own; the first
//! round is thrown away, and the median of the ratios is printed. Every run checks its own result.

mod peer;
mod peers;
mod workload;

use std::time::Duration;

use peer::{Runner, Runtime};
use workload::{ALL, Workload};

const HELP: &str = "\
Measures playhouse beside raw tokio channels and kameo.

usage: cargo run --release -p playhouse-peers -- [--rounds N] [--messages N] [--one-thread]

  --rounds N      rounds that count (default 7); one more is thrown away
  --messages N    messages per run (default 200000; asks are a quarter of that)
  --one-thread    a current-thread runtime in place of one with two workers
";

struct Options {
    rounds: usize,
    messages: u64,
    runtime: Runtime,
}

fn options() -> Result<Option<Options>, String> {
    let mut options = Options {
        rounds: 7,
        messages: 200_000,
        runtime: Runtime::TwoWorkers,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || {
            let value = args.next().ok_or_else(|| format!("{arg} needs a number"))?;
            value
                .parse::<u64>()
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| format!("{arg}: `{value}` is no count"))
        };
        match arg.as_str() {
            "--rounds" => {
                options.rounds = usize::try_from(number()?).map_err(|error| error.to_string())?
            }
            "--messages" => options.messages = number()?,
            "--one-thread" => options.runtime = Runtime::OneThread,
            "-h" | "--help" => return Ok(None),
            other => return Err(format!("unknown argument `{other}`; see --help")),
        }
    }
    Ok(Some(options))
}

fn main() -> std::process::ExitCode {
    match options() {
        Ok(Some(options)) => {
            for workload in ALL {
                table(workload, &options);
            }
            std::process::ExitCode::SUCCESS
        }
        Ok(None) => {
            print!("{HELP}");
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::from(2)
        }
    }
}

/// One row of measurements for each peer: the time of each round that counts.
fn measure(workload: Workload, runners: &[Runner], options: &Options) -> Vec<Vec<Duration>> {
    let mut times = vec![Vec::new(); runners.len()];
    for round in 0..=options.rounds {
        for offset in 0..runners.len() {
            let index = (round + offset) % runners.len();
            let took = runners[index].run(workload, options.messages, options.runtime);
            if round > 0 {
                times[index].push(took);
            }
        }
    }
    times
}

fn table(workload: Workload, options: &Options) {
    let runners = peers::all();
    let times = measure(workload, &runners, options);
    let operations = workload.operations(options.messages);
    println!(
        "\n{} ({operations} operations, median of {} rounds)",
        workload.title(),
        options.rounds
    );
    println!(
        "{:<14} {:>10} {:>12} {:>18}",
        "", "ns/op", "x tokio", "lowest..highest"
    );
    for (runner, times_of) in runners.iter().zip(&times) {
        let ratios: Vec<f64> = times[0]
            .iter()
            .zip(times_of)
            .map(|(base, time)| base.as_secs_f64() / time.as_secs_f64())
            .collect();
        let nanos: Vec<f64> = times_of
            .iter()
            .map(|time| time.as_nanos() as f64 / operations as f64)
            .collect();
        let (low, high) = ratios
            .iter()
            .fold((f64::MAX, 0.0_f64), |(low, high), ratio| {
                (low.min(*ratio), high.max(*ratio))
            });
        println!(
            "{:<14} {:>10.0} {:>12.2} {:>18}",
            runner.name,
            median(nanos),
            median(ratios),
            format!("{low:.2}..{high:.2}")
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
