//! Counting one file's bytes as they stream by.
//!
//! Pure, and exact over any cut of the stream into chunks: [`Counter::feed`] may be given the file whole or byte by byte.

mod style;
mod words;

use memchr::memchr_iter;

use crate::kind::syntax::Syntax;
use style::Style;
pub(crate) use words::WordRule;
use words::Words;

/// A file with a NUL in its first 8 KiB is binary: no words, no blank and no comment lines.
pub(crate) const SNIFFED: usize = 8 * 1024;

/// What was counted in one file, or in many.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Counts {
    pub(crate) bytes: u64,
    /// Newline bytes, as `wc -l`: a last line without one is no line, here and in `blank` and `comment`.
    pub(crate) lines: u64,
    /// Lines of nothing but white space.
    pub(crate) blank: u64,
    /// Lines of nothing but comment.
    pub(crate) comment: u64,
    /// As `wc -w` in the C locale.
    pub(crate) words: u64,
}

impl Counts {
    /// Lines that are neither blank nor comment.
    pub(crate) fn code(&self) -> u64 {
        self.lines - self.blank - self.comment
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.blank += other.blank;
        self.comment += other.comment;
        self.words += other.words;
    }
}

/// Whether a file that starts with `head` is binary. `head` should hold [`SNIFFED`] bytes, or all that there are.
pub(crate) fn is_binary(head: &[u8]) -> bool {
    head[..head.len().min(SNIFFED)].contains(&0)
}

/// Counts one file.
#[derive(Debug)]
pub(crate) struct Counter {
    bytes: u64,
    lines: u64,
    words: Words,
    style: Style,
    binary: bool,
}

impl Counter {
    pub(crate) fn new(syntax: &'static Syntax, rule: WordRule) -> Self {
        Self {
            bytes: 0,
            lines: 0,
            words: Words::new(rule),
            style: Style::new(syntax),
            binary: false,
        }
    }

    /// Counts the next bytes of the file.
    pub(crate) fn feed(&mut self, chunk: &[u8]) {
        if !self.binary && self.bytes < SNIFFED as u64 {
            let unseen = SNIFFED - self.bytes as usize;
            self.binary = chunk[..chunk.len().min(unseen)].contains(&0);
        }
        self.bytes += chunk.len() as u64;
        self.lines += memchr_iter(b'\n', chunk).count() as u64;
        if !self.binary {
            self.words.feed(chunk);
            self.style.feed(chunk);
        }
    }

    /// What the whole file has.
    pub(crate) fn finish(self) -> Counts {
        let mut counts = Counts {
            bytes: self.bytes,
            lines: self.lines,
            ..Counts::default()
        };
        if !self.binary {
            (counts.blank, counts.comment) = self.style.finish();
            counts.words = self.words.count();
        }
        counts
    }
}
