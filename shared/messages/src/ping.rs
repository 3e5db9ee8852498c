//! What `meridian doctor --ping` made the pipeline do, and what came of it.

use jiff::SignedDuration;
use meridian_domain::RegionName;
use meridian_domain::alarms::CALLS_EVERY;
use serde::{Deserialize, Serialize};

/// The release of an execution that promotes none: it tries the pipeline itself.
pub const PING: &str = "ping";

/// CodePipeline's word for an action that ended well.
const SUCCEEDED: &str = "Succeeded";

/// What a job of such an execution leaves as its summary, in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ping", rename_all = "snake_case")]
pub enum Pinged {
    /// CodePipeline called again and again.
    Called {
        /// How many times.
        calls: u32,
        /// Seconds between the first call and the last.
        seconds: u32,
        /// Seconds between the two that were nearest each other.
        shortest: u32,
        /// Seconds between the two that were farthest from each other.
        longest: u32,
    },
    /// Home's function took the role that the region lends, and asked SageMaker there for the fleet's endpoint.
    Looked {
        /// Where.
        region: RegionName,
        /// Whether there is one.
        found: bool,
    },
    /// It could not.
    Refused {
        /// Where.
        region: RegionName,
        /// What was said.
        said: String,
    },
    /// Nothing was to be done but to answer.
    Answered,
}

/// An action of the pipeline, as CodePipeline tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PingedAction {
    /// The action's name.
    pub action: String,
    /// CodePipeline's word for how it ended, such as `Succeeded`.
    pub status: String,
    /// What its function left; none of an action without a function, and of one that failed.
    pub pinged: Option<Pinged>,
    /// What was said where it failed.
    pub said: Option<String>,
}

impl PingedAction {
    /// Whether a wave may rely on it: alarms and timers have room for a call a minute.
    pub fn is_well(&self) -> bool {
        let well = match self.pinged {
            Some(Pinged::Called { longest, .. }) => duration(longest) <= CALLS_EVERY,
            Some(Pinged::Refused { .. }) => false,
            Some(Pinged::Looked { .. } | Pinged::Answered) | None => true,
        };
        well && self.status == SUCCEEDED
    }

    /// One line.
    pub fn words(&self) -> String {
        let Self { action, status, pinged, said } = self;
        // One that failed may have left what an earlier call of it said.
        match pinged.as_ref().filter(|_| status == SUCCEEDED) {
            Some(Pinged::Called { calls, seconds, shortest, longest }) => {
                let over = if duration(*longest) > CALLS_EVERY {
                    format!(": alarms and timers have room for {}s only", CALLS_EVERY.as_secs())
                } else {
                    String::new()
                };
                let took = duration(*seconds);
                format!("{action}: called {calls} times in {took:#}, {shortest}s to {longest}s apart{over}")
            }
            Some(Pinged::Looked { region, found: true }) => format!("{action}: promote sees the endpoint in {region}"),
            Some(Pinged::Looked { region, found: false }) => {
                format!("{action}: promote may look into {region}, where no endpoint is yet")
            }
            Some(Pinged::Refused { region, said }) => format!("{action}: promote could not look into {region}: {said}"),
            Some(Pinged::Answered) => format!("{action}: answered"),
            None => {
                let said = said.as_ref().map(|said| format!(": {said}")).unwrap_or_default();
                format!("{action}: {}{said}", status.to_lowercase())
            }
        }
    }
}

fn duration(seconds: u32) -> SignedDuration {
    SignedDuration::from_secs(seconds.into())
}

/// What will be done, before anybody is asked.
pub fn will_ping(pipeline: &str, regions: usize, takes: SignedDuration, usd: Option<f64>) -> String {
    let price = usd.map_or_else(
        || "no price of it is known (meridian cost --prices)".to_owned(),
        |usd| format!("about {usd:.2} dollars"),
    );
    let regions = if regions == 1 { "the region".to_owned() } else { format!("each of {regions} regions") };
    format!(
        "{pipeline} is started with no release: its first action is called again and again for {takes:#}, then promote looks at the \
         endpoint in {regions} with the role that is lent there ({price}); nothing is promoted, and a wave that starts meanwhile waits \
         for its end"
    )
}

/// Why nothing was done.
pub fn wave_is_on(version: &str) -> String {
    format!("the wave of {version} is under way, and would wait for the ping: try again after its end")
}

/// The same where it cannot be known whether one is.
pub fn wave_unknown() -> &'static str {
    "home's ledger cannot be read: a wave may be under way, and would wait for the ping. meridian status says more"
}
