//! Which parameters of a generic actor a message needs.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{GenericParam, Generics};

/// The actor's type and const parameters that the tokens mention.
pub(crate) fn used(tokens: &TokenStream, actor: &Generics) -> Vec<Ident> {
    let names = actor.params.iter().filter_map(name);
    names
        .filter(|name| mentions(tokens.clone(), name))
        .cloned()
        .collect()
}

fn name(param: &GenericParam) -> Option<&Ident> {
    match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    }
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// The actor's generics cut down to `keep`. A bound that speaks of another parameter is left
/// out: the message has no such parameter, and its impls need no more than they can say.
pub(crate) fn only(keep: &[Ident], actor: &Generics) -> Generics {
    let fits = |tokens: TokenStream| used(&tokens, actor).iter().all(|name| keep.contains(name));
    let mut generics = actor.clone();
    generics.params = actor
        .params
        .iter()
        .filter(|param| name(param).is_some_and(|name| keep.contains(name)))
        .cloned()
        .collect();
    for param in generics.type_params_mut() {
        let bounds = std::mem::take(&mut param.bounds);
        param.bounds = bounds
            .into_iter()
            .filter(|bound| fits(bound.to_token_stream()))
            .collect();
    }
    if let Some(clause) = &mut generics.where_clause {
        let predicates = std::mem::take(&mut clause.predicates);
        clause.predicates = predicates
            .into_iter()
            .filter(|predicate| fits(predicate.to_token_stream()))
            .collect::<Punctuated<_, _>>();
    }
    if keep.is_empty() {
        return Generics::default();
    }
    generics
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens, quote};
    use syn::{Generics, ItemStruct, parse_quote};

    use super::{only, used};

    fn cache() -> Generics {
        let item: ItemStruct = parse_quote! {
            struct Cache<K: Hash + Into<V>, V, const N: usize>(K, V) where V: Clone, K: From<V>;
        };
        item.generics
    }

    #[test]
    fn parameters_are_found_at_any_depth() {
        assert_eq!(used(&quote!(Vec<(u8, [K; N])>), &cache()), ["K", "N"]);
        assert!(used(&quote!(Vec<u8>), &cache()).is_empty());
    }

    #[test]
    fn bounds_on_other_parameters_are_left_out() {
        let keep = used(&quote!(K), &cache());
        let kept = only(&keep, &cache());
        assert_eq!(kept.to_token_stream().to_string(), "< K : Hash >");
        let keep = used(&quote!(V), &cache());
        let kept = only(&keep, &cache());
        let clause = kept.where_clause.to_token_stream().to_string();
        assert_eq!(clause, "where V : Clone");
    }
}
