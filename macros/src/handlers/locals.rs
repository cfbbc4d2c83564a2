//! Names of generated locals and spans of generated calls.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};

/// A local that no argument of the user can be mistaken for, whatever its name.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Such a local, shown to stand where the user's token does.
pub(crate) fn local_at(name: &str, token: &Ident) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(token.span()))
}

/// The `index`th of such locals.
pub(crate) fn numbered(name: &str, index: usize) -> Ident {
    local(&format!("{name}{index}"))
}

/// Where the user's token stands, so that errors are shown there; but with our own view of
/// `self`, since the token may come from a `macro_rules` whose `self` is another one.
pub(crate) fn at(token: &Ident) -> Span {
    token.span().resolved_at(Span::call_site())
}

/// The same tokens with the same meaning, shown to stand somewhere else.
pub(crate) fn shown_at(tokens: TokenStream, here: Span) -> TokenStream {
    let moved = tokens.into_iter().map(|token| {
        let mut token = match token {
            TokenTree::Group(group) => {
                let inside = shown_at(group.stream(), here);
                TokenTree::Group(Group::new(group.delimiter(), inside))
            }
            other => other,
        };
        token.set_span(token.span().located_at(here));
        token
    });
    moved.collect()
}
