//! Ctrl-C, and `kill`.

use std::io;
use std::time::{Duration, Instant};

/// What ended a census before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Interrupt {
    /// Ctrl-C.
    Keyboard,
    /// SIGTERM.
    Terminate,
}

impl Interrupt {
    /// As shells tell it: 128 and the signal's number.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Keyboard => 130,
            Self::Terminate => 143,
        }
    }
}

/// What comes within this time of an interrupt belongs to it: `timeout` and others signal a process and then its whole
/// group. Nobody presses twice as fast.
const SAME: Duration = Duration::from_millis(200);

impl Interrupts {
    /// The next that does not belong to the one before.
    pub(crate) async fn again(&mut self) -> Interrupt {
        let since = Instant::now();
        loop {
            let interrupt = self.next().await;
            if since.elapsed() >= SAME {
                return interrupt;
            }
        }
    }
}

/// Hears of interrupts from now on; they end the program no more.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Interrupts {
    keyboard: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Interrupts {
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            keyboard: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next of them.
    pub(crate) async fn next(&mut self) -> Interrupt {
        tokio::select! {
            _ = self.keyboard.recv() => Interrupt::Keyboard,
            _ = self.terminate.recv() => Interrupt::Terminate,
        }
    }
}

/// Hears of Ctrl-C.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Interrupts;

#[cfg(not(unix))]
impl Interrupts {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// The next of them.
    pub(crate) async fn next(&mut self) -> Interrupt {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Interrupt::Keyboard
    }
}
