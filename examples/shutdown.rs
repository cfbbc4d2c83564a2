//! A program that ends in order: signals, phases with deadlines, and a report of what went wrong.
//!
//! `cargo run --example shutdown`, with `-- --serve` until Ctrl-C, and `-- --help` for what can go wrong

use std::future::pending;

use clap::Parser;
use playhouse::prelude::*;
use playhouse::supervision::{ApplicationError, ShutdownTask};

/// A shop that closes in order: no more customers, then the books, then the actors.
#[derive(Parser)]
struct Options {
    /// Stay open until SIGINT (Ctrl-C) or SIGTERM, instead of for half a second
    #[arg(long)]
    serve: bool,
    /// What never comes to its end; a second signal does not wait for it
    #[arg(long, value_name = "WHAT", value_parser = ["start", "task", "actor", "thread"])]
    hang: Option<String>,
    /// How many seconds the shutdown may take
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    deadline: u64,
}

#[actor]
#[derive(Default)]
struct Till {
    sold: u32,
}

#[handlers]
impl Till {
    #[message]
    fn sell(&mut self) {
        self.sold += 1;
    }

    #[message]
    fn sold(&self) -> u32 {
        self.sold
    }

    #[message]
    async fn hang(&mut self) {
        hang("the till").await
    }
}

async fn hang(who: &str) {
    println!("{who} hangs");
    pending().await
}

#[tokio::main]
async fn main() -> Result<(), ApplicationError> {
    let options = Options::parse();

    // ANCHOR: application
    let system = System::new("shop");
    let application = Application::new(&system)
        .on_signals() // SIGINT and SIGTERM begin the shutdown; a second one forces it
        .phase(ShutdownPhase::new("intake").deadline(secs(2)))
        .phase(ShutdownPhase::new("flush").after("intake"))
        .phase(ShutdownPhase::new("files").after(ShutdownPhase::ACTORS))
        .task("files", "lock", || async { println!("unlocked") })
        .deadline(secs(options.deadline)); // for all of it
    // ANCHOR_END: application

    // ANCHOR: start
    let application = application.starting(move |application| async move {
        let shop = Supervisor::one_for_one().child(actor("till", Till::default));
        let till: Address<Till> = shop.start(&system).await?.address("till")?;
        let (customers, books) = (till.sell().every(ms(20)), till.clone());

        // What is opened here is closed by a task.
        let close = ShutdownTask::new("customers", async move || {
            customers.cancel();
            println!("no more customers");
        });
        application.add("intake", close)?;
        let count = ShutdownTask::new("books", async move || {
            println!("sold {}", books.sold().timeout(secs(1)).await?);
            Ok(())
        });
        application.add("flush", count)?;
        // ANCHOR_END: start
        match options.hang.as_deref() {
            Some("start") => hang("the start").await,
            Some("actor") => till.hang().await?,
            Some("thread") => drop(tokio::task::spawn_blocking(std::thread::park)),
            Some(_) => {
                let printer = ShutdownTask::new("printer", || hang("the printer"));
                application.add("flush", printer.deadline(secs(600)))?;
            }
            None => {}
        }
        println!("open");
        if !options.serve {
            tokio::time::sleep(ms(500)).await;
            application.shutdown("closing time");
        }
        Ok(())
    });

    // ANCHOR: run
    let report = application.run().await?;
    println!("{report}");
    report.exit_process() // 0 if all went well, else 1; waits for no thread that hangs
    // ANCHOR_END: run
}
