//! What operator commands say: what was done or would be done, what is asked before it, and what holds already. And what
//! `meridian status` says beside [`Voice::need`] and [`Voice::next`].

pub mod refused;

use crate::Voice;
use jiff::Timestamp;
use meridian_domain::overview::{CondemnedRow, FailoverRow};
use meridian_domain::quarantine::Object;
use meridian_domain::{
    Actor, ApprovedHoldout, Chain, Exposure, Fleet, Holdout, HomeMove, Override, Reason, RegionName, ReleaseId, Rule,
    Version,
};

/// How far a failover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailoverStands {
    /// The other region has just been asked to make itself ready.
    Asked {
        /// The instances that it needs for that, and those that policy lets it have, where these are fewer.
        short: Option<(u32, u32)>,
    },
    /// It is not ready yet.
    Waits {
        /// As above.
        short: Option<(u32, u32)>,
    },
    /// It is ready, and customers have just been sent there.
    Moved,
    /// They were sent there before.
    Stood,
}

/// What a hand-over of home has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HomeHandedOver {
    /// Entries of the hub's chain.
    pub entries: usize,
    /// Those of them that were not in the new home's bucket before.
    pub copied: usize,
}

/// What a take-over of home, where the old one is lost, has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeTakenOver {
    /// Where the hub's chain came from.
    pub source: HubSource,
    /// The release whose wave the old home left open, and whether the new home goes on with it, until another wave is on record.
    pub wave: Option<(Version, bool)>,
    /// True where the old home's bucket answered: its chain has ended.
    pub knows: bool,
}

/// Where a new home has the hub's chain from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HubSource {
    /// It had taken over before.
    Stood,
    /// The old home's bucket.
    Home {
        /// Entries of the chain, all there are.
        entries: usize,
    },
    /// The copy that another region keeps.
    Copy {
        /// The region that keeps it.
        holder: RegionName,
        /// Entries of that copy.
        entries: usize,
        /// When its last one was written.
        last: Option<Timestamp>,
    },
}

/// What a restore of a chain has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The region whose copy was taken.
    pub holder: RegionName,
    /// Entries of that copy.
    pub entries: usize,
    /// Those of them that the bucket did not have.
    pub written: usize,
    /// When the last one was written.
    pub last: Option<Timestamp>,
}

