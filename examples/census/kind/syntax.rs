//! How comments and strings look in a language, as far as counting comment lines needs it.

/// The marks of one family of languages.
///
/// Strings are known only so that a comment mark inside of one is not taken for a comment.
#[derive(Debug)]
pub(crate) struct Syntax {
    /// Marks of a comment that ends with its line.
    pub(crate) line: &'static [Mark],
    /// Where a line comment's mark counts.
    pub(crate) counts: Counts,
    /// Open and close marks of comments that may span lines.
    pub(crate) block: &'static [Pair],
    /// `/* /* */ */` is one comment.
    pub(crate) nested: bool,
    /// Marks of text that is a comment when it is the first thing of its line, and a string elsewhere: docstrings.
    pub(crate) docs: &'static [Pair],
    /// Strings.
    pub(crate) quotes: &'static [Quote],
    /// Code that would look like the start of a string: `'"'`.
    pub(crate) plain: &'static [Mark],
}

/// Where the mark of a line comment is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Counts {
    Anywhere,
    /// `$#` and `${a#b}` of shells are not comments.
    AfterSpace,
    /// `REM` and `..` are words elsewhere.
    FirstOnLine,
}

/// The open and the close mark.
pub(crate) type Pair = (Mark, Mark);

/// How a string is written.
#[derive(Debug)]
pub(crate) struct Quote {
    pub(crate) open: Mark,
    pub(crate) close: Mark,
    /// The byte before the open mark, if it matters: the `r` of `r"\"`.
    pub(crate) after: Option<u8>,
    /// A backslash hides the byte after it.
    pub(crate) escapes: bool,
    /// The string may go on in the next line. Where it may not, a line's end closes it: a stray apostrophe must not
    /// swallow the rest of the file.
    pub(crate) spans: bool,
}

/// Up to eight bytes, as a number that is compared with the next eight bytes of a file in one go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    value: u64,
    mask: u64,
    length: usize,
}

/// No mark is longer than this: how far ahead a counter has to see.
pub(crate) const LONGEST_MARK: usize = 8;

impl Mark {
    const fn new(bytes: &[u8]) -> Self {
        assert!(!bytes.is_empty() && bytes.len() <= LONGEST_MARK);
        let (mut value, mut mask, mut at) = (0, 0, 0);
        while at < bytes.len() {
            assert!(bytes[at] != 0 && bytes[at] != b'\n');
            value |= (bytes[at] as u64) << (8 * at);
            mask |= 0xff << (8 * at);
            at += 1;
        }
        Self {
            value,
            mask,
            length: bytes.len(),
        }
    }

    /// Whether it stands at the start of `next`.
    pub(crate) fn starts(self, next: Next) -> bool {
        next.0 & self.mask == self.value
    }

    /// Its first byte.
    pub(crate) fn first(self) -> u8 {
        self.value as u8
    }

    /// How many bytes it has.
    pub(crate) fn length(self) -> usize {
        self.length
    }
}

/// The next eight bytes of a file; behind its end are NULs, which are in no mark.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Next(u64);

impl Next {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match bytes.first_chunk() {
            Some(eight) => Self(u64::from_le_bytes(*eight)),
            None => Self(
                bytes
                    .iter()
                    .rev()
                    .fold(0, |value, byte| value << 8 | u64::from(*byte)),
            ),
        }
    }
}

const fn mark(bytes: &[u8]) -> Mark {
    Mark::new(bytes)
}

const fn pair(open: &[u8], close: &[u8]) -> Pair {
    (mark(open), mark(close))
}

const fn quote(bytes: &[u8]) -> Quote {
    Quote {
        open: mark(bytes),
        close: mark(bytes),
        after: None,
        escapes: true,
        spans: false,
    }
}

const fn long(open: &[u8], close: &[u8], escapes: bool) -> Quote {
    Quote {
        open: mark(open),
        close: mark(close),
        after: None,
        escapes,
        spans: true,
    }
}

const DOUBLE: Quote = quote(b"\"");
const SINGLE: Quote = quote(b"'");
const BACKTICK: Quote = long(b"`", b"`", true);
const TRIPLE: Quote = long(b"\"\"\"", b"\"\"\"", true);
const SLASHES: &[Mark] = &[mark(b"//")];
const HASH: &[Mark] = &[mark(b"#")];
const STARS: &[Pair] = &[pair(b"/*", b"*/")];
const ANGLES: &[Pair] = &[pair(b"<!--", b"-->")];

/// Nothing is a comment.
pub(crate) static NONE: Syntax = Syntax {
    line: &[],
    counts: Counts::Anywhere,
    block: &[],
    nested: false,
    docs: &[],
    quotes: &[],
    plain: &[],
};

