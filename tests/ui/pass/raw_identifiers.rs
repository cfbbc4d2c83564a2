//! Keywords as names.

use playhouse::prelude::*;

#[actor]
struct r#Type {
    r#loop: u64,
}

#[handlers]
impl r#Type {
    #[message]
    fn r#match(&mut self, r#fn: u64, mut r#in: u64, r#async: Option<u8>) -> u64 {
        r#in += r#fn + u64::from(r#async.unwrap_or_default());
        self.r#loop += r#in;
        self.r#loop
    }

    #[message]
    fn r#move(&mut self) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let actor = system.spawn(Type { r#loop: 1 });
    assert_eq!(actor.r#match(1, 2, None).await?, 4);
    actor.r#move().await?;
    let message = TypeMatch {
        r#fn: 0,
        r#in: 0,
        r#async: Some(1),
    };
    assert_eq!(
        format!("{message:?}"),
        "TypeMatch { fn: 0, in: 0, async: Some(1) }"
    );
    assert_eq!(actor.ask(message.clone()).await?, 5);
    system.shutdown(secs(5)).await?;
    Ok(())
}
