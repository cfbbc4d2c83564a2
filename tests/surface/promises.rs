//! What the public types promise the compiler: which may cross threads, and which must not move.

use std::cell::Cell;
use std::fmt::Debug;
use std::hash::Hash;

use playhouse::message::{Handles, Mail};
use playhouse::prelude::*;
use playhouse::{ActorRef, Ask, Refused, Tell};

/// A message that only one thread at a time may look at.
struct Lonely(Cell<u8>);

#[actor]
struct Account {
    balance: Cell<u64>,
}

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {
        self.balance.set(self.balance.get() + amount);
    }

    #[message]
    fn balance(&self) -> u64 {
        self.balance.get()
    }

    #[message]
    fn keep(&mut self, lonely: Lonely) {
        self.balance.set(u64::from(lonely.0.get()));
    }

    #[message]
    async fn keep_until_later(&mut self, lonely: Lonely) -> Result<Lonely, std::fmt::Error> {
        tokio::task::yield_now().await;
        Ok(lonely)
    }
}

const fn is_send<T: Send>() {}
const fn is_sync<T: Sync>() {}
const fn is_clone<T: Clone>() {}
const fn is_owned<T: 'static>() {}

#[test]
fn an_address_goes_everywhere_even_if_the_state_does_not() {
    fn address<T: Send + Sync + Clone + Debug + Eq + Hash + 'static>() {}
    address::<Address<Account>>();
    is_send::<Recipient<AccountDeposit>>();
    is_sync::<Recipient<AccountDeposit>>();
    is_clone::<Recipient<AccountDeposit>>();
    is_send::<Recipient<AccountBalance, u64>>();
    is_sync::<Recipient<AccountKeep>>();
    is_send::<ActorRef>();
    is_sync::<ActorRef>();
    is_send::<System>();
    is_sync::<System>();
    is_clone::<System>();
    is_send::<Timer>();
}

#[test]
fn a_reply_port_may_be_answered_from_another_thread() {
    is_send::<Reply<u64>>();
    is_send::<Reply<Cell<u64>, Cell<u64>>>();
    is_owned::<Reply<u64>>();
}

#[test]
fn the_verbs_are_futures_that_may_cross_threads() {
    fn crosses<T: Future + Send>() {}
    crosses::<Tell<'_, Account, AccountDeposit>>();
    crosses::<Ask<'_, Account, AccountBalance>>();
    crosses::<Tell<'_, Account, AccountKeep>>();
    crosses::<Ask<'_, Account, AccountKeepUntilLater>>();
}

/// Has one way to be implemented for what must not move once polled, and two for what may.
trait AmbiguousIfUnpin<A> {
    const PINNED: () = ();
}

struct Movable;

impl<T: ?Sized> AmbiguousIfUnpin<()> for T {}
impl<T: ?Sized + Unpin> AmbiguousIfUnpin<Movable> for T {}

#[test]
fn the_verbs_must_not_move_once_they_are_polled() {
    // Neither line compiles if the type is `Unpin`: there would be two constants to choose from.
    let () = <Tell<'_, Account, AccountDeposit> as AmbiguousIfUnpin<_>>::PINNED;
    let () = <Ask<'_, Account, AccountBalance> as AmbiguousIfUnpin<_>>::PINNED;
}

#[test]
fn the_errors_suit_a_boxed_error_whatever_the_message() {
    fn boxable<T: std::error::Error + Send + Sync + 'static>() {}
    boxable::<TellError<AccountDeposit>>();
    boxable::<TellError<Lonely>>();
    boxable::<AskError>();
    boxable::<AskError<std::fmt::Error>>();
    boxable::<Refused>();
}

#[test]
fn the_mail_of_an_actor_is_all_that_its_handlers_take() {
    fn mail<M: Send + 'static, A: Handles<M, Reply = R, Error = E>, R, E>() -> &'static str
    where
        A::Mail: Mail,
    {
        std::any::type_name::<A::Mail>()
    }
    let of_deposit = mail::<AccountDeposit, Account, (), std::convert::Infallible>();
    let of_keep = mail::<AccountKeepUntilLater, Account, Lonely, std::fmt::Error>();
    assert_eq!(of_deposit, of_keep);
}

#[test]
fn messages_are_cloned_and_shown_if_what_they_carry_can_be() {
    let deposit = AccountDeposit { amount: 5 };
    assert_eq!(
        format!("{:?}", deposit.clone()),
        "AccountDeposit { amount: 5 }"
    );
    assert_eq!(format!("{:?}", AccountBalance.clone()), "AccountBalance");
}
