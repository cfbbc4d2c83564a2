//! Hooks of all shapes, and what is not marked stays what it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use playhouse::prelude::*;

#[actor]
struct Plain {
    ran: Arc<AtomicU32>,
}

#[handlers]
impl Plain {
    const STEP: u32 = 1;

    #[started]
    fn open(&mut self, cx: &mut Context<Self>) -> Result<(), std::io::Error> {
        let _ = cx.id();
        self.step();
        Ok(())
    }

    #[stopping]
    fn close(&self, cx: &mut Context<Self>, why: &ExitReason) {
        let _ = (cx.id(), why);
        self.step();
    }

    #[message]
    fn ready(&self) {}

    fn step(&self) {
        self.ran.fetch_add(Self::STEP, Ordering::SeqCst);
    }

    fn new(ran: &Arc<AtomicU32>) -> Self {
        Self {
            ran: Arc::clone(ran),
        }
    }
}

#[actor]
struct Waiting {
    ran: Arc<AtomicU32>,
}

#[handlers]
impl Waiting {
    #[message]
    fn ready(&self) {}

    #[started]
    async fn open(&mut self) {
        tokio::task::yield_now().await;
        self.ran.fetch_add(1, Ordering::SeqCst);
    }

    #[stopping]
    async fn close(&mut self) -> std::io::Result<()> {
        tokio::task::yield_now().await;
        self.ran.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[actor]
struct Failing;

#[handlers]
impl Failing {
    #[started]
    fn open(&mut self) -> Result<(), &'static str> {
        Err("no money")
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let ran = Arc::new(AtomicU32::new(0));
    let plain = system.spawn(Plain::new(&ran));
    let waiting = system.spawn(Waiting {
        ran: Arc::clone(&ran),
    });
    plain.ready().ask().await?;
    waiting.ready().ask().await?;
    plain.drain();
    waiting.drain();
    plain.wait().await;
    waiting.wait().await;
    assert_eq!(ran.load(Ordering::SeqCst), 4);
    let reason = system.spawn(Failing).wait().await;
    assert!(
        matches!(&reason, ExitReason::StartFailed(text) if &**text == "no money"),
        "{reason:?}"
    );
    system.shutdown(secs(5)).await?;
    Ok(())
}