/// Up to when a copy goes.
fn up_to(last: Option<Timestamp>) -> String {
    let at = last.map(|at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
    format!("up to {}: what was written after that is not in it", at.unwrap_or_else(|| "its beginning".to_owned()))
}

/// Said of a home that did not answer when another one took over.
const DOES_NOT_KNOW: &str =
    "The old home does not know it: give this command again, with this fleet.toml, as soon as it answers";
/// Said of one that did.
const KNOWS: &str =
    "The old home's bucket answers: what is deployed with that home in its fleet.toml starts nothing any more";

/// Why home has moved, where no person has moved it.
pub const SAID_BY_THE_REGIONS: &str = "most regions have said so: the one before does not answer";

/// Why a standby is to carry another region's customers, where no person has asked it.
pub const MISSED_BY_THE_REGIONS: &str = "its endpoint does not answer the other regions";

/// What is to be done once home has moved.
fn goes_on(fleet: &Fleet, to: &RegionName) -> String {
    let nothing = if fleet.at_home(to).home == *to {
        "It stands ready and goes on with what was evaluated. No new release"
    } else {
        "Nothing"
    };
    format!(
        "{nothing} starts there until every region is deployed with home = \"{to}\" and the hold-out is approved there"
    )
}

/// Who is home, and since when.
pub(crate) fn home_is(voice: Voice<'_>, moved: &HomeMove) -> String {
    let others = match moved.lost {
        true => format!(
            "The old home may not know it: meridian home move --to {} --lost, given again with the fleet.toml that says home = \"{}\", \
             says so",
            voice.title(&moved.to),
            moved.from
        ),
        false => "What is deployed with another home in its fleet.toml starts nothing".to_owned(),
    };
    format!(
        "{} is home since {}, by {}: {}. {others}",
        voice.title(&moved.to),
        moved.since.strftime("%Y-%m-%d %H:%M:%S"),
        moved.by,
        moved.why
    )
}

/// Where a command names no region.
const EVERY_REGION: &str = "every region";

impl Voice<'_> {
    /// A halt in `chain`, and the command that ends it. `before`: the reason of the halt that was there already.
    pub fn halt_set(self, chain: &Chain, before: Option<&Reason>) -> String {
        let lift = format!("meridian lift --region {chain} --who ... --why ...");
        match before {
            None => format!("the fleet is halted in {chain}'s chain: nothing starts until it is lifted ({lift})"),
            Some(halt) => format!("the fleet was halted already: {} ({lift})", self.why(halt)),
        }
    }

    /// A halt that is lifted: why it is, and why it had been set.
    pub fn halt_lifted(self, chain: &Chain, why: &str, halt: &Reason) -> String {
        format!("{chain}: the halt is lifted ({why}). It had been set because: {}", self.why(halt))
    }

    /// An override that holds, by whom and why.
    pub fn override_in_force(self, own: &Override) -> String {
        let region = own.region.as_ref().map_or(EVERY_REGION, |region| self.title(region));
        format!("the {} is set aside for {region} until {:.0}, by {}: {}", own.what, own.until, own.who, own.why)
    }

    /// A home that was handed over, and what is to be done now.
    pub fn home_handed_over(self, to: &RegionName, HomeHandedOver { entries, copied }: HomeHandedOver) -> String {
        format!(
            "{} is home: the hub's ledger of {entries} entries goes on in its bucket ({copied} copied now). {}",
            self.title(to),
            goes_on(self.fleet, to)
        )
    }

    /// A home that was taken over, and what is to be done now.
    pub fn home_taken_over(self, to: &RegionName, went: &HomeTakenOver) -> String {
        let wave = match &went.wave {
            Some((version, true)) => format!(" The wave of {version} was open, and goes on there."),
            Some((version, false)) => {
                format!(
                    " The wave of {version} was open, and has ended: the next release brings the regions that wait."
                )
            }
            None => String::new(),
        };
        let ledger = match &went.source {
            HubSource::Stood => "it took over before".to_owned(),
            HubSource::Home { entries } => {
                format!("the hub's ledger of {entries} entries goes on in its bucket, whole")
            }
            HubSource::Copy { holder, entries, last } => format!(
                "the hub's ledger goes on in its bucket from the copy of {entries} entries in {}, {}",
                self.title(holder),
                up_to(*last)
            ),
        };
        let old = if went.knows { KNOWS } else { DOES_NOT_KNOW };
        format!("{} is home: {ledger}.{wave} {old}. {}", self.title(to), goes_on(self.fleet, to))
    }

    /// A chain that was restored.
    pub fn restored(self, chain: &Chain, went: &Restored) -> String {
        let Restored { holder, entries, written, last } = went;
        let holder = self.title(holder);
        match written {
            0 => format!("chain {chain} has all {entries} entries that {holder} keeps of it, {}", up_to(*last)),
            _ => format!(
                "chain {chain} is restored from the copy in {holder}: {written} of {entries} entries were missing. It goes {}",
                up_to(*last)
            ),
        }
    }

    /// Who is home, by the regions' buckets that answered.
    pub fn home_shown(self, home: &RegionName, moved: Option<&HomeMove>, silent: &[RegionName]) -> String {
        let known = match moved {
            None => format!("{} ({home}) is home", self.title(home)),
            Some(moved) => home_is(self, moved),
        };
        let titles: Vec<&str> = silent.iter().map(|region| self.title(region)).collect();
        match titles.as_slice() {
            [] => known,
            [one] => format!("{known}. {one} does not answer, and may know better"),
            several => format!("{known}. {} do not answer, and may know better", several.join(" and ")),
        }
    }

    /// A failover under way, as one of its regions has it, and the command that ends it.
    pub fn failover_in_force(self, row: &FailoverRow) -> Vec<String> {
        let region = self.title(&row.region);
        let since = |by: &Actor, at: Timestamp, why: &str, ends: &RegionName| {
            let (at, ends) = (at.strftime("%Y-%m-%d %H:%M:%S"), self.title(ends));
            format!("since {at}, by {by}: {why} (meridian failback --region {ends} --who ... --why ...)")
        };
        let evacuated = row.evacuated.as_ref().map(|own| {
            let since = since(&own.by, own.since, &own.why, &row.region);
            format!("{region}'s customers are sent away, {} is ready for them, {since}", self.title(&own.to))
        });
        let carries = row.carries.as_ref().map(|own| {
            let state = if own.ready.is_some() { "is" } else { "makes itself" };
            let since = since(&own.by, own.since, &own.why, &own.from);
            format!("{region} {state} ready for {}'s customers, {since}", self.title(&own.from))
        });
        evacuated.into_iter().chain(carries).collect()
    }

    /// How far a failover is, and what follows.
    pub fn failover(self, from: &RegionName, to: &RegionName, stands: FailoverStands) -> String {
        let (from, to) = (self.title(from), self.title(to));
        let then = |short: Option<(u32, u32)>| {
            let few = short.map(|(needed, most)| {
                format!(
                    ". {to} needs {needed} instances for them and gets {most} at most: raise its most_instances, or answers will be \
                     late or lost"
                )
            });
            format!("once it is, they are sent away from {from}{}", few.unwrap_or_default())
        };
        match stands {
            FailoverStands::Asked { short } => format!(
                "{to} makes itself ready for {from}'s customers, from its next look within five minutes; {}",
                then(short)
            ),
            FailoverStands::Waits { short } => {
                format!("{to} is not ready for {from}'s customers yet; {}", then(short))
            }
            FailoverStands::Moved => format!(
                "{to} is ready, and {from} is out of service: within a minute its /health answers 503, and DNS leads its customers \
                 elsewhere"
            ),
            FailoverStands::Stood => format!("{from} is out of service already, and {to} is ready for its customers"),
        }
    }

    /// A failover that is over: who scales as usual again, and whose chains could not be asked.
    pub fn failed_back(self, region: &RegionName, carried: &[RegionName], unread: &[RegionName]) -> String {
        let titles =
            |regions: &[RegionName]| regions.iter().map(|region| self.title(region)).collect::<Vec<_>>().join(", ");
        let mut said = match unread.contains(region) {
            true => format!("the failover of {} ends", self.title(region)),
            false => format!("{} is in service: its customers come back as DNS is asked again", self.title(region)),
        };
        if !carried.is_empty() {
            said += &format!("; {} scales as usual again", titles(carried));
        }
        if !unread.is_empty() {
            let unread = titles(unread);
            said += &format!("; the ledger of {unread} does not answer: give the command again once it does");
        }
        said
    }

    /// A condemned release: since when, the deciding part of the reason, and whether it serves anywhere.
    pub fn condemned(self, row: &CondemnedRow) -> String {
        let serves = row.exposed.iter().any(|(_, exposure)| matches!(exposure, Exposure::Serves { .. }));
        let place = if serves { "" } else { ", and serves nowhere by the ledgers" };
        let since = row.since.strftime("%Y-%m-%d %H:%M:%S");
        format!("condemned: {} since {since}{place}: {}", row.version, self.brief(&row.why))
    }
}

