//! Reading types by their tokens: all that a macro can know of them.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    BoundLifetimes, ExprPath, GenericArgument, Ident, Lifetime, PathArguments, PathSegment,
    TraitBound, Type, TypeFnPtr, TypePath, TypeReference, parse_quote,
};

/// The type without the invisible brackets of a `macro_rules` fragment and without parentheses.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// `Reply<u64>` of `playhouse::Reply<u64>`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

/// The types in the angle brackets of the last segment.
pub(crate) fn arguments(ty: &Type) -> Vec<&Type> {
    let Some(PathArguments::AngleBracketed(list)) = last_segment(ty).map(|last| &last.arguments)
    else {
        return Vec::new();
    };
    list.args
        .iter()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .collect()
}

/// The type as one would write it; its tokens alone print with a space between any two.
pub(crate) fn text(ty: &impl ToTokens) -> String {
    let tokens = ty.to_token_stream().to_string();
    let mut text = String::new();
    let mut letters = tokens.chars().peekable();
    while let Some(letter) = letters.next() {
        let before = text.chars().next_back();
        let spaced = [before, letters.peek().copied()].map(|beside| {
            beside.is_some_and(|beside| beside.is_alphanumeric() || "_,;=+".contains(beside))
        });
        // A space tells two words apart, or stands beside what one writes spaces at.
        let is_layout =
            letter == ' ' && (spaced != [true, true] || matches!(letters.peek(), Some(',' | ';')));
        if !is_layout {
            text.push(letter);
        }
    }
    text
}

/// Writes the actor's type for `Self`, which would mean the message in the message.
pub(crate) struct ReplaceSelf<'a>(pub(crate) &'a Type);

impl VisitMut for ReplaceSelf<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Path(path) if path.qself.is_none() && path.path.is_ident("Self") => {
                *ty = self.0.clone();
            }
            other => visit_mut::visit_type_mut(self, other),
        }
    }

    fn visit_type_path_mut(&mut self, path: &mut TypePath) {
        visit_mut::visit_type_path_mut(self, path);
        if path.qself.is_none() && path.path.segments[0].ident == "Self" {
            let actor = self.0;
            let rest = path.path.segments.iter().skip(1);
            *path = parse_quote!(<#actor> #(::#rest)*);
        }
    }

    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        visit_mut::visit_expr_path_mut(self, path);
        let segments = &path.path.segments;
        if path.qself.is_none() && segments.len() > 1 && segments[0].ident == "Self" {
            let actor = self.0;
            let rest = segments.iter().skip(1);
            *path = parse_quote!(<#actor> #(::#rest)*);
        }
    }
}

/// What keeps a type from being stored in a message, and where it stands.
pub(crate) enum Unstorable {
    /// A reference or lifetime other than `'static`.
    Borrowed(TokenStream),
    /// An `impl Trait`.
    Unnamed(TokenStream),
}

/// The first thing in the type that cannot be stored.
pub(crate) fn unstorable(ty: &Type) -> Option<Unstorable> {
    let mut search = Search::default();
    // The visitor takes `&mut` because syn is built with one kind of visitor only.
    search.visit_type_mut(&mut ty.clone());
    search.found
}

#[derive(Default)]
struct Search {
    /// Lifetimes of the `for<..>` around the place that is looked at.
    bound: Vec<Ident>,
    found: Option<Unstorable>,
}

impl Search {
    fn within(&mut self, lifetimes: Option<&BoundLifetimes>, look: impl FnOnce(&mut Self)) {
        let before = self.bound.len();
        for param in lifetimes.into_iter().flat_map(|bound| &bound.lifetimes) {
            if let syn::GenericParam::Lifetime(param) = param {
                self.bound.push(param.lifetime.ident.clone());
            }
        }
        look(self);
        self.bound.truncate(before);
    }

    fn lends(&self, lifetime: &Lifetime) -> bool {
        lifetime.ident != "static" && !self.bound.contains(&lifetime.ident)
    }

    fn find(&mut self, found: Unstorable) {
        self.found.get_or_insert(found);
    }
}

