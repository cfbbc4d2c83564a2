//! Which messages are handled without a future, and how the kinds of an actor's messages are counted.

use std::convert::Infallible;
use std::marker::PhantomData;

use futures::FutureExt as _;
use playhouse::__private::{Actor, Define, Handled, Handles, Mail};
use playhouse::InlineAsk;
use playhouse::prelude::*;
use playhouse_tests::soon;
use tokio::sync::oneshot;

/// What is done in the actor, with its state and its context.
type Job<A> = Box<dyn FnOnce(&mut A, &mut Context<A>) + Send>;

/// Gives its reply ports away, so that a test can make mail of any kind.
#[actor]
struct Lender<R, E>(PhantomData<(R, E)>);

#[handlers]
impl<R: Send + 'static, E: Send + 'static> Lender<R, E> {
    #[message]
    fn lend(&mut self, to: oneshot::Sender<Reply<R, E>>, reply: Reply<R, E>) {
        let _ = to.send(reply);
    }
}

/// An actor that does jobs, in a system of its own.
struct Bench<A: Actor> {
    system: System,
    actor: Address<A>,
}

impl<A> Bench<A>
where
    A: Handles<Job<A>, Reply = (), Error = Infallible>,
{
    fn new(state: A) -> Self {
        let system = System::new("surface");
        let actor = system.spawn(state);
        Self { system, actor }
    }

    /// Hands the actor a message as mail, past its mailbox; gives what `then` says and what the message was answered.
    async fn deliver<M, T>(
        &self,
        message: M,
        then: impl FnOnce(&mut A, A::Mail, &mut Context<A>) -> T + Send + 'static,
    ) -> (T, Option<<A as Handles<M>>::Reply>)
    where
        A: Handles<M>,
        M: Send + 'static,
        T: Send + 'static,
    {
        let lender = self.system.spawn(Lender(PhantomData));
        let (lend, lent) = oneshot::channel();
        let asked = async { lender.lend(lend).await.ok() };
        let done = async {
            let port = lent.await.expect("a port");
            let (say, said) = oneshot::channel();
            let job: Job<A> = Box::new(move |state, cx| {
                let mail = <A as Handles<M>>::wrap(message, port);
                let _ = say.send(then(state, mail, cx));
            });
            self.actor.tell(job).await.expect("room");
            said.await.expect("the job is done")
        };
        let (answer, done) = soon(async { tokio::join!(asked, done) }).await;
        (done, answer)
    }

    /// Whether the message was handled without a future, and its answer: by `on_mail` if it was given back.
    async fn hear<M>(&self, message: M) -> (bool, Option<<A as Handles<M>>::Reply>)
    where
        A: Handles<M>,
        M: Send + 'static,
    {
        let heard = self.deliver(message, |state, mail, cx| {
            let kind = mail.kind();
            match state.on_mail_now(mail, cx) {
                Ok(handled) => {
                    assert!(matches!(handled, Handled::Done));
                    true
                }
                Err(mail) => {
                    assert_eq!(mail.kind(), kind);
                    wait_for(state, mail, cx);
                    false
                }
            }
        });
        let (now, answer) = heard.await;
        assert_eq!(now, <A as Handles<M>>::PLAIN);
        (now, answer)
    }

    /// The answer of a message that goes straight to `on_mail`.
    async fn wait<M>(&self, message: M) -> Option<<A as Handles<M>>::Reply>
    where
        A: Handles<M>,
        M: Send + 'static,
    {
        self.deliver(message, wait_for).await.1
    }

    /// The number of the message's kind; its place among the names is that of its own name.
    async fn kind<M>(&self, message: M) -> usize
    where
        A: Handles<M>,
        M: Send + 'static,
    {
        let counted = self.deliver(message, |_, mail, _| (mail.kind(), mail.name()));
        let ((kind, name), _) = counted.await;
        assert_eq!(A::Mail::NAMES[kind], name);
        kind
    }

    async fn end(self) {
        self.system.shutdown(secs(5)).await.expect("an end");
    }
}

/// No handler here ever suspends, so one poll is enough.
fn wait_for<A: Actor>(state: &mut A, mail: A::Mail, cx: &mut Context<A>) {
    let handled = state.on_mail(mail, cx).now_or_never();
    assert!(matches!(handled, Some(Handled::Done)));
}

fn names<A: Actor>() -> &'static [&'static str] {
    A::Mail::NAMES
}

#[actor]
struct Plain(u64);

#[handlers]
impl Plain {
    #[message]
    fn add(&mut self, by: u64) -> u64 {
        self.0 += by;
        self.0
    }

    #[message]
    fn total(&self) -> u64 {
        self.0
    }

    #[handler]
    fn on_job(&mut self, job: Job<Self>, cx: &mut Context<Self>) {
        job(self, cx);
    }
}

