//! What must hold in every night, whatever goes wrong in it: seen from outside, by what the world did and what the ledgers say.

use super::draw::HOME;
use crate::night::{PageSent, RegionEnd, Report, Scenario, Unexpected};
use crate::world::{Fault, FaultKind, Stage, What};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::reason::Return;
use meridian_domain::{Chain, Decision, Entry, Reason, Record, RegionHistory, RegionName};
use std::collections::BTreeSet;
use std::fmt;

/// What a canary's last word may be late: SageMaker hears of a revert no sooner.
const LATELY: SignedDuration = SignedDuration::from_mins(1);
/// A release that answers worse than this from its first request on may serve nowhere in the end.
const PLAINLY_BAD: f64 = 0.02;

/// What must hold and did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// What breaks an invariant in any night (I1, the chains).
    Always(Unexpected),
    /// I2: customers were given a release that was not approved, or whose bytes nobody had checked there.
    NotApproved(RegionName, Timestamp),
    /// I8: nothing in the region's ledger says that its endpoint was to change.
    NotIntended(RegionName, Timestamp),
    /// I9: all traffic went to a canary that nobody had let through.
    NotLetThrough(RegionName, Timestamp),
    /// I13: the endpoint serves what no ledger proved, and no record says so.
    NotProved(RegionName, String),
    /// All mishaps are over for an hour, and the endpoint is still changing, or failed.
    NotAtRest(RegionName, String),
    /// Nothing went wrong in the region or at home but that functions died, the release is good, and it is not there.
    NotDelivered(RegionName, String),
    /// A release that answers badly everywhere serves customers when the night ends.
    BadServes(RegionName),
    /// I14: the region is not on the release, nobody was told, and no record says why.
    NotHeard(RegionName),
    /// I14: the same page was sent twice.
    ToldTwice(String),
    /// I14: more pages than so many mishaps are worth.
    TooManyPages(usize),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always(what) => what.fmt(f),
            Self::NotApproved(region, at) => {
                write!(f, "I2: {region} served a release at {at} that was not approved, or not attested there")
            }
            Self::NotIntended(region, at) => {
                write!(f, "I8: {region}'s endpoint changed at {at} without an intent on record")
            }
            Self::NotLetThrough(region, at) => {
                write!(f, "I9: {region} shifted all traffic at {at}, and nobody had let the canary through")
            }
            Self::NotProved(region, status) => {
                write!(f, "I13: {region} ends {status} on what its ledger did not prove, and no record says so")
            }
            Self::NotAtRest(region, status) => {
                write!(f, "liveness: {region} ends {status}, long after the last mishap")
            }
            Self::NotDelivered(region, version) => {
                write!(f, "liveness: nothing went wrong in {region} or at home, and it ends on {version}")
            }
            Self::BadServes(region) => write!(f, "a release that is bad everywhere serves {region} in the end"),
            Self::NotHeard(region) => {
                write!(f, "I14: {region} is not on the release, nobody was told, and no record says why")
            }
            Self::ToldTwice(subject) => write!(f, "I14: told twice: {subject}"),
            Self::TooManyPages(pages) => write!(f, "I14: {pages} pages"),
        }
    }
}

/// Everything that must hold and did not.
pub fn broken(scenario: &Scenario, report: &Report) -> Vec<Broken> {
    let always = report.unexpected.iter().map(|problem| problem.what.clone()).filter(Unexpected::breaks_invariant);
    let mut all: Vec<Broken> = always.map(Broken::Always).collect();
    let night = Night { scenario, report, touched: touched(scenario) };
    all.extend(night.stages());
    all.extend(night.ends());
    all.extend(night.pages());
    all
}

/// Whether a region ends on the release that was published last, as its endpoint says too.
pub(super) fn arrived(scenario: &Scenario, end: &RegionEnd) -> bool {
    let release = scenario.publish.last().map(|own| own.version.as_str());
    end.confirmed_by_endpoint && end.version.as_deref() == release
}

struct Night<'a> {
    scenario: &'a Scenario,
    report: &'a Report,
    /// Where something goes wrong; none for everywhere.
    touched: Option<BTreeSet<RegionName>>,
}

