//! A recipient that keeps what it gets.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::actor::{Actor, Define, Handled};
use crate::address::{Address, HandleOf, RawAddress, Recipient};
use crate::context::Context;
use crate::mailbox::MailboxOptions;
use crate::message::{Handles, Mail, Reaches, Refusal, Reply};
use crate::system::System;

/// How long a probe waits for a message before it says that none came.
const PATIENCE: Duration = Duration::from_secs(10);

/// Stands in for an actor that hears `M`, and keeps each message for the test to look at.
///
/// ```
/// # use playhouse_core as playhouse; // stands for the facade
/// use playhouse::System;
/// use playhouse::test::{Probe, paused};
///
/// paused(async {
///     let system = System::new("test");
///     let mut probe = Probe::<u32>::new(&system);
///     probe.recipient().tell(7).await.unwrap();
///     assert_eq!(probe.next().await, 7);
///     probe.expect_silence(std::time::Duration::from_secs(60)).await;
/// });
/// ```
#[derive(Debug)]
pub struct Probe<M: Send + 'static> {
    address: Address<Keeper<M>>,
    kept: mpsc::UnboundedReceiver<M>,
}

impl<M: Send + 'static> Probe<M> {
    /// A probe in `system`, with room for 1,024 messages at a time.
    #[must_use]
    pub fn new(system: &System) -> Self {
        let (keep, kept) = mpsc::unbounded_channel();
        Self {
            address: system.spawn(Keeper { keep }),
            kept,
        }
    }

    /// What to give to the code under test.
    #[must_use]
    pub fn recipient(&self) -> Recipient<M> {
        self.address.recipient()
    }

    /// Its address, to be monitored, stopped or killed.
    #[must_use]
    pub fn address(&self) -> &Address<Keeper<M>> {
        &self.address
    }

    /// The next message.
    ///
    /// # Panics
    /// If none comes within ten seconds.
    pub async fn next(&mut self) -> M {
        match timeout(PATIENCE, self.kept.recv()).await {
            Ok(Some(message)) => message,
            Ok(None) => panic!(
                "the probe has ended, and no `{}` is left",
                std::any::type_name::<M>()
            ),
            Err(_) => panic!(
                "no `{}` came within {PATIENCE:?}",
                std::any::type_name::<M>()
            ),
        }
    }

    /// The next `count` messages.
    ///
    /// # Panics
    /// As [`next`](Self::next).
    pub async fn take(&mut self, count: usize) -> Vec<M> {
        let mut taken = Vec::with_capacity(count.min(1024));
        for _ in 0..count {
            taken.push(self.next().await);
        }
        taken
    }

    /// What has come so far.
    pub fn drain(&mut self) -> Vec<M> {
        let mut drained = VecDeque::new();
        while let Ok(message) = self.kept.try_recv() {
            drained.push_back(message);
        }
        drained.into()
    }

    /// Says that nothing comes for `time`. Meant for a paused clock, where that takes none.
    ///
    /// # Panics
    /// If a message comes.
    pub async fn expect_silence(&mut self, time: Duration)
    where
        M: Debug,
    {
        if let Ok(Some(message)) = timeout(time, self.kept.recv()).await {
            panic!("nothing was to come for {time:?}, and then {message:?} did");
        }
    }
}

/// The actor of a [`Probe`].
#[derive(Debug)]
pub struct Keeper<M> {
    keep: mpsc::UnboundedSender<M>,
}

/// Its mail.
#[derive(Debug)]
pub struct KeeperMail<M> {
    message: M,
    reply: Reply<()>,
}

/// Its handle, with no methods.
#[derive(Debug)]
pub struct KeeperHandle<M: Send + 'static>(RawAddress<Keeper<M>>);

impl<M: Send + 'static> Clone for KeeperHandle<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<M: Send + 'static> HandleOf<Keeper<M>> for KeeperHandle<M> {
    fn from_raw(raw: RawAddress<Keeper<M>>) -> Self {
        Self(raw)
    }

    fn raw(&self) -> &RawAddress<Keeper<M>> {
        &self.0
    }
}

#[diagnostic::do_not_recommend]
impl<M: Send + 'static> Define for Keeper<M> {
    const NAME: &'static str = "Probe";
    const MAILBOX: MailboxOptions = MailboxOptions::DEFAULT;
}

#[diagnostic::do_not_recommend]
impl<M: Send + 'static> Mail for KeeperMail<M> {
    fn name(&self) -> &'static str {
        std::any::type_name::<M>()
    }

    fn refuse(self, why: Refusal) -> Box<dyn std::any::Any + Send> {
        self.reply.refuse(why);
        Box::new(self.message)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Send + 'static> Actor for Keeper<M> {
    type Mail = KeeperMail<M>;
    type Handle = KeeperHandle<M>;

    fn on_mail(
        &mut self,
        mail: KeeperMail<M>,
        _: &mut Context<Self>,
    ) -> impl Future<Output = Handled> + Send {
        // A probe that was dropped keeps nothing, and goes on.
        let _nobody_looks = self.keep.send(mail.message);
        mail.reply.send(());
        std::future::ready(Handled::Done)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Send + 'static> Handles<M> for Keeper<M> {
    type Reply = ();
    type Error = Infallible;

    fn wrap(message: M, reply: Reply<()>) -> KeeperMail<M> {
        KeeperMail { message, reply }
    }

    fn unwrap(mail: KeeperMail<M>) -> Result<(M, Reply<()>), KeeperMail<M>> {
        Ok((mail.message, mail.reply))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Send + 'static> Reaches<M, (), Infallible> for Keeper<M> {
    fn port(reply: Reply<()>) -> Reply<()> {
        reply
    }
}
