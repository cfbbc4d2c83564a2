//! The names that no message may have: those that an address answers itself. The list stands in
//! the macros, the methods in core, and neither can read the other; so this test reads both.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::hash::Hash;
use std::ops::Deref;

use playhouse::prelude::*;

const MACROS: &str = include_str!("../../macros/src/handlers/names.rs");
const CORE: &str = include_str!("../../core/src/address.rs");
const ACTOR_REF: &str = include_str!("../../core/src/address/actor_ref.rs");

/// The strings of the list in the macros.
fn reserved() -> BTreeSet<&'static str> {
    let (_, list) = MACROS
        .split_once("RESERVED: &[&str] = &[")
        .expect("the list");
    let (list, _) = list.split_once("];").expect("its end");
    list.split('"').skip(1).step_by(2).collect()
}

/// The public methods of `impl<A: Actor> Address<A>`.
fn inherent() -> BTreeSet<&'static str> {
    let (_, block) = CORE
        .split_once("\nimpl<A: Actor> Address<A> {\n")
        .expect("the block");
    let (block, rest) = block.split_once("\n}\n").expect("its end");
    assert!(
        !rest.contains("\nimpl<A: Actor> Address<A> {"),
        "a second block: read it too"
    );
    let lines = block.lines().map(str::trim_start);
    lines
        .filter_map(|line| {
            let line = line.strip_prefix("pub ")?.trim_start_matches("const ");
            let name = line.trim_start_matches("async ").strip_prefix("fn ")?;
            name.split(['(', '<']).next()
        })
        .collect()
}

/// The traits of an address, with the methods that each brings.
fn traits() -> BTreeSet<&'static str> {
    let sources = CORE.lines().chain(ACTOR_REF.lines());
    let heads = sources.filter_map(|line| line.strip_prefix("impl<A: Actor> "));
    let named = heads.filter_map(|head| head.split_once(" for Address<A>"));
    named
        .flat_map(|(name, _)| match name {
            "Deref" => &["deref"][..],
            "Clone" => &["clone", "clone_from"],
            "fmt::Debug" => &["fmt"],
            "PartialEq" => &["eq", "ne"],
            "Eq" => &[],
            "Hash" => &["hash"],
            "AsActor" => &["as_actor"],
            other => panic!("an address implements `{other}` now: reserve its methods"),
        })
        .copied()
        .collect()
}

/// What the standard library gives to every type, or to every type that is `Clone`.
const BLANKET: [&str; 5] = ["into", "try_into", "borrow", "to_owned", "type_id"];

#[test]
fn the_list_is_what_an_address_has() {
    let has: BTreeSet<&str> = inherent()
        .into_iter()
        .chain(traits())
        .chain(BLANKET)
        .collect();
    assert_eq!(reserved(), has);
}

#[actor]
struct Account;

#[handlers]
impl Account {
    #[message]
    fn deposit(&mut self, amount: u64) {
        let _ = amount;
    }
}

/// Compiles only if each name is a method of an address; it is never called.
#[allow(dead_code, unused_must_use, clippy::all, clippy::pedantic)]
fn every_reserved_name_is_a_method(address: Address<Account>, other: &Address<Account>) {
    use playhouse::__private::Handles;
    fn deposit() -> AccountDeposit {
        AccountDeposit { amount: 1 }
    }
    fn handles<A: Handles<AccountDeposit>>(_: &Address<A>) {}
    handles(&address);
    drop(address.tell(deposit()));
    drop(address.ask(deposit()));
    drop(address.try_tell(deposit()));
    let _: Recipient<AccountDeposit> = address.recipient();
    address.stop();
    address.drain();
    address.kill();
    drop(address.wait());
    address.actor();
    address.clone();
    address.to_owned();
    address.eq(other);
    address.ne(other);
    address.deref();
    address.hash(&mut std::collections::hash_map::DefaultHasher::new());
    let _: &Address<Account> = address.borrow();
    std::any::Any::type_id(&address);
    let _: fn(&Address<Account>, &mut std::fmt::Formatter<'_>) -> std::fmt::Result =
        <Address<Account> as std::fmt::Debug>::fmt;
    let _: Result<Address<Account>, std::convert::Infallible> = address.clone().try_into();
    let _: Address<Account> = address.into();
}
