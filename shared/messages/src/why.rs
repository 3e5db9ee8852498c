//! A reason, whatever it is about.

use crate::ledger::client_errors_alike;
use crate::{Voice, evaluating};
use jiff::Timestamp;
use meridian_domain::Override;
use meridian_domain::quarantine::Barred;
use meridian_domain::reason::{Reason, Stopped};

impl Voice<'_> {
    /// Any reason, as a sentence without its full stop.
    pub fn why(self, why: &Reason) -> String {
        match why {
            Reason::Said { words, by: None } | Reason::Refused(words) => words.clone(),
            Reason::Said { words, by: Some(actor) } => format!("{words} ({actor})"),
            Reason::Several(all) => all.iter().map(|one| self.why(one)).collect::<Vec<_>>().join("; "),
            Reason::Evaluation(why) => evaluating::words(why),
            Reason::Gate(gate) => self.gate(gate),
            Reason::Step(step) => self.step(step),
            Reason::Wait(wait) => self.wait(wait),
            Reason::Proceed(proceed) => self.proceed(proceed),
            Reason::Revert(revert) => self.revert(revert),
            Reason::Fault(fault) => self.fault(fault),
            Reason::FullLoad(found) => self.full_load(found),
            Reason::LeftBehind { why, state } => format!("{}; {}", self.why(why), self.state(state)),
            Reason::WayBack(why) => self.way_back(why),
            Reason::Return(told) => self.told(told),
            Reason::Quiet(quiet) => format!("nothing to do: {}", self.quiet(quiet)),
            Reason::Wave(end) => self.wave_end(end),
            Reason::Lag(lag) => self.lag(lag),
            Reason::CallersAlike { region, green, blue } => {
                format!("{}: {}", self.title(region), client_errors_alike(*green, *blue))
            }
        }
    }

    pub(crate) fn stopped(self, stopped: &Stopped) -> String {
        match stopped {
            Stopped::FleetHalted(why) => format!("the fleet is halted: {}", self.why(why)),
            Stopped::RegionHalted { region, why } => format!("{} is halted: {}", self.title(region), self.why(why)),
            Stopped::Barred { version, by } => format!("{version} {}", self.barred(by)),
            Stopped::WaveOver => "this wave has ended".to_owned(),
            Stopped::FrozenTooLong { frozen, held } => {
                format!("the fleet is {}, and the wave has waited for {held:#}", self.frozen(frozen))
            }
        }
    }

    /// What bars a release, said after its name.
    pub fn barred(self, barred: &Barred) -> String {
        match barred {
            Barred::Condemned { why } => format!("was condemned: {}", self.why(why)),
            Barred::Quarantined(own) => format!("is in quarantine ({}, by {}): {}", own.object, own.who, own.why),
        }
    }

    /// The overrides that were used, appended to a sentence.
    pub(crate) fn overrides(self, all: &[Override]) -> String {
        all.iter().map(|own| format!("; {own}")).collect()
    }
}

/// A time of the night as people read it.
pub(crate) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S UTC").to_string()
}

/// "a, b and c".
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
