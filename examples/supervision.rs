//! A tree of supervisors: what fails is started again with all that depends on it, and what does not stays as it is.
//!
//! `cargo run --example supervision`

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
        println!("  parser: incarnation {}", cx.incarnation());
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
    #[started]
    fn open(&mut self, cx: &mut Context<Self>) {
        println!("  ledger: incarnation {}", cx.incarnation());
    }

    #[message]
    fn add(&mut self, amount: u32) -> u32 {
        self.total += amount;
        assert!(self.total < 100, "the ledger is full");
        self.total
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::panic::set_hook(Box::new(|_| {})); // the panics below are meant
    let system = System::new("supervision");

    // ANCHOR: tree
    let readers = Supervisor::one_for_one() // readers do not depend on each other
        .name("readers")
        .child(actor("parser", || Parser { parsed: 0 })); // by a factory, each time
    let desk = Supervisor::rest_for_one() // each child depends on those before it
        .name("desk")
        .intensity(3, secs(10)) // a fourth failure within ten seconds: give up
        .backoff(Backoff::exponential(ms(50)..=ms(200)).factor(2.0))
        .child(actor("ledger", || Ledger { total: 0 }))
        .child(readers)
        .start(&system)
        .await?;
    let ledger: Address<Ledger> = desk.address("ledger")?; // stays valid over restarts
    let parser: Address<Parser> = desk.supervisor("readers")?.address("parser")?;
    // ANCHOR_END: tree

    // ANCHOR: fail
    println!("a child fails: it alone is started again");
    for text in ["7", "eleven", "13"] {
        match parser.parse(text).await {
            Ok(number) => println!("{text}: total {}", ledger.add(number).await?),
            Err(error) => println!("{text}: {error}"),
        }
    }
    // Fresh state in the parser, which failed; the ledger never noticed.
    println!("parsed since the last restart: {}", parser.parsed().await?);

    println!("the ledger fails: so does all that depends on it");
    println!("1000: {}", ledger.add(1000).await.unwrap_err());
    println!("total {}", ledger.add(5).await?);
    // ANCHOR_END: fail

    // ANCHOR: look
    // The supervisor of the readers is a new one, and so are its children.
    let _parser: Address<Parser> = loop {
        match desk
            .supervisor("readers")
            .and_then(|readers| readers.address("parser"))
        {
            Ok(parser) => break parser,
            Err(_) => tokio::time::sleep(ms(1)).await,
        }
    };
    if let Some(tree) = desk.tree().await {
        print!("{tree}");
    }
    // ANCHOR_END: look

    system.shutdown(secs(1)).await?;
    Ok(())
}
