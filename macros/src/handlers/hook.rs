//! `#[started]`, `#[restarted]` and `#[stopping]`: what an actor does when it begins and when it ends.

use proc_macro2::{Ident, Span};
use syn::{Attribute, ImplItemFn, ReturnType};

use super::signature::{self, Param, Shape};
use super::types;
use crate::attributes;
use crate::errors::Errors;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Started,
    Restarted,
    Stopping,
}

pub(crate) struct Hook {
    pub(crate) moment: Moment,
    pub(crate) ident: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) is_async: bool,
    pub(crate) shared: Option<Span>,
    pub(crate) places: Vec<Place>,
    /// Whether it returns a `Result`.
    pub(crate) fallible: bool,
}

/// What a call of the hook puts in one place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Context,
    Reason,
    /// The incarnation before.
    Previous,
}

impl Hook {
    pub(crate) fn read(moment: Moment, function: &ImplItemFn, errors: &mut Errors) -> Option<Self> {
        let shape = Shape::read(function, errors)?;
        let places = shape.params.iter().map(|param| moment.place(param, errors));
        let places: Vec<Option<Place>> = places.collect();
        Some(Self {
            moment,
            ident: function.sig.ident.clone(),
            cfgs: attributes::conditions(&function.attrs),
            is_async: shape.is_async,
            shared: shape.shared,
            places: places.into_iter().collect::<Option<_>>()?,
            fallible: fallible(&shape.output, errors)?,
        })
    }
}

impl Moment {
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Started => "#[started]",
            Self::Restarted => "#[restarted]",
            Self::Stopping => "#[stopping]",
        }
    }

    fn place(self, param: &Param, errors: &mut Errors) -> Option<Place> {
        match (self, param) {
            (_, Param::Context) => Some(Place::Context),
            (Self::Stopping, Param::Reason(_)) => Some(Place::Reason),
            (Self::Restarted, Param::Previous(_)) => Some(Place::Previous),
            (_, Param::Reason(ty) | Param::Previous(ty) | Param::Reply(ty)) => {
                errors.at(ty, self.shape());
                None
            }
            (_, Param::Argument(typed)) => {
                errors.at(typed, self.shape());
                None
            }
        }
    }

    fn shape(self) -> &'static str {
        match self {
            Self::Started => {
                "a `#[started]` hook takes nothing but `cx: &mut Context<Self>`: what the actor needs from the start goes into its fields"
            }
            Self::Restarted => {
                "a `#[restarted]` hook takes nothing but `previous: &Incarnation` and `cx: &mut Context<Self>`"
            }
            Self::Stopping => {
                "a `#[stopping]` hook takes nothing but `why: &ExitReason` and `cx: &mut Context<Self>`"
            }
        }
    }
}

/// A hook has nobody to give a value to.
fn fallible(output: &ReturnType, errors: &mut Errors) -> Option<bool> {
    let ReturnType::Type(_, ty) = output else {
        return Some(false);
    };
    if types::is_unit(ty) {
        return Some(false);
    }
    let gives_value = types::arguments(ty)
        .first()
        .is_some_and(|ok| !types::is_unit(ok));
    if !types::is_named(ty, "Result") || gives_value {
        errors.at(
            signature::written(output),
            "a hook has nobody to give a value to: return nothing, or `Result<(), E>`",
        );
        return None;
    }
    Some(true)
}
