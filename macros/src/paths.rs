//! Where the facade is, seen from the user's crate.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Path;

/// The path of the facade. Everything that generated code needs is in its `__private`.
#[derive(Clone)]
pub(crate) struct Facade {
    root: TokenStream,
}

impl Facade {
    /// An explicit `crate = path` wins; then the name under which the user's manifest knows
    /// `playhouse`; then `::playhouse`, which also serves builds without a manifest.
    pub(crate) fn resolve(explicit: Option<&Path>) -> Self {
        let root = match explicit {
            Some(path) => path.to_token_stream(),
            None => found(crate_name("playhouse").ok()),
        };
        Self { root }
    }

    /// `::playhouse::__private::#item`
    pub(crate) fn item(&self, item: &str) -> TokenStream {
        let root = &self.root;
        let item = Ident::new(item, Span::call_site());
        quote!(#root::__private::#item)
    }
}

fn found(found: Option<FoundCrate>) -> TokenStream {
    let name = match found {
        Some(FoundCrate::Name(name)) => name,
        // The facade's own examples and doctests also get `Itself`, and there `crate` is the
        // example. The facade says `extern crate self as playhouse`, so its name fits everywhere.
        Some(FoundCrate::Itself) | None => "playhouse".to_owned(),
    };
    let name = Ident::new(&name, Span::call_site());
    quote!(::#name)
}

#[cfg(test)]
mod tests {
    use proc_macro_crate::FoundCrate;
    use syn::parse_quote;

    use super::{Facade, found};

    #[test]
    fn an_explicit_path_is_used_as_it_is() {
        let path = parse_quote!(crate::deps::actors);
        let facade = Facade::resolve(Some(&path));
        assert_eq!(
            facade.item("Actor").to_string(),
            "crate :: deps :: actors :: __private :: Actor"
        );
    }

    #[test]
    fn a_renamed_dependency_is_found_by_its_new_name() {
        let name = FoundCrate::Name("actors".to_owned());
        assert_eq!(found(Some(name)).to_string(), ":: actors");
    }

    #[test]
    fn inside_the_facade_its_own_name_is_used() {
        assert_eq!(found(Some(FoundCrate::Itself)).to_string(), ":: playhouse");
    }

    #[test]
    fn without_a_manifest_the_usual_name_is_used() {
        assert_eq!(found(None).to_string(), ":: playhouse");
    }

    #[test]
    fn a_crate_without_the_facade_falls_back_to_the_usual_name() {
        // This crate is such a one: it depends on no crate of the family.
        let facade = Facade::resolve(None);
        assert_eq!(
            facade.item("Mail").to_string(),
            ":: playhouse :: __private :: Mail"
        );
    }
}
