//! `#[handlers]`: what the actor hears. Reads the block, reports what is wrong with it, and
//! writes beside it the messages, the mail, the handle and the way from one to the other.

mod block;
mod call;
mod dispatch;
mod generics;
mod handle;
mod handler;
mod hook;
mod lifecycle;
mod locals;
mod mail;
mod mark;
mod message;
mod names;
mod outcome;
mod probe;
mod route;
mod signature;
mod types;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{Error, Item, ItemImpl, Path, Result};

use self::block::{Block, Subject};
use self::handler::Handler;
use self::outcome::Answer;
use crate::errors::Errors;
use crate::options;

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let facade = facade(arguments, &mut errors);
    let mut item = match read(item.clone()) {
        Ok(block) => block,
        Err(error) => {
            let error = error.into_compile_error();
            return quote! { #item #error };
        }
    };
    let subject = Subject::read(&item, facade.as_ref(), &mut errors);
    let generated = match subject {
        Some(subject) => {
            let mut block = Block::new(subject);
            block.collect(&mut item, &mut errors);
            generate(&block)
        }
        None => {
            block::strip(&mut item);
            TokenStream::new()
        }
    };
    let errors = errors.into_tokens();
    quote! { #item #generated #errors }
}

fn facade(arguments: TokenStream, errors: &mut Errors) -> Option<Path> {
    let mut facade = None;
    let read = syn::meta::parser(|meta| match options::key(&meta).as_str() {
        "crate" => options::facade(&mut facade, &meta),
        _ => Err(options::unknown(&meta, "`#[handlers]`", &["crate"])),
    });
    errors.keep(read.parse2(arguments));
    facade
}

fn read(item: TokenStream) -> Result<ItemImpl> {
    const WHERE: &str =
        "`#[handlers]` goes on the `impl` block with the functions that handle messages";
    match syn::parse2(item)? {
        Item::Impl(block) => Ok(block),
        Item::Struct(item) => Err(Error::new_spanned(
            item.struct_token,
            format!("{WHERE}; on the struct itself write `#[actor]`"),
        )),
        Item::Enum(item) => Err(Error::new_spanned(
            item.enum_token,
            format!("{WHERE}; on the enum itself write `#[actor]`"),
        )),
        other => Err(Error::new_spanned(other, WHERE)),
    }
}

/// Messages and handle are flat items: a module would cut them off from names of an enclosing
/// function. The rest has no name that a user could need and hides in an unnamed constant.
fn generate(block: &Block) -> TokenStream {
    let subject = &block.subject;
    let cfgs = &subject.cfgs;
    let messages = block.handlers.iter().map(|handler| {
        let message = message::expand(handler, subject);
        quote!(#message)
    });
    let handle = handle::expand(block);
    let handle_impls = handle::impls(subject);
    let mail = mail::expand(block);
    let routes = block
        .handlers
        .iter()
        .enumerate()
        .map(|(index, handler)| route::expand(handler, index, subject));
    let fallible = |handler: &Handler| handler.outcome.answer == Answer::Fallible;
    let parts = block.handlers.iter().any(fallible);
    let parts = parts.then(outcome::parts_definition);
    let dispatch = dispatch::expand(block);
    let probes = probe::expand(block);
    let checks = message::checks(block);
    quote! {
        #(#messages)*
        #handle
        #(#cfgs)*
        const _: () = {
            #checks
            #parts
            #mail
            #handle_impls
            #(#routes)*
            #dispatch
            #probes
        };
    }
}
