//! An actor whose parts are fragments of a `macro_rules`.

use playhouse::prelude::*;

macro_rules! counter {
    ($vis:vis $name:ident, $method:ident($arg:ident: $ty:ty) -> $ret:ty $body:block, $own:ty) => {
        #[actor]
        $vis struct $name {
            count: $ty,
        }

        #[handlers]
        impl $own {
            #[message]
            $vis fn $method(&mut self, $arg: $ty) -> $ret $body

            #[message]
            async fn step(&mut self, by: $ty, cx: &mut Context<Self>) -> $ty {
                let _ = cx.id();
                self.count += by;
                self.count
            }

            #[message]
            async fn peek(&self) -> Result<$ty, std::num::ParseIntError> {
                Ok(self.count)
            }

            #[started]
            async fn open(&mut self) {
                self.count += 1;
            }
        }
    };
}

counter!(pub Loud, shout(times: u32) -> () { let _ = times; }, Loud);
counter!(Quiet, whisper(times: u8) -> u8 { times }, Quiet);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::new("pass");
    let loud = system.spawn(Loud { count: 0 });
    loud.shout(3).await?;
    assert_eq!(loud.step(1).await?, 2);
    let quiet = system.spawn(Quiet { count: 0 });
    assert_eq!(quiet.whisper(3).await?, 3);
    assert_eq!(quiet.peek().await?, 1);
    system.shutdown(secs(5)).await?;
    Ok(())
}
