//! Where the time of an actor goes, for handlers that wait and for many short ones.

use playhouse::prelude::*;
use playhouse::test::{assert_no_leaks, paused};
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::advance;

const SHORT: Duration = Duration::from_micros(2);

/// Lets the clock move while it is polled.
#[actor]
struct Worker;

#[handlers]
impl Worker {
    #[message]
    async fn before_it_waits(&mut self) {
        advance(SHORT).await;
    }

    #[message]
    async fn after_it_waited(&mut self) {
        yield_now().await;
        advance(SHORT).await;
    }
}

#[test]
fn the_time_after_a_wait_counts_once() {
    paused(async {
        const MESSAGES: u32 = 400;
        let system = System::new("test");
        let worker = system.spawn(Worker);
        for _ in 0..MESSAGES {
            worker.after_it_waited().ask().await.unwrap();
        }
        assert_eq!(worker.actor().snapshot().totals.busy, SHORT * MESSAGES);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn short_times_are_sampled_and_come_out_right() {
    paused(async {
        const MESSAGES: u32 = 4_000;
        let system = System::new("test");
        let worker = system.spawn(Worker);
        for _ in 0..MESSAGES {
            worker.before_it_waits().ask().await.unwrap();
        }
        let busy = worker.actor().snapshot().totals.busy;
        let exact = SHORT * MESSAGES;
        assert!(
            busy * 10 > exact * 9 && busy * 10 < exact * 11,
            "{busy:?} of {exact:?}"
        );
        assert_no_leaks(&system).await;
    });
}
