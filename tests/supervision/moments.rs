//! A stop at any moment: in a wait, in a start, in the boot, between two of them.

use std::collections::HashMap;

use crate::harness::prelude::*;

use crate::harness::{Journal, Log, Puppet, Strings, close, journal, puppet, strung, within};

/// Every child that came up went down as often, and none starts after the end.
fn check(log: &mut Log, moment: &str) {
    let mut up: HashMap<String, i64> = HashMap::new();
    for line in log.rest() {
        let (word, name) = line.split_once(' ').expect("a word and a name");
        match word {
            "up" => *up.entry(name.to_owned()).or_default() += 1,
            "down" => {
                *up.entry(name.split(':').next().expect("a name").to_owned())
                    .or_default() -= 1
            }
            _ => {}
        }
    }
    assert!(up.values().all(|count| *count == 0), "{moment}: {up:?}");
}

async fn turns(number: u32) {
    for _ in 0..number {
        tokio::task::yield_now().await;
    }
}

/// A child that crashes again and again, waits, and takes its time to start, while the supervisor is told to stop.
#[tokio::test(start_paused = true)]
async fn of_a_crash_loop() {
    for at in (0..1_400).step_by(7) {
        for yields in [0, 1, 2, 3, 5, 8] {
            let (journal, mut log) = journal();
            let system = System::new("test");
            let slow = journal.clone();
            let crasher = actor("crasher", move || {
                let slow = slow.clone();
                async move {
                    tokio::time::sleep(ms(30)).await;
                    Crasher { journal: slow }
                }
            });
            let backoff = Backoff::exponential(ms(50)..=ms(400)).jitter(0.0);
            let supervisor = Supervisor::one_for_one()
                .unlimited()
                .backoff(backoff)
                .child(puppet("a", &journal))
                .child(crasher);
            let bank = within(supervisor.start(&system)).await.unwrap();
            tokio::time::sleep(ms(at)).await;
            turns(yields).await;
            assert_eq!(within(bank.stop()).await, ExitReason::Shutdown);
            check(&mut log, &format!("{at} ms and {yields} turns"));
            tokio::time::sleep(secs(60)).await;
            assert_eq!(log.rest(), [""; 0], "{at} ms and {yields} turns");
            close(system).await;
        }
    }
}

/// Fails as soon as it is up.
#[actor]
struct Crasher {
    journal: Journal,
}

#[handlers]
impl Crasher {
    #[message]
    fn crash(&mut self) {
        panic!("boom");
    }

    #[started]
    fn up(&mut self, cx: &mut Context<Self>) {
        self.journal.write("up crasher");
        cx.after(ms(10), CrasherCrash {});
    }

    #[stopping]
    fn down(&mut self, why: &ExitReason) {
        self.journal.write(format!("down crasher: {why}"));
    }
}

/// The boot of a supervisor, given up after any number of turns.
#[tokio::test(start_paused = true)]
async fn of_a_boot() {
    for yields in 0..60 {
        let (journal, mut log) = journal();
        let system = System::new("test");
        let supervisor = Supervisor::one_for_one()
            .child(puppet("a", &journal))
            .child(puppet("b", &journal))
            .child(
                Supervisor::one_for_one()
                    .name("inner")
                    .child(puppet("c", &journal)),
            )
            .child(puppet("d", &journal));
        let starting = tokio::spawn({
            let system = system.clone();
            async move { supervisor.start(&system).await.map(drop) }
        });
        turns(yields).await;
        starting.abort();
        let _started_or_not = starting.await;
        close(system).await;
        check(&mut log, &format!("{yields} turns"));
    }
}

/// Anything, on two threads, where no turn is like another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_two_threads() {
    const IDS: [&str; 3] = ["a", "b", "c"];
    for round in 0..400_usize {
        let (journal, mut log) = journal();
        let system = System::new("test");
        let strings = Strings::new();
        let backoffs = [Backoff::none(), Backoff::exponential(ms(1)..=ms(3))];
        let supervisor = Supervisor::one_for_one()
            .unlimited()
            .backoff(backoffs[round % 2].clone())
            .child(puppet(IDS[0], &journal))
            .child(strung(IDS[1], &journal, &strings))
            .child(puppet(IDS[2], &journal).restart(Restart::Temporary));
        let bank = within(supervisor.start(&system)).await.unwrap();
        let puppets = IDS.map(|id| bank.address::<Puppet>(id).unwrap());
        strings.fail_next(round as u32 % 3);
        let unruly = tokio::spawn({
            let bank = bank.clone();
            async move {
                for step in 0..12 {
                    let child = (round + step) % IDS.len();
                    match (round / 3 + step * 7) % 10 {
                        0..=4 => drop(puppets[child].crash().await),
                        5 | 6 => puppets[child].kill(),
                        7 => drop(bank.children().await),
                        8 if step > 6 => puppets[child].stop(),
                        9 if step > 6 => drop(bank.terminate_child(IDS[child]).await),
                        _ => tokio::task::yield_now().await,
                    }
                }
            }
        });
        turns(round as u32 % 97).await;
        assert_eq!(within(bank.stop()).await, ExitReason::Shutdown);
        within(unruly).await.unwrap();
        close(system).await;
        let lines = log.rest();
        for id in IDS {
            let stopped = lines
                .iter()
                .position(|line| *line == format!("down {id}: shutdown"));
            let after = &lines[stopped.unwrap_or(lines.len())..];
            assert!(
                !after.contains(&format!("up {id}")),
                "round {round}: {lines:?}"
            );
        }
    }
}
