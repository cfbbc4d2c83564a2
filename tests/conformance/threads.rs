//! §9 Threads.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use playhouse::SpawnError;
use playhouse::prelude::*;
use playhouse::test::{Baseline, assert_no_leaks};
use playhouse_tests::{Gate, Log, assert_conserved, soon};

#[derive(Default)]
struct Shop {
    made: AtomicU64,
    in_hand: AtomicUsize,
    most: AtomicUsize,
    /// Each message, and the thread that had it.
    taken: Mutex<Vec<(String, u64)>>,
}

#[actor(mailbox = 64)]
struct Worker {
    shop: Arc<Shop>,
    number: u64,
    handled: u64,
}

impl Worker {
    fn factory(shop: &Arc<Shop>) -> impl Fn() -> Self + Send + Sync + 'static + use<> {
        let shop = shop.clone();
        move || {
            let number = shop.made.fetch_add(1, Ordering::SeqCst);
            Self {
                shop: shop.clone(),
                number,
                handled: 0,
            }
        }
    }
}

#[handlers]
impl Worker {
    #[message]
    fn work(&mut self, number: u64) {
        let now = self.shop.in_hand.fetch_add(1, Ordering::SeqCst) + 1;
        self.shop.most.fetch_max(now, Ordering::SeqCst);
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        self.shop.taken.lock().unwrap().push((thread, number));
        self.handled += 1;
        self.shop.in_hand.fetch_sub(1, Ordering::SeqCst);
        assert!(number % 97 != 13, "unlucky {number}");
    }

    #[message]
    fn hold(&mut self, gate: Gate) {
        gate.pass_blocking();
    }

    #[message]
    fn who(&mut self) -> (u64, u64) {
        (self.number, self.handled)
    }

    #[message]
    fn relay(&mut self, to: Recipient<u64>, number: u64) {
        // A pool's thread may block.
        to.tell(number).blocking().unwrap();
    }

