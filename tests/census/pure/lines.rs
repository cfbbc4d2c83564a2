//! Which lines are blank, which are comment: exact over any cut, and right for what people write.

use proptest::prelude::*;

use super::counting::pieces;
use crate::census::count::{Counter, Counts, WordRule};
use crate::census::kind::Kind;
use crate::census::kind::syntax::{self, Mark, Next, Syntax};

fn counted(text: &[u8], cuts: &[usize], syntax: &'static Syntax) -> Counts {
    let mut counter = Counter::new(syntax, WordRule::Printable);
    for piece in pieces(text, cuts) {
        counter.feed(piece);
    }
    counter.finish()
}

/// (code, comment, blank) of a file with this name.
fn lines(name: &str, text: &str) -> (u64, u64, u64) {
    let kind = Kind::of(name.as_bytes(), text.as_bytes(), false);
    let counts = counted(text.as_bytes(), &[], kind.syntax());
    (counts.code(), counts.comment, counts.blank)
}

/// The same rules, one byte after the other on the whole text, with nothing passed over and nothing held back.
fn naive(text: &[u8], syntax: &'static Syntax) -> (u64, u64) {
    enum At {
        Code,
        Line,
        Block(Mark, Mark, bool, u32),
        Text(&'static syntax::Quote),
    }
    let space = |byte: u8| matches!(byte, b' ' | 0x09..=0x0d);
    let (mut at, mut here) = (At::Code, 0);
    let (mut code, mut comment) = (false, false);
    let (mut blanks, mut comments) = (0, 0);
    while here < text.len() {
        let next = Next::of(&text[here..]);
        let before = if here == 0 { b'\n' } else { text[here - 1] };
        if text[here] == b'\n' {
            blanks += u64::from(!code && !comment);
            comments += u64::from(!code && comment);
            (code, comment) = (false, false);
            if matches!(at, At::Line) || matches!(at, At::Text(quote) if !quote.spans) {
                at = At::Code;
            }
            here += 1;
            continue;
        }
        if space(text[here]) {
            here += 1;
            continue;
        }
        match &mut at {
            At::Line => here += 1,
            At::Block(open, close, nests, depth) => {
                comment = true;
                if close.starts(next) {
                    here += close.length();
                    *depth -= 1;
                    if *depth == 0 {
                        at = At::Code;
                    }
                } else if *nests && open.starts(next) {
                    here += open.length();
                    *depth += 1;
                } else {
                    here += 1;
                }
            }
            At::Text(quote) => {
                code = true;
                if quote.escapes && text[here] == b'\\' {
                    if text.get(here + 1) == Some(&b'\n') {
                        // It ends the line, which has code, and not the string.
                        (code, comment) = (false, false);
                    }
                    here = (here + 2).min(text.len());
                } else if quote.close.starts(next) {
                    here += quote.close.length();
                    at = At::Code;
                } else {
                    here += 1;
                }
            }
            At::Code => {
                let first = !code && !comment;
                let counts = match syntax.counts {
                    syntax::Counts::Anywhere => true,
                    syntax::Counts::AfterSpace => space(before),
                    syntax::Counts::FirstOnLine => first,
                };
                let mark = |marks: &[Mark]| marks.iter().find(|mark| mark.starts(next)).copied();
                let pair =
                    |pairs: &[(Mark, Mark)]| pairs.iter().find(|pair| pair.0.starts(next)).copied();
                if let Some(mark) = mark(syntax.plain) {
                    code = true;
                    here += mark.length();
                } else if let Some((open, close)) = pair(syntax.block) {
                    comment = true;
                    here += open.length();
                    at = At::Block(open, close, syntax.nested, 1);
                } else if let Some(mark) = mark(syntax.line).filter(|_| counts) {
                    comment = true;
                    here += mark.length();
                    at = At::Line;
                } else if let Some((open, close)) = pair(syntax.docs).filter(|_| first) {
                    comment = true;
                    here += open.length();
                    at = At::Block(open, close, false, 1);
                } else {
                    code = true;
                    let mut quotes = syntax.quotes.iter();
                    match quotes.find(|quote| {
                        quote.open.starts(next) && quote.after.is_none_or(|after| after == before)
                    }) {
                        Some(quote) => {
                            here += quote.open.length();
                            at = At::Text(quote);
                        }
                        None => here += 1,
                    }
                }
            }
        }
    }
    (blanks, comments)
}

/// All that begins or ends something in one of the syntaxes below.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let parts: Vec<&'static [u8]> = vec![
        b"//",
        b"/*",
        b"*/",
        b"\"",
        b"'",
        b"\\",
        b"\n",
        b"\n",
        b" ",
        b"a",
        b"r",
        b"#",
        b"\"\"\"",
        b"'''",
        b"`",
        b"--",
        b"[[",
        b"]]",
        b"<!--",
        b"-->",
        b"{-",
        b"-}",
        b"=begin",
        b"=end",
        b"REM ",
        b"::",
        b"\t",
        b"'\"'",
        b"%",
        b"longer piece of plain code",
    ];
    prop::collection::vec(prop::sample::select(parts), 0..60).prop_map(|parts| parts.concat())
}