/// The regions in which something goes wrong; none where that is everywhere.
fn touched(scenario: &Scenario) -> Option<BTreeSet<RegionName>> {
    let faults = scenario.fault.iter().map(|fault| fault.region.clone());
    let behaviours = scenario.behaviour.iter().map(|own| own.region.clone());
    let hands = scenario.hand.iter().map(|hand| Some(hand.region.clone()));
    let moves = scenario.failover.iter().flat_map(|own| [Some(own.from.clone()), own.to.clone()].into_iter().flatten());
    faults.chain(behaviours).chain(hands).chain(moves.map(Some)).collect()
}

impl Night<'_> {
    fn chain(&self, chain: &Chain) -> &[Entry] {
        self.report.ledger.get(&chain.to_string()).map_or(&[], Vec::as_slice)
    }

    /// What stood in a chain at a moment, the newest first.
    fn newest_first<'e>(
        &'e self,
        chain: &Chain,
        at: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, &'e Record)> + use<'e> {
        let entries = self.chain(chain).iter().rev().skip_while(move |entry| entry.at > at);
        entries.map(|entry| (entry.at, &entry.record))
    }

    /// Whether a person may have brought the region's endpoint where it was at that moment.
    fn is_by_hand(&self, region: &RegionName, at: Timestamp) -> bool {
        let start = self.scenario.start;
        let mut own = self.scenario.hand.iter().filter(|hand| hand.region == *region && hand.at.after(start) <= at);
        own.any(|hand| hand.operation == "UpdateEndpoint")
    }

    fn stages(&self) -> Vec<Broken> {
        let mut all = Vec::new();
        for event in &self.report.events {
            let What::EndpointStage { stage, new_config, .. } = &event.what else { continue };
            let (region, at) = (&event.region, event.at);
            if self.is_by_hand(region, at) {
                continue;
            }
            let wrong = match stage {
                Stage::Canary => self.started(region, new_config, at),
                Stage::Shifting => self.let_through(region, new_config, at),
                _ => None,
            };
            all.extend(wrong);
        }
        all
    }

    /// What stands in the region's ledger of an update to `config`.
    fn intent(&self, region: &RegionName, config: &str, at: Timestamp) -> Option<&Record> {
        let is = |record: &Record| matches!(record, Record::UpdateIntended { target, .. } if target.config.as_str() == config);
        let mut entries = self.newest_first(&Chain::Region(region.clone()), at);
        entries.find(|(_, record)| is(record)).map(|(_, record)| record)
    }

    fn started(&self, region: &RegionName, config: &str, at: Timestamp) -> Option<Broken> {
        let Some(Record::UpdateIntended { target, epoch, .. }) = self.intent(region, config, at) else {
            return Some(Broken::NotIntended(region.clone(), at));
        };
        let of = target.release;
        let own = Chain::Region(region.clone());
        let is_attested = |record: &Record| matches!(record, Record::Attested { release, .. } if *release == of);
        let is_approved = |record: &Record| matches!(record, Record::Approved { release, .. } if *release == of);
        let attested = self.newest_first(&own, at).any(|(_, record)| is_attested(record));
        let approved = self.newest_first(&Chain::Home, at).any(|(_, record)| is_approved(record));
        (epoch.is_some() && !(attested && approved)).then(|| Broken::NotApproved(region.clone(), at))
    }

    fn let_through(&self, region: &RegionName, config: &str, at: Timestamp) -> Option<Broken> {
        let Some(Record::UpdateIntended { execution: wave, epoch: Some(_), back: Some(_), .. }) =
            self.intent(region, config, at)
        else {
            return None;
        };
        let own = Chain::Region(region.clone());
        let mut decisions = self.newest_first(&own, at).filter_map(|(when, record)| match record {
            Record::Decided { execution, decision, .. } if execution == wave => Some((when, *decision)),
            _ => None,
        });
        let last = decisions.find(|(when, decision)| *decision != Decision::Revert || *when < at - LATELY);
        let through = last.is_some_and(|(_, decision)| decision == Decision::Proceed);
        (!through).then(|| Broken::NotLetThrough(region.clone(), at))
    }

    fn ends(&self) -> Vec<Broken> {
        self.report.fleet.iter().flat_map(|end| self.end(end)).collect()
    }

    fn end(&self, end: &RegionEnd) -> impl Iterator<Item = Broken> {
        let (region, status) = (|| end.region.clone(), || end.status.clone());
        let version = || end.version.clone().unwrap_or_else(|| "unknown".to_owned());
        let arrived = arrived(self.scenario, end);
        let rests = ["InService", "none"].contains(&end.status.as_str());
        let foreign = end.status == "InService" && !end.confirmed_by_endpoint;
        let found = [
            (self.is_spared(&end.region) && !arrived).then(|| Broken::NotDelivered(region(), version())),
            (self.is_plainly_bad() && arrived).then(|| Broken::BadServes(region())),
            (!rests && !self.may_fail(&end.region)).then(|| Broken::NotAtRest(region(), status())),
            (foreign && !self.is_said(&end.region)).then(|| Broken::NotProved(region(), status())),
            (!arrived && !self.is_heard(&end.region)).then(|| Broken::NotHeard(region())),
        ];
        found.into_iter().flatten()
    }

    /// Whether nothing that goes wrong is a reason to keep the release from the region.
    fn is_spared(&self, region: &RegionName) -> bool {
        // Two ill regions at once are no single region's fault: the wave may stop. An alarm that somebody sets speaks against the release.
        let elsewhere = self.touched.as_ref().is_some_and(|touched| {
            !touched.contains(region) && touched.len() < 2 && !touched.iter().any(|own| own.as_str() == HOME)
        });
        let alarms = self.scenario.hand.iter().any(|hand| hand.operation == "SetAlarmState");
        // Without a blue beside it, bad answers of a region's callers speak against the release too.
        self.scenario.behaviour.is_empty() && (self.only_deaths() || (elsewhere && !alarms))
    }

    /// Whether a record says that the region's endpoint is not what its ledger says.
    fn is_said(&self, region: &RegionName) -> bool {
        let told = |why: &Reason| matches!(why, Reason::Return(Return::Foreign { .. } | Return::Broken { .. }));
        let said =
            |history: &RegionHistory| history.unknown.is_some() || history.pages.iter().any(|page| told(&page.why));
        self.report.regions.get(region).is_some_and(said)
    }

    /// Whether somebody was told that the region is not on the release, or a record says why nobody need be.
    fn is_heard(&self, region: &RegionName) -> bool {
        let deferred = |key: &String| key.ends_with(&format!("/{region}"));
        !self.report.pages.is_empty() || self.report.hub.deferred.keys().any(deferred)
    }

    /// Whether nothing happened but that functions died: retries, the pipeline's next call or a sweep take over.
    fn only_deaths(&self) -> bool {
        self.scenario.hand.is_empty()
            && self.scenario.failover.is_empty()
            && self.scenario.fault.iter().all(|fault| fault.kind == FaultKind::Kill)
    }

    /// Whether SageMaker was kept from going back there, which nobody mends but a person.
    fn may_fail(&self, region: &RegionName) -> bool {
        let stuck = |fault: &Fault| fault.kind == FaultKind::RollbackFails && fault.region.as_ref() == Some(region);
        self.scenario.fault.iter().any(stuck)
    }

    fn is_plainly_bad(&self) -> bool {
        self.scenario.behaviour.iter().any(|own| {
            let everywhere = own.release != "*" && own.region.is_none() && own.from.is_none();
            everywhere && own.errors_5xx >= PLAINLY_BAD
        })
    }

    fn pages(&self) -> Vec<Broken> {
        let pages = &self.report.pages;
        let same =
            |a: &PageSent, b: &PageSent| (&a.subject, &a.message, &a.reason) == (&b.subject, &b.message, &b.reason);
        // An alarm of AWS's own may ring twice, and says the same.
        let ours = pages.iter().enumerate().filter(|(_, page)| page.kind.is_some());
        let twice = ours.filter(|(at, page)| pages.iter().take(*at).any(|before| same(before, page)));
        let mut all: Vec<Broken> = twice.map(|(_, page)| Broken::ToldTwice(page.subject.clone())).collect();
        let Scenario { fault, behaviour, hand, failover, .. } = self.scenario;
        let mishaps = fault.len() + behaviour.len() + hand.len() + failover.len();
        // What is bad everywhere pages each region; what ails one, the wave and an alarm of AWS's own beside it.
        if pages.len() > self.report.fleet.len() * mishaps {
            all.push(Broken::TooManyPages(pages.len()));
        }
        all
    }
}
