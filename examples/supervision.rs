//! A child that fails is started again by a rule, with a growing pause; its address and its siblings stay.
//!
//! `cargo run --example supervision`

use std::time::Instant;

use playhouse::prelude::*;

// ANCHOR: parser
#[actor]
struct Parser {
    parsed: u32,
}

#[handlers]
impl Parser {
    #[started]
    fn begin(&mut self, cx: &mut Context<Self>) {
        println!("parser: incarnation {}", cx.incarnation());
    }

    #[message]
    fn parse(&mut self, text: &'static str) -> u32 {
        // A panic is a failure of the actor.
        let number = text.parse().expect("a number");
        self.parsed += 1;
        number
    }

    #[message]
    fn parsed(&self) -> u32 {
        self.parsed
    }
}
// ANCHOR_END: parser

#[actor]
struct Ledger {
    total: u32,
}

#[handlers]
impl Ledger {
    #[message]
    fn add(&mut self, amount: u32) -> u32 {
        self.total += amount;
        self.total
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::panic::set_hook(Box::new(|_| {})); // the panics below are meant
    let system = System::new("supervision");

    // ANCHOR: tree
    let desk = Supervisor::one_for_one()
        .intensity(3, secs(10)) // a fourth failure within ten seconds: give up
        .backoff(Backoff::exponential(ms(50)..=ms(200)).factor(2.0))
        .child(actor("parser", || Parser { parsed: 0 })) // by a factory, each time
        .child(actor("ledger", || Ledger { total: 0 }))
        .start(&system)
        .await?;
    // An address stays valid over restarts.
    let parser: Address<Parser> = desk.address("parser")?;
    let ledger: Address<Ledger> = desk.address("ledger")?;
    // ANCHOR_END: tree

    // ANCHOR: fail
    for text in ["7", "eleven", "13", "many", "17"] {
        let begun = Instant::now();
        match parser.parse(text).await {
            Ok(number) => println!(
                "{text}: total {}, after {} ms",
                ledger.add(number).await?,
                begun.elapsed().as_millis()
            ),
            Err(error) => println!("{text}: {error}"),
        }
    }
    // Fresh state in the parser, which failed; the ledger never noticed.
    println!("parsed since the last restart: {}", parser.parsed().await?);
    // ANCHOR_END: fail

    system.shutdown(secs(1)).await?;
    Ok(())
}
