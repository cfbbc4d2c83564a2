//! `boxed` keeps the future of a fat handler out of the actor's task.

use playhouse::prelude::*;

#[actor]
struct Press;

#[handlers]
impl Press {
    #[message(boxed)]
    async fn print(&mut self, page: u8, cx: &mut Context<Self>) -> Result<usize, std::fmt::Error> {
        let plate = [page; 16 * 1024];
        tokio::task::yield_now().await;
        let _ = cx.id();
        Ok(plate.iter().filter(|dot| **dot == page).count())
    }

    #[handler(boxed)]
    async fn on_text(&mut self, text: String) -> usize {
        let plate = [0_u8; 8 * 1024];
        tokio::task::yield_now().await;
        plate.len() + text.len()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let press = system.spawn(Press);
    assert_eq!(press.print(1).await?, 16 * 1024);
    assert_eq!(press.ask("a".to_owned()).await?, 8 * 1024 + 1);
    system.shutdown(secs(5)).await?;
    Ok(())
}
