//! Shows the progress.

use std::sync::Arc;

use playhouse::prelude::*;

use crate::plan::Plan;
use crate::progress::Display;

/// The reporter.
#[actor(mailbox = 16)]
pub(crate) struct Reporter {
    plan: Arc<Plan>,
    display: Display,
}

#[handlers]
impl Reporter {
    pub(crate) fn new(plan: Arc<Plan>, display: Display) -> Self {
        Self { plan, display }
    }

    #[started]
    fn begin(&mut self, cx: &mut Context<Self>) {
        if !self.display.is_silent() {
            cx.every(ms(100), ReporterTick);
        }
    }

    #[message]
    fn tick(&mut self) {
        self.display.show(&self.plan.gauge);
    }

    /// Takes the bar away, for good. Asked, so that whoever writes next knows that it is gone.
    #[message]
    pub(crate) fn clear(&mut self) {
        self.display.end(&self.plan.gauge);
    }
}
