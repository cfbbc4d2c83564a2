//! How far the census is: figures that threads raise, and what people see of them.

mod pace;

use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::names::say;
use crate::report::{bytes, clock, count};
use pace::Pace;

/// Figures of the moment. They are for the eye alone: the report has its own, which are exact.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    files: AtomicU64,
    bytes: AtomicU64,
    errors: AtomicU64,
    expected_files: AtomicU64,
    expected_bytes: AtomicU64,
    /// All that is expected is known.
    surveyed: AtomicBool,
}

impl Gauge {
    /// A file is done, one way or the other.
    pub(crate) fn file(&self, failed: bool) {
        self.files.fetch_add(1, Relaxed);
        self.errors.fetch_add(u64::from(failed), Relaxed);
    }

    /// Bytes were read.
    pub(crate) fn read(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// They were read for nothing: the file will be read again.
    pub(crate) fn unread(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Relaxed);
    }

    /// One more file is there to be read.
    pub(crate) fn expect(&self, bytes: u64) {
        self.expected_files.fetch_add(1, Relaxed);
        self.expected_bytes.fetch_add(bytes, Relaxed);
    }

    /// There are no more.
    pub(crate) fn surveyed(&self) {
        self.surveyed.store(true, Relaxed);
    }

    fn now(&self) -> Figures {
        let expected = self.surveyed.load(Relaxed).then(|| Amount {
            files: self.expected_files.load(Relaxed),
            bytes: self.expected_bytes.load(Relaxed),
        });
        let done = Amount {
            files: self.files.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        };
        Figures {
            done,
            expected,
            errors: self.errors.load(Relaxed),
        }
    }
}

/// Files and their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Amount {
    files: u64,
    bytes: u64,
}

impl Amount {
    /// Files and bytes in one number: to open, to hash and to count a file costs as much as to read 16 KiB more.
    fn work(self) -> u64 {
        self.bytes + self.files * 16 * 1024
    }
}

#[derive(Clone, Copy, Debug)]
struct Figures {
    done: Amount,
    expected: Option<Amount>,
    errors: u64,
}

/// A line is written every so often where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows progress on the error stream: a bar on a terminal, lines otherwise.
pub(crate) struct Display {
    shape: Shape,
    began: Instant,
    pace: Pace,
}

enum Shape {
    Bar(ProgressBar),
    Lines { last: Instant },
    Silent,
}

impl Display {
    /// Nothing is shown before the first [`show`](Self::show).
    pub(crate) fn new(quiet: bool) -> Self {
        let now = Instant::now();
        let shape = match quiet {
            true => Shape::Silent,
            false if stderr().is_terminal() => Shape::Bar(bar()),
            false => Shape::Lines { last: now },
        };
        Self {
            shape,
            began: now,
            pace: Pace::default(),
        }
    }

    /// Whether anybody sees it.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.shape, Shape::Silent)
    }

    /// Shows the figures of the moment.
    pub(crate) fn show(&mut self, gauge: &Gauge) {
        let figures = gauge.now();
        let now = Instant::now();
        self.pace.note(
            now - self.began,
            figures.done.files,
            figures.done.bytes,
            figures.done.work(),
        );
        match &mut self.shape {
            Shape::Bar(bar) => {
                if let Some(expected) = figures.expected {
                    // Files that came after the survey must not push the bar over its end.
                    bar.set_length(expected.work().max(figures.done.work()).max(1));
                    bar.set_position(figures.done.work());
                }
                bar.set_message(describe(&figures, &self.pace));
                bar.tick();
            }
            Shape::Lines { last } if now - *last >= LINE_EVERY => {
                *last = now;
                say(&describe(&figures, &self.pace));
            }
            Shape::Lines { .. } | Shape::Silent => {}
        }
    }

    /// Takes the bar away; writes the last line.
    pub(crate) fn end(&mut self, gauge: &Gauge) {
        match &self.shape {
            Shape::Bar(bar) => bar.finish_and_clear(),
            Shape::Lines { .. } => {
                let done = gauge.now().done;
                let time = clock(self.began.elapsed());
                say(&format!(
                    "{} files, {} in {time}",
                    count(done.files),
                    bytes(done.bytes)
                ));
            }
            Shape::Silent => {}
        }
        self.shape = Shape::Silent;
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    // Without a length, the style shows a spinner: that is so until the survey is done.
    let style =
        ProgressStyle::with_template("{spinner} {wide_bar:.cyan/dim} {percent:>3} %\n  {msg}");
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("━━─"));
    }
    bar
}

fn describe(figures: &Figures, pace: &Pace) -> String {
    let Figures {
        done,
        expected,
        errors,
    } = *figures;
    let mut text = match expected {
        Some(all) => format!(
            "{} of {} files, {} of {}",
            count(done.files),
            count(all.files.max(done.files)),
            bytes(done.bytes),
            bytes(all.bytes.max(done.bytes))
        ),
        None => format!("{} files, {}", count(done.files), bytes(done.bytes)),
    };
    if let Some(rate) = pace.rate() {
        text += &format!(
            ", {} files/s, {}/s",
            count(rate.files as u64),
            bytes(rate.bytes as u64)
        );
        if let Some(all) = expected
            && let Some(left) = pace.left(all.work().saturating_sub(done.work()))
        {
            text += &format!(", {} left", clock(left));
        }
    }
    if errors > 0 {
        text += &format!(", {} not read", count(errors));
    }
    text
}
