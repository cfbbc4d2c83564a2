//! What a file is: its language or kind, from its name and its first bytes.
//!
//! Pure: no file is touched here. The name decides; a name that says nothing is helped by a `#!` line; what remains is
//! text or binary by the NUL rule.

pub(crate) mod syntax;
mod table;

use std::collections::HashMap;
use std::sync::LazyLock;

use syntax::Syntax;
use table::{Entry, TABLE};

/// One row of the report: an index into the table of kinds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Kind(u8);

/// How many kinds there are: the size of any table with a row per kind.
pub(crate) const KINDS: usize = TABLE.len();

impl Kind {
    /// Text that no name or `#!` line tells more about.
    pub(crate) const OTHER_TEXT: Self = Self(table::OTHER_TEXT);
    /// Bytes with a NUL among the first 8 KiB that no name tells more about.
    pub(crate) const OTHER_BINARY: Self = Self(table::OTHER_BINARY);

    /// The kind of the file called `name` (its last component, in bytes), that starts with `head`.
    ///
    /// `binary` says that `head` holds a NUL: then it is no language, whatever the name (`video.ts` is not TypeScript).
    pub(crate) fn of(name: &[u8], head: &[u8], binary: bool) -> Self {
        match by_name(name) {
            Some(kind) if binary && kind.is_text() => Self::OTHER_BINARY,
            Some(kind) => kind,
            None if binary => Self::OTHER_BINARY,
            None => interpreter(head)
                .and_then(|name| NAMES.interpreters.get(name).copied())
                .unwrap_or(Self::OTHER_TEXT),
        }
    }

    /// Every kind, in the order of the table.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..KINDS).map(|index| Self(index as u8))
    }

    /// The place of this kind's row in a table of [`KINDS`] rows.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// "Rust", "Image", "Other text".
    pub(crate) fn name(self) -> &'static str {
        self.entry().name
    }

    /// Whether files of this kind are written in lines for people; the others are listed by size.
    pub(crate) fn is_text(self) -> bool {
        self.entry().text
    }

    /// How its comments look.
    pub(crate) fn syntax(self) -> &'static Syntax {
        self.entry().syntax
    }

    fn entry(self) -> &'static Entry {
        &TABLE[self.index()]
    }
}

/// The table turned around, made at the first file.
struct Names {
    extensions: HashMap<&'static [u8], Kind>,
    files: HashMap<&'static [u8], Kind>,
    interpreters: HashMap<&'static [u8], Kind>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let pick = |list: fn(&Entry) -> &'static [&'static str]| -> HashMap<&'static [u8], Kind> {
        Kind::all()
            .flat_map(|kind| {
                list(kind.entry())
                    .iter()
                    .map(move |name| (name.as_bytes(), kind))
            })
            .collect()
    };
    Names {
        extensions: pick(|entry| entry.extensions),
        files: pick(|entry| entry.files),
        interpreters: pick(|entry| entry.interpreters),
    }
});

/// Longer than any extension of the table: what is longer is no extension we know.
const LONGEST_EXTENSION: usize = 16;

/// Endings that say what was done to a file, and not what it is: `Cargo.toml.orig` is TOML.
const ENDINGS: [&[u8]; 6] = [b".orig", b".bak", b".in", b".tmpl", b".template", b"~"];

/// How the names of files begin that are written for people: `LICENSE-MIT`, `README.first`.
const PROSE: [&[u8]; 7] = [
    b"LICENSE",
    b"LICENCE",
    b"COPYING",
    b"README",
    b"CHANGELOG",
    b"AUTHORS",
    b"NOTICE",
];

fn by_name(name: &[u8]) -> Option<Kind> {
    if let Some(name) = ENDINGS.iter().find_map(|ending| name.strip_suffix(*ending)) {
        return by_name(name);
    }
    if let Some(kind) = NAMES.files.get(name).or_else(|| by_extension(name)) {
        return Some(*kind);
    }
    let stem = name
        .split(|byte| matches!(byte, b'-' | b'.' | b'_'))
        .next()?;
    PROSE
        .contains(&stem)
        .then(|| NAMES.files.get(stem).copied())
        .flatten()
}

fn by_extension(name: &[u8]) -> Option<&'static Kind> {
    // The whole of `name` after its first dot comes first, so that `a.d.ts` could differ from `a.ts`.
    let dots = name
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'.')
        .map(|(at, _)| at);
    for dot in dots.filter(|dot| *dot > 0) {
        let extension = &name[dot + 1..];
        if extension.is_empty() || extension.len() > LONGEST_EXTENSION {
            continue;
        }
        let mut lower = [0; LONGEST_EXTENSION];
        let lower = &mut lower[..extension.len()];
        lower.copy_from_slice(extension);
        // `.C` and `.H` are C++ by an old custom, all others are the same in capitals.
        if let Some(kind) = NAMES.extensions.get(extension) {
            return Some(kind);
        }
        lower.make_ascii_lowercase();
        if let Some(kind) = NAMES.extensions.get(&*lower) {
            return Some(kind);
        }
    }
    None
}

/// `python` from `#!/usr/bin/env -S python3.11 -u`.
fn interpreter(head: &[u8]) -> Option<&[u8]> {
    let line = head.strip_prefix(b"#!")?;
    let line = line.split(|byte| *byte == b'\n').next()?;
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let mut program = last_component(words.next()?);
    if program == b"env" {
        program =
            last_component(words.find(|word| !word.starts_with(b"-") && !word.contains(&b'='))?);
    }
    // python3.11 and perl5 are python and perl.
    let end = program
        .iter()
        .rposition(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
    Some(&program[..=end])
}

fn last_component(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}
