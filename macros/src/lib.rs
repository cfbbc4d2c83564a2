//! The attributes of playhouse: [`actor`](macro@actor) says what an actor is, [`handlers`] what it
//! hears. Use them through the facade, the package `playhouse`, which re-exports both.
//!
//! ```text
//! #[actor(mailbox = 256)]
//! pub struct Account { balance: u64 }
//!
//! #[handlers]
//! impl Account {
//!     #[message] pub fn deposit(&mut self, amount: u64) { self.balance += amount; }
//!     #[message] pub fn balance(&self) -> u64 { self.balance }
//! }
//!
//! let account = system.spawn(Account { balance: 0 });
//! account.deposit(5).await?;                        // a tell
//! assert_eq!(account.balance().await?, 5);          // an ask
//! account.tell(AccountDeposit { amount: 1 }).await?;
//! ```
//!
//! What a program may write wrongly is told in a sentence, on the token that is wrong, with what
//! to write instead.
#![forbid(unsafe_code)]

mod actor;
mod attributes;
mod errors;
mod handlers;
mod options;
mod paths;

use proc_macro::TokenStream;

/// Makes a struct or an enum the state of an actor. What the actor hears is said by [`handlers`]
/// on an `impl` block of it.
///
/// The type is left as it is, and gets an implementation of `Define`. It may be generic: each type
/// parameter is then `Send + 'static`. It cannot have a lifetime, as an actor outlives the function
/// that spawns it.
///
/// # Options
///
/// | option | default | says |
/// |---|---|---|
/// | `mailbox = 256` | 1024 | for how many messages the mailbox has room; any constant `usize` above 0 |
/// | `overflow = wait` | `wait` | what happens when it is full: with `wait` the sender waits, with `reject` it gets `Full` |
/// | `inline_ask = auto` | `never` | whether an ask may run a plain `fn` on the caller's task: with `auto` it may where that pays, with `never` every message runs in the actor's own task |
/// | `name = "teller"` | the type's name | how the type is called in logs, metrics and the observer |
/// | `crate = path` | found in `Cargo.toml` | where the facade is, if it is re-exported by another crate |
///
/// ```text
/// #[actor(mailbox = 64, overflow = reject, name = "teller")]
/// struct Teller { queue: Vec<Customer> }
///
/// #[actor(mailbox = ROOM)]
/// enum Light { On, Off }
///
/// #[actor(inline_ask = auto)]
/// struct Press { plates: Vec<Plate> }
///
/// #[actor(crate = my_framework::playhouse)]
/// struct Cache<K, V> { map: HashMap<K, V> }
/// ```
///
/// A spawn may choose another mailbox than the type does.
#[proc_macro_attribute]
pub fn actor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    actor::expand(arguments.into(), item.into()).into()
}

