//! Words as `wc -w` counts them in the C locale.

/// What a byte beyond printable ASCII is to a word.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum WordRule {
    /// Nothing: it neither starts nor ends one. So counts GNU wc before 9.5.
    #[default]
    Printable,
    /// A part of it, unless it is white space. So counts GNU wc since 9.5, and so says POSIX.
    Any,
}

/// Counts words.
#[derive(Debug)]
pub(super) struct Words {
    rule: WordRule,
    /// 1 while inside a word.
    inside: u64,
    count: u64,
}

/// One byte eight times, and the highest bit of each of eight bytes.
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x80 * ONES;

impl Words {
    pub(super) fn new(rule: WordRule) -> Self {
        Self {
            rule,
            inside: 0,
            count: 0,
        }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let (eights, rest) = chunk.as_chunks::<8>();
        for eight in eights {
            let (word, space) = classes(self.rule, u64::from_le_bytes(*eight));
            if word | space == HIGHS {
                // A word starts at each byte of a word that has none before it.
                let starts = word & !((word << 8) | (self.inside << 7));
                self.count += u64::from(starts.count_ones());
                self.inside = word >> 63;
            } else {
                self.each(eight);
            }
        }
        self.each(rest);
    }

    fn each(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let (word, space) = classes(self.rule, u64::from(*byte));
            let (word, space) = (word & 0x80 != 0, space & 0x80 != 0);
            self.count += u64::from(word && self.inside == 0);
            self.inside = u64::from(word || (self.inside == 1 && !space));
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

/// Which of eight bytes belong to a word, and which are white space: the highest bit of each says so.
fn classes(rule: WordRule, bytes: u64) -> (u64, u64) {
    let ascii = !bytes & HIGHS;
    let low = bytes & !HIGHS;
    // No byte of `low` is above 127, so that no sum runs over into the next byte.
    let above = |least: u64| (low + (0x7f - least) * ONES) & HIGHS;
    let control_space = above(0x08) & !above(0x0d);
    let blank = above(0x1f) & !above(0x20);
    let space = (control_space | blank) & ascii;
    let word = match rule {
        WordRule::Printable => above(0x20) & !above(0x7e) & ascii,
        WordRule::Any => HIGHS & !space,
    };
    (word, space)
}
