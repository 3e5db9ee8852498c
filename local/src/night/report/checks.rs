//! Whether a night ended as its scenario says, and what must hold in every night.

use super::unexpected::{UNKNOWN, Unexpected};
use super::{RegionEnd, Remains, Report};
use crate::night::scenario::{Ending, Expect};
use crate::world::{Fault, Moment, Stage, What, World, WorldEvent};
use jiff::Timestamp;
use meridian_domain::{Chain, Record, RegionName};
use std::collections::BTreeSet;

impl Remains<'_> {
    /// What did not come out as the scenario says, and what must hold in every night.
    pub(super) fn unexpected(&self, report: &Report, log: &[WorldEvent], unmet: Vec<Fault>) -> Vec<Unexpected> {
        let expect = &self.scenario.expect;
        let unnamed = self.fleet.regions.iter().filter(|region| !expect.serves.contains_key(&region.name));
        let mut found = serves(expect, report);
        if let Some(by) = expect.by {
            found.extend(late(by, self.scenario.start, report));
        }
        let pages = expect.pages.of(self.fleet.regions.len());
        if report.pages.len() != pages {
            found.push(Unexpected::Pages { sent: report.pages.len(), expected: pages });
        }
        if let Some(expected) = expect.advice.filter(|advice| report.advice.len() != *advice) {
            found.push(Unexpected::Advice { sent: report.advice.len(), expected });
        }
        let endings: Vec<Ending> = report.executions.iter().map(|execution| execution.ending).collect();
        if let Some(expected) = expect.executions.clone().filter(|expected| *expected != endings) {
            found.push(Unexpected::Executions { endings, expected });
        }
        found.extend(
            unnamed
                .map(|region| Unexpected::NothingExpected { region: region.name.clone(), title: region.title.clone() }),
        );
        found.extend(unmet.into_iter().map(|fault| Unexpected::FaultUnmet { fault: Box::new(fault) }));
        found.extend(self.two_mid_shift(log));
        found.extend(self.started_beside(log));
        found.extend(self.two_entries_at_once());
        found
    }

    /// Regions that serve, and that an update to other instances left out of automatic scaling.
    pub(super) fn unscaled(&self, report: &Report, world: &World) -> Vec<Unexpected> {
        let (endpoint, variant) = (self.fleet.endpoint.as_str(), self.fleet.variant.as_str());
        let left_out = |end: &&RegionEnd| end.confirmed_by_endpoint && !world.scales(&end.region, endpoint, variant);
        let scaled = report.fleet.iter().filter(|_| self.fleet.scaling.is_some());
        let unscaled = |end: &RegionEnd| Unexpected::Unscaled { region: end.region.clone(), title: end.title.clone() };
        scaled.filter(left_out).map(unscaled).collect()
    }

    /// I1, seen from outside: never two regions between canary and full shift, deferred ones left out and those that go back by
    /// themselves, which wait for nobody (I6).
    fn two_mid_shift(&self, log: &[WorldEvent]) -> Option<Unexpected> {
        let mut moving = BTreeSet::new();
        for event in log {
            note_stage(&mut moving, event);
            moving.retain(|region| !self.deferred(region, event.at) && !self.rolls_back(region, event.at));
            if moving.len() > 1 {
                let regions = moving.into_iter().cloned().collect();
                return Some(Unexpected::MidShiftTogether { regions, at: event.at });
            }
        }
        None
    }

    /// I1 once more: no wave starts a region while another one is mid-shift or rolling back.
    fn started_beside(&self, log: &[WorldEvent]) -> Option<Unexpected> {
        let regions = self.fleet.regions.iter().map(|region| &region.name);
        let mut starts = regions.flat_map(|region| {
            let entries = self.ledger.get(&Chain::Region(region.clone())).into_iter().flatten();
            let waves = |record: &Record| matches!(record, Record::UpdateIntended { epoch: Some(_), .. });
            entries.filter(move |entry| waves(&entry.record)).map(move |entry| (region, entry.at))
        });
        starts.find_map(|(region, at)| {
            let mut moving = BTreeSet::new();
            log.iter().take_while(|event| event.at <= at).for_each(|event| note_stage(&mut moving, event));
            let other = moving.into_iter().find(|other| *other != region && !self.deferred(other, at))?;
            Some(Unexpected::StartedBeside { region: region.clone(), other: other.clone(), at })
        })
    }

    /// Whether a wave had left the region behind, and no later one had taken it up again.
    fn deferred(&self, region: &RegionName, at: Timestamp) -> bool {
        let last = |chain: &Chain, wanted: &dyn Fn(&Record) -> bool| {
            let entries = self.ledger.get(chain).into_iter().flatten().take_while(|entry| entry.at <= at);
            entries.filter(|entry| wanted(&entry.record)).last().map(|entry| entry.at)
        };
        let left_behind = last(&Chain::Home, &|record| match record {
            Record::Deferred { region: deferred, .. } => deferred == region,
            Record::WaveStarted { late, .. } => late.contains(region),
            _ => false,
        });
        let taken_up = last(&Chain::Region(region.clone()), &|record| matches!(record, Record::UpdateIntended { .. }));
        left_behind.is_some_and(|left| taken_up.is_none_or(|taken| taken <= left))
    }

    /// Whether the region's last update is its own way back and no wave's.
    fn rolls_back(&self, region: &RegionName, at: Timestamp) -> bool {
        let entries = self.ledger.get(&Chain::Region(region.clone())).into_iter().flatten();
        let last = entries.take_while(|entry| entry.at <= at).filter_map(|entry| match &entry.record {
            Record::UpdateIntended { epoch, .. } => Some(epoch.is_none()),
            _ => None,
        });
        last.last().unwrap_or(false)
    }

    /// The chains, checked as an auditor would.
    fn two_entries_at_once(&self) -> Vec<Unexpected> {
        let broken = self.ledger.iter().filter_map(|(chain, entries)| {
            let mut head = meridian_domain::Head::default();
            let error = entries.iter().find_map(|entry| head.follow(entry).err())?;
            Some(Unexpected::ChainBroken { chain: chain.clone(), error })
        });
        broken.collect()
    }
}

/// Which regions are between canary and full shift, once more has happened.
fn note_stage<'e>(moving: &mut BTreeSet<&'e RegionName>, event: &'e WorldEvent) {
    let What::EndpointStage { stage, .. } = &event.what else { return };
    match stage {
        Stage::Canary | Stage::Shifting => moving.insert(&event.region),
        _ => moving.remove(&event.region),
    };
}

fn serves(expect: &Expect, report: &Report) -> Vec<Unexpected> {
    let wrong = report.fleet.iter().filter_map(|end| {
        let wanted = expect.serves.get(&end.region)?;
        let (region, title) = (end.region.clone(), end.title.clone());
        if end.version.as_deref().unwrap_or(UNKNOWN) != wanted.as_str() {
            let (version, expected) = (end.version.clone(), wanted.to_string());
            return Some(Unexpected::OtherVersion { region, title, version, expected });
        }
        let version = end.version.clone().filter(|_| !end.confirmed_by_endpoint)?;
        Some(Unexpected::Unconfirmed { region, title, version, status: end.status.clone() })
    });
    wrong.collect()
}

fn late(by: Moment, start: Timestamp, report: &Report) -> Vec<Unexpected> {
    let expected = by.after(start);
    let late = report.fleet.iter().filter(|end| end.since.is_none_or(|since| since > expected));
    late.map(|end| Unexpected::Late {
        region: end.region.clone(),
        title: end.title.clone(),
        since: end.since,
        expected,
    })
    .collect()
}

#[cfg(test)]
mod tests;