#[tokio::test]
async fn all_messages_of_a_plain_actor_are_handled_without_a_future() {
    let bench = Bench::new(Plain(1));
    assert_eq!(bench.hear(PlainAdd { by: 2 }).await, (true, Some(3)));
    assert_eq!(bench.hear(PlainTotal).await, (true, Some(3)));
    assert_eq!(bench.wait(PlainAdd { by: 3 }).await, Some(6));
    assert_eq!(names::<Plain>(), ["PlainAdd", "PlainTotal", "Job<Plain>"]);
    assert_eq!(bench.kind(PlainAdd { by: 0 }).await, 0);
    assert_eq!(bench.kind(PlainTotal).await, 1);
    bench.end().await;
}

#[actor]
struct Hooked(u64);

#[handlers]
impl Hooked {
    #[message]
    fn total(&self) -> u64 {
        self.0
    }

    #[handler]
    fn on_job(&mut self, job: Job<Self>, cx: &mut Context<Self>) {
        job(self, cx);
    }

    #[started]
    async fn open(&mut self) {
        self.0 += 1;
    }
}

#[tokio::test]
async fn an_async_hook_makes_no_handler_async() {
    let bench = Bench::new(Hooked(1));
    assert_eq!(bench.hear(HookedTotal).await, (true, Some(2)));
    assert_eq!(bench.wait(HookedTotal).await, Some(2));
    assert_eq!(bench.kind(HookedTotal).await, 0);
    bench.end().await;
}

#[actor]
struct Mixed(u64);

#[handlers]
impl Mixed {
    #[message]
    async fn slow(&mut self, by: u64) -> u64 {
        self.0 += by;
        self.0
    }

    #[message]
    fn quick(&mut self, by: u64) -> u64 {
        self.0 *= by;
        self.0
    }

    #[message(boxed)]
    async fn large(&mut self, page: [u8; 512]) -> usize {
        page.len()
    }

    #[message]
    fn later(&mut self, reply: Reply<u64>) {
        reply.send(self.0);
    }

    #[handler]
    fn on_job(&mut self, job: Job<Self>, cx: &mut Context<Self>) {
        job(self, cx);
    }
}

#[tokio::test]
async fn a_mixed_actor_gives_its_async_messages_back_as_they_were() {
    let bench = Bench::new(Mixed(1));
    assert_eq!(bench.hear(MixedSlow { by: 2 }).await, (false, Some(3)));
    assert_eq!(bench.hear(MixedQuick { by: 2 }).await, (true, Some(6)));
    let large = MixedLarge { page: [0; 512] };
    assert_eq!(bench.hear(large).await, (false, Some(512)));
    assert_eq!(bench.hear(MixedLater).await, (true, Some(6)));
    bench.end().await;
}

#[tokio::test]
async fn every_message_of_a_mixed_actor_may_go_to_on_mail() {
    let bench = Bench::new(Mixed(1));
    assert_eq!(bench.wait(MixedSlow { by: 2 }).await, Some(3));
    assert_eq!(bench.wait(MixedQuick { by: 2 }).await, Some(6));
    assert_eq!(bench.wait(MixedLater).await, Some(6));
    bench.end().await;
}

#[tokio::test]
async fn kinds_are_numbered_in_the_order_of_the_handlers() {
    let bench = Bench::new(Mixed(1));
    assert_eq!(
        names::<Mixed>(),
        [
            "MixedSlow",
            "MixedQuick",
            "MixedLarge",
            "MixedLater",
            "Job<Mixed>"
        ]
    );
    assert_eq!(bench.kind(MixedSlow { by: 0 }).await, 0);
    assert_eq!(bench.kind(MixedQuick { by: 0 }).await, 1);
    assert_eq!(bench.kind(MixedLarge { page: [0; 512] }).await, 2);
    assert_eq!(bench.kind(MixedLater).await, 3);
    let job: Job<Mixed> = Box::new(|_, _| ());
    assert_eq!(bench.kind(job).await, 4);
    bench.end().await;
}

#[actor]
struct Waiting(u64);

#[handlers]
impl Waiting {
    #[message]
    async fn add(&mut self, by: u64) -> u64 {
        self.0 += by;
        self.0
    }

    #[handler]
    async fn on_job(&mut self, job: Job<Self>, cx: &mut Context<Self>) {
        job(self, cx);
    }
}

#[tokio::test]
async fn an_actor_of_async_handlers_gives_every_message_back() {
    let bench = Bench::new(Waiting(1));
    assert_eq!(bench.hear(WaitingAdd { by: 2 }).await, (false, Some(3)));
    assert_eq!(bench.kind(WaitingAdd { by: 0 }).await, 0);
    bench.end().await;
}

#[actor]
struct Cell<T>(T);

#[handlers]
impl<T: Clone + Send + Sync + 'static> Cell<T> {
    #[message]
    async fn swap(&mut self, value: T) -> T {
        std::mem::replace(&mut self.0, value)
    }

    #[message]
    fn get(&self) -> T {
        self.0.clone()
    }

    #[handler]
    fn on_job(&mut self, job: Job<Self>, cx: &mut Context<Self>) {
        job(self, cx);
    }
}

