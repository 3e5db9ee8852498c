//! What is wrong with a region, and what is known of it.

use crate::Voice;
use crate::why::clock;
use meridian_domain::reason::{Fault, Lag, RegionState, SilentRegion};

impl Voice<'_> {
    /// What is wrong with a region, said behind its name.
    pub fn fault(self, fault: &Fault) -> String {
        match fault {
            Fault::Unseen(unseen) => self.unseen(unseen),
            Fault::Silent { since } => format!("no answer since {}", clock(*since)),
            Fault::NoAnswer => "it does not answer".to_owned(),
            Fault::EndpointIs(status) => format!("its endpoint is {status:?}"),
            Fault::TwoReleases(status) => {
                format!("its endpoint is {status:?}, and instances of two releases may answer")
            }
            Fault::ReplicaLate => "its replica did not arrive in time".to_owned(),
            Fault::NotLetThrough { version } => format!("it serves {version} without a decision to proceed"),
            Fault::SageMakerReturned => "SageMaker took the update back".to_owned(),
            Fault::NeverStarted => "the update was intended and never seen to start".to_owned(),
            Fault::ToldToGoBack(why) => format!("it was told to go back: {}", self.why(why)),
            Fault::NobodyDecided => "nobody decided on its update".to_owned(),
            Fault::EndpointNotThere => "its endpoint was asked for and is not there".to_owned(),
            Fault::CreationEndless => "its endpoint is being created without an end".to_owned(),
            Fault::FirstReleaseRings { alarm } => format!("the rollback alarm {alarm} rings on the first release"),
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
            RegionState::WasGoingBack { version } => format!("the update was told to go back to {version}; {until}"),
            RegionState::Undecided { version } => {
                format!("its update to {version} is under way and undecided; {until}")
            }
            RegionState::NeverStarted { from, to } => {
                format!("it was on {from}, and its update to {to} was never seen to start")
            }
            RegionState::Stays { version } => format!("it stays on {version}"),
            RegionState::ServesNothing => "it serves nothing yet".to_owned(),
            RegionState::BytesUnknown => "which bytes it serves is unknown".to_owned(),
            RegionState::Unknown => "what it serves is unknown".to_owned(),
            RegionState::UnknownUntilItAnswers => until.to_owned(),
        }
    }

    pub(crate) fn lag(self, lag: &Lag) -> String {
        format!(
            "{} lags: it serves {}, {} releases behind {}, and the first of them was approved {} hours ago (allowed: {} \
             releases, {:#})",
            self.title(&lag.region),
            lag.serves,
            lag.behind,
            lag.newest,
            lag.hours,
            lag.allowed,
            lag.allowed_age
        )
    }
}
