//! How large things are: a task that a fat handler makes fat stays so for the actor's whole life,
//! and a large message would make each place of the mailbox large.

use std::mem::size_of;

use playhouse::__private::{Actor, Mail};
use playhouse::prelude::*;
use playhouse::{Ask, Tell};

const FAT: usize = 16 * 1024;

#[actor]
struct Thin;

#[handlers]
impl Thin {
    #[message]
    async fn print(&mut self, page: u8) -> usize {
        let plate = [page; FAT];
        tokio::task::yield_now().await;
        plate.iter().filter(|dot| **dot == page).count()
    }
}

#[actor]
struct Boxed;

#[handlers]
impl Boxed {
    #[message(boxed)]
    async fn print(&mut self, page: u8) -> usize {
        let plate = [page; FAT];
        tokio::task::yield_now().await;
        plate.iter().filter(|dot| **dot == page).count()
    }

    #[message]
    async fn rest(&mut self, millis: u64) {
        tokio::time::sleep(ms(millis)).await;
    }
}

/// The size of the future that `on_mail` returns, without the need for an actor at work.
fn future_size<'a, A: Actor + 'a, F: Future>(
    _: impl FnOnce(&'a mut A, A::Mail, &'a mut Context<A>) -> F,
) -> usize {
    size_of::<F>()
}

#[test]
fn a_boxed_handler_does_not_fatten_its_actor() {
    let plain = future_size::<Thin, _>(|actor, mail, cx| actor.on_mail(mail, cx));
    let boxed = future_size::<Boxed, _>(|actor, mail, cx| actor.on_mail(mail, cx));
    println!("on_mail with a fat handler: {plain} bytes; boxed: {boxed} bytes");
    assert!(boxed < 512, "{boxed}");
    // The check that a handler's future is `Send` must not keep a second copy of it.
    assert!((FAT..FAT + 1024).contains(&plain), "{plain}");
}

#[actor]
struct Printer;

#[handlers]
impl Printer {
    #[message]
    fn print(&mut self, page: [u8; 4096]) -> usize {
        page.len()
    }

    #[message]
    fn line(&mut self, text: [u8; 128]) -> usize {
        text.len()
    }

    #[handler]
    fn on_page(&mut self, page: Box<[u8; 512]>) {
        drop(page);
    }

    #[handler]
    fn on_sheet(&mut self, sheet: [u8; 129]) {
        drop(Box::new(sheet));
    }
}

#[actor]
struct Clerk;

#[handlers]
impl Clerk {
    #[message]
    fn note(&mut self, amount: u64) -> u64 {
        amount
    }
}

#[test]
fn a_large_message_does_not_fatten_the_mail() {
    let printer = size_of::<<Printer as Actor>::Mail>();
    let clerk = size_of::<<Clerk as Actor>::Mail>();
    println!(
        "mail with messages of 4096 and 128 bytes: {printer} bytes; of 8 bytes: {clerk} bytes"
    );
    // What fits lies inline: 128 bytes, its reply port and the word that tells the kinds apart.
    assert!((128..=192).contains(&printer), "{printer}");
    assert!(clerk <= 56, "{clerk}");
}

#[test]
fn the_verbs_are_small() {
    let tell = size_of::<Tell<'_, Clerk, ClerkNote>>();
    let ask = size_of::<Ask<'_, Clerk, ClerkNote>>();
    println!("Tell of 8 bytes: {tell} bytes; Ask of 8 bytes: {ask} bytes");
    assert!(tell <= 128, "{tell}");
    assert!(ask <= 192, "{ask}");
}

#[test]
fn a_boxed_message_comes_back_as_it_was() {
    use playhouse::__private::{Handles, Refusal};

    fn refused<A: Handles<M>, M: Send + 'static>(
        message: M,
        port: playhouse::Reply<A::Reply, A::Error>,
    ) -> M {
        let mail = A::wrap(message, port);
        let back = mail.refuse(Refusal::Closed);
        *back.downcast().expect("the message that went in")
    }
    let _ = refused::<Printer, PrinterPrint>;
    assert_eq!(size_of::<PrinterPrint>(), 4096);
}
