//! What is asked for on the command line.

use std::time::Duration;

use crate::peer::Flavor;
use crate::peers;
use crate::runner::Runner;
use crate::workload::{Sizes, Workload};

pub(crate) const HELP: &str = "\
Measures playhouse beside other actor libraries and bare channels, in one process.

usage: cargo run --release -p playhouse-peers -- [OPTIONS]

  --quick            everything in less than a minute; the figures are worth little
  --rounds N         rounds that count (default 5, quick 3); one more is thrown away
  --only LIST        only these, as in W1,W3,memory (see below)
  --peers LIST       only these, as in playhouse,kameo; tokio is always there, to compare with
  --runtime mt|ct    only with two workers, or only on the current thread (default: both)
  --messages N       messages in W1, W1x and W2 (default 200000, quick 40000); the other
                     workloads change in proportion
  --actors N         actors in W7 (default 50000, quick 3000); memory is measured over twice
                     as many (at least 20000)
  --limit SECONDS    what one run may take before all is given up (default 120)
  --json FILE        also writes the figures there
  --help             this

Workloads (ns/op is per message, ask, round trip, actor or hop):
";

/// What is asked for.
pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) sizes: Sizes,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) allocations: bool,
    pub(crate) memory: bool,
    /// Actors over which memory is measured.
    pub(crate) idle: u64,
    pub(crate) runners: Vec<Runner>,
    pub(crate) flavors: Vec<Flavor>,
    pub(crate) limit: Duration,
    pub(crate) json: Option<String>,
}

/// What to do.
pub(crate) enum Command {
    Measure(Options),
    /// For a child process; see [`crate::memory`].
    Memory {
        runner: Runner,
        actors: u64,
        limit: Duration,
    },
    Help,
}

/// Fewer actors than this make a resident set too small to divide.
const FEWEST_IDLE: u64 = 20_000;
/// What tells senders apart leaves so much room for a sequence number.
const MOST: u64 = u32::MAX as u64 / 4;

pub(crate) fn help() -> String {
    let mut text = HELP.to_owned();
    for workload in Workload::ALL {
        text += &format!("  {:<8} {}\n", workload.name(), workload.title());
    }
    text += "  allocs   allocations per tell, ask and spawn\n";
    text += "  memory   resident bytes per actor, idle and after its first message\n";
    let names: Vec<&str> = peers::ALL.iter().map(|runner| runner.name).collect();
    text + "\nPeers: " + &names.join(", ") + "\n"
}

pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut args = args.peekable();
    let mut quick = false;
    let mut rounds = None;
    let mut messages = None;
    let mut actors = None;
    let mut only: Option<String> = None;
    let mut names: Option<String> = None;
    let mut flavors = Flavor::ALL.to_vec();
    let mut limit = 120;
    let mut json = None;
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--quick" => quick = true,
            "--rounds" => rounds = Some(count(&arg, &value()?)?),
            "--messages" => messages = Some(count(&arg, &value()?)?),
            "--actors" => actors = Some(count(&arg, &value()?)?),
            "--limit" => limit = count(&arg, &value()?)?,
            "--only" => only = Some(value()?),
            "--peers" => names = Some(value()?),
            "--json" => json = Some(value()?),
            "--runtime" => flavors = vec![flavor(&value()?)?],
            crate::memory::CHILD => {
                return Ok(Command::Memory {
                    runner: runner(&value()?)?,
                    actors: count(&arg, &value()?)?,
                    limit: Duration::from_secs(count(&arg, &value()?)?),
                });
            }
            "-h" | "--help" => return Ok(Command::Help),
            other => return Err(format!("unknown argument `{other}`; see --help")),
        }
    }
    let (default_rounds, default_messages, default_actors) = if quick {
        (3, 40_000, 3_000)
    } else {
        (5, 200_000, 50_000)
    };
    let actors = actors.unwrap_or(default_actors);
    let (workloads, allocations, memory) = selected(only.as_deref())?;
    Ok(Command::Measure(Options {
        rounds: rounds.unwrap_or(default_rounds) as usize,
        sizes: Sizes::of(messages.unwrap_or(default_messages), actors),
        workloads,
        allocations,
        memory,
        idle: (2 * actors).max(FEWEST_IDLE),
        runners: runners(names.as_deref())?,
        flavors,
        limit: Duration::from_secs(limit),
        json,
    }))
}

fn count(option: &str, value: &str) -> Result<u64, String> {
    value
        .parse()
        .ok()
        .filter(|number| (1..=MOST).contains(number))
        .ok_or_else(|| format!("{option}: `{value}` is no number from 1 to {MOST}"))
}

fn flavor(name: &str) -> Result<Flavor, String> {
    Flavor::ALL
        .into_iter()
        .find(|flavor| flavor.name() == name)
        .ok_or_else(|| format!("--runtime: `{name}` is neither mt nor ct"))
}

fn runner(name: &str) -> Result<Runner, String> {
    peers::ALL
        .into_iter()
        .find(|runner| runner.name.eq_ignore_ascii_case(name))
        .ok_or_else(|| format!("`{name}` is no peer; see --help"))
}

/// The base and those that are named, in the order of the table.
fn runners(names: Option<&str>) -> Result<Vec<Runner>, String> {
    let Some(names) = names else {
        return Ok(peers::ALL.to_vec());
    };
    let mut wanted = vec![peers::ALL[0].name];
    for name in names.split(',') {
        wanted.push(runner(name.trim())?.name);
    }
    Ok(peers::ALL
        .into_iter()
        .filter(|runner| wanted.contains(&runner.name))
        .collect())
}

/// The workloads, and whether allocations and memory are measured.
fn selected(only: Option<&str>) -> Result<(Vec<Workload>, bool, bool), String> {
    let Some(only) = only else {
        return Ok((Workload::ALL.to_vec(), true, true));
    };
    let names: Vec<&str> = only.split(',').map(str::trim).collect();
    let has = |name: &str| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
    let workloads: Vec<Workload> = Workload::ALL
        .into_iter()
        .filter(|workload| has(workload.name()))
        .collect();
    for name in &names {
        let known = Workload::ALL
            .iter()
            .any(|workload| workload.name().eq_ignore_ascii_case(name));
        if !known && !["allocs", "memory"].contains(&name.to_ascii_lowercase().as_str()) {
            return Err(format!("--only: `{name}` is no workload; see --help"));
        }
    }
    Ok((workloads, has("allocs"), has("memory")))
}

#[cfg(test)]
mod tests;
