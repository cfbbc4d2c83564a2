//! The signals that ask a program to end.

use std::io;

use super::report::Signal;

/// Hears signals, or none.
#[derive(Debug)]
pub(super) struct Ears {
    #[cfg(feature = "signals")]
    signals: Option<heard::Signals>,
}

impl Ears {
    /// Hears them, if that is wanted. From then on the process does not end by them, also when this is gone.
    ///
    /// # Panics
    /// On a tokio runtime whose I/O is not enabled.
    #[cfg(feature = "signals")]
    pub(super) fn new(wanted: bool) -> io::Result<Self> {
        let signals = wanted.then(heard::Signals::listen).transpose()?;
        Ok(Self { signals })
    }

    /// Hears none: that is another feature.
    #[cfg(not(feature = "signals"))]
    pub(super) fn new(_: bool) -> io::Result<Self> {
        Ok(Self {})
    }

    /// The next one. None is lost if this is dropped; those of one kind that come together are one.
    pub(super) async fn next(&mut self) -> Signal {
        #[cfg(feature = "signals")]
        if let Some(signals) = &mut self.signals {
            return signals.next().await;
        }
        std::future::pending().await
    }
}

#[cfg(all(feature = "signals", unix))]
mod heard {
    use std::io;

    use tokio::signal::unix::{self, SignalKind, signal};

    use super::Signal;

    #[derive(Debug)]
    pub(super) struct Signals {
        interrupt: unix::Signal,
        terminate: unix::Signal,
    }

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }

        pub(super) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.interrupt.recv() => Signal::Interrupt,
                _ = self.terminate.recv() => Signal::Terminate,
            }
        }
    }
}

/// Where there is nothing but Ctrl-C.
#[cfg(all(feature = "signals", not(unix)))]
mod heard {
    use std::io;

    use super::Signal;

    #[derive(Debug)]
    pub(super) struct Signals;

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn next(&mut self) -> Signal {
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::Interrupt,
                Err(error) => {
                    tracing::error!(%error, "signals cannot be heard");
                    std::future::pending().await
                }
            }
        }
    }
}
