//! `#[actor]`: what the actor is. Leaves the type as it stands and adds its `Define`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprLit, Generics, Item, Lit, LitStr, Path, Result};

use crate::attributes;
use crate::errors::Errors;
use crate::options;
use crate::paths::Facade;

const KNOWN: &[&str] = &["mailbox", "overflow", "inline_ask", "name", "crate"];

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut options = Options::default();
    errors.keep(syn::meta::parser(|meta| options.read(&meta)).parse2(arguments));
    // A wrong option must not also cost the impl: its absence would be reported again elsewhere.
    let define = match errors.keep(Subject::read(&item)) {
        Some(subject) => options.define(&subject),
        None => TokenStream::new(),
    };
    let errors = errors.into_tokens();
    quote! { #item #define #errors }
}

/// The struct or enum that the attribute stands on.
struct Subject {
    name: Ident,
    generics: Generics,
    cfgs: Vec<Attribute>,
}

impl Subject {
    fn read(item: &TokenStream) -> Result<Self> {
        let (name, generics, attrs) = match syn::parse2(item.clone())? {
            Item::Struct(item) => (item.ident, item.generics, item.attrs),
            Item::Enum(item) => (item.ident, item.generics, item.attrs),
            Item::Impl(item) => {
                return Err(Error::new_spanned(
                    item.impl_token,
                    "`#[actor]` goes on the struct or enum that holds the state; on its `impl` block write `#[handlers]`",
                ));
            }
            other => {
                return Err(Error::new_spanned(
                    other,
                    "`#[actor]` goes on the struct or enum that holds the state of the actor",
                ));
            }
        };
        if let Some(lifetime) = generics.lifetimes().next() {
            return Err(Error::new_spanned(
                lifetime,
                "an actor outlives the function that spawns it, so it cannot borrow: own the data, or share it with `Arc`",
            ));
        }
        let cfgs = attributes::conditions(&attrs);
        Ok(Self {
            name,
            generics,
            cfgs,
        })
    }
}

#[derive(Clone, Copy)]
enum Overflow {
    Wait,
    Reject,
}

#[derive(Clone, Copy)]
enum InlineAsk {
    Auto,
    Never,
}

const NO_ROOM: &str = "a mailbox without room accepts nothing: give it 1 or more";

/// What stands in the brackets of `#[actor(..)]`.
#[derive(Default)]
struct Options {
    mailbox: Option<Expr>,
    overflow: Option<Overflow>,
    inline_ask: Option<InlineAsk>,
    name: Option<LitStr>,
    facade: Option<Path>,
}

