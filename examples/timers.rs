//! Messages that come later or again and again, and how they are called off.
//!
//! `cargo run --example timers`

use playhouse::prelude::*;

// ANCHOR: clock
/// A message type of our own: any actor may take it.
#[derive(Clone)]
struct Tick;

#[actor]
struct Clock {
    ticks: u32,
    ticking: Option<Timer>,
}

#[handlers]
impl Clock {
    #[started]
    fn wind_up(&mut self, cx: &mut Context<Self>) {
        // A timer of the context: it ends with this incarnation.
        self.ticking = Some(cx.every(ms(50), Tick));
    }

    #[handler]
    fn on_tick(&mut self, _tick: Tick) {
        self.ticks += 1;
        println!("tick {}", self.ticks);
        if self.ticks == 3
            && let Some(timer) = self.ticking.take()
        {
            timer.cancel();
        }
    }

    #[message]
    fn alarm(&mut self, text: &'static str) {
        println!("alarm: {text}");
    }

    #[message]
    fn ticks(&self) -> u32 {
        self.ticks
    }
}
// ANCHOR_END: clock

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("timers");
    let clock = system.spawn(Clock {
        ticks: 0,
        ticking: None,
    });

    // ANCHOR: main
    // Timers of an address: ordinary messages, sent later.
    clock.alarm("breakfast").after(ms(80));
    let lunch = clock.alarm("lunch").after(ms(120));
    clock.alarm("snooze").every(ms(110));

    // Dropping a `Timer` leaves it running; calling it off is said in words.
    lunch.cancel();
    // ANCHOR_END: main

    tokio::time::sleep(ms(300)).await;
    println!("it ticked {} times", clock.ticks().await?);

    system.shutdown(secs(1)).await?;
    Ok(())
}