/// `//`, `/* */`, `"` and `'`: C and its many heirs.
pub(crate) static C: Syntax = Syntax {
    line: SLASHES,
    block: STARS,
    quotes: &[DOUBLE, SINGLE],
    ..NONE
};
/// As [`C`], with text in three quotes.
pub(crate) static C_TRIPLE: Syntax = Syntax {
    quotes: &[TRIPLE, DOUBLE, SINGLE],
    ..C
};
/// As [`C_TRIPLE`], comments nest.
pub(crate) static C_TRIPLE_NESTED: Syntax = Syntax {
    nested: true,
    ..C_TRIPLE
};
/// As [`C`], with strings in backticks.
pub(crate) static C_BACKTICK: Syntax = Syntax {
    quotes: &[BACKTICK, DOUBLE, SINGLE],
    ..C
};
/// As [`C_BACKTICK`], but nothing in backticks is escaped.
pub(crate) static GO: Syntax = Syntax {
    quotes: &[long(b"`", b"`", false), DOUBLE, SINGLE],
    ..C
};
/// `'a` may be a lifetime, so `'` opens no string; nested comments and raw strings.
pub(crate) static RUST: Syntax = Syntax {
    nested: true,
    plain: &[mark(b"'\"'"), mark(b"'\\\"'"), mark(b"'\\''")],
    quotes: &[
        long(b"###\"", b"\"###", false),
        long(b"##\"", b"\"##", false),
        long(b"#\"", b"\"#", false),
        Quote {
            after: Some(b'r'),
            ..long(b"\"", b"\"", false)
        },
        long(b"\"", b"\"", true),
    ],
    ..C
};
/// `#` besides the marks of C.
pub(crate) static PHP: Syntax = Syntax {
    line: &[mark(b"//"), mark(b"#")],
    ..C
};
/// As [`PHP`], `#` before all.
pub(crate) static HCL: Syntax = Syntax {
    line: &[mark(b"#"), mark(b"//")],
    ..C
};
/// Only `/* */`.
pub(crate) static CSS: Syntax = Syntax { line: &[], ..C };
/// `#` after white space. Strings that span lines are not known: an apostrophe in a here-document would swallow the rest.
pub(crate) static SHELL: Syntax = Syntax {
    line: HASH,
    counts: Counts::AfterSpace,
    quotes: &[DOUBLE, SINGLE],
    ..NONE
};
/// `#` anywhere.
pub(crate) static HASHED: Syntax = Syntax {
    counts: Counts::Anywhere,
    ..SHELL
};
/// As [`HASHED`], without strings: makefiles, where an apostrophe says nothing.
pub(crate) static HASHED_BARE: Syntax = Syntax {
    quotes: &[],
    ..HASHED
};
/// Text in three quotes documents when it starts a line.
pub(crate) static PYTHON: Syntax = Syntax {
    line: HASH,
    docs: &[pair(b"\"\"\"", b"\"\"\""), pair(b"'''", b"'''")],
    quotes: &[TRIPLE, long(b"'''", b"'''", true), DOUBLE, SINGLE],
    ..NONE
};
/// `#` and text in three quotes.
pub(crate) static HASHED_TRIPLE: Syntax = Syntax {
    quotes: &[TRIPLE, DOUBLE, SINGLE],
    ..HASHED
};
/// `#` and `=begin`/`=end`.
pub(crate) static RUBY: Syntax = Syntax {
    docs: &[pair(b"=begin", b"=end")],
    ..HASHED
};
/// `#` and POD.
pub(crate) static PERL: Syntax = Syntax {
    docs: &[
        pair(b"=head", b"=cut"),
        pair(b"=pod", b"=cut"),
        pair(b"=over", b"=cut"),
        pair(b"=item", b"=cut"),
        pair(b"=for", b"=cut"),
        pair(b"=begin", b"=cut"),
        pair(b"=encodi", b"=cut"),
    ],
    ..SHELL
};
/// `#` and `#= =#`.
pub(crate) static JULIA: Syntax = Syntax {
    block: &[pair(b"#=", b"=#")],
    nested: true,
    ..HASHED_TRIPLE
};
/// `#` and `<# #>`.
pub(crate) static POWERSHELL: Syntax = Syntax {
    block: &[pair(b"<#", b"#>")],
    ..SHELL
};
/// `#`, `#[ ]#`.
pub(crate) static NIM: Syntax = Syntax {
    block: &[pair(b"#[", b"]#")],
    nested: true,
    ..HASHED_TRIPLE
};
/// `#`, `/* */` and text in two apostrophes.
pub(crate) static NIX: Syntax = Syntax {
    line: HASH,
    block: STARS,
    quotes: &[DOUBLE, long(b"''", b"''", false)],
    ..NONE
};
/// `--`, `/* */`; a quote is escaped by doubling.
pub(crate) static SQL: Syntax = Syntax {
    line: &[mark(b"--")],
    block: STARS,
    quotes: &[DOUBLE, SINGLE],
    ..NONE
};
/// `--`, `{- -}`; `'` belongs to names.
pub(crate) static HASKELL: Syntax = Syntax {
    line: &[mark(b"--")],
    block: &[pair(b"{-", b"-}")],
    nested: true,
    quotes: &[DOUBLE],
    plain: &[mark(b"'\"'")],
    ..NONE
};
/// `--`, `--[[ ]]`.
pub(crate) static LUA: Syntax = Syntax {
    line: &[mark(b"--")],
    block: &[pair(b"--[[", b"]]")],
    quotes: &[DOUBLE, SINGLE, long(b"[[", b"]]", false)],
    ..NONE
};
/// `--` alone.
pub(crate) static DASHES: Syntax = Syntax {
    line: &[mark(b"--")],
    quotes: &[DOUBLE],
    ..NONE
};
/// `(* *)`.
pub(crate) static OCAML: Syntax = Syntax {
    block: &[pair(b"(*", b"*)")],
    nested: true,
    quotes: &[long(b"\"", b"\"", true)],
    plain: &[mark(b"'\"'")],
    ..NONE
};
/// `//`, `(* *)`.
pub(crate) static FSHARP: Syntax = Syntax {
    line: SLASHES,
    quotes: &[TRIPLE, long(b"\"", b"\"", true)],
    ..OCAML
};
/// `//`, `{ }`, `(* *)`.
pub(crate) static PASCAL: Syntax = Syntax {
    line: SLASHES,
    block: &[pair(b"{", b"}"), pair(b"(*", b"*)")],
    quotes: &[SINGLE],
    ..NONE
};
/// `;` of the Lisps.
pub(crate) static LISP: Syntax = Syntax {
    line: &[mark(b";")],
    block: &[pair(b"#|", b"|#")],
    nested: true,
    quotes: &[long(b"\"", b"\"", true)],
    ..NONE
};
/// `;` of assemblers and of settings; `#` too.
pub(crate) static SEMICOLON: Syntax = Syntax {
    line: &[mark(b";"), mark(b"#")],
    counts: Counts::AfterSpace,
    ..NONE
};
/// `%`.
pub(crate) static PERCENT: Syntax = Syntax {
    line: &[mark(b"%")],
    quotes: &[DOUBLE],
    plain: &[mark(b"\\%")],
    ..NONE
};
/// `%` and `%{ %}`.
pub(crate) static MATLAB: Syntax = Syntax {
    line: &[mark(b"%")],
    block: &[pair(b"%{", b"%}")],
    quotes: &[DOUBLE],
    ..NONE
};
/// `!` of free-form Fortran.
pub(crate) static FORTRAN: Syntax = Syntax {
    line: &[mark(b"!")],
    quotes: &[DOUBLE, SINGLE],
    ..NONE
};
/// `"` at the start of what is left of a line.
pub(crate) static VIM: Syntax = Syntax {
    line: &[mark(b"\"")],
    counts: Counts::FirstOnLine,
    ..NONE
};
/// `'` of the Basics.
pub(crate) static BASIC: Syntax = Syntax {
    line: &[mark(b"'")],
    quotes: &[DOUBLE],
    ..NONE
};
/// `REM` and `::`.
pub(crate) static BATCH: Syntax = Syntax {
    line: &[
        mark(b"REM "),
        mark(b"rem "),
        mark(b"@REM "),
        mark(b"@rem "),
        mark(b"::"),
    ],
    counts: Counts::FirstOnLine,
    ..NONE
};
/// `<!-- -->`.
pub(crate) static MARKUP: Syntax = Syntax {
    block: ANGLES,
    ..NONE
};
/// `<!-- -->`, `//` and `/* */`: pages with scripts and styles in one file.
pub(crate) static COMPONENT: Syntax = Syntax {
    line: SLASHES,
    counts: Counts::AfterSpace,
    block: &[pair(b"<!--", b"-->"), pair(b"/*", b"*/")],
    quotes: &[DOUBLE],
    ..NONE
};
/// `..` of reStructuredText.
pub(crate) static RST: Syntax = Syntax {
    line: &[mark(b".. ")],
    counts: Counts::FirstOnLine,
    ..NONE
};
/// `.\"` of manual pages.
pub(crate) static ROFF: Syntax = Syntax {
    line: &[mark(b".\\\""), mark(b"'\\\"")],
    counts: Counts::FirstOnLine,
    ..NONE
};
/// `#` after white space; an apostrophe may stand in plain words.
pub(crate) static YAML: Syntax = Syntax {
    quotes: &[DOUBLE],
    ..SHELL
};
/// `;;`, `(; ;)`.
pub(crate) static WAT: Syntax = Syntax {
    line: &[mark(b";;")],
    block: &[pair(b"(;", b";)")],
    nested: true,
    quotes: &[DOUBLE],
    ..NONE
};
/// Only `//`.
pub(crate) static SLASHED: Syntax = Syntax {
    line: SLASHES,
    quotes: &[DOUBLE, SINGLE],
    ..NONE
};
