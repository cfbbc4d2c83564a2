//! Which lines are blank and which are comment.

use memchr::{memchr, memchr3};

use crate::kind::syntax::{Counts, LONGEST_MARK, Mark, Next, Pair, Quote, Syntax};

const PLAIN: u8 = 1;
const BLOCK: u8 = 2;
const LINE: u8 = 4;
const DOCS: u8 = 8;
const QUOTE: u8 = 16;
const NEWLINE: u8 = 32;

/// Walks through a file, knowing at each byte whether it is code, comment or string.
#[derive(Debug)]
pub(super) struct Style {
    syntax: &'static Syntax,
    /// Which groups of marks a byte may begin. In a line of code, bytes that begin none are passed over in one go.
    stops: [u8; 256],
    place: Place,
    line: Line,
    /// The byte before the next.
    before: u8,
    blank: u64,
    comment: u64,
    /// The end of what was fed: it is looked at when the bytes after it are here, as a mark may begin in it.
    held: [u8; 2 * LONGEST_MARK],
    holds: usize,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Code,
    LineComment,
    Comment {
        pair: &'static Pair,
        nests: bool,
        depth: u32,
    },
    String(&'static Quote),
}

/// What the line in hand has so far.
#[derive(Clone, Copy, Default, Debug)]
struct Line {
    code: bool,
    comment: bool,
}

impl Style {
    pub(super) fn new(syntax: &'static Syntax) -> Self {
        let mut stops = [0; 256];
        let mut stop = |group: u8, mark: &Mark| stops[usize::from(mark.first())] |= group;
        syntax.plain.iter().for_each(|mark| stop(PLAIN, mark));
        syntax.block.iter().for_each(|pair| stop(BLOCK, &pair.0));
        syntax.line.iter().for_each(|mark| stop(LINE, mark));
        syntax.docs.iter().for_each(|pair| stop(DOCS, &pair.0));
        syntax
            .quotes
            .iter()
            .for_each(|quote| stop(QUOTE, &quote.open));
        stops[usize::from(b'\n')] |= NEWLINE;
        Self {
            syntax,
            stops,
            place: Place::Code,
            line: Line::default(),
            before: b'\n',
            blank: 0,
            comment: 0,
            held: [0; 2 * LONGEST_MARK],
            holds: 0,
        }
    }

    pub(super) fn feed(&mut self, mut chunk: &[u8]) {
        if self.holds > 0 {
            let take = chunk.len().min(self.held.len() - self.holds);
            let mut joined = self.held;
            joined[self.holds..self.holds + take].copy_from_slice(&chunk[..take]);
            let length = self.holds + take;
            let done = self.run(&joined[..length], false);
            if done < self.holds {
                // The chunk was too short to decide about what we hold, so it was taken whole.
                debug_assert_eq!(take, chunk.len());
                self.hold(&joined[done..length]);
                return;
            }
            chunk = &chunk[done - self.holds..];
            self.holds = 0;
        }
        let done = self.run(chunk, false);
        self.hold(&chunk[done..]);
    }

    /// The blank and the comment lines.
    pub(super) fn finish(mut self) -> (u64, u64) {
        let (held, holds) = (self.held, self.holds);
        let done = self.run(&held[..holds], true);
        debug_assert_eq!(done, holds);
        (self.blank, self.comment)
    }

    fn hold(&mut self, rest: &[u8]) {
        self.held[..rest.len()].copy_from_slice(rest);
        self.holds = rest.len();
    }

    /// Goes through `bytes` as far as each mark can be seen whole, or to the end when these are the last.
    /// Says how far; fewer than [`LONGEST_MARK`] bytes are left.
    fn run(&mut self, bytes: &[u8], last: bool) -> usize {
        let sure = if last {
            bytes.len()
        } else {
            (bytes.len() + 1).saturating_sub(LONGEST_MARK)
        };
        let mut at = 0;
        while at < sure {
            let rest = &bytes[at..];
            // What is taken may be a mark that reaches beyond what is sure, but not beyond what is here.
            let space = self.space(rest[0]);
            let taken = match self.place {
                _ if space => 1,
                Place::Code => self.code(rest, sure - at),
                Place::LineComment => memchr(b'\n', &rest[..sure - at]).unwrap_or(sure - at),
                Place::Comment { pair, nests, depth } => {
                    self.comment(rest, sure - at, pair, nests, depth)
                }
                Place::String(quote) => self.string(rest, sure - at, quote),
            };
            at += taken;
            self.before = bytes[at - 1];
        }
        at
    }

