//! One handler: a function marked `#[message]` or `#[handler]`, read and checked.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::visit_mut::VisitMut;
use syn::{Attribute, Generics, ImplItemFn, PatType, Type, Visibility};

use super::block::Subject;
use super::mark::Options;
use super::outcome::Outcome;
use super::signature::{self, Param, Shape};
use super::types::{self, ReplaceSelf};
use super::{generics, names};
use crate::attributes;
use crate::errors::Errors;

pub(crate) struct Handler {
    /// The function's name.
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// All of the function's own; `attributes` says which of them go where.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) options: Options,
    pub(crate) is_async: bool,
    pub(crate) shared: Option<Span>,
    /// What is passed to the function, in its order.
    pub(crate) places: Vec<Place>,
    pub(crate) outcome: Outcome,
    pub(crate) message: Message,
}

/// What a call of the function puts in one place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Context,
    Reply,
    /// The field of this index, or the whole message of a `#[handler]`.
    Argument(usize),
}

/// The type of the message.
pub(crate) enum Message {
    /// Generated from the arguments.
    Own(Own),
    /// The user's own type.
    Foreign(Type),
}

pub(crate) struct Own {
    pub(crate) name: Ident,
    /// Those of the actor's that the fields mention.
    pub(crate) generics: Generics,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) docs: Vec<Attribute>,
}

impl Message {
    /// The type as written outside of the struct's own definition.
    pub(crate) fn ty(&self) -> TokenStream {
        match self {
            Self::Own(own) => {
                let name = &own.name;
                let (_, arguments, _) = own.generics.split_for_impl();
                quote!(#name #arguments)
            }
            Self::Foreign(ty) => ty.to_token_stream(),
        }
    }

    /// What logs and the observer call it.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Own(own) => own.name.unraw().to_string(),
            Self::Foreign(ty) => label(ty),
        }
    }
}

/// `Tick` for `clock::Tick`
fn label(ty: &Type) -> String {
    match types::last_segment(ty) {
        Some(last) => types::text(last),
        None => types::text(ty),
    }
}

impl Handler {
    /// A `#[message]`: its type is made from the arguments.
    pub(crate) fn message(
        function: &ImplItemFn,
        options: Options,
        subject: &Subject,
        errors: &mut Errors,
    ) -> Option<Self> {
        let draft = Draft::read(function, errors)?;
        let fields = fields(&draft.arguments, subject, errors)?;
        check_method_name(&function.sig.ident, errors)?;
        let name = match &options.name {
            Some(name) => name.clone(),
            None => names::message(&subject.name, &function.sig.ident),
        };
        let used = generics::used(&types_of(&fields), &subject.generics);
        let own = Own {
            name,
            generics: generics::only(&used, &subject.generics),
            fields,
        };
        check_type_name(&own, function, subject, errors)?;
        draft.finish(options, Message::Own(own), subject, errors)
    }

    /// A `#[handler]`: its one argument is the message.
    pub(crate) fn foreign(
        function: &ImplItemFn,
        options: Options,
        subject: &Subject,
        errors: &mut Errors,
    ) -> Option<Self> {
        let draft = Draft::read(function, errors)?;
        let message = match draft.arguments.as_slice() {
            [message] => subject.without_self(&message.ty),
            [] => {
                errors.at(
                    &function.sig.ident,
                    "a `#[handler]` takes the message as its argument, as in `fn on_tick(&mut self, tick: Tick)`; for a message without arguments write `#[message]`",
                );
                return None;
            }
            [_, second, ..] => {
                errors.at(
                    second,
                    "a `#[handler]` takes one message; a message of several arguments is made by `#[message]`",
                );
                return None;
            }
        };
        draft.finish(options, Message::Foreign(message), subject, errors)
    }

    /// Whether the handler is there in every build.
    pub(crate) fn is_unconditional(&self) -> bool {
        !attributes::is_conditional(&self.attrs)
    }

    /// What to say if `other` has the same message.
    pub(crate) fn clash(&self, other: &Self) -> String {
        let (message, other) = (self.message.label(), &other.ident);
        match self.message {
            Message::Own(_) => format!(
                "the message of `{other}` is named `{message}` too: give one of the two another name with `#[message(name = ..)]`"
            ),
            Message::Foreign(_) => format!(
                "`{other}` handles `{message}` already, and a message has one handler: call the second function from the first"
            ),
        }
    }
}

/// What both kinds have in common: the function, what goes where, and what is left for the message.
struct Draft<'a> {
    function: &'a ImplItemFn,
    shape: Shape,
    places: Vec<Place>,
    arguments: Vec<PatType>,
}

