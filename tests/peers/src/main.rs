//! playhouse measured beside other libraries, in one process.
//!
//! Absolute times belong to the machine of the day; what is worth keeping is the ratio to raw `tokio::sync::mpsc` in
//! the same round. Every run is on a runtime of its own and checks its own result. How to read the table is in the
//! README of this folder.

mod allocations;
mod counting;
mod ledger;
mod memory;
mod options;
mod peer;
mod peers;
mod rounds;
mod runner;
mod table;
mod watch;
mod workload;

use std::fs::OpenOptions;
use std::process::ExitCode;

use options::{Command, Options};
use rounds::progress;
use table::Row;

fn main() -> ExitCode {
    match options::parse(std::env::args().skip(1)) {
        Ok(Command::Help) => {
            print!("{}", options::help());
            ExitCode::SUCCESS
        }
        Ok(Command::Memory {
            runner,
            actors,
            limit,
        }) => {
            watch::install(limit);
            let what = format!("{} in memory", runner.name);
            memory::print(watch::during(what, limit, || runner.memory(actors)));
            ExitCode::SUCCESS
        }
        Ok(Command::Measure(options)) => measure(&options),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn measure(options: &Options) -> ExitCode {
    // Tried before the measurements, which may take long; what is in it stays until there is something to replace it.
    if let Some(file) = &options.json
        && let Err(error) = OpenOptions::new().append(true).create(true).open(file)
    {
        eprintln!("--json: {file}: {error}");
        return ExitCode::from(2);
    }
    watch::install(options.limit);
    let mut rows = Vec::new();
    for &workload in &options.workloads {
        for &flavor in &options.flavors {
            if workload.runs_on(flavor) {
                let series = rounds::measure(workload, flavor, options);
                rows.extend(table::workload(workload, flavor, options, &series));
            }
        }
    }
    if options.allocations {
        rows.extend(allocations(options));
    }
    if options.memory {
        match memory(options) {
            Ok(measured) => rows.extend(measured),
            Err(error) => {
                eprintln!("\n{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    if let Some(file) = &options.json
        && let Err(error) = std::fs::write(file, table::json(&rows))
    {
        eprintln!("{file}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn allocations(options: &Options) -> Vec<Row> {
    progress("allocs ");
    let mut measured = Vec::new();
    for runner in &options.runners {
        let what = format!("{} in allocs", runner.name);
        let allocations = watch::during(what, options.limit, || runner.allocations());
        measured.push((runner, allocations));
        progress(".");
    }
    progress("\n");
    table::allocations(&measured)
}

fn memory(options: &Options) -> Result<Vec<Row>, String> {
    progress("memory ");
    let mut measured = Vec::new();
    for runner in &options.runners {
        let memory = if runner.many {
            memory::in_a_child(runner.name, options.idle, options.limit)
                .map_err(|error| format!("{} in memory: {error}", runner.name))?
        } else {
            None
        };
        measured.push((runner, memory));
        progress(".");
    }
    progress("\n");
    Ok(table::memory(options.idle, &measured))
}
