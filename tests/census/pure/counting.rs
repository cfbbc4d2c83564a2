//! Bytes, lines and words: exact, however the file is cut into pieces.

use proptest::prelude::*;

use crate::census::count::{Counter, Counts, SNIFFED, WordRule};
use crate::census::kind::syntax::{NONE, RUST};

/// One byte after the other, as the text of wc's manual says.
fn naive(bytes: &[u8], rule: WordRule) -> Counts {
    let (mut words, mut inside) = (0, false);
    for byte in bytes {
        let printable = (0x21..0x7f).contains(byte);
        let space = matches!(byte, b' ' | 0x09..=0x0d);
        let part = if rule == WordRule::Any {
            !space
        } else {
            printable
        };
        if part && !inside {
            words += 1;
        }
        inside = part || (inside && !space);
    }
    let binary = bytes.iter().take(SNIFFED).any(|byte| *byte == 0);
    Counts {
        bytes: bytes.len() as u64,
        lines: bytes.iter().filter(|byte| **byte == b'\n').count() as u64,
        words: if binary { 0 } else { words },
        ..Counts::default()
    }
}

fn counted(bytes: &[u8], cuts: &[usize], rule: WordRule) -> Counts {
    let mut counter = Counter::new(&NONE, rule);
    for piece in pieces(bytes, cuts) {
        counter.feed(piece);
    }
    counter.finish()
}

/// `bytes`, cut after as many as `cuts` says, again and again.
pub(super) fn pieces<'a>(mut bytes: &'a [u8], cuts: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut cuts = cuts.iter().cycle();
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let (piece, rest) = bytes.split_at(
            cuts.next()
                .map_or(bytes.len(), |cut| *cut)
                .clamp(1, bytes.len()),
        );
        bytes = rest;
        Some(piece)
    })
}

fn rules() -> impl Strategy<Value = WordRule> {
    prop_oneof![Just(WordRule::Printable), Just(WordRule::Any)]
}

/// Mostly what matters to words, and any byte now and then.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        8 => prop::sample::select(b"ab~! \n\t\r\x0b\x0c".to_vec()),
        1 => any::<u8>(),
        1 => prop::sample::select(vec![0x01, 0x08, 0x0e, 0x1f, 0x7f, 0x80, 0xa0, 0xc3, 0xff]),
    ];
    prop::collection::vec(byte, 0..200)
}

proptest! {
    #[test]
    fn any_cut_counts_the_same(
        bytes in text(),
        cuts in prop::collection::vec(1..40_usize, 1..8),
        rule in rules(),
    ) {
        let expected = naive(&bytes, rule);
        let counts = counted(&bytes, &cuts, rule);
        let got = Counts { blank: 0, comment: 0, ..counts };
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn any_bytes_count_as_one_by_one(bytes in prop::collection::vec(any::<u8>(), 0..100), rule in rules()) {
        let bytes: Vec<u8> = bytes.into_iter().map(|byte| byte.max(1)).collect();
        let got = Counts { blank: 0, comment: 0, ..counted(&bytes, &[], rule) };
        prop_assert_eq!(got, naive(&bytes, rule));
    }
}

#[test]
fn a_nul_among_the_first_8192_bytes_makes_a_file_binary() {
    let mut bytes = b"word ".repeat(4_000);
    bytes[SNIFFED] = 0;
    for cuts in [
        &[1][..],
        &[7],
        &[SNIFFED - 1, 1],
        &[SNIFFED],
        &[SNIFFED + 1],
        &[100_000],
    ] {
        assert_eq!(
            counted(&bytes, cuts, WordRule::Printable).words,
            4_000,
            "behind them, in pieces of {cuts:?}"
        );
    }
    bytes[SNIFFED - 1] = 0;
    for cuts in [
        &[1][..],
        &[7],
        &[SNIFFED - 1, 1],
        &[SNIFFED],
        &[SNIFFED + 1],
        &[100_000],
    ] {
        assert_eq!(
            counted(&bytes, cuts, WordRule::Printable).words,
            0,
            "the last of them, in pieces of {cuts:?}"
        );
    }
}

#[test]
fn lines_of_a_binary_file_count_and_are_neither_blank_nor_comment() {
    let mut counter = Counter::new(&RUST, WordRule::Printable);
    counter.feed(b"// a comment\n\n");
    counter.feed(b"\0\n");
    let expected = Counts {
        bytes: 16,
        lines: 3,
        ..Counts::default()
    };
    assert_eq!(counter.finish(), expected);
}

#[test]
fn the_last_line_without_a_newline_is_no_line() {
    assert_eq!(counted(b"a\nb", &[], WordRule::Printable).lines, 1);
    assert_eq!(counted(b"", &[], WordRule::Printable), Counts::default());
}