/// A rule that is set aside, as its command names the region: by AWS's name, or every one.
pub fn set_aside(what: Rule, region: Option<&RegionName>, until: Timestamp) -> String {
    format!("the {what} is set aside for {} until {until}", region.map_or(EVERY_REGION, RegionName::as_str))
}

/// A rule whose override is ended.
pub fn holds_again(what: Rule, region: Option<&RegionName>) -> String {
    format!("the {what} holds again for {}", region.map_or(EVERY_REGION, RegionName::as_str))
}

/// What is put in quarantine, and the releases that it takes out of consideration.
pub fn quarantined(object: &Object, releases: &[ReleaseId]) -> String {
    concerned(object, "is in quarantine", releases)
}

/// What is taken out of quarantine, and the releases that had been out of consideration for it.
pub fn quarantine_lifted(object: &Object, releases: &[ReleaseId]) -> String {
    concerned(object, "is no longer in quarantine", releases)
}

fn concerned(object: &Object, state: &str, releases: &[ReleaseId]) -> String {
    format!("{object} {state}; releases that it concerns: {}{}", releases.len(), list(releases))
}

/// Each on a line of its own, below the sentence.
fn list(releases: &[ReleaseId]) -> String {
    releases.iter().map(|release| format!("\n  {release}")).collect()
}

/// A hold-out that is approved, and from when it counts.
pub fn holdout_approved(holdout: &Holdout) -> String {
    let Holdout { sha256, rows, positives, .. } = holdout;
    format!(
        "approved: releases published from now on are evaluated on {sha256} ({rows} records, {positives} positives)"
    )
}

/// A hold-out that was approved before.
pub fn holdout_stands(approved: &ApprovedHoldout) -> String {
    format!("these records were approved at {:.0} by {} already", approved.since, approved.by)
}

/// What a person is asked before a release is published.
pub fn will_be_published(version: &Version, release: &ReleaseId) -> String {
    format!("{version} will be published as {release}")
}

/// What a dry run says of a release.
pub fn would_be_published(version: &Version, release: &ReleaseId) -> String {
    format!("would be published: {version} as {release}")
}

/// A release whose publication a person declined.
pub fn not_published(version: &Version, release: &ReleaseId) -> String {
    format!("nothing was written; not published: {version} as {release}")
}

/// What a person is asked before a command is carried out: what it does, and the reason and the name that the ledger keeps.
pub fn question(does: &str, why: &str, who: &Actor) -> String {
    format!("{does} (\"{why}\", {who})")
}

/// What a dry run says of a command that would write.
pub fn would_be_written(does: &str) -> String {
    format!("would be written: {does}")
}

/// What a dry run says of a command that would write nothing, because it is so already.
pub fn nothing_to_write(does: &str) -> String {
    format!("there is nothing to write: {does}")
}

/// A command that a person declined.
pub fn not_done(does: &str) -> String {
    format!("nothing was written; not done: {does}")
}

/// Whether the fleet needs a person, by how many things do.
pub fn needs(count: usize) -> String {
    match count {
        0 => "Nothing needs you.".to_owned(),
        1 => "One thing needs you.".to_owned(),
        count => format!("{count} things need you, the most urgent first."),
    }
}
