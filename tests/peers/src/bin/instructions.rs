//! Does one thing N times on a current-thread runtime, for an instruction counter to look at.
//!
//! `instructions SCENARIO N`. The script `callgrind` runs it at two values of N: the difference is what the operations
//! cost, without what surrounds them.

use std::process::ExitCode;

use playhouse::prelude::*;
use tokio::sync::{mpsc, oneshot};

/// The same for both.
const CAPACITY: usize = 1024;

#[actor]
struct Sum {
    total: u64,
}

#[handlers]
impl Sum {
    #[message]
    fn add(&mut self, number: u64) {
        self.total += number;
    }

    #[message]
    fn echo(&mut self, number: u64) -> u64 {
        self.total += number;
        number
    }

    #[message]
    fn total(&self) -> u64 {
        self.total
    }
}

/// One of two that send a number back and forth, one less each time.
#[actor]
struct Node {
    next: Option<Address<Self>>,
    done: Option<oneshot::Sender<()>>,
}

#[handlers]
impl Node {
    #[message]
    fn link(&mut self, next: Address<Self>) {
        self.next = Some(next);
    }

    #[message]
    async fn token(&mut self, left: u64) {
        match &self.next {
            Some(next) if left > 0 => next.token(left - 1).await.expect("it lives"),
            _ => drop(self.done.take()),
        }
    }
}

enum Raw {
    Add(u64),
    Echo(u64, oneshot::Sender<u64>),
    Total(oneshot::Sender<u64>),
}

fn raw() -> (mpsc::Sender<Raw>, tokio::task::JoinHandle<()>) {
    let (sender, mut receiver) = mpsc::channel(CAPACITY);
    let task = tokio::spawn(async move {
        let mut total = 0;
        while let Some(message) = receiver.recv().await {
            // A caller that no longer waits wants no answer.
            match message {
                Raw::Add(number) => total += number,
                Raw::Echo(number, reply) => {
                    total += number;
                    let _ = reply.send(number);
                }
                Raw::Total(reply) => {
                    let _ = reply.send(total);
                }
            }
        }
    });
    (sender, task)
}

async fn ask_raw(
    address: &mpsc::Sender<Raw>,
    message: impl FnOnce(oneshot::Sender<u64>) -> Raw,
) -> u64 {
    let (reply, answer) = oneshot::channel();
    assert!(address.send(message(reply)).await.is_ok(), "it lives");
    answer.await.expect("it answers")
}

/// The sum of 1 to `count`.
const fn sum_to(count: u64) -> u64 {
    count * (count + 1) / 2
}

async fn tell(count: u64) {
    let system = System::new("instructions");
    let sum = system.spawn(Sum { total: 0 });
    for number in 1..=count {
        sum.add(number).await.expect("it lives");
    }
    let total = sum.total().await.expect("it answers");
    assert_eq!(total, sum_to(count), "every message counts once");
}

async fn ask(count: u64) {
    let system = System::new("instructions");
    let sum = system.spawn(Sum { total: 0 });
    for number in 1..=count {
        assert_eq!(sum.echo(number).await.expect("it answers"), number);
    }
}

async fn spawn(count: u64) {
    let system = System::new("instructions");
    for _ in 0..count {
        let sum = system.spawn(Sum { total: 0 });
        sum.stop();
        assert!(sum.wait().await.is_normal(), "it stops");
    }
}

async fn hop(count: u64) {
    let system = System::new("instructions");
    let (done, arrived) = oneshot::channel();
    let mut done = Some(done);
    let [a, b] = [(); 2].map(|()| {
        let done = done.take();
        system.spawn(Node { next: None, done })
    });
    a.link(b.clone()).ask().await.expect("it answers");
    b.link(a.clone()).ask().await.expect("it answers");
    // An even number of hops ends where it began.
    a.token(count & !1).await.expect("it lives");
    assert!(arrived.await.is_err(), "the last one drops it");
}

async fn raw_tell(count: u64) {
    let (sum, _task) = raw();
    for number in 1..=count {
        assert!(sum.send(Raw::Add(number)).await.is_ok(), "it lives");
    }
    let total = ask_raw(&sum, Raw::Total).await;
    assert_eq!(total, sum_to(count), "every message counts once");
}

async fn raw_ask(count: u64) {
    let (sum, _task) = raw();
    for number in 1..=count {
        assert_eq!(
            ask_raw(&sum, |reply| Raw::Echo(number, reply)).await,
            number
        );
    }
}

async fn raw_hop(count: u64) {
    let (done, arrived) = oneshot::channel::<()>();
    let mut done = Some(done);
    let channels = [(); 2].map(|()| mpsc::channel::<u64>(CAPACITY));
    let [(first, a), (second, b)] = channels;
    let start = first.clone();
    for (mut receiver, next) in [(a, second), (b, first)] {
        let mut done = done.take();
        tokio::spawn(async move {
            while let Some(left) = receiver.recv().await {
                if left == 0 {
                    done = None;
                } else {
                    assert!(next.send(left - 1).await.is_ok(), "it lives");
                }
            }
            drop(done);
        });
    }
    assert!(start.send(count & !1).await.is_ok(), "it lives");
    assert!(arrived.await.is_err(), "the last one drops it");
}

async fn raw_spawn(count: u64) {
    for _ in 0..count {
        let (sum, task) = raw();
        drop(sum);
        task.await.expect("it ends");
    }
}

async fn run(scenario: &str, count: u64) -> Result<(), String> {
    match scenario {
        "tell" => tell(count).await,
        "ask" => ask(count).await,
        "hop" => hop(count).await,
        "spawn" => spawn(count).await,
        "raw-tell" => raw_tell(count).await,
        "raw-ask" => raw_ask(count).await,
        "raw-hop" => raw_hop(count).await,
        "raw-spawn" => raw_spawn(count).await,
        other => return Err(format!("`{other}` is no scenario")),
    }
    Ok(())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [scenario, count] = &args[..] else {
        eprintln!("usage: instructions SCENARIO N; see tests/peers/callgrind");
        return ExitCode::from(2);
    };
    let Ok(count) = count.parse() else {
        eprintln!("`{count}` is no count");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    // In a task, as what sends usually is.
    let scenario = scenario.clone();
    let done = runtime.block_on(async move {
        let work = tokio::spawn(async move { run(&scenario, count).await });
        work.await.expect("it runs to its end")
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
