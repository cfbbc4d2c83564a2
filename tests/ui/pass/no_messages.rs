//! An actor may hear nothing at all, or nothing in this build.

use playhouse::prelude::*;

#[actor]
struct Silent;

#[handlers]
impl Silent {}

#[actor]
struct SilentHere;

#[handlers]
impl SilentHere {
    #[message(skip_abandoned)]
    #[cfg(any())]
    async fn deposit(&mut self, amount: u64) {}
}

#[actor]
struct SilentPair<L, R>(L, R);

#[handlers]
impl<L: Send + 'static, R: Send + 'static> SilentPair<L, R> {}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let silent = system.spawn(Silent);
    let here = system.spawn(SilentHere);
    let pair = system.spawn(SilentPair(1, "two"));
    silent.stop();
    here.stop();
    pair.stop();
    assert!(silent.wait().await.is_normal());
    system.shutdown(secs(5)).await?;
    Ok(())
}
