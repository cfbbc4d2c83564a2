//! Finding an actor by name and type, and what becomes of the name when it ends.
//!
//! `cargo run --example registry`

use playhouse::prelude::*;

#[actor]
struct Greeter {
    language: &'static str,
}

#[handlers]
impl Greeter {
    #[message]
    fn greet(&self, whom: String) -> String {
        match self.language {
            "de" => format!("Guten Tag, {whom}!"),
            _ => format!("Hello, {whom}!"),
        }
    }
}

#[actor]
struct Porter;

#[handlers]
impl Porter {
    // ANCHOR: lookup
    /// Knows a name, not an address: whoever carries the name now gets the message.
    #[message]
    async fn welcome(&mut self, whom: String, cx: &mut Context<Self>) -> String {
        let greeter = match cx.system().lookup::<Greeter>("greeter") {
            Ok(greeter) => greeter,
            Err(error) => return format!("({error})"),
        };
        greeter
            .greet(whom)
            .await
            .unwrap_or_else(|error| format!("({error})"))
    }
    // ANCHOR_END: lookup
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("hotel");
    let porter = system.spawn(Porter);

    println!("{}", porter.welcome("Ada".into()).await?);

    // ANCHOR: register
    let english = system.spawn(Greeter { language: "en" });
    system.register("greeter", &english)?;
    println!("{}", porter.welcome("Ada".into()).await?);

    // One name, one actor.
    let german = system.spawn(Greeter { language: "de" });
    if let Err(error) = system.register("greeter", &german) {
        println!("second registration: {error}");
    }

    // A name is free again when its actor has ended.
    english.stop();
    english.wait().await;
    system.register("greeter", &german)?;
    println!("{}", porter.welcome("Ada".into()).await?);

    // The type is part of the question.
    if let Err(error) = system.lookup::<Porter>("greeter") {
        println!("not a porter: {error}");
    }
    // ANCHOR_END: register

    system.shutdown(secs(1)).await?;
    Ok(())
}
