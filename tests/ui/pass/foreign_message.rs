//! Any type that can be sent is a message, without a wrapper and without a derive.

use playhouse::prelude::*;

#[derive(Clone)]
struct Tick {
    by: u64,
}

#[actor]
struct Log {
    lines: Vec<String>,
}

#[handlers]
impl Log {
    #[handler]
    fn on_line(&mut self, line: String) -> usize {
        self.lines.push(line);
        self.lines.len()
    }

    #[handler]
    async fn on_bytes(
        &mut self,
        cx: &mut Context<Self>,
        bytes: Vec<u8>,
    ) -> Result<(), std::string::FromUtf8Error> {
        let _ = cx.id();
        self.lines.push(String::from_utf8(bytes)?);
        Ok(())
    }

    #[handler]
    fn on_tick(&mut self, Tick { by }: Tick) {
        self.lines.push(by.to_string());
    }

    #[handler]
    fn on_pair(&mut self, reply: Reply<u8>, (first, second): (u8, u8)) {
        reply.send(first + second);
    }

    #[message]
    fn last(&self) -> Option<String> {
        self.lines.last().cloned()
    }
}

#[actor]
struct Clock {
    time: u64,
}

#[handlers]
impl Clock {
    #[handler]
    fn on_tick(&mut self, tick: Tick) -> u64 {
        self.time += tick.by;
        self.time
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let log = system.spawn(Log { lines: Vec::new() });
    let clock = system.spawn(Clock { time: 0 });
    assert_eq!(log.ask("one".to_owned()).await?, 1);
    log.tell(b"two".to_vec()).ask().await?;
    assert_eq!(log.last().await?.as_deref(), Some("two"));
    assert!(log.ask(vec![0xff]).await.is_err());
    assert_eq!(log.ask((1_u8, 2_u8)).await?, 3);
    let hearers: [Recipient<Tick>; 2] = [log.recipient(), clock.recipient()];
    for hearer in &hearers {
        hearer.ask(Tick { by: 7 }).await?;
    }
    assert_eq!(log.last().await?.as_deref(), Some("7"));
    assert_eq!(clock.ask(Tick { by: 1 }).await?, 8);
    system.shutdown(secs(5)).await?;
    Ok(())
}