impl VisitMut for Search {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(unnamed) = ty {
            self.find(Unstorable::Unnamed(unnamed.to_token_stream()));
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        let lent = match &reference.lifetime {
            Some(lifetime) => self.lends(lifetime),
            None => true,
        };
        if lent {
            self.find(Unstorable::Borrowed(reference.to_token_stream()));
        }
        visit_mut::visit_type_mut(self, &mut reference.elem);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if self.lends(lifetime) {
            self.find(Unstorable::Borrowed(lifetime.to_token_stream()));
        }
    }

    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {
        // What a function pointer is called with is not stored: `fn(&str)` is fine.
    }

    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        _: &mut syn::ParenthesizedGenericArguments,
    ) {
        // Likewise `Box<dyn Fn(&str) + Send>`.
    }

    fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
        let lifetimes = bound.lifetimes.clone();
        self.within(lifetimes.as_ref(), |search| {
            search.visit_path_mut(&mut bound.path);
        });
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::visit_mut::VisitMut;
    use syn::{Type, parse_quote};

    use super::{ReplaceSelf, Unstorable, arguments, is_named, is_unit, unstorable};

    fn replaced(mut ty: Type) -> String {
        let actor: Type = parse_quote!(Cache<K, V>);
        ReplaceSelf(&actor).visit_type_mut(&mut ty);
        ty.to_token_stream().to_string()
    }

    #[test]
    fn self_becomes_the_actor() {
        assert_eq!(replaced(parse_quote!(Self)), "Cache < K , V >");
        assert_eq!(
            replaced(parse_quote!(Vec<Address<Self>>)),
            "Vec < Address < Cache < K , V > > >"
        );
        assert_eq!(
            replaced(parse_quote!([Self::Item; Self::LEN])),
            "[< Cache < K , V > > :: Item ; < Cache < K , V > > :: LEN]"
        );
        assert_eq!(
            replaced(parse_quote!(<Self as Iterator>::Item)),
            "< Cache < K , V > as Iterator > :: Item"
        );
    }

    fn borrowed(ty: &Type) -> Option<String> {
        match unstorable(ty)? {
            Unstorable::Borrowed(tokens) | Unstorable::Unnamed(tokens) => Some(tokens.to_string()),
        }
    }

    #[test]
    fn borrows_are_found_wherever_they_hide() {
        assert_eq!(borrowed(&parse_quote!(&str)).as_deref(), Some("& str"));
        assert_eq!(
            borrowed(&parse_quote!(Vec<(u8, &'a str)>)).as_deref(),
            Some("& 'a str")
        );
        assert_eq!(borrowed(&parse_quote!(Cow<'_, str>)).as_deref(), Some("'_"));
        assert_eq!(
            borrowed(&parse_quote!(Box<dyn for<'a> Visit<'a, 'b>>)).as_deref(),
            Some("'b")
        );
        assert_eq!(
            borrowed(&parse_quote!(Vec<impl Into<String>>)).as_deref(),
            Some("impl Into < String >")
        );
    }

    #[test]
    fn what_owns_its_data_passes() {
        let owned: [Type; 6] = [
            parse_quote!(&'static str),
            parse_quote!(Cow<'static, [u8]>),
            parse_quote!(fn(&str) -> &str),
            parse_quote!(Box<dyn Fn(&str) -> bool + Send + 'static>),
            parse_quote!(Box<dyn for<'a> Visit<'a> + Send>),
            parse_quote!(*const u8),
        ];
        for ty in &owned {
            assert_eq!(borrowed(ty), None);
        }
    }

    #[test]
    fn a_type_is_shown_as_one_writes_it() {
        let shown: [(Type, &str); 5] = [
            (parse_quote!(Vec<(u8, u8)>), "Vec<(u8, u8)>"),
            (parse_quote!(io::Result<u64>), "io::Result<u64>"),
            (parse_quote!(Box<dyn Any + Send>), "Box<dyn Any + Send>"),
            (parse_quote!([u8; 4]), "[u8; 4]"),
            (parse_quote!(HashMap<K, Option<V>>), "HashMap<K, Option<V>>"),
        ];
        for (ty, text) in &shown {
            assert_eq!(super::text(ty), *text);
        }
    }

    #[test]
    fn a_type_is_known_by_its_last_segment() {
        let ty: Type = parse_quote!(playhouse::Reply<u64, Overdrawn>);
        assert!(is_named(&ty, "Reply"));
        assert_eq!(arguments(&ty).len(), 2);
        assert!(is_unit(&parse_quote!(())));
        assert!(!is_unit(&ty));
    }
}
