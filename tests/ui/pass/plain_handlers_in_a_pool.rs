//! An actor without `async` can be run by threads of its own.

use playhouse::prelude::*;

#[actor(mailbox = 8)]
struct Press {
    dots: usize,
}

#[handlers]
impl Press {
    #[message]
    fn print(&mut self, page: [u8; 512]) -> usize {
        self.dots += page.len();
        page.len()
    }

    #[started]
    fn warm_up(&mut self) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let press = system.spawn_pool(2, || Press { dots: 0 })?;
    assert_eq!(press.print([0; 512]).await?, 512);
    system.shutdown(secs(5)).await?;
    Ok(())
}
