//! The end of a system: in order, bounded in total, and honest about who is left.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::actor::cell::AnyCell;
use crate::address::actor_ref;
use crate::error::{Left, ShutdownError};
use crate::system::Shared;

/// A shutdown that may take longer has no limit. Thirty years.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

pub(crate) async fn shutdown(system: &Arc<Shared>, limit: Duration) -> Result<(), ShutdownError> {
    let deadline = Instant::now() + limit.min(LONGEST);
    system.close();
    // Whoever has a parent is stopped by it.
    let mut roots: Vec<Arc<dyn AnyCell>> = system
        .list()
        .into_iter()
        .filter(|cell| cell.core().parent().is_none())
        .collect();
    roots.reverse();
    for root in &roots {
        root.core().stop(&**root);
        if !limit.is_zero() {
            // One that is stuck costs the others half of the time that is left, not all of it.
            let now = Instant::now();
            let share = now + deadline.saturating_duration_since(now) / 2;
            let _not_in_its_share = timeout_at(share, actor_ref::ended(root.clone())).await;
        }
    }
    if !limit.is_zero() {
        let _some_are_left = timeout_at(deadline, all_gone(system)).await;
    }
    let left = left(system);
    if left.is_empty() {
        system.gone();
        return Ok(());
    }
    if !limit.is_zero() {
        for cell in system.list() {
            // A stop too: an orphan that rests has nothing to kill, and nobody to end it.
            cell.core().stop(&*cell);
            cell.core().kill(&*cell);
        }
    }
    Err(ShutdownError { limit, left })
}

async fn all_gone(system: &Arc<Shared>) {
    loop {
        let gone = system.when_gone().notified();
        tokio::pin!(gone);
        gone.as_mut().enable();
        if system.living() == 0 && system.stuck().is_empty() {
            return;
        }
        gone.await;
    }
}

fn left(system: &Arc<Shared>) -> Vec<Left> {
    let mut left = system.stuck();
    for cell in system.list() {
        let core = cell.core();
        let whole = Left {
            id: core.id,
            type_name: core.kind.name,
            name: core.name().cloned(),
            busy_with: core.in_hand(),
            thread: None,
        };
        match core.threads().map(|threads| threads.busy()) {
            Some(busy) if !busy.is_empty() => {
                left.extend(busy.into_iter().map(|(thread, message)| Left {
                    thread: Some(thread),
                    busy_with: Some(message),
                    ..whole.clone()
                }));
            }
            _ => left.push(whole),
        }
    }
    left
}
