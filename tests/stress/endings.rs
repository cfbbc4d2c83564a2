//! An end that is asked for at the very moment when an actor goes to sleep.

use playhouse::prelude::*;
use playhouse::test::assert_no_leaks;
use playhouse_tests::soon;

#[actor]
struct Sleeper(u64);

#[handlers]
impl Sleeper {
    #[message]
    fn count(&mut self) {
        self.0 += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_is_heard_by_an_actor_that_goes_to_sleep() {
    let system = System::new("stress");
    for round in 0..super::rounds(20_000, 500_000) {
        let sleeper = system.spawn(Sleeper(0));
        sleeper.count().try_tell().unwrap();
        // Long enough for the actor to be anywhere between its first message and its sleep.
        for _ in 0..round % 4_000 {
            std::hint::spin_loop();
        }
        match round % 3 {
            0 => sleeper.stop(),
            _ => sleeper.drain(),
        }
        soon(sleeper.wait()).await;
    }
    assert_no_leaks(&system).await;
}
