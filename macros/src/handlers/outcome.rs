//! What a handler's return type says: tell or ask, what the reply is, what may go wrong.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Generics, Ident, ReturnType, Type};

use super::block::Subject;
use super::mark::Options;
use super::{generics, types};
use crate::attributes;
use crate::errors::Errors;

/// What awaiting the method of the message does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Tell,
    Ask,
}

impl Verb {
    /// The type that the method returns.
    pub(crate) fn builder(self) -> &'static str {
        match self {
            Self::Tell => "Tell",
            Self::Ask => "Ask",
        }
    }
}

/// How the handler gives its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It returns nothing; that it returned is the answer.
    Nothing,
    Value,
    /// It returns a `Result`, whose error goes to the caller too.
    Fallible,
    /// It took the `Reply`, and returns nothing or how it failed itself.
    Deferred {
        fallible: bool,
    },
}

pub(crate) struct Outcome {
    pub(crate) verb: Verb,
    pub(crate) answer: Answer,
    /// `Handles::Reply` and `Handles::Error`
    pub(crate) reply: TokenStream,
    pub(crate) error: TokenStream,
    /// The types in the answer, as the user wrote them.
    pub(crate) types: Vec<Type>,
    /// The answer as it is shown to a reader.
    pub(crate) shown: String,
    /// Whether a second port, one that takes no more than "handled", differs from the first.
    pub(crate) acknowledges: bool,
}

impl Outcome {
    /// `output` and `port` have the actor's type in place of `Self` already.
    pub(crate) fn read(
        output: &ReturnType,
        port: Option<&Type>,
        options: &Options,
        subject: &Subject,
        errors: &mut Errors,
    ) -> Option<Self> {
        let actor = &subject.generics;
        let returned = match output {
            ReturnType::Type(_, ty) if !types::is_unit(ty) => Some(&**ty),
            _ => None,
        };
        check_result_option(returned, options, errors);
        let outcome = match (port, returned) {
            (Some(port), returned) => Self::deferred(port, returned, options, actor, errors)?,
            (None, None) => Self::nothing(),
            (None, Some(ty)) if is_result(ty, options) => Self::fallible(ty, actor),
            (None, Some(ty)) => Self::value(ty, actor),
        };
        outcome.check_report(options, errors);
        Some(outcome)
    }

    fn nothing() -> Self {
        Self {
            verb: Verb::Tell,
            answer: Answer::Nothing,
            reply: quote!(()),
            error: infallible(),
            types: Vec::new(),
            shown: "()".to_owned(),
            acknowledges: false,
        }
    }

    fn value(ty: &Type, actor: &Generics) -> Self {
        Self {
            verb: Verb::Ask,
            answer: Answer::Value,
            reply: ty.to_token_stream(),
            error: infallible(),
            types: vec![ty.clone()],
            shown: types::text(ty),
            acknowledges: !may_be_unit(ty, actor),
        }
    }

