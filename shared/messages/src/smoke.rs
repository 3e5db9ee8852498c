//! What `meridian doctor --smoke` made AWS do, and what AWS did.

use jiff::SignedDuration;
use meridian_judge::COUNTS_DELAY;
use serde::Serialize;

/// Between two looks at what is waited for, at most.
const A_LOOK: SignedDuration = SignedDuration::from_secs(10);

/// The judge takes a minute's counts for whole so long after its end.
fn counts_delay() -> SignedDuration {
    SignedDuration::from_mins(COUNTS_DELAY)
}

/// What is tried on the throwaway endpoint, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drill {
    /// An endpoint with its first configuration.
    First,
    /// The golden records of the release whose model it serves.
    Golden,
    /// When CloudWatch had counted these.
    Counted,
    /// A release that nobody speaks against.
    Good,
    /// A revert that is said in the canary.
    Revert,
    /// A judge that is silent in the canary.
    Silence,
    /// A guard that rings already when the update is asked for.
    Ringing,
    /// A revert that is said while blue still waits after the shift.
    InSoak,
    /// An update to the configuration that serves already.
    Same,
    /// Another instance type while the variant is registered for scaling.
    OtherType,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Came {
    /// It serves what it was to serve.
    Arrived {
        /// From the request to rest.
        took: SignedDuration,
        /// Of that, making instances before a canary; zero where there is none.
        provisioning: SignedDuration,
    },
    /// It serves what it served before.
    WentBack {
        /// From what should turn it back to the first sign that it turned; none where no canary was seen.
        noticed: Option<SignedDuration>,
        /// From the request to rest.
        took: SignedDuration,
    },
    /// SageMaker did not take the request.
    Refused,
    /// So many of so many answers were right.
    Answered {
        /// The right ones.
        right: usize,
        /// All that were asked.
        asked: usize,
    },
    /// CloudWatch showed the counts.
    Counted {
        /// From the end of the last minute until any of its counts were there.
        first: SignedDuration,
        /// And until all were.
        all: SignedDuration,
    },
    /// It neither arrived nor went back within the hour, or it failed.
    Stuck,
}

/// One drill and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drilled {
    /// What was tried.
    pub drill: Drill,
    /// What came of it.
    pub came: Came,
}

impl Drilled {
    /// Whether a wave may rely on what AWS did. Of what AWS leaves open either is well: the wave asks neither way.
    pub fn is_well(&self) -> bool {
        match (self.drill, &self.came) {
            (_, Came::Stuck) => false,
            (Drill::First | Drill::Good, came) => matches!(came, Came::Arrived { .. }),
            (Drill::Golden, Came::Answered { right, asked }) => right == asked,
            (Drill::Revert | Drill::Silence, came) => matches!(came, Came::WentBack { .. }),
            (Drill::Counted, Came::Counted { all, .. }) => *all <= counts_delay() + A_LOOK,
            (Drill::Ringing, came) => matches!(came, Came::WentBack { .. } | Came::Refused),
            (Drill::OtherType, came) => matches!(came, Came::Refused | Came::Arrived { .. }),
            (Drill::Golden | Drill::Counted | Drill::InSoak | Drill::Same, _) => true,
        }
    }

    /// One line.
    pub fn words(&self) -> String {
        format!("{}: {}", tried(self.drill), came(self.drill, &self.came))
    }
}

fn tried(drill: Drill) -> &'static str {
    match drill {
        Drill::First => "an endpoint with its first configuration",
        Drill::Golden => "the golden records of what it serves",
        Drill::Counted => "what CloudWatch counts of them",
        Drill::Good => "a release that nobody speaks against",
        Drill::Revert => "a revert in the canary",
        Drill::Silence => "a judge that falls silent in the canary",
        Drill::Ringing => "a guard that rings before the update",
        Drill::InSoak => "a revert while blue waits after the shift",
        Drill::Same => "an update to what serves already",
        Drill::OtherType => "another instance type while registered for scaling",
    }
}

fn came(drill: Drill, came: &Came) -> String {
    match came {
        Came::Arrived { took, provisioning } if drill == Drill::InSoak => {
            format!("not heard, it goes on; at rest after {took:#}, {provisioning:#} of it for instances")
        }
        Came::Arrived { took, provisioning } if provisioning.is_zero() => format!("serves after {took:#}"),
        Came::Arrived { took, provisioning } => format!("serves after {took:#}, {provisioning:#} of it for instances"),
        Came::WentBack { noticed: Some(noticed), took } => {
            format!("turned back {noticed:#} later, at rest after {took:#}")
        }
        Came::WentBack { noticed: None, took } => format!("serves what it served, at rest after {took:#}"),
        Came::Refused => "refused".to_owned(),
        Came::Answered { right, asked } => format!("{right} of {asked} right"),
        Came::Counted { first, all } if *all > counts_delay() + A_LOOK => {
            format!(
                "there {first:#} after its minute, all of it after {all:#}: the judge takes counts for whole after {:#}",
                counts_delay()
            )
        }
        Came::Counted { first, all } => format!("there {first:#} after its minute, all of it after {all:#}"),
        Came::Stuck if drill == Drill::Counted => "some never came".to_owned(),
        Came::Stuck => "neither there nor back within the hour".to_owned(),
    }
}

/// What will be made, before anybody is asked.
pub fn will_make(region: &str, version: &str, instances: u32, kind: &str, name: &str, usd: Option<f64>) -> String {
    let price = usd.map_or_else(
        || "no price of it is known (meridian cost --prices)".to_owned(),
        |usd| format!("about {usd:.2} dollars of hosting"),
    );
    format!(
        "{region}: an endpoint {name} of its own, {instances} instances of {kind} and as many again in each update, serves {version}'s \
         model for about two hours ({price}); no customer is led there, and it is deleted at the end with its model, configurations, \
         alarms and scaling"
    )
}

/// What could not be taken away, with the command that does.
pub fn left_behind(what: &str, error: &str, command: &str) -> String {
    format!("{what} was not deleted ({error}): {command}")
}
