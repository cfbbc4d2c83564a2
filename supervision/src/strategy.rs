//! Who is restarted together, and whose end is the supervisor's.

/// Which children are restarted when one of them failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// The one that failed, and no other: for children that do not depend on each other.
    #[default]
    OneForOne,
    /// All of them: for children that cannot do without one another.
    OneForAll,
    /// The one that failed, and those that were started after it: for children that depend on those before them.
    RestForOne,
}

impl Strategy {
    /// `one_for_one`, `one_for_all` or `rest_for_one`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneForOne => "one_for_one",
            Self::OneForAll => "one_for_all",
            Self::RestForOne => "rest_for_one",
        }
    }
}

/// Whether a supervisor ends when [significant](crate::ChildSpec::significant) children have ended by themselves.
///
/// What counts is an end that is not followed by a restart: a normal one of a transient child, any of a temporary one.
/// Ends that the supervisor or anybody else ordered do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AutoShutdown {
    /// It does not. The default.
    #[default]
    Never,
    /// The first of them that ends takes all others with it.
    AnySignificant,
    /// The last of them that is active does. One that waits for its restart is active.
    AllSignificant,
}

impl AutoShutdown {
    /// `never`, `any_significant` or `all_significant`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::AnySignificant => "any_significant",
            Self::AllSignificant => "all_significant",
        }
    }
}
