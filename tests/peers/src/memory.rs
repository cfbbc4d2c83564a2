//! Memory per actor: the growth of the resident set over many of them, in a process of its own for each library.
//!
//! What is measured includes the handle that the harness keeps of each actor.

use std::process::Command;
use std::time::Duration;

use crate::ledger::{FINISH, Ledger, number};
use crate::peer::{Flavor, Sums};

/// The hidden argument with which the program runs itself for one library: its name, a count of actors and a limit in
/// seconds follow.
pub(crate) const CHILD: &str = "--memory-of";

/// Actors that live before the measurement, so that what a library sets up once is there.
const WARM: u64 = 100;
/// The resident set has settled when it was the same so often, each time a pause later.
const SAME: usize = 3;
const PAUSE: Duration = Duration::from_millis(50);

/// Bytes per actor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Memory {
    /// Of one that waits for its first message.
    pub(crate) idle: f64,
    /// Of one that has had it.
    pub(crate) first: f64,
}

/// Measures in a process of its own; `None` where the system does not tell.
pub(crate) fn in_a_child(
    name: &str,
    actors: u64,
    limit: Duration,
) -> Result<Option<Memory>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .args([CHILD, name])
        .args([actors, limit.as_secs()].map(|number| number.to_string()))
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {}", output.status, said.trim()));
    }
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// What a child prints.
pub(crate) fn print(memory: Option<Memory>) {
    match memory {
        Some(memory) => println!("{} {}", memory.idle, memory.first),
        None => println!("-"),
    }
}

fn parse(text: &str) -> Result<Option<Memory>, String> {
    if text.trim() == "-" {
        return Ok(None);
    }
    let numbers: Vec<f64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    match numbers[..] {
        [idle, first] => Ok(Some(Memory { idle, first })),
        _ => Err(format!("the child printed `{}`", text.trim())),
    }
}

pub(crate) fn measure<P: Sums>(actors: u64) -> Option<Memory> {
    P::block_on(Flavor::Mt, async move {
        let stage = P::open(Flavor::Mt).await;
        let work = tokio::spawn(async move {
            let warm = spawn::<P>(&stage, WARM).await;
            first_message::<P>(&warm).await;
            let before = settled().await?;
            let sums = spawn::<P>(&stage, actors).await;
            let idle = settled().await?;
            first_message::<P>(&sums).await;
            let first = settled().await?;
            let per_actor = |bytes: u64| bytes.saturating_sub(before) as f64 / actors as f64;
            Some(Memory {
                idle: per_actor(idle),
                first: per_actor(first),
            })
        });
        // The process ends now; nothing is closed.
        work.await.expect("the work runs")
    })
}

async fn spawn<P: Sums>(stage: &P::Stage, actors: u64) -> Vec<P::Sum> {
    let mut sums = Vec::with_capacity(actors as usize);
    for _ in 0..actors {
        sums.push(P::spawn(stage, Ledger::new(1)).await.0);
    }
    sums
}

async fn first_message<P: Sums>(sums: &[P::Sum]) {
    FINISH.expect(sums.len() as u64);
    for sum in sums {
        P::add(sum, number(0, 1)).await;
    }
    FINISH.wait().await;
}

/// The resident set when it no longer changes: until then actors are still starting, or ending what they began.
async fn settled() -> Option<u64> {
    let mut last = resident()?;
    let mut same = 0;
    while same < SAME {
        tokio::time::sleep(PAUSE).await;
        let now = resident()?;
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    Some(last)
}

/// The resident set in bytes, where there is a `/proc`.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