impl Options {
    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        match options::key(meta).as_str() {
            "mailbox" => options::set(&mut self.mailbox, capacity(meta)?, meta),
            "overflow" => options::set(&mut self.overflow, overflow(meta)?, meta),
            "inline_ask" => options::set(&mut self.inline_ask, inline_ask(meta)?, meta),
            "name" => options::set(&mut self.name, label(meta)?, meta),
            "crate" => options::facade(&mut self.facade, meta),
            _ => Err(options::unknown(meta, "`#[actor]`", KNOWN)),
        }
    }

    fn define(&self, subject: &Subject) -> TokenStream {
        let facade = Facade::resolve(self.facade.as_ref());
        let Subject {
            name,
            generics,
            cfgs,
        } = subject;
        let label = match &self.name {
            Some(label) => label.clone(),
            None => LitStr::new(&name.unraw().to_string(), name.span()),
        };
        let mailbox = self.mailbox(&facade);
        let inline_ask = self.inline_ask(&facade);
        let has_room = self.has_room(cfgs);
        let bounded = sendable(generics);
        let (_, ty_generics, _) = generics.split_for_impl();
        let (impl_generics, _, where_clause) = bounded.split_for_impl();
        let define = facade.item("Define");
        // Spanned on the user's name, so that a state that is not `Send` is reported there.
        let head = quote_spanned!(name.span()=> #define for #name #ty_generics);
        quote! {
            #(#cfgs)*
            #[automatically_derived]
            #[allow(deprecated, clippy::all, clippy::pedantic)]
            impl #impl_generics #head #where_clause {
                const NAME: &'static ::core::primitive::str = #label;
                #mailbox
                #inline_ask
            }
            #has_room
        }
    }

    /// A size given by a constant is known only to the compiler.
    fn has_room(&self, cfgs: &[Attribute]) -> TokenStream {
        let Some(capacity) = &self.mailbox else {
            return TokenStream::new();
        };
        let here = capacity.span().resolved_at(Span::call_site());
        let assertion = quote_spanned!(here=> ::core::assert!(#capacity > 0, #NO_ROOM));
        quote! {
            #(#cfgs)*
            const _: () = #assertion;
        }
    }

    /// The constant, or nothing when the default holds.
    fn mailbox(&self, facade: &Facade) -> TokenStream {
        if self.mailbox.is_none() && self.overflow.is_none() {
            return TokenStream::new();
        }
        let options = facade.item("MailboxOptions");
        let sized = match &self.mailbox {
            Some(capacity) => quote!(#options::new(#capacity)),
            None => quote!(#options::DEFAULT),
        };
        let policy = facade.item("Overflow");
        let overflow = match self.overflow {
            Some(Overflow::Wait) => quote!(.overflow(#policy::Wait)),
            Some(Overflow::Reject) => quote!(.overflow(#policy::Reject)),
            None => TokenStream::new(),
        };
        quote!(const MAILBOX: #options = #sized #overflow;)
    }

    /// The constant, or nothing when the default holds.
    fn inline_ask(&self, facade: &Facade) -> TokenStream {
        let inline_ask = facade.item("InlineAsk");
        let choice = match self.inline_ask {
            Some(InlineAsk::Auto) => quote!(Auto),
            Some(InlineAsk::Never) => quote!(Never),
            None => return TokenStream::new(),
        };
        quote!(const INLINE_ASK: #inline_ask = #inline_ask::#choice;)
    }
}

/// The type's own generics, with each type parameter `Send + 'static`: an actor moves to a task.
fn sendable(generics: &Generics) -> Generics {
    let mut bounded = generics.clone();
    let names: Vec<Ident> = generics
        .type_params()
        .map(|param| param.ident.clone())
        .collect();
    if !names.is_empty() {
        let predicates = &mut bounded.make_where_clause().predicates;
        for name in names {
            predicates.push(syn::parse_quote!(#name: ::core::marker::Send + 'static));
        }
    }
    bounded
}

fn capacity(meta: &ParseNestedMeta<'_>) -> Result<Expr> {
    let capacity: Expr = meta.value()?.parse()?;
    if let Expr::Lit(ExprLit {
        lit: Lit::Int(number),
        ..
    }) = &capacity
        && number.base10_digits() == "0"
    {
        return Err(Error::new_spanned(number, NO_ROOM));
    }
    Ok(capacity)
}

fn overflow(meta: &ParseNestedMeta<'_>) -> Result<Overflow> {
    let policy: Expr = meta.value()?.parse()?;
    match policy.to_token_stream().to_string().as_str() {
        "wait" => Ok(Overflow::Wait),
        "reject" => Ok(Overflow::Reject),
        _ => Err(Error::new_spanned(
            policy,
            "write `overflow = wait` (a sender waits for room) or `overflow = reject` (it gets `Full`); the other policies are chosen where the actor is spawned",
        )),
    }
}

fn inline_ask(meta: &ParseNestedMeta<'_>) -> Result<InlineAsk> {
    let choice: Expr = meta.value()?.parse()?;
    match choice.to_token_stream().to_string().as_str() {
        "auto" => Ok(InlineAsk::Auto),
        "never" => Ok(InlineAsk::Never),
        _ => Err(Error::new_spanned(
            choice,
            "write `inline_ask = auto` (an ask of an idle actor may run its plain handler on the caller's task) or `inline_ask = never` (the actor's own task runs them all)",
        )),
    }
}

fn label(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let label: Expr = meta.value()?.parse()?;
    match label {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if !text.value().is_empty() => Ok(text),
        other => Err(Error::new_spanned(
            other,
            "a name is a string that is not empty: `name = \"teller\"`",
        )),
    }
}