    #[message]
    fn leave(&mut self, cx: &mut Context<Self>) {
        cx.stop();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_a_pool_is_one_queue_one_in_hand_each_and_conserves() {
    let baseline = Baseline::take();
    let system = System::new("test");
    let shop = Arc::new(Shop::default());
    let pool = system.spawn_pool(4, Worker::factory(&shop)).unwrap();
    for n in 0..10_000 {
        pool.work(n).await.unwrap();
    }
    pool.drain();
    soon(pool.wait()).await;
    let taken = shop.taken.lock().unwrap().clone();
    assert_eq!(taken.len(), 10_000);
    assert!(shop.most.load(Ordering::SeqCst) <= 4);
    let mut sorted: Vec<_> = taken.iter().map(|(_, number)| *number).collect();
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..10_000), "each once");
    // Taken in order: what a thread gets is always younger than what it got before. What the threads do after taking
    // may interleave in any way.
    for thread in 0..4 {
        let name = format!("Worker-{thread}");
        let own = taken
            .iter()
            .filter(|(thread, _)| *thread == name)
            .map(|(_, number)| *number);
        assert!(own.clone().is_sorted(), "{name} took them in order");
        assert!(own.count() > 0, "{name} had work");
    }
    let failures = (0..10_000u64).filter(|n| n % 97 == 13).count() as u64;
    let totals = pool.actor().totals();
    assert_eq!((totals.failed, totals.panics), (failures, failures));
    // A thread that fails while the pool closes has nothing to start again for.
    assert!(
        (failures - 4..=failures).contains(&totals.restarts),
        "{totals:?}"
    );
    assert_eq!(totals.handled, 10_000 - failures);
    assert_eq!(system.dead_letters().count(), failures);
    assert_conserved(&pool.actor());
    assert_no_leaks(&system).await;
    baseline.assert_restored().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_each_thread_has_its_own_state_and_restarts_alone() {
    let system = System::new("test");
    let shop = Arc::new(Shop::default());
    let pool = system.spawn_pool(1, Worker::factory(&shop)).unwrap();
    pool.work(1).await.unwrap();
    assert_eq!(pool.who().await, Ok((0, 1)));
    pool.work(13).await.unwrap();
    assert_eq!(pool.who().await, Ok((1, 0)), "fresh");
    pool.leave().await.unwrap();
    assert_eq!(
        pool.who().await,
        Ok((2, 0)),
        "a thread that leaves is replaced"
    );
    let two = system.spawn_pool(2, Worker::factory(&shop)).unwrap();
    let gate = Gate::new();
    two.hold(gate.clone()).await.unwrap();
    gate.arrival().await;
    two.work(13).await.unwrap();
    two.work(1).await.unwrap();
    assert_eq!(
        two.who().await.unwrap().1,
        1,
        "the other thread goes on while one is held"
    );
    gate.open();
    assert_no_leaks(&system).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_a_threads_handlers_may_block_on_other_actors() {
    let system = System::new("test");
    let shop = Arc::new(Shop::default());
    let pool = system.spawn_pool(2, Worker::factory(&shop)).unwrap();
    let mut probe = playhouse::test::Probe::<u64>::new(&system);
    for n in 0..2_000 {
        pool.relay(probe.recipient(), n).await.unwrap();
    }
    let mut got = probe.take(2_000).await;
    got.sort_unstable();
    assert!(got.into_iter().eq(0..2_000));
    assert_no_leaks(&system).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_shutdown_names_a_thread_that_does_not_come_back_and_leaves_it() {
    let baseline = Baseline::take();
    let system = System::new("test");
    let shop = Arc::new(Shop::default());
    let pool = system.spawn_pool(3, Worker::factory(&shop)).unwrap();
    let gate = Gate::new();
    pool.hold(gate.clone()).await.unwrap();
    gate.arrival().await;
    let other = Gate::new();
    other.open_all();
    pool.hold(other.clone()).await.unwrap();
    other.arrival().await;
    let error = system.shutdown(ms(200)).await.unwrap_err();
    assert_eq!(error.left.len(), 1, "{error}");
    assert_eq!(error.left[0].busy_with, Some("WorkerHold"));
    assert!(error.left[0].thread.is_some());
    assert!(error.to_string().contains("thread"), "{error}");
    soon(pool.wait()).await;
    // Left behind, and still named until it is back.
    let again = system.shutdown(ms(50)).await.unwrap_err();
    assert_eq!(again.left.len(), 1);
    gate.open();
    system.shutdown(secs(20)).await.unwrap();
    assert_conserved(&pool.actor());
    assert_no_leaks(&system).await;
    baseline.assert_restored().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_stop_while_all_are_busy_is_complete() {
    for _ in 0..50 {
        let system = System::new("test");
        let shop = Arc::new(Shop::default());
        let pool = system.spawn_pool(2, Worker::factory(&shop)).unwrap();
        let gate = Gate::new();
        for _ in 0..2 {
            pool.hold(gate.clone()).await.unwrap();
            gate.arrival().await;
        }
        for n in 0..10 {
            pool.work(n).await.unwrap();
        }
        pool.stop();
        assert!(pool.work(1).await.unwrap_err().is_closed());
        gate.open_all();
        assert_eq!(soon(pool.wait()).await, ExitReason::Shutdown);
        assert_eq!(system.dead_letters().count(), 10);
        assert_conserved(&pool.actor());
        assert_no_leaks(&system).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_a_factory_that_panics_is_tried_again_with_growing_pauses() {
    let system = System::new("test");
    let log = Log::new();
    let (tries, shop) = (Arc::new(AtomicU64::new(0)), Arc::new(Shop::default()));
    let (counted, said) = (tries.clone(), log.clone());
    let make = Worker::factory(&shop);
    let pool = system
        .spawn_pool(1, move || {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            said.add(number);
            assert!(number >= 3, "not yet");
            make()
        })
        .unwrap();
    assert_eq!(soon(pool.who()).await, Ok((0, 0)));
    assert_eq!(tries.load(Ordering::SeqCst), 4);
    assert_no_leaks(&system).await;
}

#[tokio::test]
async fn c9_a_pool_of_no_threads_is_an_error() {
    let system = System::new("test");
    let shop = Arc::new(Shop::default());
    assert_eq!(
        system.spawn_pool(0, Worker::factory(&shop)).unwrap_err(),
        SpawnError::ZeroThreads
    );
    system.shutdown(secs(1)).await.unwrap();
    let error = system.spawn_pool(1, Worker::factory(&shop)).unwrap_err();
    assert_eq!(
        error,
        SpawnError::SystemClosed {
            system: "test".into()
        }
    );
    assert_eq!(shop.made.load(Ordering::SeqCst), 0);
}
