//! What is wrong with a region, and what is known of it.

use crate::Voice;
use crate::unseen::of_region;
use crate::why::clock;
use meridian_domain::reason::{Fault, Lag, RegionState, SilentRegion};

impl Voice<'_> {
    /// What is wrong with a region, said behind its name.
    pub fn fault(self, fault: &Fault) -> String {
        match fault {
            Fault::Unseen(why) => of_region(why),
            Fault::Silent { since } => format!("no answer since {}", clock(*since)),
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
            Fault::ToldToGoBack(why) => format!("it was ordered to roll back: {}", self.why(why)),
            Fault::NobodyDecided => "no decision on its update is on record".to_owned(),
            Fault::EndpointNotThere => "its endpoint was requested and does not exist".to_owned(),
            Fault::CreationEndless => "the creation of its endpoint does not end".to_owned(),
            Fault::FirstReleaseRings { alarm } => {
                format!("the rollback alarm {alarm} is in ALARM on the first release")
            }
        }
    }

    pub(crate) fn silent(self, silent: &SilentRegion) -> String {
        let title = self.title(&silent.region);
        match &silent.fault {
            Fault::Silent { since } => format!("{title}'s control plane has not answered since {}", clock(*since)),
            fault => format!("{title}: {}", self.fault(fault)),
        }
    }

    pub(crate) fn state(self, state: &RegionState) -> String {
        let until = "its state is unknown until it answers";
        match state {
            RegionState::WasProved { version } => format!("it was proved to serve {version}; {until}"),
            RegionState::WasMoving { version } => format!("it was moving to {version}; {until}"),
            RegionState::WasGoingBack { version } => format!("it was ordered to roll back to {version}; {until}"),
            RegionState::Undecided { version } => {
                format!("its update to {version} is under way and undecided; {until}")
            }
            RegionState::NeverStarted { from, to } => {
                format!("it was on {from}, and its update to {to} was never seen to start")
            }
            RegionState::Stays { version } => format!("it stays on {version}"),
            RegionState::ServesNothing => "it serves nothing yet".to_owned(),
            RegionState::BytesUnknown => "its serving release is unknown".to_owned(),
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
