//! The mail of an actor: one enum of all its messages, behind a type that shows nothing of it.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::block::{Block, Subject};
use super::handler::Handler;
use super::locals::local;
use crate::attributes;

/// Above this many bytes a message is boxed, so that one large message does not make every
/// place of the mailbox large.
const INLINE_LIMIT: usize = 128;

/// The name of the opaque type. It and the enum live in an unnamed constant, where no type of
/// the user's can have the same name.
pub(crate) fn opaque(subject: &Subject) -> Ident {
    format_ident!("__{}Mail", subject.name.unraw())
}

fn kinds(subject: &Subject) -> Ident {
    format_ident!("__{}MailKind", subject.name.unraw())
}

/// A pattern or an expression of the variant of the message of this index.
pub(crate) fn variant(subject: &Subject, index: usize) -> TokenStream {
    let kinds = kinds(subject);
    let variant = format_ident!("V{index}");
    quote!(#kinds::#variant)
}

/// The arm for the variant that cannot be. Without it, a parameter of the actor that no message
/// mentions would be an error.
pub(crate) fn never_arm(subject: &Subject) -> TokenStream {
    if !subject.is_generic() {
        return TokenStream::new();
    }
    let kinds = kinds(subject);
    let never = local("never");
    quote!(#kinds::Never(#never, _) => match #never {},)
}

/// How a message is laid into its variant.
pub(crate) struct Storage {
    /// The type in the variant.
    pub(crate) ty: TokenStream,
    put: TokenStream,
    take: TokenStream,
}

impl Storage {
    /// Only a message without parameters has a size that is known here; any other lies inline.
    pub(crate) fn of(handler: &Handler, subject: &Subject) -> Self {
        let message = handler.message.ty();
        if !super::generics::used(&message, &subject.generics).is_empty() {
            return Self {
                ty: message,
                put: TokenStream::new(),
                take: TokenStream::new(),
            };
        }
        let (fit, stores) = (subject.facade.item("Fit"), subject.facade.item("Stores"));
        let stores = quote! {
            <#fit<{ ::core::mem::size_of::<#message>() > #INLINE_LIMIT }> as #stores<#message>>
        };
        Self {
            ty: quote!(#stores::As),
            put: quote!(#stores::put),
            take: quote!(#stores::take),
        }
    }

    pub(crate) fn put(&self, message: &Ident) -> TokenStream {
        let put = &self.put;
        quote!(#put(#message))
    }

    pub(crate) fn take(&self, stored: &Ident) -> TokenStream {
        let take = &self.take;
        quote!(#take(#stored))
    }
}

pub(crate) fn expand(block: &Block) -> TokenStream {
    let definition = definition(block);
    let kinds = numbered(block);
    let abandoned = abandoned(block);
    let refuse = refuse(block);
    let subject = &block.subject;
    let (excuses, opaque) = (attributes::excuses(), opaque(subject));
    let mail = subject.facade.item("Mail");
    let (parameters, arguments, clause) = subject.generics.split_for_impl();
    quote! {
        #definition
        #[automatically_derived]
        #excuses
        impl #parameters #mail for #opaque #arguments #clause {
            #kinds
            #abandoned
            #refuse
        }
    }
}

fn definition(block: &Block) -> TokenStream {
    let subject = &block.subject;
    let (excuses, opaque, kinds) = (attributes::excuses(), opaque(subject), kinds(subject));
    let reply = subject.facade.item("Reply");
    let variants = block.handlers.iter().enumerate().map(|(index, handler)| {
        let cfgs = attributes::conditions(&handler.attrs);
        let variant = format_ident!("V{index}");
        let stored = Storage::of(handler, subject).ty;
        let (answer, error) = (&handler.outcome.reply, &handler.outcome.error);
        quote! { #(#cfgs)* #variant(#stored, #reply<#answer, #error>), }
    });
    let actor = &subject.ty;
    let never = subject.is_generic().then(|| {
        quote! {
            Never(::core::convert::Infallible, ::core::marker::PhantomData<fn() -> #actor>),
        }
    });
    let generics = &subject.generics;
    let (_, arguments, clause) = generics.split_for_impl();
    let docs = format!(" Any message of [`{}`].", subject.name);
    quote! {
        #[doc = #docs]
        #excuses
        pub struct #opaque #generics (#kinds #arguments) #clause;

        #excuses
        enum #kinds #generics #clause { #(#variants)* #never }
    }
}

/// `Mail::NAMES`, `Mail::kind` and `Mail::name`. The compiler counts: a message that a `#[cfg]`
/// takes out goes from the names and from the numbers alike. The match is on the place, not on a
/// reference, so that it may have no arms.
fn numbered(block: &Block) -> TokenStream {
    let subject = &block.subject;
    let (mut names, mut numbers, mut arms) = (Vec::new(), Vec::new(), Vec::new());
    for (index, handler) in block.handlers.iter().enumerate() {
        let cfgs = attributes::conditions(&handler.attrs);
        let (variant, number) = (variant(subject, index), format_ident!("V{index}"));
        let label = handler.message.label();
        names.push(quote! { #(#cfgs)* #label, });
        numbers.push(quote! { #(#cfgs)* #number, });
        arms.push(
            quote! { #(#cfgs)* #variant(..) => Number::#number as ::core::primitive::usize, },
        );
    }
    let never = never_arm(subject);
    quote! {
        const NAMES: &'static [&'static ::core::primitive::str] = &[#(#names)*];

        fn kind(&self) -> ::core::primitive::usize {
            enum Number { #(#numbers)* }
            match self.0 { #(#arms)* #never }
        }

        fn name(&self) -> &'static ::core::primitive::str {
            Self::NAMES[self.kind()]
        }
    }
}

/// `Mail::abandoned`, left to the default if no message asks for it.
fn abandoned(block: &Block) -> TokenStream {
    let subject = &block.subject;
    let reply = local("reply");
    let skipping = block.handlers.iter().enumerate();
    let skipping = skipping.filter(|(_, handler)| handler.options.skip_abandoned);
    let arms: Vec<TokenStream> = skipping
        .map(|(index, handler)| {
            let cfgs = attributes::conditions(&handler.attrs);
            let variant = variant(subject, index);
            quote! { #(#cfgs)* #variant(_, #reply) => #reply.is_abandoned(), }
        })
        .collect();
    if arms.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn abandoned(&self) -> ::core::primitive::bool {
            match &self.0 { #(#arms)* _ => false }
        }
    }
}

fn refuse(block: &Block) -> TokenStream {
    let subject = &block.subject;
    let (why, reply, message) = (local("why"), local("reply"), local("message"));
    let arms = block.handlers.iter().enumerate().map(|(index, handler)| {
        let cfgs = attributes::conditions(&handler.attrs);
        let variant = variant(subject, index);
        let taken = Storage::of(handler, subject).take(&message);
        quote! {
            #(#cfgs)*
            #variant(#message, #reply) => {
                #reply.refuse(#why);
                ::std::boxed::Box::new(#taken)
            }
        }
    });
    let never = never_arm(subject);
    let refusal = subject.facade.item("Refusal");
    quote! {
        fn refuse(
            self,
            #why: #refusal,
        ) -> ::std::boxed::Box<dyn ::core::any::Any + ::core::marker::Send> {
            match self.0 { #(#arms)* #never }
        }
    }
}
