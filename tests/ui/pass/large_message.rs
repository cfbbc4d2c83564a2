//! A large message is boxed for the way; what is sent and what arrives is the same.

use playhouse::prelude::*;

struct Page([u8; 4096]);

#[actor]
struct Printer {
    printed: usize,
}

#[handlers]
impl Printer {
    #[message]
    fn print(&mut self, page: [u8; 4096], copies: u8) -> usize {
        self.printed += page.iter().filter(|dot| **dot == 7).count() * usize::from(copies);
        self.printed
    }

    #[handler]
    async fn on_page(&mut self, page: Page) {
        self.printed += usize::from(page.0[4095]);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let printer = system.spawn(Printer { printed: 0 });
    assert_eq!(printer.print([7; 4096], 2).await?, 8192);
    printer.tell(Page([1; 4096])).await?;
    assert_eq!(
        printer
            .ask(PrinterPrint {
                page: [0; 4096],
                copies: 1
            })
            .await?,
        8193
    );
    let refused = printer.print([9; 4096], 1).try_tell();
    assert!(refused.is_ok());
    printer.stop();
    let back = printer
        .tell(Page([3; 4096]))
        .try_tell()
        .map_err(|error| error.into_message());
    assert_eq!(back.map_err(|page| page.0[0]), Err(3));
    system.shutdown(secs(5)).await?;
    Ok(())
}
