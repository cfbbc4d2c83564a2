//! What is measured. The names are those of the published table.

use crate::peer::Peer;

/// A workload.
#[derive(Clone, Copy)]
pub(crate) enum Workload {
    /// One sender tells one actor.
    W1,
    /// Four senders tell one actor.
    W2,
    /// One caller asks one actor, one after the other.
    W3,
    /// Eight callers ask one actor.
    W3c,
}

/// All of them.
pub(crate) const ALL: [Workload; 4] = [Workload::W1, Workload::W2, Workload::W3, Workload::W3c];

impl Workload {
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::W1 => "W1: tell, one sender",
            Self::W2 => "W2: tell, four senders",
            Self::W3 => "W3: ask, one caller",
            Self::W3c => "W3c: ask, eight callers",
        }
    }

    const fn senders(self) -> u64 {
        match self {
            Self::W1 | Self::W3 => 1,
            Self::W2 => 4,
            Self::W3c => 8,
        }
    }

    const fn asks(self) -> bool {
        matches!(self, Self::W3 | Self::W3c)
    }

    /// How many messages are sent in all.
    pub(crate) const fn operations(self, messages: u64) -> u64 {
        let wanted = if self.asks() { messages / 4 } else { messages };
        let each = wanted / self.senders();
        (if each == 0 { 1 } else { each }) * self.senders()
    }

    /// Runs it to its end, and checks the sum.
    pub(crate) async fn run<P: Peer>(self, address: &P::Address, messages: u64) {
        let each = self.operations(messages) / self.senders();
        if self.senders() == 1 {
            self.send::<P>(address, each).await;
        } else {
            let senders: Vec<_> = (0..self.senders())
                .map(|_| {
                    let address = address.clone();
                    tokio::spawn(async move { self.send::<P>(&address, each).await })
                })
                .collect();
            for sender in senders {
                sender.await.expect("a sender runs");
            }
        }
        let expected = self.senders() * (each * (each + 1) / 2);
        assert_eq!(
            P::total(address).await,
            expected,
            "every message counts once"
        );
    }

    async fn send<P: Peer>(self, address: &P::Address, count: u64) {
        for number in 1..=count {
            if self.asks() {
                assert_eq!(
                    P::ask(address, number).await,
                    number,
                    "each gets its own answer"
                );
            } else {
                P::add(address, number).await;
            }
        }
    }
}
