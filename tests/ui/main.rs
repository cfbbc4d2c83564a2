//! What the attributes refuse, and the words they do it in; and the odd shapes that they take.
//!
//! A case of `fail` is named after its mistake. Its `.stderr` is what rustc prints: read it as a
//! user would, before it is accepted.

/// Every mistake is an error, and the text is the one that was agreed on.
#[test]
fn mistakes_get_a_sentence() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}

/// What is allowed compiles, and runs.
#[test]
fn odd_shapes_are_accepted() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}