    /// The two types are left to the type system, so that `io::Result<u64>` works as well.
    fn fallible(ty: &Type, actor: &Generics) -> Self {
        let parts = parts();
        let acknowledges = match *types::arguments(ty) {
            [ok, error] => !may_be_unit(ok, actor) || !may_be_infallible(error, actor),
            _ => true,
        };
        Self {
            verb: Verb::Ask,
            answer: Answer::Fallible,
            reply: quote!(<#ty as #parts>::Ok),
            error: quote!(<#ty as #parts>::Error),
            types: vec![ty.clone()],
            shown: types::text(ty),
            acknowledges,
        }
    }

    fn deferred(
        port: &Type,
        returned: Option<&Type>,
        options: &Options,
        actor: &Generics,
        errors: &mut Errors,
    ) -> Option<Self> {
        if let Some(ty) = returned.filter(|ty| !is_result(ty, options)) {
            errors.at(
                ty,
                "this handler answers through its `Reply`: return nothing, or `Result<(), E>` for a failure of the actor",
            );
            return None;
        }
        let (reply, error) = match *types::arguments(port) {
            [reply] => (reply, None),
            [reply, error] => (reply, Some(error)),
            _ => {
                errors.at(
                    port,
                    "say what is answered: `Reply<T>`, or `Reply<T, E>` if the answer may be an error",
                );
                return None;
            }
        };
        if types::is_named(reply, "Result") {
            errors.at(
                reply,
                "a `Reply` knows values and errors apart: write `Reply<T, E>` in place of `Reply<Result<T, E>>`",
            );
            return None;
        }
        let acknowledges = !may_be_unit(reply, actor)
            || error.is_some_and(|error| !may_be_infallible(error, actor));
        Some(Self {
            verb: Verb::Ask,
            answer: Answer::Deferred {
                fallible: returned.is_some(),
            },
            reply: reply.to_token_stream(),
            error: error.map_or_else(infallible, ToTokens::to_token_stream),
            types: [Some(reply), error]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            shown: match error {
                Some(error) => format!("Result<{}, {}>", types::text(reply), types::text(error)),
                None => types::text(reply),
            },
            acknowledges,
        })
    }

    fn check_report(&self, options: &Options, errors: &mut Errors) {
        let infallible = matches!(
            self.answer,
            Answer::Nothing | Answer::Value | Answer::Deferred { fallible: false }
        );
        if let Some(report) = options.report.as_ref().filter(|_| infallible) {
            errors.at(
                report,
                "this handler returns no error that could be reported: return a `Result`, or leave `on_error` out",
            );
        }
    }
}

/// The trait that takes the type of a `Result` apart.
fn parts() -> Ident {
    super::locals::local("__ResultParts")
}

/// It is defined beside the impls that speak of it: coherence does not look through an
/// associated type of another crate's trait, as that crate might add an impl one day.
pub(crate) fn parts_definition() -> TokenStream {
    let parts = parts();
    let excuses = attributes::excuses();
    quote! {
        #[diagnostic::on_unimplemented(
            message = "the reply `{Self}` is called a `Result` and is none",
            label = "return a `std::result::Result`, or a type of another name"
        )]
        #[doc(hidden)]
        #excuses
        pub trait #parts {
            type Ok;
            type Error;
        }

        #excuses
        impl<T, E> #parts for ::core::result::Result<T, E> {
            type Ok = T;
            type Error = E;
        }
    }
}

/// By the name alone: a macro cannot look behind an alias.
fn is_result(ty: &Type, options: &Options) -> bool {
    options.result.is_some() || types::is_named(ty, "Result")
}

fn check_result_option(returned: Option<&Type>, options: &Options, errors: &mut Errors) {
    let word: Option<&Ident> = options.result.as_ref();
    if let Some(word) = word.filter(|_| returned.is_none()) {
        errors.at(
            word,
            "`result` says that the return type is a `Result` of another name, and this handler returns nothing: leave it out",
        );
    }
}

fn infallible() -> TokenStream {
    quote!(::core::convert::Infallible)
}

/// Whether the type is `()` for some choice of the actor's parameters; then the port that takes
/// "handled" would be a second implementation of the same trait.
fn may_be_unit(ty: &Type, actor: &Generics) -> bool {
    types::is_unit(ty) || is_open(ty, actor)
}

fn may_be_infallible(ty: &Type, actor: &Generics) -> bool {
    types::is_named(ty, "Infallible") || is_open(ty, actor)
}

/// Whether the type is a parameter of the actor or found through one.
fn is_open(ty: &Type, actor: &Generics) -> bool {
    let Type::Path(path) = types::bare(ty) else {
        return false;
    };
    let starts_with_parameter = path
        .path
        .segments
        .first()
        .is_some_and(|first| actor.type_params().any(|param| param.ident == first.ident));
    if path.qself.is_some() {
        return !generics::used(&ty.to_token_stream(), actor).is_empty();
    }
    starts_with_parameter
}

