//! Texts of a bounded length, for names and error texts.

use std::sync::Arc;

/// Cuts `text` to at most `limit` bytes, never inside a character.
pub(crate) fn clip(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let mut end = limit;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The same of a text that is shared, and stays so unless it is too long.
pub(crate) fn clipped(text: Arc<str>, limit: usize) -> Arc<str> {
    match clip(&text, limit) {
        short if short.len() < text.len() => Arc::from(short),
        _ => text,
    }
}

/// The text of a panic's payload; what a panic carries is a string in all but the strangest programs.
pub(crate) fn of_panic(payload: &(dyn std::any::Any + Send), limit: usize) -> Arc<str> {
    let text = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text");
    Arc::from(clip(text, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_never_splits_a_character() {
        assert_eq!(clip("aé", 2), "a");
        assert_eq!(clip("aé", 3), "aé");
        assert_eq!(clip("", 0), "");
    }
}
