//! How fast supervisors repair, beside a restart loop written by hand on tokio in the same run.
//!
//! One thread; children fail by an `Err`, so that no panic hook is in the way. Absolute times belong to the machine of
//! the day.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use playhouse::prelude::*;
use playhouse::supervision::{ChildSpec, SupervisorRef};
use tokio::sync::{mpsc, oneshot};

const HELP: &str = "\
How fast supervisors repair, beside a restart loop written by hand on tokio.

Usage: supervision [--restarts N] [--children N] [--rounds N]

  --restarts N   failures in a row (20000)
  --children N   children of the dynamic supervisor (100000)
  --rounds N     restarts of a group, and repairs beside a slow start (1000, and a hundredth of that)
  --help         this text
";

struct Options {
    restarts: usize,
    children: usize,
    rounds: usize,
}

fn main() -> ExitCode {
    let mut options = Options {
        restarts: 20_000,
        children: 100_000,
        rounds: 1_000,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let place = match arg.as_str() {
            "--restarts" => &mut options.restarts,
            "--children" => &mut options.children,
            "--rounds" => &mut options.rounds,
            "--help" | "-h" => {
                print!("{HELP}");
                return ExitCode::SUCCESS;
            }
            other => {
                eprintln!("unknown option {other}; --help tells what there is");
                return ExitCode::from(2);
            }
        };
        match args.next().map(|value| value.parse()) {
            Some(Ok(value)) if value >= 100 => *place = value,
            _ => {
                eprintln!("{arg} needs a number, at least 100");
                return ExitCode::from(2);
            }
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(measure(&options)))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

type Outcome<T> = Result<T, Box<dyn Error>>;

async fn measure(options: &Options) -> Outcome<()> {
    println!(
        "{:<58} {:>12} {:>12} {:>8}",
        "", "playhouse", "by hand", "gate"
    );
    let ours = repairs(options.restarts).await?;
    let raw = repairs_by_hand(options.restarts).await?;
    line(
        "failure to answering again, median",
        median(&ours),
        median(&raw),
        "10 µs",
    );
    line(
        "failure to answering again, p99",
        percentile(&ours, 99),
        percentile(&raw, 99),
        "100 µs",
    );
    let tenth = options.restarts / 10;
    let (first, last) = (tenth..2 * tenth, options.restarts - tenth..options.restarts);
    line(
        "  median of the second tenth of them",
        median(&ours[first.clone()]),
        median(&raw[first]),
        "",
    );
    line(
        "  median of the last tenth",
        median(&ours[last.clone()]),
        median(&raw[last]),
        "same",
    );
    let group = groups(options.rounds).await?;
    println!(
        "{:<58} {:>12} {:>12} {:>8}",
        "one for all of 10 children, median",
        show(median(&group)),
        "",
        "30 µs"
    );
    let (started, stopped) = dynamic(options.children).await?;
    let (raw_started, raw_stopped) = dynamic_by_hand(options.children).await?;
    line(
        &format!("{} dynamic children started", options.children),
        started,
        raw_started,
        "300 ms",
    );
    line(
        &format!("{} dynamic children stopped", options.children),
        stopped,
        raw_stopped,
        "500 ms",
    );
    let beside = beside_a_slow_start(options.rounds / 100).await?;
    let worst = beside.iter().copied().max().unwrap_or_default();
    println!(
        "{:<58} {:>12} {:>12} {:>8}",
        "repair while another child starts for 600 ms, worst",
        show(worst),
        "",
        "1 ms"
    );
    Ok(())
}

fn line(what: &str, ours: Duration, raw: Duration, gate: &str) {
    println!("{what:<58} {:>12} {:>12} {gate:>8}", show(ours), show(raw));
}

fn show(time: Duration) -> String {
    format!("{time:.1?}")
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}

fn median(times: &[Duration]) -> Duration {
    percentile(times, 50)
}

/// A child that fails when it is told to, and says when it has started.
#[actor]
struct Worker {
    started: u64,
}

#[handlers]
impl Worker {
    #[message]
    fn fail(&mut self) -> Result<(), &'static str> {
        Err("told to")
    }

    #[message]
    fn answer(&self) -> u64 {
        self.started
    }
}

fn worker(id: impl Into<Arc<str>>) -> ChildSpec {
    actor(id, || Worker { started: 1 })
}

async fn repairs(restarts: usize) -> Outcome<Vec<Duration>> {
    let system = System::new("repairs");
    let supervisor = Supervisor::one_for_one()
        .intensity(u32::MAX, secs(3600))
        .child(worker("worker"))
        .start(&system)
        .await?;
    let worker = supervisor.address::<Worker>("worker")?;
    let mut times = Vec::with_capacity(restarts);
    for _ in 0..restarts {
        let begun = Instant::now();
        worker.fail().tell().await?;
        worker.answer().await?;
        times.push(begun.elapsed());
    }
    let counted = supervisor.children().await[0].restarts;
    assert_eq!(counted, restarts as u64, "each failure is one restart");
    system.shutdown(secs(10)).await?;
    Ok(times)
}

enum Message {
    Fail,
    Answer(oneshot::Sender<u64>),
}

async fn serve(
    mut mailbox: mpsc::Receiver<Message>,
) -> (mpsc::Receiver<Message>, Result<(), &'static str>) {
    let started = 1;
    while let Some(message) = mailbox.recv().await {
        match message {
            Message::Fail => return (mailbox, Err("told to")),
            Message::Answer(reply) => drop(reply.send(started)),
        }
    }
    (mailbox, Ok(()))
}

/// A loop that spawns the task again with the mailbox that it left.
async fn repairs_by_hand(restarts: usize) -> Outcome<Vec<Duration>> {
    let (sender, mailbox) = mpsc::channel(1024);
    let supervisor = tokio::spawn(async move {
        let mut mailbox = mailbox;
        let mut window = std::collections::VecDeque::new();
        loop {
            let Ok((back, Err(_))) = tokio::spawn(serve(mailbox)).await else {
                return;
            };
            mailbox = back;
            window.push_back(Instant::now());
        }
    });
    let mut times = Vec::with_capacity(restarts);
    for _ in 0..restarts {
        let begun = Instant::now();
        sender.send(Message::Fail).await?;
        let (reply, answer) = oneshot::channel();
        sender.send(Message::Answer(reply)).await?;
        answer.await?;
        times.push(begun.elapsed());
    }
    drop(sender);
    supervisor.await?;
    Ok(times)
}

async fn groups(rounds: usize) -> Outcome<Vec<Duration>> {
    let system = System::new("groups");
    let (up, mut is_up) = mpsc::unbounded_channel();
    let mut supervisor = Supervisor::one_for_all().unlimited();
    for nr in 0..9 {
        supervisor = supervisor.child(worker(format!("worker-{nr}")));
    }
    supervisor = supervisor.child(actor("last", move || {
        // Nobody listens any more at the end.
        let _ = up.send(());
        Worker { started: 1 }
    }));
    let supervisor = supervisor.start(&system).await?;
    let (first, last) = (
        supervisor.address::<Worker>("worker-0")?,
        supervisor.address::<Worker>("last")?,
    );
    is_up.recv().await;
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let begun = Instant::now();
        first.fail().tell().await?;
        is_up.recv().await;
        last.answer().await?;
        times.push(begun.elapsed());
    }
    system.shutdown(secs(10)).await?;
    Ok(times)
}

