//! Where two traces part.

use std::fmt;

use crate::script::{Line, Script};

/// What a supervisor of ours did: the boot, and one trace per command that it was still there for.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    pub(crate) boot: Vec<Line>,
    pub(crate) steps: Vec<Vec<Line>>,
}

/// The first step of a script where ours is not theirs.
#[derive(Debug)]
pub(crate) struct Difference<'a> {
    script: &'a Script,
    /// `None` for the boot.
    step: Option<usize>,
    theirs: &'a [Line],
    ours: &'a [Line],
}

pub(crate) fn first_difference<'a>(script: &'a Script, ours: &'a Traces) -> Option<Difference<'a>> {
    let differs = |step, theirs: &'a [Line], ours: &'a [Line]| {
        (theirs != ours).then_some(Difference {
            script,
            step,
            theirs,
            ours,
        })
    };
    differs(None, &script.boot, &ours.boot).or_else(|| {
        (0..script.steps.len().max(ours.steps.len())).find_map(|step| {
            let theirs = script.steps.get(step).map_or(&[][..], |it| &it.trace);
            let ours = ours.steps.get(step).map_or(&[][..], Vec::as_slice);
            differs(Some(step), theirs, ours)
        })
    })
}

/// Side by side, with a mark where they part.
impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Script {
            nr,
            strategy,
            intensity,
            auto_shutdown,
            children,
            ..
        } = self.script;
        let (strategy, auto_shutdown) = (strategy.as_str(), auto_shutdown.as_str());
        writeln!(
            f,
            "script {nr}: {strategy}, intensity {intensity}, auto shutdown {auto_shutdown}"
        )?;
        for child in children {
            let significant = if child.2 { ", significant" } else { "" };
            writeln!(f, "  child {}: {:?}{significant}", child.0, child.1)?;
        }
        match self.step {
            None => writeln!(f, "  at the boot:")?,
            Some(step) => {
                for earlier in &self.script.steps[..step.min(self.script.steps.len())] {
                    writeln!(f, "  {:?}", earlier.cmd)?;
                }
                match self.script.steps.get(step) {
                    Some(it) => writeln!(f, "  at step {step}, {:?}:", it.cmd)?,
                    None => writeln!(f, "  after the last step:")?,
                }
            }
        }
        writeln!(f, "    {:<40} | playhouse", "OTP")?;
        for at in 0..self.theirs.len().max(self.ours.len()) {
            let text = |lines: &[Line]| lines.get(at).map(ToString::to_string).unwrap_or_default();
            let (theirs, ours) = (text(self.theirs), text(self.ours));
            let mark = if theirs == ours { ' ' } else { '>' };
            writeln!(f, "  {mark} {theirs:<40} | {ours}")?;
        }
        Ok(())
    }
}