/// Makes the marked functions of an `impl` block the handlers of an actor.
///
/// An actor has one such block, in which all its messages are; what is not marked stays an ordinary
/// function, constant or type, and further `impl` blocks without the attribute are free to be
/// written. The one option of the block, `crate = path`, says where the facade is, if it is
/// re-exported by another crate.
///
/// | mark | makes the function |
/// |---|---|
/// | `#[message]` | the handler of a message made from its arguments |
/// | `#[handler]` | the handler of a message of a type that exists already |
/// | `#[started]` | what is run before the first message |
/// | `#[restarted]` | what is run after that in an actor that was started again |
/// | `#[stopping]` | what is run after the last message |
///
/// # Handlers
///
/// A handler is a `fn` or an `async fn` that takes `&self` or `&mut self`. While it is suspended the
/// actor waits with it: one message at a time. Among its parameters, at any place, there may be
///
/// * `cx: &mut Context<Self>`, its way to its own actor, and
/// * `reply: Reply<T>` or `reply: Reply<T, E>`, through which it then answers when it likes, also
///   after it has returned.
///
/// They are known by the last name of their type. All others are the message. They own their data,
/// and `Self` in them is the actor.
///
/// What the function returns says what awaiting the message does:
///
/// | returns | awaiting is | the caller gets |
/// |---|---|---|
/// | nothing | a tell | `()` as soon as the mailbox has accepted the message |
/// | `T` | an ask | `T` |
/// | `Result<T, E>` | an ask | `T`, or the handler's `E` |
/// | nothing, with a `Reply<T, E>` | an ask | what is answered through the `Reply` |
///
/// Both verbs are there on every message: `.tell()` and `.ask()`. A type counts as a `Result` if its
/// last name is `Result`, as in `io::Result<T>`; an alias of another name needs the option `result`.
/// An alias of `()` is no `()`: write `()` itself, or nothing. With a `Reply` the handler itself
/// may return `Result<(), E>`; its `Err` is a failure of the actor.
///
/// An `async fn(&self)` keeps a reference to the state while it waits, so the state must be `Sync`;
/// one that takes `&mut self` needs it to be `Send` only. What a handler keeps across an `await` must
/// be `Send`.
///
/// # `#[message]`
///
/// ```text
/// #[message] pub fn deposit(&mut self, amount: u64) { .. }
/// ```
///
/// makes `pub struct AccountDeposit { pub amount: u64 }` and the method
/// `account.deposit(amount)` of every `Address<Account>`. Both are as visible as the function and
/// have its docs; an argument may have docs of its own, which go to the field. An argument `_`
/// becomes the field `arg0`, `arg1` and so on by its place. A message without arguments is a unit
/// struct: it is sent as `account.ask(AccountBalance)`.
///
/// The message is `Clone` and `Debug` if its fields are. It lies in the mailbox itself; above 128
/// bytes it is boxed for the way, unless its type has a parameter of the actor in it. So one large
/// message does not make the place of every small one large.
///
/// | option | does |
/// |---|---|
/// | `name = Deposit` | names the struct; without it the name is the actor's and the function's |
/// | `boxed` | puts the future of this `async fn` on the heap, at one allocation per call: a future with 16 KiB in it would make the actor's task as large for all its life |
/// | `on_error = report` | an `Err` that nobody waits for is reported and counted; without it, it is a failure of the actor |
/// | `skip_abandoned` | an ask whose caller has given up is not handled but becomes a dead letter |
/// | `result` | the return type is a `Result` under another name |
///
/// ```text
/// #[message(name = Withdraw, on_error = report)]
/// pub async fn withdraw(&mut self, amount: u64) -> Result<u64, Overdrawn> { .. }
///
/// #[message(boxed, skip_abandoned)]
/// pub async fn print(&mut self, cx: &mut Context<Self>, page: Page) -> Sheet { .. }
///
/// #[message(result)]
/// pub fn check(&self) -> Outcome<u64> { .. }
///
/// #[message]
/// pub fn later(&mut self, amount: u64, reply: Reply<u64, Overdrawn>) { self.waiting.push(reply); }
/// ```
///
/// A message cannot be named like a method of `Address`: such a name would never reach the actor.
///
/// # `#[handler]`
///
/// ```text
/// #[handler] fn on_tick(&mut self, tick: Tick, cx: &mut Context<Self>) { .. }
/// ```
///
/// handles a message of a type that is there already, of any crate: it is the parameter that is
/// neither the context nor a `Reply`, and may be destructured. It is sent by `account.tell(tick)`
/// and `account.ask(tick)`. Several actors that hear one type can be held as `Recipient<Tick>`.
/// It takes the options of `#[message]` but `name`.
///
/// # `#[started]`, `#[restarted]` and `#[stopping]`
///
/// ```text
/// #[started] async fn open(&mut self, cx: &mut Context<Self>) -> Result<(), OpenError> { .. }
/// #[restarted] async fn recover(&mut self, previous: &Incarnation) -> Result<(), OpenError> { .. }
/// #[stopping] async fn close(&mut self, why: &ExitReason) { .. }
/// ```
///
/// An actor has at most one of each. They return nothing or `Result<(), E>`; all may take the
/// context, the last one also why the actor ends.
///
/// `#[restarted]` runs right after `#[started]` where a supervisor has started the actor again after
/// an incarnation that was up, and may take which one that was and why it ended. Starts that failed
/// in between count for nothing. Its own error is a failed start. A pool of threads does not take an
/// actor that has it: its threads begin anew by themselves.
///
/// # What else is made
///
/// `AccountHandle`, to which `Address<Account>` derefs and which has the methods; the actor's mail,
/// one enum of all its messages, which stays hidden; and the implementations of `Actor`, of
/// `Handles<M>` for each message, and, if no handler and no hook is `async` and none is
/// `#[restarted]`, of `BlockingActor`, so that a pool of threads can run the actor. Either counts also
/// where a `#[cfg]` takes it out.
///
/// No module is made, so that an actor may live in a function, a test or a doctest. `#[cfg]` and
/// `#[deprecated]` on a handler hold for all that is made of it.
#[proc_macro_attribute]
pub fn handlers(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handlers::expand(arguments.into(), item.into()).into()
}