    /// White space of itself makes a line neither code nor comment, wherever we are.
    fn space(&mut self, byte: u8) -> bool {
        if byte == b'\n' {
            self.end_line();
            match self.place {
                Place::LineComment => self.place = Place::Code,
                Place::String(quote) if !quote.spans => self.place = Place::Code,
                _ => {}
            }
        }
        is_space(byte)
    }

    fn code(&mut self, bytes: &[u8], sure: usize) -> usize {
        let plain = bytes[..sure]
            .iter()
            .position(|byte| self.stops[usize::from(*byte)] != 0)
            .unwrap_or(sure);
        if plain > 0 {
            self.line.code = true;
            return plain;
        }
        let syntax = self.syntax;
        let groups = self.stops[usize::from(bytes[0])];
        let next = Next::of(bytes);
        let first_on_line = !self.line.code && !self.line.comment;
        if groups & PLAIN != 0
            && let Some(mark) = syntax.plain.iter().find(|mark| mark.starts(next))
        {
            self.line.code = true;
            return mark.length();
        }
        // Blocks go first: Lua's `--[[` begins as its `--` does.
        if groups & BLOCK != 0
            && let Some(pair) = syntax.block.iter().find(|pair| pair.0.starts(next))
        {
            return self.open(pair, syntax.nested);
        }
        if groups & LINE != 0
            && self.line_marks_count(first_on_line)
            && let Some(mark) = syntax.line.iter().find(|mark| mark.starts(next))
        {
            self.line.comment = true;
            self.place = Place::LineComment;
            return mark.length();
        }
        if groups & DOCS != 0
            && first_on_line
            && let Some(pair) = syntax.docs.iter().find(|pair| pair.0.starts(next))
        {
            return self.open(pair, false);
        }
        self.line.code = true;
        let fits = |quote: &&Quote| {
            quote.open.starts(next) && quote.after.is_none_or(|after| after == self.before)
        };
        if groups & QUOTE != 0
            && let Some(quote) = syntax.quotes.iter().find(fits)
        {
            self.place = Place::String(quote);
            return quote.open.length();
        }
        1
    }

    fn line_marks_count(&self, first_on_line: bool) -> bool {
        match self.syntax.counts {
            Counts::Anywhere => true,
            Counts::AfterSpace => is_space(self.before),
            Counts::FirstOnLine => first_on_line,
        }
    }

    fn open(&mut self, pair: &'static Pair, nests: bool) -> usize {
        self.line.comment = true;
        self.place = Place::Comment {
            pair,
            nests,
            depth: 1,
        };
        pair.0.length()
    }

    fn comment(
        &mut self,
        bytes: &[u8],
        sure: usize,
        pair: &'static Pair,
        nests: bool,
        depth: u32,
    ) -> usize {
        let (open, close) = pair;
        self.line.comment = true;
        let next = Next::of(bytes);
        if close.starts(next) {
            self.place = match depth {
                1 => Place::Code,
                _ => Place::Comment {
                    pair,
                    nests,
                    depth: depth - 1,
                },
            };
            return close.length();
        }
        if nests && open.starts(next) {
            self.place = Place::Comment {
                pair,
                nests,
                depth: depth.saturating_add(1),
            };
            return open.length();
        }
        pass(
            &bytes[..sure],
            close.first(),
            if nests { open.first() } else { b'\n' },
        )
    }

    fn string(&mut self, bytes: &[u8], sure: usize, quote: &'static Quote) -> usize {
        self.line.code = true;
        if quote.escapes && bytes[0] == b'\\' {
            return match bytes.get(1) {
                // It ends the line as any other, though not the string.
                Some(b'\n') => {
                    self.end_line();
                    2
                }
                Some(_) => 2,
                None => 1,
            };
        }
        if quote.close.starts(Next::of(bytes)) {
            self.place = Place::Code;
            return quote.close.length();
        }
        pass(
            &bytes[..sure],
            quote.close.first(),
            if quote.escapes { b'\\' } else { b'\n' },
        )
    }

    fn end_line(&mut self) {
        match std::mem::take(&mut self.line) {
            Line { code: true, .. } => {}
            Line { comment: true, .. } => self.comment += 1,
            Line { .. } => self.blank += 1,
        }
    }
}

/// How far it is from the first byte, which is nothing of note, to the next that may be.
fn pass(bytes: &[u8], one: u8, other: u8) -> usize {
    1 + memchr3(b'\n', one, other, &bytes[1..]).unwrap_or(bytes.len() - 1)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | b' ')
}
