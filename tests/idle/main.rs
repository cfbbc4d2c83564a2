//! What actors that do nothing cost: nothing.

use std::time::Duration;

use playhouse::prelude::*;
use playhouse::test::assert_no_leaks;

#[actor]
struct Idle {
    state: [u64; 5],
}

#[handlers]
impl Idle {
    #[message]
    fn touch(&mut self) -> u64 {
        self.state[0] += 1;
        self.state[0]
    }
}

/// The processor time of this process so far, in clock ticks (10 ms).
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux says so");
    // The second field is the program's name in brackets, which may hold spaces.
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || {
        fields
            .next()
            .and_then(|field| field.parse::<u64>().ok())
            .expect("a number")
    };
    next() + next()
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux says so");
    let pages: u64 = statm
        .split_whitespace()
        .nth(1)
        .and_then(|field| field.parse().ok())
        .expect("a number");
    pages * 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_actors_take_no_processor_time() {
    const ACTORS: u64 = 100_000;
    let system = System::new("idle");
    let before = resident_bytes();
    let actors: Vec<_> = (0..ACTORS)
        .map(|_| system.spawn(Idle { state: [0; 5] }))
        .collect();
    for actor in &actors {
        actor.touch().await.unwrap();
    }
    let each = (resident_bytes() - before) / ACTORS;
    // The task of the ask limit ends by itself; what is measured begins after that.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let ticks = cpu_ticks();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let spent = cpu_ticks() - ticks;
    println!("{ACTORS} idle actors: {spent} of 200 ticks of a core in 2 s, {each} bytes each");
    assert!(spent <= 2, "{spent} ticks of 10 ms in 2 s");
    assert_eq!(system.snapshot().actors.len() as u64, ACTORS);
    drop(actors);
    assert_no_leaks(&system).await;
}