impl<'a> Draft<'a> {
    fn read(function: &'a ImplItemFn, errors: &mut Errors) -> Option<Self> {
        let shape = Shape::read(function, errors)?;
        let mut places = Vec::new();
        let mut arguments = Vec::new();
        for param in &shape.params {
            let place = match param {
                Param::Context => Place::Context,
                Param::Reply(_) => Place::Reply,
                Param::Reason(ty) => {
                    errors.at(
                        ty,
                        "an `ExitReason` is lent to the `#[stopping]` hook alone: take it by value",
                    );
                    return None;
                }
                Param::Previous(ty) => {
                    errors.at(
                        ty,
                        "an `Incarnation` is lent to the `#[restarted]` hook alone: take it by value",
                    );
                    return None;
                }
                Param::Argument(typed) => {
                    arguments.push(typed.clone());
                    Place::Argument(arguments.len() - 1)
                }
            };
            places.push(place);
        }
        Some(Self {
            function,
            shape,
            places,
            arguments,
        })
    }

    fn finish(
        self,
        options: Options,
        message: Message,
        subject: &Subject,
        errors: &mut Errors,
    ) -> Option<Handler> {
        check_boxed(&options, &self.shape, errors);
        let mut output = self.shape.output.clone();
        ReplaceSelf(&subject.ty).visit_return_type_mut(&mut output);
        let port = self.shape.reply().map(|ty| subject.without_self(ty));
        let outcome = Outcome::read(&output, port.as_ref(), &options, subject, errors)?;
        Some(Handler {
            ident: self.function.sig.ident.clone(),
            vis: self.function.vis.clone(),
            attrs: self.function.attrs.clone(),
            options,
            is_async: self.shape.is_async,
            shared: self.shape.shared,
            places: self.places,
            outcome,
            message,
        })
    }
}

fn fields(arguments: &[PatType], subject: &Subject, errors: &mut Errors) -> Option<Vec<Field>> {
    let named: Vec<Option<Field>> = arguments
        .iter()
        .enumerate()
        .map(|(index, typed)| {
            let name = signature::argument_name(typed, errors)?;
            let docs = typed
                .attrs
                .iter()
                .filter(|attr| attr.path().is_ident("doc"));
            Some(Field {
                name: name.unwrap_or_else(|| format_ident!("arg{index}")),
                ty: subject.without_self(&typed.ty),
                docs: docs.cloned().collect(),
            })
        })
        .collect();
    named.into_iter().collect()
}

fn check_boxed(options: &Options, shape: &Shape, errors: &mut Errors) {
    if let Some(boxed) = options.boxed.as_ref().filter(|_| !shape.is_async) {
        errors.at(
            boxed,
            "`boxed` moves the future of an `async fn` to the heap, and a plain `fn` has none: leave it out",
        );
    }
}

fn check_method_name(name: &Ident, errors: &mut Errors) -> Option<()> {
    if !names::is_reserved(name) {
        return Some(());
    }
    errors.at(
        name,
        format!(
            "`address.{name}()` has a meaning of its own on every address, so a message of this name could not be sent: choose another one"
        ),
    );
    None
}

/// The two clashes that are likely: with the handle, and with a type that the handler itself uses.
fn check_type_name(
    own: &Own,
    function: &ImplItemFn,
    subject: &Subject,
    errors: &mut Errors,
) -> Option<()> {
    let name = &own.name;
    let handler = &function.sig.ident;
    if *name == names::handle(&subject.name) {
        errors.at(
            name,
            format!(
                "`{name}` is the type that carries the methods of `{}`: give the message another name with `#[message(name = ..)]`",
                subject.name
            ),
        );
        return None;
    }
    let returned = signature::written(&function.sig.output);
    let twin = twin(returned, name).or_else(|| twin(types_of(&own.fields), name));
    let Some(twin) = twin else { return Some(()) };
    errors.at(
        twin,
        format!(
            "the message of `{handler}` is named `{name}` as well: give it another name with `#[message(name = ..)]`"
        ),
    );
    None
}

fn types_of(fields: &[Field]) -> TokenStream {
    fields
        .iter()
        .map(|field| field.ty.to_token_stream())
        .collect()
}

/// The same name among the tokens, unless a path in front says that it is of another module.
fn twin(tokens: TokenStream, name: &Ident) -> Option<Ident> {
    let mut in_path = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == *name && !in_path => return Some(ident),
            TokenTree::Group(group) => {
                if let Some(found) = twin(group.stream(), name) {
                    return Some(found);
                }
                in_path = false;
            }
            token => in_path = matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':'),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proc_macro2::Ident;
    use quote::quote;
    use syn::parse_quote;

    use super::{label, twin};

    #[test]
    fn a_message_is_called_by_its_last_name() {
        assert_eq!(label(&parse_quote!(clock::Tick)), "Tick");
        assert_eq!(
            label(&parse_quote!(std::vec::Vec<(u8, u8)>)),
            "Vec<(u8, u8)>"
        );
        assert_eq!(label(&parse_quote!(())), "()");
    }

    #[test]
    fn a_type_of_another_module_is_no_twin() {
        let name: Ident = parse_quote!(AccountBalance);
        assert!(twin(quote!(Option<AccountBalance>), &name).is_some());
        assert!(twin(quote!((u8, [AccountBalance; 2])), &name).is_some());
        assert!(twin(quote!(Option<api::AccountBalance>), &name).is_none());
    }
}
