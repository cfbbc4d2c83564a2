//! The table.

use playhouse_core::Phase;

use super::InstrumentKind::{Counter, Gauge, UpDownCounter};
use super::{Instrument, Read};

const SYSTEM: &str = "actor.system";
const TYPE: &str = "actor.type";
const STATE: &str = "actor.state";
const OUTCOME: &str = "actor.message.outcome";
const DROP_REASON: &str = "actor.message.drop_reason";
const TIME_STATE: &str = "actor.time.state";
const CPU_MODE: &str = "cpu.mode";

/// Every instrument that this crate exports.
///
/// ```
/// for instrument in playhouse::telemetry::INSTRUMENTS {
///     println!("{:45} {}", instrument.prometheus_name(), instrument.description);
/// }
/// ```
pub static INSTRUMENTS: &[Instrument] = &[
    Instrument {
        name: "actor.count",
        unit: "{actor}",
        kind: UpDownCounter,
        attributes: &[SYSTEM, TYPE, STATE],
        description: "Actors that exist, by the state they are in",
        read: Read::Row(|row, points| {
            for (phase, count) in Phase::ALL.into_iter().zip(row.phases) {
                points.put_with(STATE, phase.as_str(), count);
            }
        }),
    },
    Instrument {
        name: "actor.starts",
        unit: "{actor}",
        kind: Counter,
        attributes: &[SYSTEM, TYPE],
        description: "Actors that were spawned; a restart is not a start",
        read: Read::Row(|row, points| points.put(row.started)),
    },
    Instrument {
        name: "actor.stops",
        unit: "{actor}",
        kind: Counter,
        attributes: &[SYSTEM, TYPE],
        description: "Actors that ended for good",
        read: Read::Row(|row, points| points.put(row.ended)),
    },
    Instrument {
        name: "actor.restarts",
        unit: "{restart}",
        kind: Counter,
        attributes: &[SYSTEM, TYPE],
        description: "Times that a supervisor started an actor again",
        read: Read::Row(|row, points| points.put(row.totals.restarts)),
    },
    Instrument {
        name: "actor.handler.panics",
        unit: "{panic}",
        kind: Counter,
        attributes: &[SYSTEM, TYPE],
        description: "Panics that were caught in handlers and hooks",
        read: Read::Row(|row, points| points.put(row.totals.panics)),
    },
    Instrument {
        name: "actor.mailbox.depth",
        unit: "{message}",
        kind: UpDownCounter,
        attributes: &[SYSTEM, TYPE],
        description: "Messages that wait in the mailboxes of all actors of the type",
        read: Read::Row(|row, points| points.put(row.depth)),
    },
    Instrument {
        name: "actor.mailbox.depth.max",
        unit: "{message}",
        kind: Gauge,
        attributes: &[SYSTEM, TYPE],
        description: "Messages that wait in the deepest mailbox of the type",
        read: Read::Row(|row, points| points.put(row.depth_max)),
    },
    Instrument {
        name: "actor.mailbox.limit",
        unit: "{message}",
        kind: UpDownCounter,
        attributes: &[SYSTEM, TYPE],
        description: "Messages that the bounded mailboxes of the type have room for; absent without one",
        read: Read::Row(|row, points| {
            if let Some(limit) = row.limit {
                points.put(limit);
            }
        }),
    },
    Instrument {
        name: "actor.mailbox.utilization",
        unit: "1",
        kind: Gauge,
        attributes: &[SYSTEM, TYPE],
        description: "How full the fullest bounded mailbox of the type is, 0 to 1; absent without one",
        read: Read::Row(|row, points| {
            if let Some(utilization) = row.utilization {
                points.put(utilization);
            }
        }),
    },
    Instrument {
        name: "actor.messages.received",
        unit: "{message}",
        kind: Counter,
        attributes: &[SYSTEM, TYPE],
        description: "Messages that a mailbox accepted",
        read: Read::Row(|row, points| points.put(row.totals.accepted)),
    },
    Instrument {
        name: "actor.messages.processed",
        unit: "{message}",
        kind: Counter,
        attributes: &[SYSTEM, TYPE, OUTCOME],
        description: "Messages whose handler ended, by whether it failed",
        read: Read::Row(|row, points| {
            points.put_with(OUTCOME, "ok", row.totals.handled);
            points.put_with(OUTCOME, "failed", row.totals.failed);
        }),
    },
    Instrument {
        name: "actor.messages.dropped",
        unit: "{message}",
        kind: Counter,
        attributes: &[SYSTEM, TYPE, DROP_REASON],
        description: "Messages that never got into a mailbox: refused to the sender, or a timer's that found no room",
        read: Read::Row(|row, points| {
            points.put_with(DROP_REASON, "refused", row.totals.refused);
            points.put_with(DROP_REASON, "timer", row.totals.timer_skips);
        }),
    },
    Instrument {
        name: "actor.dead_letters",
        unit: "{message}",
        kind: Counter,
        attributes: &[SYSTEM, TYPE],
        description: "Messages that were accepted and not handled to the end: the actor ended or failed first",
        read: Read::Row(|row, points| points.put(row.totals.dead_lettered)),
    },
    Instrument {
        name: "actor.replies.unread",
        unit: "{reply}",
        kind: Counter,
        attributes: &[SYSTEM, TYPE],
        description: "Replies that nobody waited for any more",
        read: Read::Row(|row, points| points.put(row.totals.unread_replies)),
    },
    Instrument {
        name: "actor.send.blocked.time",
        unit: "s",
        kind: Counter,
        attributes: &[SYSTEM, TYPE],
        description: "Time that senders waited for room in mailboxes of the type",
        read: Read::Row(|row, points| points.put(row.totals.send_wait)),
    },
    Instrument {
        name: "actor.send.blocked.count",
        unit: "{sender}",
        kind: UpDownCounter,
        attributes: &[SYSTEM, TYPE],
        description: "Senders that wait now for room in mailboxes of the type",
        read: Read::Row(|row, points| points.put(row.waiting)),
    },
    Instrument {
        name: "actor.time",
        unit: "s",
        kind: Counter,
        attributes: &[SYSTEM, TYPE, TIME_STATE],
        description: "Where the lives of the actors went: busy in a handler, blocked in one by what it waited for, or idle",
        read: Read::Row(|row, points| {
            let totals = &row.totals;
            points.put_with(TIME_STATE, "busy", totals.busy);
            points.put_with(TIME_STATE, "blocked_send", totals.blocked_send);
            points.put_with(TIME_STATE, "blocked_ask", totals.blocked_ask);
            points.put_with(TIME_STATE, "blocked_other", totals.blocked_other);
            points.put_with(TIME_STATE, "idle", totals.idle);
        }),
    },
    Instrument {
        name: "actor.events",
        unit: "{event}",
        kind: Counter,
        attributes: &[SYSTEM],
        description: "Lifecycle events that were published",
        read: Read::System(|reading, points| points.put(reading.events)),
    },
    Instrument {
        name: "actor.snapshots",
        unit: "{snapshot}",
        kind: Counter,
        attributes: &[SYSTEM],
        description: "Snapshots that were taken for these metrics",
        read: Read::System(|reading, points| points.put(reading.tally.snapshots)),
    },
    Instrument {
        name: "actor.snapshot.time",
        unit: "s",
        kind: Counter,
        attributes: &[SYSTEM],
        description: "Time that went into taking and folding those snapshots",
        read: Read::System(|reading, points| points.put(reading.tally.time)),
    },
    Instrument {
        name: "actor.snapshot.failures",
        unit: "{failure}",
        kind: Counter,
        attributes: &[SYSTEM],
        description: "Panics that were caught while taking snapshots or reading them",
        read: Read::System(|reading, points| points.put(reading.tally.failures)),
    },
    Instrument {
        name: "process.cpu.time",
        unit: "s",
        kind: Counter,
        attributes: &[CPU_MODE],
        description: "CPU time of this process",
        read: Read::Process(|usage, points| {
            if let Some(cpu) = usage.cpu {
                points.put_with(CPU_MODE, "user", cpu.user);
                points.put_with(CPU_MODE, "system", cpu.system);
            }
        }),
    },
    Instrument {
        name: "process.memory.usage",
        unit: "By",
        kind: UpDownCounter,
        attributes: &[],
        description: "Physical memory of this process",
        read: Read::Process(|usage, points| {
            if let Some(memory) = usage.memory {
                points.put(memory);
            }
        }),
    },
    Instrument {
        name: "process.thread.count",
        unit: "{thread}",
        kind: UpDownCounter,
        attributes: &[],
        description: "Threads of this process",
        read: Read::Process(|usage, points| {
            if let Some(threads) = usage.threads {
                points.put(threads);
            }
        }),
    },
    Instrument {
        name: "process.unix.file_descriptor.count",
        unit: "{file_descriptor}",
        kind: UpDownCounter,
        attributes: &[],
        description: "File descriptors that this process has open",
        read: Read::Process(|usage, points| {
            if let Some(descriptors) = usage.descriptors {
                points.put(descriptors);
            }
        }),
    },
];
