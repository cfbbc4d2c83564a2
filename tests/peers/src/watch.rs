//! Whoever panics or hangs is named, and ends the program: a table with a hole in it would be read as one without.

use std::process::exit;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The exit code of a run that failed.
const FAILED: i32 = 1;
/// How often is looked.
const LOOK: Duration = Duration::from_millis(500);

struct Run {
    what: String,
    ends: Instant,
}

static RUN: Mutex<Option<Run>> = Mutex::new(None);

fn run() -> MutexGuard<'static, Option<Run>> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a panic, wherever it is, and a run that takes longer than its limit, end the program.
pub(crate) fn install(limit: Duration) {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        default(panic);
        if let Some(run) = &*run() {
            eprintln!("\n{} panicked: giving up", run.what);
        }
        exit(FAILED);
    }));
    std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || {
            loop {
                std::thread::park_timeout(LOOK);
                if let Some(run) = &*run()
                    && Instant::now() > run.ends
                {
                    eprintln!(
                        "\n{} was not done after {} s: giving up",
                        run.what,
                        limit.as_secs()
                    );
                    exit(FAILED);
                }
            }
        })
        .expect("a thread that watches");
}

/// Does something that is watched under a name.
pub(crate) fn during<T>(what: String, limit: Duration, work: impl FnOnce() -> T) -> T {
    let ends = Instant::now() + limit;
    *run() = Some(Run { what, ends });
    let result = work();
    *run() = None;
    result
}
