//! A fast producer and a slow consumer: a bounded mailbox slows the one down to the pace of the other.
//!
//! `cargo run --example backpressure`

use std::time::Instant;

use playhouse::prelude::*;

// ANCHOR: printer
#[actor(mailbox = 4)]
struct Printer {
    printed: Vec<u32>,
}

#[handlers]
impl Printer {
    #[message]
    async fn print(&mut self, page: u32) {
        tokio::time::sleep(ms(20)).await; // stands for a slow device
        self.printed.push(page);
    }

    #[message]
    fn printed(&self) -> usize {
        self.printed.len()
    }
}
// ANCHOR_END: printer

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("office");
    let printer = system.spawn(Printer {
        printed: Vec::new(),
    });

    // ANCHOR: wait
    // A tell waits for room. Sixteen pages take the time of twelve: the last four
    // still wait in the mailbox.
    let begun = Instant::now();
    for page in 1..=16 {
        printer.print(page).await?;
    }
    println!("16 pages accepted after {} ms", begun.elapsed().as_millis());
    // ANCHOR_END: wait
    println!("printed: {}", printer.printed().await?);

    // ANCHOR: try
    // `try_tell` does not wait. What is refused comes back.
    let mut refused = Vec::new();
    for page in 17..=24 {
        if let Err(error) = printer.print(page).try_tell() {
            let PrinterPrint { page } = error.into_message();
            refused.push(page);
        }
    }
    println!("no room for pages {refused:?}");
    // ANCHOR_END: try

    // ANCHOR: timeout
    // Or wait, but only for so long.
    if let Err(error) = printer.print(25).timeout(ms(1)).await {
        println!("page 25: {error}");
    }
    // ANCHOR_END: timeout

    // ANCHOR: drain
    // Everything accepted is printed; nobody else gets in.
    printer.drain();
    let reason = printer.wait().await;
    println!(
        "the printer ended: {reason}; messages lost: {}",
        system.dead_letters().count()
    );
    // ANCHOR_END: drain

    system.shutdown(secs(1)).await?;
    Ok(())
}
