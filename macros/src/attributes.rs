//! Which attributes of the user's item go along to what is generated from it.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token, parse_quote};

/// `#[cfg]`, also inside `#[cfg_attr]`: without these a generated part would outlive its handler.
pub(crate) fn conditions(attrs: &[Attribute]) -> Vec<Attribute> {
    chosen(attrs, &["cfg"])
}

/// The conditions, the docs and the deprecation: what a reader of the generated item must see.
pub(crate) fn visible(attrs: &[Attribute]) -> Vec<Attribute> {
    chosen(attrs, &["cfg", "doc", "deprecated"])
}

/// The conditions and the deprecation, for an item that brings its own docs.
pub(crate) fn undocumented(attrs: &[Attribute]) -> Vec<Attribute> {
    chosen(attrs, &["cfg", "deprecated"])
}

/// Whether anything switches the item on or off.
pub(crate) fn is_conditional(attrs: &[Attribute]) -> bool {
    !conditions(attrs).is_empty()
}

/// The first paragraph of the docs. Not all of them: a listing in the docs is a doctest, and
/// would be run again for each copy.
pub(crate) fn summary(attrs: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attrs.iter().filter_map(line).collect();
    let paragraph: Vec<&str> = lines
        .iter()
        .flat_map(|line| line.split('\n'))
        .map(str::trim)
        .take_while(|line| !line.is_empty() && !line.starts_with(['`', '~', '#']))
        .collect();
    (!paragraph.is_empty()).then(|| paragraph.join("\n"))
}

fn line(attr: &Attribute) -> Option<String> {
    match &attr.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn chosen(attrs: &[Attribute], names: &[&str]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter_map(|attr| {
            if is_one_of(attr.path(), names) {
                return Some(attr.clone());
            }
            attr.path()
                .is_ident("cfg_attr")
                .then(|| conditional(&attr.meta, names))?
        })
        .collect()
}

/// A `cfg_attr` with only those of its attributes that were asked for.
fn conditional(meta: &Meta, names: &[&str]) -> Option<Attribute> {
    let Meta::List(list) = meta else { return None };
    let mut tokens = list.tokens.clone().into_iter();
    let condition: TokenStream = tokens
        .by_ref()
        .take_while(|token| !is_comma(token))
        .collect();
    let attributes = Punctuated::<Meta, Token![,]>::parse_terminated
        .parse2(tokens.collect())
        .ok()?;
    let kept: Vec<TokenStream> = attributes
        .iter()
        .filter_map(|meta| {
            if is_one_of(meta.path(), names) {
                return Some(meta.to_token_stream());
            }
            let nested = meta.path().is_ident("cfg_attr");
            let nested = nested.then(|| conditional(meta, names))??;
            Some(nested.meta.to_token_stream())
        })
        .collect();
    (!kept.is_empty()).then(|| parse_quote!(#[cfg_attr(#condition, #(#kept),*)]))
}

fn is_one_of(path: &syn::Path, names: &[&str]) -> bool {
    names.iter().any(|name| path.is_ident(name))
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

/// What generated items are excused from. They are written by no user, so no lint of a user's
/// crate can be answered by one; names and types that keep the user's span would still be linted.
pub(crate) fn excuses() -> TokenStream {
    quote! {
        #[allow(
            dead_code,
            deprecated,
            non_camel_case_types,
            non_upper_case_globals,
            private_bounds,
            private_interfaces,
            unreachable_code,
            unreachable_patterns,
            unreachable_pub,
            unused_qualifications,
            unused_variables,
            missing_copy_implementations,
            missing_debug_implementations,
            single_use_lifetimes,
            unused_lifetimes,
            unused_results,
            unit_bindings,
            variant_size_differences,
            rustdoc::broken_intra_doc_links,
            rustdoc::private_intra_doc_links,
            clippy::all,
            clippy::pedantic,
            clippy::nursery
        )]
    }
}

/// What the user's own marked functions are excused from: their shape is owed to us, and what
/// clippy would have instead is refused.
pub(crate) fn owed() -> Attribute {
    parse_quote! {
        #[allow(
            clippy::boxed_local,
            clippy::missing_const_for_fn,
            clippy::must_use_candidate,
            clippy::needless_pass_by_ref_mut,
            clippy::needless_pass_by_value,
            clippy::unnecessary_wraps,
            clippy::unused_async,
            clippy::unused_self
        )]
    }
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens, quote};
    use syn::{Attribute, parse_quote};

    use super::{conditions, summary, undocumented, visible};

    fn text(attrs: &[Attribute]) -> String {
        quote!(#(#attrs)*).to_string()
    }

    #[test]
    fn only_what_a_reader_must_see_is_copied() {
        let attrs: Vec<Attribute> = vec![
            parse_quote!(#[inline]),
            parse_quote!(#[cfg(unix)]),
            parse_quote!(#[doc = "Puts money in."]),
            parse_quote!(#[deprecated]),
        ];
        assert_eq!(text(&conditions(&attrs)), text(&attrs[1..2]));
        assert_eq!(text(&visible(&attrs)), text(&attrs[1..]));
        assert_eq!(undocumented(&attrs).len(), 2);
    }

    #[test]
    fn a_cfg_attr_is_copied_without_what_would_not_fit() {
        let attrs: Vec<Attribute> = vec![
            parse_quote!(#[cfg_attr(any(unix, windows), inline, cfg(feature = "x"), deprecated)]),
            parse_quote!(#[cfg_attr(feature = "spans", tracing::instrument)]),
        ];
        let kept: Attribute = parse_quote!(#[cfg_attr(any(unix, windows), cfg(feature = "x"))]);
        assert_eq!(
            text(&conditions(&attrs)),
            kept.to_token_stream().to_string()
        );
    }

    #[test]
    fn a_cfg_attr_in_a_cfg_attr_is_looked_into() {
        let attrs: Vec<Attribute> =
            vec![parse_quote!(#[cfg_attr(unix, cfg_attr(doc, cfg(a), inline))])];
        let kept: Attribute = parse_quote!(#[cfg_attr(unix, cfg_attr(doc, cfg(a)))]);
        assert_eq!(
            text(&conditions(&attrs)),
            kept.to_token_stream().to_string()
        );
    }

    #[test]
    fn the_summary_ends_at_the_first_empty_line_or_listing() {
        let attrs: Vec<Attribute> = vec![
            parse_quote!(#[doc = " Puts money"]),
            parse_quote!(#[doc = " in."]),
            parse_quote!(#[doc = ""]),
            parse_quote!(#[doc = " More."]),
        ];
        assert_eq!(summary(&attrs).as_deref(), Some("Puts money\nin."));
        let listing: Vec<Attribute> = vec![parse_quote!(#[doc = " ```"])];
        assert_eq!(summary(&listing), None);
        assert_eq!(summary(&[]), None);
    }
}