fn syntaxes() -> impl Strategy<Value = &'static Syntax> {
    prop::sample::select(vec![
        &syntax::NONE,
        &syntax::C,
        &syntax::C_TRIPLE_NESTED,
        &syntax::C_BACKTICK,
        &syntax::RUST,
        &syntax::SHELL,
        &syntax::PYTHON,
        &syntax::RUBY,
        &syntax::LUA,
        &syntax::HASKELL,
        &syntax::MARKUP,
        &syntax::BATCH,
        &syntax::VIM,
        &syntax::PERCENT,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_000), ..ProptestConfig::default() })]
    #[test]
    fn any_cut_finds_what_the_whole_has(
        text in soup(),
        cuts in prop::collection::vec(1..30_usize, 1..6),
        syntax in syntaxes(),
    ) {
        let counts = counted(&text, &cuts, syntax);
        prop_assert_eq!((counts.blank, counts.comment), naive(&text, syntax));
        prop_assert!(counts.blank + counts.comment <= counts.lines);
    }
}

#[test]
fn rust() {
    let text = "\
//! Docs.

fn main() { // code with a comment
    /* a /* nested */ comment */
    let url = \"http://example.com /* no comment\";
    let raw = r#\"
// in a string\"#;
    let quote = '\"'; // not the start of a string
    let letter: &'static str = \"\\\"\";
    /* comment */ let x = 1;

}
";
    assert_eq!(lines("main.rs", text), (8, 2, 2));
}

#[test]
fn python() {
    let text = "\
#!/usr/bin/env python
\"\"\"A docstring

of three lines.\"\"\"
text = '''# not
# a comment'''
x = \"#\"  # code
    # comment
";
    assert_eq!(lines("a.py", text), (3, 4, 1));
}

#[test]
fn c_and_its_kin() {
    let text =
        "/* one\n * two\n */\nchar c = '\"'; /* x */\nint a; /* begins\n ends */ int b;\n// last\n";
    assert_eq!(lines("a.c", text), (3, 4, 0));
    assert_eq!(
        lines("a.js", "let a = `\n// no\n`;\n/* yes */\n"),
        (3, 1, 0)
    );
    assert_eq!(lines("a.go", "a := `\\`\n// yes\n"), (1, 1, 0));
    assert_eq!(lines("a.css", "// no\n/* yes */\n"), (1, 1, 0));
    assert_eq!(lines("a.php", "# yes\n// yes\n$a = 1;\n"), (1, 2, 0));
}

#[test]
fn shells_and_settings() {
    let text = "#!/bin/sh\n# comment\necho $# ${a#b} \"# no\" # yes\n\nit's\n# still a comment\n";
    assert_eq!(lines("a.sh", text), (2, 3, 1));
    assert_eq!(lines("a.toml", "# yes\na = \"#\"\n"), (1, 1, 0));
    assert_eq!(lines("a.yml", "# yes\na: b#c\n"), (1, 1, 0));
    assert_eq!(lines("a.bat", "REM yes\n:: yes\necho REM no\n"), (1, 2, 0));
    assert_eq!(lines("a.ini", "; yes\n# yes\na=1;2\n"), (1, 2, 0));
}

#[test]
fn others() {
    assert_eq!(
        lines("a.lua", "--[[ a\nb ]]\n-- c\nx = [[\n-- no\n]]\n"),
        (3, 3, 0)
    );
    assert_eq!(lines("a.hs", "{- a {- b -}\n-}\n-- c\nf' = 1\n"), (1, 3, 0));
    assert_eq!(lines("a.rb", "=begin\nx\n=end\ny # z\n"), (1, 3, 0));
    assert_eq!(lines("a.sql", "-- a\nselect '--'; /* b */\n"), (1, 1, 0));
    assert_eq!(lines("a.html", "<!-- a\n\nb -->\n<p>\n"), (1, 2, 1));
    assert_eq!(lines("a.tex", "% a\n\\% b\n"), (1, 1, 0));
    assert_eq!(lines("a.vim", "\" a\nlet b = \"c\"\n"), (1, 1, 0));
    assert_eq!(lines("a.md", "# a title\n\ntext\n"), (2, 0, 1));
    assert_eq!(lines("a.txt", "// text\n \t\r\n"), (1, 0, 1));
}

#[test]
fn lines_may_end_as_they_like() {
    assert_eq!(
        lines("a.rs", "// a\r\n\r\nb\r\n// the last one, without an end"),
        (1, 1, 1)
    );
}