async fn dynamic(children: usize) -> Outcome<(Duration, Duration)> {
    let system = System::new("dynamic");
    let sessions: SupervisorRef = Supervisor::dynamic("sessions").start(&system).await?;
    let ids: Vec<Arc<str>> = (0..children)
        .map(|nr| Arc::from(format!("session-{nr}")))
        .collect();
    let begun = Instant::now();
    for id in ids {
        sessions.start_child(worker(id)).await?;
    }
    let started = begun.elapsed();
    assert_eq!(sessions.counts().await.active, children);
    let begun = Instant::now();
    sessions.stop().await;
    let stopped = begun.elapsed();
    system.shutdown(secs(10)).await?;
    Ok((started, stopped))
}

/// Tasks that wait for a word, each with a channel and a name in a table.
async fn dynamic_by_hand(children: usize) -> Outcome<(Duration, Duration)> {
    let ids: Vec<Arc<str>> = (0..children)
        .map(|nr| Arc::from(format!("session-{nr}")))
        .collect();
    let begun = Instant::now();
    let mut table = std::collections::HashMap::new();
    let mut tasks = tokio::task::JoinSet::new();
    for id in ids {
        let (sender, mailbox) = mpsc::channel(1024);
        tasks.spawn(serve(mailbox));
        let (reply, answer) = oneshot::channel();
        sender.send(Message::Answer(reply)).await?;
        answer.await?;
        table.insert(id, sender);
    }
    let started = begun.elapsed();
    let begun = Instant::now();
    drop(table);
    while let Some(ended) = tasks.join_next().await {
        let (_, result) = ended?;
        result?;
    }
    Ok((started, begun.elapsed()))
}

async fn beside_a_slow_start(rounds: usize) -> Outcome<Vec<Duration>> {
    let system = System::new("beside");
    let supervisor = Supervisor::one_for_one()
        .unlimited()
        .child(worker("quick"))
        .child(actor("slow", {
            let mut starts = 0;
            move || {
                starts += 1;
                let takes = if starts == 1 { Duration::ZERO } else { ms(600) };
                async move {
                    tokio::time::sleep(takes).await;
                    Worker { started: 1 }
                }
            }
        }))
        .start(&system)
        .await?;
    let (quick, slow) = (
        supervisor.address::<Worker>("quick")?,
        supervisor.address::<Worker>("slow")?,
    );
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        slow.fail().tell().await?;
        tokio::time::sleep(ms(20)).await;
        let begun = Instant::now();
        quick.fail().tell().await?;
        quick.answer().await?;
        times.push(begun.elapsed());
        slow.answer().timeout(secs(5)).await?;
    }
    system.shutdown(secs(10)).await?;
    Ok(times)
}
