//! What people do in a night.

use crate::world::Moment;
use jiff::SignedDuration;
use meridian_domain::{Actor, RegionName, Rule, Version};
use serde::Deserialize;

/// Records that a person approves to evaluate on: `meridian holdout approve`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// When the person approves them.
    pub at: Moment,
    /// Which of the records that come with Meridian.
    pub records: Records,
    /// The person who approves them.
    pub who: Actor,
    /// The person's reason, as the ledger keeps it.
    pub why: String,
}

/// Records that come with Meridian, or are made of those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Records {
    /// All that training held out.
    All,
    /// Those of them on which v429, which is worse, looks as good as v426.
    Flattering,
}

/// A new execution of a release that exists.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rerun {
    /// When the execution starts.
    pub at: Moment,
    /// The release that it is for.
    pub version: Version,
    /// Whether it runs beside those under way, as from a second home, and not behind them.
    #[serde(default)]
    pub beside: bool,
}

/// A rule that a person sets aside: `meridian override`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// When the person sets it aside.
    pub at: Moment,
    /// Which rule: `freeze`, `skew` or `order`.
    pub what: Rule,
    /// Only in this region.
    #[serde(default)]
    pub region: Option<RegionName>,
    /// For how long.
    pub lasts: SignedDuration,
    /// The person who sets it aside.
    pub who: Actor,
    /// The person's reason, as the ledger keeps it.
    pub why: String,
}

/// One call of AWS by a person, as with the AWS CLI: nothing of Meridian is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hand {
    /// When the person calls.
    pub at: Moment,
    /// The region that is called.
    pub region: RegionName,
    /// AWS's name of the operation.
    pub operation: String,
    /// What `--cli-input-json` would say. In its texts stand `{fleet}`, `{endpoint}`, `{variant}` and `{pipeline}` for the
    /// fleet's names, `{execution}` for the pipeline's latest execution, `{package}` for home's latest model package, `{serving}` for
    /// the configuration that the region's endpoint names, `{model}` for the model that it serves, and `{other}` for the newest one of
    /// the others there, and `{bucket}` for the region's release bucket.
    #[serde(default)]
    pub request: toml::Table,
}

/// A region's customers that a person moves: `meridian failover`, or without `to` `meridian failback`. What the command waits for is not
/// waited for: given again later, it goes on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failover {
    /// When the person gives the command.
    pub at: Moment,
    /// The region whose customers they are.
    pub from: RegionName,
    /// The region that is to carry them; without it they come back.
    #[serde(default)]
    pub to: Option<RegionName>,
    /// The person who moves them.
    pub who: Actor,
    /// The person's reason, as the ledgers keep it.
    pub why: String,
}

/// Home, which a person moves: `meridian home move`. Where that is the region that this night's `fleet.toml` calls home, everything is
/// deployed with that already, and nothing starts before; a deputy stands ready without.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveHome {
    /// When the person gives the command.
    pub at: Moment,
    /// The region that was home: the hub's ledger lies in its bucket.
    pub from: RegionName,
    /// The region that is home from then on; the one that `fleet.toml` says where this says none.
    #[serde(default)]
    pub to: Option<RegionName>,
    /// Whether it does not answer: the ledger goes on from another region's copy.
    #[serde(default)]
    pub lost: bool,
    /// The person who hands it over.
    pub who: Actor,
    /// The person's reason, as the ledger keeps it.
    pub why: String,
}

/// A region's bucket, made anew from a backup of it: what was written since is gone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// When the person does it.
    pub at: Moment,
    /// The region whose bucket it is.
    pub region: RegionName,
    /// When the backup was made.
    pub to: Moment,
}

/// Functions that are deployed with another `fleet.toml`, as by hand: `make deploy` waits for a wave's end. CloudFormation is not asked: it is done
/// at once, in a lost region too, and before whatever else people do at that moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// When they are replaced. Whoever runs then ends as what it was.
    pub at: Moment,
    /// The region whose functions they are.
    pub region: RegionName,
    /// What that `fleet.toml` says otherwise than the night's, whatever was deployed before it. It may change nothing of the stack but its
    /// functions.
    pub policy: toml::Table,
}
