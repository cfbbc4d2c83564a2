//! A census of a directory tree: what is in it, per language and kind; what is large, what is there twice, and what
//! could not be read.
//!
//! `cargo run --release --example census -- [PATH]`; `-- --help` says what else there is.
//!
//! A real job on the framework: a walker and a pool of reading threads that fail alone and are started again at once,
//! a dispatcher that bounds what is on its way, and a merger that is asked for the result. [`actors`] has the plan of
//! it; what is counted and how it is shown is pure and knows of no actor: [`count`], [`kind`], [`hashes`], [`tally`],
//! [`report`].

mod actors;
mod args;
mod count;
mod hashes;
mod interrupt;
mod kind;
mod memory;
mod names;
mod plan;
mod progress;
mod read;
mod report;
mod sabotage;
mod spool;
mod tally;
mod walk;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Instant;

use clap::Parser;
use playhouse::prelude::*;
use playhouse::telemetry::{ServeError, Served, Telemetry};

use actors::Crew;
use args::Args;
use interrupt::{Interrupt, Interrupts};
use names::say;
use plan::Plan;
use progress::Display;
use report::{Report, Run};
use sabotage::Sabotage;
use spool::Spool;
use tally::Tally;

/// The report could not be made.
const FAILED: u8 = 1;
/// The command line asks for what cannot be.
const MISUSED: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    if let Err(why) = check(&args.path) {
        say(&format!("{}: {why}", names::shown(&args.path)));
        return ExitCode::from(MISUSED);
    }
    match census(&args).await {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(interrupt)) => ExitCode::from(interrupt.exit_code()),
        Err(error) => {
            say(&error.to_string());
            ExitCode::from(FAILED)
        }
    }
}

/// Whether there is something to look at.
fn check(root: &Path) -> Result<(), String> {
    let found = std::fs::symlink_metadata(root).map_err(|error| report::plain(&error))?;
    if found.is_symlink() {
        return Err("is a symbolic link, and these are not followed; with a slash at its end it is what it points to".into());
    }
    Ok(())
}

/// Takes the census and prints it. Says what interrupted it.
async fn census(args: &Args) -> Result<Option<Interrupt>, Box<dyn Error>> {
    let began = Instant::now();
    let mut interrupts = Interrupts::listen()?;
    let plan = Arc::new(plan(args));
    let system = System::new("census");
    let tally = Tally::new(args.top, Spool::new());
    let crew = Crew::spawn(&system, &plan, tally, Display::new(args.quiet))?;
    let served = match &args.serve {
        Some(address) => Some(serve(&system, address).await?),
        None => None,
    };

    crew.begin().await?;
    let interrupt = tokio::select! {
        finished = crew.finished() => {
            finished?;
            None
        }
        interrupt = interrupts.next() => {
            plan.interrupt();
            // What is being read is let go. A reader that the system does not give back is not waited for.
            let _ = tokio::time::timeout(secs(5), crew.finished()).await;
            Some(interrupt)
        }
    };
    tokio::spawn(async move {
        // The report is on its way: who interrupts for the first time gets it, who does so again does not want it.
        if interrupt.is_none() {
            interrupts.next().await;
        }
        let again = interrupts.again().await;
        std::process::exit(again.exit_code().into());
    });

    let (report, restarts) = crew.result().await?;
    let run = Run {
        root: args.path.clone(),
        interrupted: interrupt.is_some(),
        elapsed: began.elapsed(),
        readers: plan.readers,
        restarts,
        peak_memory: memory::peak(),
    };
    print(args, &report, &run)?;

    // Ends the survey, should it still go on.
    plan.interrupt();
    if let Some(served) = served {
        served.stop().await;
    }
    if let Err(error) = system.shutdown(secs(5)).await {
        say(&error.to_string());
    }
    Ok(interrupt)
}

fn plan(args: &Args) -> Plan {
    let processors = available_parallelism().map_or(2, usize::from);
    let readers = args.readers.map_or(processors, usize::from);
    let sabotage = args.fail_every.map(Sabotage::new);
    if sabotage.is_some() {
        sabotage::hush(readers);
    }
    Plan::new(
        args.path.clone(),
        args.one_file_system,
        args.words.into(),
        readers,
        sabotage,
    )
}

async fn serve(system: &System, address: &str) -> Result<Served, ServeError> {
    let served = Telemetry::new(system).prometheus().serve(address).await?;
    say(&format!("metrics at {}/metrics", served.url()));
    Ok(served)
}

fn print(args: &Args, report: &Report, run: &Run) -> Result<(), Box<dyn Error>> {
    let stdout = io::stdout();
    let color =
        stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut out = io::BufWriter::new(stdout.lock());
    let written = if args.json {
        writeln!(out, "{}", report::json::write(report, run)?)
    } else {
        report::human::write(&mut out, report, run, color)
    };
    match written.and_then(|()| out.flush()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
