//! §7.4 Watching: monitors and links.

mod links;
mod monitors;
mod places;
mod races;
mod restarts;
mod unlinking;

use std::time::Instant;

use playhouse::prelude::*;
use playhouse::{ActorRef, Monitor};
use playhouse_tests::{Broken, Gate, Log, PATIENCE, Parcel, Trace};

/// An actor that watches, is linked, and ends as it is told to.
#[actor]
struct Node {
    log: Log,
    name: &'static str,
    traps: bool,
    at_start: Option<Gate>,
    at_stop: Option<Gate>,
}

impl Node {
    fn new(name: &'static str, log: &Log) -> Self {
        Self {
            log: log.clone(),
            name,
            traps: false,
            at_start: None,
            at_stop: None,
        }
    }

    fn trapping(name: &'static str, log: &Log) -> Self {
        Self {
            traps: true,
            ..Self::new(name, log)
        }
    }

    fn say(&self, what: impl std::fmt::Display) {
        self.log.add(format!("{} {what}", self.name));
    }
}

#[handlers]
impl Node {
    #[started]
    async fn begin(&mut self, cx: &mut Context<Self>) {
        if self.traps {
            cx.trap_exits();
        }
        if let Some(gate) = &self.at_start {
            gate.pass().await;
        }
        self.say(format_args!("started {}", cx.incarnation()));
    }

    #[stopping]
    async fn finish(&mut self, why: &ExitReason) {
        if let Some(gate) = &self.at_stop {
            gate.pass().await;
        }
        self.say(format_args!("stopping {why}"));
    }

    #[message]
    fn link(&mut self, other: ActorRef, cx: &mut Context<Self>) -> bool {
        cx.link(&other);
        true
    }

    #[message]
    fn link_all(&mut self, others: Vec<ActorRef>, cx: &mut Context<Self>) {
        for other in others {
            cx.link(&other);
        }
    }

    #[message]
    fn unlink(&mut self, other: ActorRef, cx: &mut Context<Self>) -> bool {
        cx.unlink(&other);
        true
    }

    #[message]
    fn trap(&mut self, cx: &mut Context<Self>) -> bool {
        cx.trap_exits();
        true
    }

    /// Links, and unlinks before it returns.
    #[message]
    fn link_in_passing(&mut self, other: ActorRef, cx: &mut Context<Self>) -> bool {
        cx.link(&other);
        cx.unlink(&other);
        true
    }

    /// Waits at a gate, unlinks, and goes on.
    #[message]
    async fn unlink_at(&mut self, gate: Gate, other: ActorRef, cx: &mut Context<Self>) {
        gate.pass().await;
        cx.unlink(&other);
        tokio::task::yield_now().await;
        self.say("unlinked");
    }

    #[message]
    fn watch(&mut self, other: ActorRef, cx: &mut Context<Self>) -> Monitor {
        cx.monitor(&other)
    }

    #[message]
    fn watch_with(&mut self, other: ActorRef, number: u64, cx: &mut Context<Self>) -> Monitor {
        cx.monitor_with(&other, NodeNote { number })
    }

    #[message]
    fn watch_with_a_bomb(&mut self, other: ActorRef, cx: &mut Context<Self>) -> Monitor {
        cx.monitor_with(&other, Parcel(Trace::bomb(&self.log, "bomb")))
    }

    #[message]
    fn forget(&mut self, monitor: Monitor, cx: &mut Context<Self>) -> bool {
        cx.demonitor(&monitor);
        true
    }

    #[message]
    fn note(&mut self, number: u64) {
        self.say(number);
    }

    /// Notes a number at another one, and fails.
    #[message]
    async fn tell_and_fail(&mut self, other: Address<Self>, number: u64) -> Result<(), Broken> {
        // Where it is full, there is nobody to tell.
        let _full_or_not = other.note(number).try_tell();
        Err(Broken(1))
    }

    #[message]
    fn ping(&self) -> u64 {
        1
    }

    #[message]
    async fn hold(&mut self, gate: Gate) {
        gate.pass().await;
        self.say("held");
    }

    #[message]
    fn fail(&mut self) -> Result<(), Broken> {
        Err(Broken(1))
    }

    #[message]
    fn leave(&mut self, cx: &mut Context<Self>) {
        cx.stop();
    }

    #[handler]
    fn on_down(&mut self, down: Down) {
        self.say(format_args!("down {}", down.reason));
    }

    #[handler]
    fn on_exit(&mut self, exit: Exit) {
        let name = exit.name.as_deref().unwrap_or("nobody");
        self.say(format_args!("exit of {name}: {}", exit.reason));
    }

    #[handler]
    fn on_parcel(&mut self, parcel: Parcel) {
        drop(parcel);
    }
}

fn spawn(system: &System, name: &'static str, log: &Log) -> Address<Node> {
    let spawner = system.spawner().name(name);
    spawner.spawn(Node::new(name, log)).unwrap()
}

fn spawn_trapping(system: &System, name: &'static str, log: &Log) -> Address<Node> {
    let spawner = system.spawner().name(name);
    spawner.spawn(Node::trapping(name, log)).unwrap()
}

async fn link(one: &Address<Node>, other: &Address<Node>) {
    assert_eq!(one.link(other.actor()).await, Ok(true));
}

async fn unlink(one: &Address<Node>, other: &Address<Node>) {
    assert_eq!(one.unlink(other.actor()).await, Ok(true));
}

/// Waits until it is so, whatever the clock of the runtime does.
#[track_caller]
fn until(is_so: impl Fn() -> bool) -> impl Future<Output = ()> {
    let (began, caller) = (Instant::now(), std::panic::Location::caller());
    async move {
        while !is_so() {
            assert!(
                began.elapsed() < PATIENCE,
                "it never became so, at {caller}"
            );
            tokio::task::yield_now().await;
        }
    }
}

/// What `broken` ends with.
fn broken() -> ExitReason {
    ExitReason::Error("broken 1".into())
}

/// The lines that are not about a start.
fn told(log: &Log) -> Vec<String> {
    let mut lines = log.lines();
    lines.retain(|line| !line.contains("started"));
    lines
}
