//! A failover: one region carries another's customers until a person sends them back.

use crate::fleet::names::RegionName;
use serde::{Deserialize, Serialize};

/// What a region's chain says of a failover. Each of the two regions has its own half of it, so that neither needs the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum FailoverStep {
    /// This region is to carry another's customers: a person asked, whom the entry's actor names, or the region itself by policy.
    Asked {
        /// The region whose customers are to come.
        from: RegionName,
        /// The person's reason; or that the regions' looks were.
        why: String,
    },
    /// Another region's endpoint does not answer this one. Said of each look in a row, until policy has enough of them.
    Missed {
        /// The region that was asked.
        region: RegionName,
    },
    /// It answers again.
    Answers {
        /// The region that was asked.
        region: RegionName,
    },
    /// It can: its instances are there, and its golden records were answered right.
    Ready {
        /// How many instances it asked for; none where nothing scales it.
        least: Option<u32>,
        /// Golden records asked, all answered right.
        golden: u32,
    },
    /// A person sent them back: the region scales as usual again.
    Over {
        /// The person's reason.
        why: String,
    },
    /// A person sent this region's customers away: `/health` answers 503 from now on.
    Evacuated {
        /// The region that was made ready for them.
        to: RegionName,
        /// The person's reason.
        why: String,
    },
    /// A person lets customers come again.
    Readmitted {
        /// The person's reason.
        why: String,
    },
}
