//! What the operating system says of this process. Linux has it under `/proc/self`; elsewhere there is nothing.

use std::fs;
use std::time::Duration;

/// What the process uses. A value that could not be read is absent, and its series with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) cpu: Option<Cpu>,
    /// Resident memory in bytes.
    pub(crate) memory: Option<u64>,
    pub(crate) threads: Option<u64>,
    pub(crate) descriptors: Option<u64>,
}

/// CPU time since the process began, over all threads, also those that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cpu {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

impl Usage {
    /// Reads `/proc/self`: three small files and a folder.
    pub(crate) fn now() -> Self {
        if !cfg!(target_os = "linux") {
            return Self::default();
        }
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            cpu: fs::read_to_string("/proc/self/stat")
                .ok()
                .and_then(|stat| cpu(&stat)),
            memory: field(&status, "VmRSS:").map(|kib| kib.saturating_mul(1024)),
            threads: field(&status, "Threads:"),
            // The reading itself has the folder open: that one does not count.
            descriptors: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|entries| (entries.count() as u64).saturating_sub(1)),
        }
    }
}

/// The first number after `name` in `/proc/self/status`.
fn field(status: &str, name: &str) -> Option<u64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

/// Fields 14 and 15 of `/proc/self/stat`, in ticks.
fn cpu(stat: &str) -> Option<Cpu> {
    // Field 2 is the program's name in brackets. It may hold spaces and brackets, so count from the last one.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user = ticks(fields.next()?)?;
    let system = ticks(fields.next()?)?;
    Some(Cpu { user, system })
}

/// Linux reports to programs in hundredths of a second on every architecture that Rust supports, whatever the clock
/// of the kernel.
fn ticks(field: &str) -> Option<Duration> {
    let ticks: u64 = field.parse().ok()?;
    Some(Duration::from_secs(ticks / 100) + Duration::from_millis(ticks % 100 * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_a_hostile_program_name() {
        let stat =
            "7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 1234 56 0 0 20 0 3 0 100 1000 10 18446744";
        assert_eq!(
            cpu(stat),
            Some(Cpu {
                user: Duration::from_millis(12_340),
                system: Duration::from_millis(560),
            })
        );
        assert_eq!(cpu(""), None);
        assert_eq!(cpu("7 (cut) S 1 7"), None);
        assert_eq!(cpu("7 (x) S 1 7 7 0 -1 4194560 100 0 0 0 many 56 0"), None);
    }

    #[test]
    fn status_fields_are_found_by_name() {
        let status = "Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t4\n";
        assert_eq!(field(status, "VmRSS:"), Some(2048));
        assert_eq!(field(status, "Threads:"), Some(4));
        assert_eq!(field(status, "VmSwap:"), None);
        assert_eq!(field("Threads:\n", "Threads:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_something() {
        let usage = Usage::now();
        assert!(usage.cpu.is_some());
        assert!(usage.memory.expect("memory") > 0);
        assert!(usage.threads.expect("threads") >= 1);
        let held = fs::File::open("/proc/self/status").expect("a file");
        // Other tests run beside this one, so only a lower bound holds: the standard streams and `held`.
        assert!(usage.descriptors.expect("descriptors") >= 1);
        drop(held);
    }
}
