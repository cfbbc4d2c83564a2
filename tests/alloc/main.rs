//! What is allocated, counted by an allocator that counts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use playhouse::prelude::*;
use playhouse::test::assert_no_leaks;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The allocator counts for the whole process: one test at a time.
fn alone() -> (MutexGuard<'static, ()>, dhat::Profiler) {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    (guard, dhat::Profiler::builder().testing().build())
}

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
    async fn add_async(&mut self, number: u64) {
        self.total += number;
    }

    #[message]
    fn total(&self) -> u64 {
        self.total
    }
}

fn blocks() -> u64 {
    dhat::HeapStats::get().total_blocks
}

fn on_one_thread<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(test)
}

#[test]
fn a_tell_allocates_nothing() {
    let (_alone, _profiler) = alone();
    on_one_thread(async {
        let system = System::new("alloc");
        let sum = system.spawn(Sum { total: 0 });
        // The queue grows once to what it ever holds.
        for _ in 0..2_048 {
            sum.add(1).await.unwrap();
        }
        sum.total().await.unwrap();
        let before = blocks();
        for _ in 0..10_000 {
            sum.add(1).await.unwrap();
            sum.add_async(1).await.unwrap();
            sum.tell(SumAdd { number: 1 }).await.unwrap();
            let _full_or_not = sum.add(1).try_tell();
        }
        let allocated = blocks() - before;
        // Those that wait for room take a place in a line; that is counted apart below.
        let waits = sum.actor().totals().send_wait;
        println!("40,000 tells: {allocated} allocations (waited {waits:?} for room)");
        tokio::task::yield_now().await;
        sum.total().await.unwrap();
        let before = blocks();
        for _ in 0..20 {
            for _ in 0..500 {
                sum.add(1).await.unwrap();
                sum.add_async(1).await.unwrap();
            }
            // Lets the actor handle them, so that nobody waits for room.
            while sum.actor().snapshot().depth > 0 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(blocks() - before, 0, "allocations in 20,000 tells");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn a_recipient_allocates_nothing() {
    let (_alone, _profiler) = alone();
    on_one_thread(async {
        let system = System::new("alloc");
        let sum = system.spawn(Sum { total: 0 });
        sum.add(1).await.unwrap();
        sum.total().await.unwrap();
        let before = blocks();
        for _ in 0..500 {
            let adds: Recipient<SumAdd> = sum.recipient();
            adds.clone().try_tell(SumAdd { number: 1 }).unwrap();
            let totals: Recipient<SumTotal, u64> = sum.recipient();
            drop((adds, totals, sum.clone()));
        }
        let made = blocks() - before;
        // Only the queue may have grown, from a few places to 512.
        assert!(made <= 9, "{made} allocations for 1,000 recipients");
        sum.total().await.unwrap();
        let before = blocks();
        for _ in 0..500 {
            let adds: Recipient<SumAdd> = sum.recipient();
            adds.try_tell(SumAdd { number: 1 }).unwrap();
        }
        assert_eq!(blocks() - before, 0);
        assert_no_leaks(&system).await;
    });
}

#[test]
fn an_ask_allocates_its_slot_and_little_else() {
    let (_alone, _profiler) = alone();
    on_one_thread(async {
        let system = System::new("alloc");
        let sum = system.spawn(Sum { total: 0 });
        for _ in 0..100 {
            sum.total().await.unwrap();
        }
        let before = blocks();
        for _ in 0..10_000 {
            sum.total().await.unwrap();
        }
        let each = (blocks() - before) as f64 / 10_000.0;
        println!("allocations per ask: {each}");
        assert!(each <= 1.1, "{each} allocations per ask");
        assert_no_leaks(&system).await;
    });
}

#[test]
fn ten_thousand_short_actors_leave_memory_where_it_was() {
    let (_alone, _profiler) = alone();
    on_one_thread(async {
        let system = System::new("alloc");
        let generation = async || {
            for _ in 0..100 {
                let actors: Vec<_> = (0..100).map(|_| system.spawn(Sum { total: 0 })).collect();
                for actor in &actors {
                    actor.add(1).await.unwrap();
                    assert_eq!(actor.total().await.unwrap(), 1);
                    actor.stop();
                }
                for actor in &actors {
                    actor.wait().await;
                }
            }
        };
        // Warms the histories, which keep 1,000.
        generation().await;
        let before = dhat::HeapStats::get().curr_bytes;
        generation().await;
        let after = dhat::HeapStats::get().curr_bytes;
        println!("10,000 actors later: {before} -> {after} bytes");
        assert!(after <= before + 16 * 1024, "{before} -> {after} bytes");
        assert_no_leaks(&system).await;
    });
}

/// It is linked, and traps exits or not.
#[actor]
struct Linked {
    exits: u64,
}

#[handlers]
impl Linked {
    #[message]
    fn trap(&mut self, cx: &mut Context<Self>) -> bool {
        cx.trap_exits();
        true
    }

    #[message]
    fn link(&mut self, other: Address<Self>, cx: &mut Context<Self>) -> bool {
        cx.link(&other);
        true
    }

    #[handler]
    fn on_exit(&mut self, _exit: Exit) {
        self.exits += 1;
    }
}

#[test]
fn ten_thousand_links_leave_memory_where_it_was() {
    const LINKS: usize = 10_000;
    let (_alone, _profiler) = alone();
    on_one_thread(async {
        let system = System::builder("alloc").history(0).build();
        for traps in [false, true] {
            let survivor = system.spawn(Linked { exits: 0 });
            if traps {
                survivor.trap().await.unwrap();
            }
            let one = async || {
                let other = system.spawn(Linked { exits: 0 });
                assert_eq!(survivor.link(other.clone()).await, Ok(true));
                other
            };
            let end = async |others: Vec<Address<Linked>>| {
                for other in &others {
                    other.stop();
                    other.wait().await;
                }
            };
            for _ in 0..100 {
                end(vec![one().await]).await;
            }
            let before = dhat::HeapStats::get().curr_bytes;
            for _ in 0..LINKS {
                end(vec![one().await]).await;
            }
            let after = dhat::HeapStats::get().curr_bytes;
            println!("10,000 links later (traps: {traps}): {before} -> {after} bytes");
            assert!(after <= before + 4 * 1024, "{before} -> {after} bytes");
            let mut others = Vec::new();
            for _ in 0..LINKS {
                others.push(one().await);
            }
            end(others).await;
            // What the exits took is given back with the next one.
            end(vec![one().await]).await;
            let after = dhat::HeapStats::get().curr_bytes;
            println!("10,000 at once: {before} -> {after} bytes");
            assert!(after <= before + 32 * 1024, "{before} -> {after} bytes");
            survivor.stop();
            survivor.wait().await;
        }
        assert_no_leaks(&system).await;
    });
}

/// Several sizes of state and handler.
mod sizes {
    use super::*;

    #[actor]
    pub(crate) struct Plain(pub(crate) [u64; 5]);

    #[handlers]
    impl Plain {
        #[message]
        pub(crate) fn get(&self) -> u64 {
            self.0[0]
        }
    }

    #[actor]
    pub(crate) struct Waiting(pub(crate) Option<Recipient<SizesNote>>);

    #[handlers]
    impl Waiting {
        #[message(name = SizesNote)]
        pub(crate) async fn note(&mut self, number: u64) {
            if let Some(next) = &self.0 {
                let _it_may_have_ended = next.tell(SizesNote { number }).await;
            }
        }
    }

    #[actor]
    pub(crate) struct Fat(pub(crate) u8);

    #[handlers]
    impl Fat {
        #[message]
        pub(crate) async fn print(&mut self) -> usize {
            let plate = [self.0; 4096];
            tokio::task::yield_now().await;
            plate.len()
        }
    }

    #[actor]
    pub(crate) struct Boxed(pub(crate) u8);

    #[handlers]
    impl Boxed {
        #[message(boxed)]
        pub(crate) async fn print(&mut self) -> usize {
            let plate = [self.0; 4096];
            tokio::task::yield_now().await;
            plate.len()
        }
    }
}

/// Bytes and allocations per living actor: its cell and its task.
async fn per_actor<A: playhouse::Actor>(make: impl Fn() -> A) -> (u64, f64) {
    const ACTORS: u64 = 1_000;
    let system = System::new("sizes");
    let before = dhat::HeapStats::get();
    let actors: Vec<_> = (0..ACTORS).map(|_| system.spawn(make())).collect();
    tokio::task::yield_now().await;
    let after = dhat::HeapStats::get();
    let list = (actors.capacity() * size_of::<Address<A>>()) as u64;
    let bytes = ((after.curr_bytes - before.curr_bytes) as u64 - list) / ACTORS;
    let blocks = (after.total_blocks - before.total_blocks) as f64 / ACTORS as f64;
    for actor in &actors {
        actor.stop();
    }
    assert_no_leaks(&system).await;
    (bytes, blocks)
}

#[test]
fn an_actor_is_as_small_as_it_was() {
    let (_alone, _profiler) = alone();
    on_one_thread(async {
        let rows = [
            (
                "plain handlers, 40 bytes of state",
                880,
                per_actor(|| sizes::Plain([0; 5])).await,
            ),
            (
                "an async handler that tells",
                980,
                per_actor(|| sizes::Waiting(None)).await,
            ),
            ("a fat handler", 5_200, per_actor(|| sizes::Fat(1)).await),
            ("the same, boxed", 830, per_actor(|| sizes::Boxed(1)).await),
        ];
        for (what, at_most, (bytes, blocks)) in rows {
            println!("{what}: {bytes} bytes in {blocks:.2} allocations");
            assert!(bytes <= at_most, "{what}: {bytes} bytes");
            // Cell and task, which tokio boxes where it is fat; and the system's table of actors now and then.
            assert!(blocks < 3.1, "{what}: {blocks} allocations");
        }
    });
}