#[actor]
struct Shelf<T>(Vec<T>);

#[handlers]
impl<T: Send + 'static> Shelf<T> {
    #[message]
    fn count(&self) -> usize {
        self.0.len()
    }

    #[handler]
    fn on_job(&mut self, job: Job<Self>, cx: &mut Context<Self>) {
        job(self, cx);
    }
}

#[tokio::test]
async fn a_generic_actor_is_plain_where_its_handlers_are() {
    let cell = Bench::new(Cell("one"));
    let swap = CellSwap { value: "two" };
    assert_eq!(cell.hear(swap).await, (false, Some("one")));
    assert_eq!(cell.hear(CellGet).await, (true, Some("two")));
    assert_eq!(cell.wait(CellGet).await, Some("two"));
    assert_eq!(cell.kind(CellGet).await, 1);
    cell.end().await;
    let shelf = Bench::new(Shelf(vec!['a']));
    assert_eq!(shelf.hear(ShelfCount).await, (true, Some(1)));
    assert_eq!(shelf.kind(ShelfCount).await, 0);
    shelf.end().await;
}

#[actor]
struct Sparse(u64);

#[handlers]
impl Sparse {
    #[message]
    #[cfg(any())]
    fn absent(&mut self, of: NoSuchType) -> NoSuchType {
        of
    }

    #[message]
    async fn slow(&mut self) -> u64 {
        self.0
    }

    #[message]
    #[cfg_attr(all(), cfg(any()))]
    async fn absent_too(&mut self, of: NoSuchType) {}

    #[message]
    #[cfg(any())]
    fn quick(&self) {}

    #[message]
    #[cfg_attr(all(), cfg(all()))]
    fn quick(&self) -> u64 {
        self.0
    }

    #[handler]
    fn on_job(&mut self, job: Job<Self>, cx: &mut Context<Self>) {
        job(self, cx);
    }
}

#[tokio::test]
async fn a_message_that_is_not_there_is_not_counted() {
    let bench = Bench::new(Sparse(1));
    assert_eq!(
        names::<Sparse>(),
        ["SparseSlow", "SparseQuick", "Job<Sparse>"]
    );
    assert_eq!(bench.kind(SparseSlow).await, 0);
    assert_eq!(bench.kind(SparseQuick).await, 1);
    assert_eq!(bench.hear(SparseSlow).await, (false, Some(1)));
    assert_eq!(bench.hear(SparseQuick).await, (true, Some(1)));
    bench.end().await;
}

/// Of two kinds of handlers, one is not there in this build.
mod one_kind_here {
    use super::*;

    #[actor]
    pub(super) struct PlainHere(pub(super) u64);

    #[handlers]
    impl PlainHere {
        #[message]
        #[cfg(any())]
        async fn absent(&mut self) {}

        #[handler]
        fn on_job(&mut self, job: Job<Self>, cx: &mut Context<Self>) {
            job(self, cx);
        }

        #[message]
        pub(super) fn total(&self) -> u64 {
            self.0
        }
    }

    #[actor]
    pub(super) struct WaitingHere(pub(super) u64);

    #[handlers]
    impl WaitingHere {
        #[message]
        #[cfg(any())]
        fn absent(&mut self) {}

        #[handler]
        async fn on_job(&mut self, job: Job<Self>, cx: &mut Context<Self>) {
            job(self, cx);
        }

        #[message]
        pub(super) async fn total(&mut self) -> u64 {
            self.0
        }
    }

    #[actor]
    pub(super) struct Nothing;

    #[handlers]
    impl Nothing {
        #[message]
        #[cfg(any())]
        fn absent(&mut self) {}

        #[message]
        #[cfg(any())]
        async fn absent_too(&mut self) {}
    }
}

#[tokio::test]
async fn a_kind_of_handlers_that_is_not_there_changes_nothing_for_the_other() {
    use one_kind_here::*;
    let plain = Bench::new(PlainHere(1));
    assert_eq!(plain.hear(PlainHereTotal).await, (true, Some(1)));
    assert_eq!(plain.wait(PlainHereTotal).await, Some(1));
    assert_eq!(plain.kind(PlainHereTotal).await, 1);
    plain.end().await;
    let waiting = Bench::new(WaitingHere(1));
    assert_eq!(waiting.hear(WaitingHereTotal).await, (false, Some(1)));
    assert_eq!(waiting.kind(WaitingHereTotal).await, 1);
    waiting.end().await;
    let nothing: [&str; 0] = [];
    assert_eq!(names::<Nothing>(), nothing);
}

#[test]
fn an_actor_says_whether_its_asks_may_run_on_the_caller() {
    #[actor(inline_ask = never)]
    struct Shy;

    #[actor(inline_ask = auto)]
    struct Open;

    assert_eq!(Plain::INLINE_ASK, InlineAsk::Never, "the default");
    assert_eq!(Open::INLINE_ASK, InlineAsk::Auto);
    assert_eq!(Shy::INLINE_ASK, InlineAsk::Never);
}
