//! The names that a program may write. Losing one breaks users.

#[test]
fn the_names_of_the_facade_are_there() {
    #[allow(unused_imports)]
    use playhouse::{
        Actor, ActorId, ActorRef, Address, Ask, AskError, BlockingActor, Context, DeadLetter,
        DeadLetters, Down, Exit, ExitReason, Failure, LookupError, MailboxOptions, Monitor,
        Overflow, Phase, Recipient, Refused, RegisterError, Reply, Scoped, ShutdownError,
        SpawnError, Spawner, System, SystemBuilder, SystemState, Tell, TellError, Timer, actor,
        dead_letter, error, handlers, links, message, ms, observe, secs,
    };
}

#[test]
fn the_prelude_is_enough_for_most_programs() {
    #[allow(unused_imports)]
    use playhouse::prelude::{
        Address, Application, AskError, Context, Down, Exit, ExitReason, Recipient, Reply,
        ShutdownPhase, System, TaskContext, TellError, Timer, actor, handlers, ms, secs,
        supervised, task,
    };
}

#[test]
fn the_names_of_an_application_are_there() {
    #[allow(unused_imports)]
    use playhouse::supervision::application::{
        AddError, BoxError, CutShort, Outcome, PhaseReport, PlanError, PlanMistake, Signal,
        TaskOutput, TaskReport,
    };
    #[allow(unused_imports)]
    use playhouse::supervision::{
        Application, ApplicationError, ApplicationHandle, ShutdownPhase, ShutdownReason,
        ShutdownReport, ShutdownTask,
    };
}

#[test]
fn what_generated_code_needs_is_there() {
    #[allow(unused_imports)]
    use playhouse::__private::{
        Actor, Address, Ask, BlockingActor, Context, Define, ExitReason, Failure, Fallible, Fit,
        HandleOf, Handled, Handles, Mail, MailboxOptions, Overflow, RawAddress, Reaches, Refusal,
        Reply, Stores, Tell, failure,
    };
}
