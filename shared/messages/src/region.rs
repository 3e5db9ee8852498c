//! What is wrong with a region, and what is known of it.

use crate::Voice;
use crate::unseen::of_region;
use crate::why::clock;
use meridian_domain::reason::{Fault, IllService, Lag, NextTry, Reason, RegionState, Retry, SilentRegion, Undecided};

/// When what is known of a region's state is said.
#[derive(Clone, Copy)]
enum Said {
    /// When it is found out.
    AtOnce,
    /// Later: the region may have answered since.
    Later,
}

impl Voice<'_> {
    /// What is wrong with a region, said behind its name.
    pub fn fault(self, fault: &Fault) -> String {
        match fault {
            Fault::Unseen(why) => of_region(why),
            Fault::Silent { since, service } => {
                format!("no answer from its {} since {}", ill_service(*service), clock(*since))
            }
            Fault::NoAnswer => "it does not answer".to_owned(),
            Fault::EndpointIs(status) => format!("its endpoint is {status:?}"),
            Fault::TwoReleases(status) => {
                format!("its endpoint is {status:?}, and instances of two releases may answer")
            }
            Fault::ReplicaLate => "its replica did not arrive in time".to_owned(),
            Fault::NotLetThrough { version } => format!("it serves {version} without a decision to proceed"),
            Fault::SageMakerReturned => "SageMaker rolled the update back".to_owned(),
            Fault::NeverStarted => "its update was intended and was never seen to start".to_owned(),
            Fault::UnclearReturn(why) => format!("rolled back, cause unclear: {}", self.why(why)),
            Fault::Undecided(undecided) => self.undecided(undecided),
            Fault::ToldToGoBack(why) => format!("it was ordered to roll back: {}", self.why(why)),
            Fault::NobodyDecided => "no decision on its update is on record".to_owned(),
            Fault::EndpointNotThere => "its endpoint was requested and does not exist".to_owned(),
            Fault::CreationEndless => "the creation of its endpoint does not end".to_owned(),
            Fault::FirstReleaseRings { alarm } => {
                format!("the rollback alarm {alarm} is in ALARM on the first release")
            }
        }
    }

    /// A try that did not decide, and what comes after it.
    fn undecided(self, undecided: &Undecided) -> String {
        let Undecided { why, nth, of, next } = undecided;
        let tonight = "not tried again tonight";
        let next = match next {
            NextTry::Planned(Retry { bake, from, chance }) => format!(
                "tried again from {}, {:#} at {} % of the traffic: an equal release passes with a chance of {}",
                clock(*from),
                bake.wait,
                bake.percent,
                chance_of(*chance)
            ),
            NextTry::UsedUp => format!("{tonight}: policy allows {of}"),
            NextTry::Over { until } => format!("{tonight}: no try begins from {} on", clock(*until)),
            NextTry::NotLikely { chance, until } => format!(
                "{tonight}: no canary that policy allows before {} passes an equal release with a chance above {}",
                clock(*until),
                chance_of(*chance)
            ),
            NextTry::Persons => "not tried again by itself: a person started this execution".to_owned(),
        };
        format!("the counts did not decide, try {nth} of {of}; {next}; counts: {}", self.why(why))
    }

    /// The control plane that did not answer, as what a decision rested on: it may have answered since.
    pub(crate) fn silent(self, silent: &SilentRegion) -> String {
        let title = self.title(&silent.region);
        match &silent.fault {
            Fault::Silent { since, service } => {
                format!("{title}'s {} had not answered since {}", ill_service(*service), clock(*since))
            }
            fault => format!("{title}: {}", self.fault(fault)),
        }
    }

    /// What is known of a region when a wave goes on without it.
    pub(crate) fn state(self, state: &RegionState) -> String {
        self.state_said(state, Said::AtOnce)
    }

    /// Why a wave went on without a region, and what was known of it then: said after that.
    pub(crate) fn was_left_behind(self, why: &Reason) -> String {
        match why {
            Reason::LeftBehind { why, state } => {
                let why = match **why {
                    Reason::Fault(Fault::NoAnswer) => "it did not answer".to_owned(),
                    _ => self.why(why),
                };
                format!("{why}; {}", self.state_said(state, Said::Later))
            }
            why => self.why(why),
        }
    }

    fn state_said(self, state: &RegionState, said: Said) -> String {
        let (is, until) = match said {
            Said::AtOnce => ("is", "its state is unknown until it answers"),
            Said::Later => ("was", "its state was unknown then"),
        };
        match state {
            RegionState::WasProved { version } => format!("it was proved to serve {version}; {until}"),
            RegionState::WasMoving { version } => format!("it was moving to {version}; {until}"),
            RegionState::WasRollingBack { version } => format!("it was ordered to roll back to {version}; {until}"),
            RegionState::Undecided { version } => {
                format!("its update to {version} {is} under way and undecided; {until}")
            }
            RegionState::NeverStarted { from, to } => {
                format!("it was on {from}, and its update to {to} was never seen to start")
            }
            RegionState::Stays { version } => format!("it stays on {version}"),
            RegionState::EndpointGone => "nothing serves there".to_owned(),
            RegionState::ServesNothing => "it serves nothing yet".to_owned(),
            RegionState::BytesUnknown => format!("its serving release {is} unknown"),
            RegionState::Unknown => "what it serves was not observed".to_owned(),
            RegionState::UnknownUntilItAnswers => until.to_owned(),
        }
    }

    pub(crate) fn lag(self, lag: &Lag) -> String {
        format!(
            "{}: it serves {}, and the first release that it lacks was approved {} hours ago (allowed: {} releases, {:#})",
            self.lag_headline(lag),
            lag.serves,
            lag.hours,
            lag.allowed,
            lag.allowed_age
        )
    }
}

/// What people call a service of a region.
pub(crate) fn ill_service(service: IllService) -> &'static str {
    match service {
        IllService::Ledger => "ledger (S3)",
        IllService::ControlPlane => "control plane",
        IllService::Runtime => "SageMaker runtime",
        IllService::Metrics => "CloudWatch",
        IllService::Roles => "STS",
        IllService::Scaling => "Application Auto Scaling",
    }
}

/// Never rounded up to certainty.
pub(crate) fn chance_of(chance: f64) -> String {
    if chance >= 0.999 { "over 99.9 %".to_owned() } else { format!("{:.1} %", (1000.0 * chance).floor() / 10.0) }
}