#[cfg(test)]
mod tests {
    use syn::{ItemImpl, ReturnType, Type, parse_quote};

    use super::{Answer, Outcome, Verb};
    use crate::errors::Errors;
    use crate::handlers::block::Subject;
    use crate::handlers::mark::Options;

    fn read(output: &ReturnType, port: Option<&Type>) -> Option<Outcome> {
        let mut errors = Errors::default();
        let item: ItemImpl = parse_quote!(
            impl<K, V: Iterator> Cache<K, V> {}
        );
        let subject = Subject::read(&item, None, &mut errors)?;
        Outcome::read(output, port, &Options::default(), &subject, &mut errors)
    }

    fn returning(output: &ReturnType) -> Outcome {
        read(output, None).expect("a good return type")
    }

    fn deferring(port: &Type) -> Option<Outcome> {
        read(&ReturnType::Default, Some(port))
    }

    #[test]
    fn no_value_is_a_tell_and_a_value_an_ask() {
        assert!(returning(&parse_quote!()).verb == Verb::Tell);
        assert!(returning(&parse_quote!(-> ())).verb == Verb::Tell);
        let value = returning(&parse_quote!(-> u64));
        assert!(value.verb == Verb::Ask && value.answer == Answer::Value);
        assert_eq!(value.reply.to_string(), "u64");
    }

    #[test]
    fn a_result_of_any_module_is_fallible() {
        let outcome = returning(&parse_quote!(-> io::Result<u64>));
        assert!(outcome.answer == Answer::Fallible && outcome.verb == Verb::Ask);
        assert_eq!(
            outcome.error.to_string(),
            "< io :: Result < u64 > as __ResultParts > :: Error"
        );
    }

    #[test]
    fn a_second_port_is_emitted_only_where_it_differs_for_every_actor() {
        assert!(!returning(&parse_quote!()).acknowledges);
        assert!(returning(&parse_quote!(-> u64)).acknowledges);
        assert!(returning(&parse_quote!(-> Option<V>)).acknowledges);
        assert!(!returning(&parse_quote!(-> V)).acknowledges);
        assert!(!returning(&parse_quote!(-> V::Item)).acknowledges);
        assert!(!returning(&parse_quote!(-> <V as Iterator>::Item)).acknowledges);
        assert!(returning(&parse_quote!(-> Result<(), Overdrawn>)).acknowledges);
        assert!(returning(&parse_quote!(-> Result<V, Overdrawn>)).acknowledges);
        assert!(!returning(&parse_quote!(-> Result<(), Infallible>)).acknowledges);
        assert!(!returning(&parse_quote!(-> Result<V, K>)).acknowledges);
        assert!(returning(&parse_quote!(-> fmt::Result)).acknowledges);
    }

    #[test]
    fn a_reply_parameter_names_the_answer() {
        let outcome = deferring(&parse_quote!(playhouse::Reply<u64, Overdrawn>)).expect("a reply");
        assert!(outcome.answer == Answer::Deferred { fallible: false });
        assert_eq!(outcome.reply.to_string(), "u64");
        assert_eq!(outcome.error.to_string(), "Overdrawn");
        assert!(outcome.acknowledges);
        let unit = deferring(&parse_quote!(Reply<()>)).expect("a reply");
        assert!(!unit.acknowledges && unit.verb == Verb::Ask);
    }

    #[test]
    fn a_reply_of_a_result_is_refused() {
        assert!(deferring(&parse_quote!(Reply<Result<u64, Overdrawn>>)).is_none());
        assert!(deferring(&parse_quote!(Reply)).is_none());
    }

    #[test]
    fn a_handler_that_defers_returns_no_answer() {
        let port: Type = parse_quote!(Reply<u64>);
        assert!(read(&parse_quote!(-> u64), Some(&port)).is_none());
        let fallible = read(&parse_quote!(-> Result<(), Lost>), Some(&port)).expect("a failure");
        assert!(fallible.answer == Answer::Deferred { fallible: true });
    }
}
