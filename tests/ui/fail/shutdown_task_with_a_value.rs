//! A task of a shutdown returns nothing, or a result whose error can be any.

use playhouse::supervision::ShutdownTask;

async fn sold() -> Result<u32, std::io::Error> {
    Ok(3)
}

fn main() {
    let _ = ShutdownTask::new("books", sold);
}
