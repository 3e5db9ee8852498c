//! A reason, whatever it is about.

use crate::compared::client_errors_alike;
use crate::unseen::words_of;
use crate::{Voice, evaluating, files};
use jiff::Timestamp;
use meridian_domain::Override;
use meridian_domain::reason::{Barred, Reason, Refusal, Stopped};

impl Voice<'_> {
    /// Any reason, as a sentence without its full stop.
    pub fn why(self, why: &Reason) -> String {
        match why {
            Reason::Said { words, by: None } => words.clone(),
            Reason::Said { words, by: Some(actor) } => format!("{words} ({actor})"),
            Reason::Several(_)
            | Reason::Evaluation(_)
            | Reason::Proceed(_)
            | Reason::Revert(_)
            | Reason::FullLoad(_)
            | Reason::LeftBehind { .. } => self.parts(why).join("; "),
            Reason::Refused(Refusal { operation, detail }) => format!("{operation} was refused: {}", words_of(detail)),
            Reason::File(fault) => files::words(fault),
            Reason::Gate(gate) => self.gate(gate),
            Reason::Step(step) => self.step(step),
            Reason::Wait(wait) => self.wait(wait),
            Reason::Fault(fault) => self.fault(fault),
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

    /// The deciding part of a reason, and how many more there are: the ledger has them all.
    pub fn brief(self, why: &Reason) -> String {
        first(self.parts(why))
    }

    /// What a reason is made of, the deciding part first.
    fn parts(self, why: &Reason) -> Vec<String> {
        match why {
            Reason::Several(all) => all.iter().flat_map(|one| self.parts(one)).collect(),
            Reason::Evaluation(found) => evaluating::parts(found),
            Reason::Proceed(proceed) => self.proceed(proceed),
            Reason::Revert(revert) => self.revert(revert),
            Reason::FullLoad(found) => self.full_load(found),
            Reason::LeftBehind { why, state } => [self.parts(why), vec![self.state(state)]].concat(),
            whole => vec![self.why(whole)],
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
        all.iter().map(|own| format!("; {}", overridden(own))).collect()
    }
}

/// Who set which rule aside, and why.
fn overridden(own: &Override) -> String {
    let until = own.until.strftime("%Y-%m-%d %H:%M UTC");
    format!("{} overrides the {} until {until}: {}", own.who, own.what, own.why)
}

/// The first of several parts, and how many more there are.
pub(crate) fn first(parts: Vec<String>) -> String {
    let more = parts.len().saturating_sub(1);
    let first = parts.into_iter().next().unwrap_or_default();
    if more == 0 { first } else { format!("{first} (and {more} more)") }
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
