//! Headlines: what happened, without the reason. A page's subject is one, and a full sentence begins with one.

use crate::Voice;
use crate::why::listed;
use meridian_domain::Fleet;
use meridian_domain::reason::{ExecutionEnd, Lag, Reason, Return, Revert, Step, Stopped, WaveEnd};

impl Voice<'_> {
    /// What happened, short enough for a lock screen: the page's message says why.
    pub fn headline(self, why: &Reason) -> String {
        match why {
            Reason::Wave(end) => self.wave_end_headline(end),
            Reason::Return(told) => self.told_headline(told),
            Reason::Step(step) => self.step_headline(step),
            Reason::Lag(lag) => self.lag_headline(lag),
            Reason::CallersAlike { region, .. } => {
                format!("{}: 4xx too high on both releases", self.title(region))
            }
            other => self.why(other),
        }
    }

    pub(crate) fn lag_headline(self, lag: &Lag) -> String {
        let releases = if lag.behind == 1 { "release" } else { "releases" };
        format!("{} is {} {releases} behind {}", self.title(&lag.region), lag.behind, lag.newest)
    }

    pub(crate) fn wave_end_headline(self, end: &WaveEnd) -> String {
        match end {
            WaveEnd::Serves { region, version } => format!("{} serves {version}", self.title(region)),
            WaveEnd::Keeps { region, version } => format!("{} keeps {version}; nothing runs there", self.title(region)),
            WaveEnd::Superseded { region, version, newer } => {
                format!("{}: {version} is superseded by {newer}", self.title(region))
            }
            WaveEnd::Stopped(stopped) => self.stopped_headline(stopped),
            WaveEnd::RolledBack { region, version, over: true, .. } => {
                format!("{} rolled back {version}", self.title(region))
            }
            WaveEnd::RolledBack { region, version, over: false, why } => {
                let worse = matches!(**why, Reason::Revert(Revert::WorseAtFullLoad(_)));
                let worse = if worse { ", worse at full load" } else { "" };
                format!("{} must roll back {version}{worse}", self.title(region))
            }
            WaveEnd::NotOn { region, version, .. } => format!("{} is not on {version}", self.title(region)),
            WaveEnd::NotPromoted { region, version, .. } => {
                format!("{} is not promoted to {version}", self.title(region))
            }
            WaveEnd::Deferred { region, .. } => format!("{} is deferred", self.title(region)),
            WaveEnd::NoFirstRelease { region, .. } => format!("{} has no first release", self.title(region)),
            WaveEnd::FullLoad { region, .. } => format!("{} at full load", self.title(region)),
            WaveEnd::NotJudged { region, version, .. } => {
                format!("{} serves {version} and was not judged at full load", self.title(region))
            }
            WaveEnd::Complete { version, then: false, .. } => format!("every region serves {version}"),
            WaveEnd::Complete { version, then: true, .. } => {
                format!("every region served {version} when the wave ended")
            }
            WaveEnd::Incomplete { version, lagging, .. } => promoted(self.fleet, version.as_str(), lagging.len()),
            WaveEnd::Lost { version, how, lagging, .. } => {
                let (waiting, all) = (lagging.len(), self.fleet.regions.len());
                let waits = if waiting == 1 { "waits" } else { "wait" };
                format!("{version}: its pipeline {}, {waiting} of {all} regions {waits}", ended(*how))
            }
        }
    }

    fn stopped_headline(self, stopped: &Stopped) -> String {
        match stopped {
            Stopped::FleetHalted(_) => "the fleet is halted".to_owned(),
            Stopped::RegionHalted { region, .. } => format!("{} is halted", self.title(region)),
            Stopped::Barred { version, .. } => format!("{version} is barred"),
            Stopped::WaveOver => "this wave has ended".to_owned(),
            Stopped::FrozenTooLong { .. } => "the fleet is frozen".to_owned(),
        }
    }

    pub(crate) fn told_headline(self, told: &Return) -> String {
        match told {
            Return::RollsBack { region, to, .. } | Return::RollsBackFrom { region, from: None, to, .. } => {
                format!("{} rolls back to {to}", self.title(region))
            }
            Return::RollsBackFrom { region, from: Some(from), to, .. } | Return::Unread { region, from, to, .. } => {
                format!("{} rolls back from {from} to {to}", self.title(region))
            }
            // It was not known what it served meanwhile.
            Return::RolledBack { region, from, to, .. } | Return::Unwritten { region, from, to } if from == to => {
                format!("{} serves {to} again", self.title(region))
            }
            Return::RolledBack { region, from, to, .. } | Return::Unwritten { region, from, to } => {
                format!("{} rolled back from {from} to {to}", self.title(region))
            }
            Return::Stays { region, version } => format!("{} stays on {version}", self.title(region)),
            Return::Leaves { region, version } | Return::LeavesAfter { region, version, .. } => {
                format!("{}: 4xx too high on {version}", self.title(region))
            }
            Return::NowhereToGo { region, version, .. } => {
                format!("{}: alarm on {version}, no release to roll back to", self.title(region))
            }
            Return::RingsInSoak { region, version, .. } => {
                format!("{}: rollback alarm while {version} soaks", self.title(region))
            }
            Return::WorseThanBefore { region, version, .. } => {
                format!("{}: {version} is worse than the days before", self.title(region))
            }
            Return::NotLit { region, version } => {
                format!("{}'s new endpoint is not proved to answer as {version}", self.title(region))
            }
            Return::Broken { region, status } => format!("{}'s endpoint is {status:?}", self.title(region)),
            Return::Foreign { region, .. } => format!("{}'s endpoint was changed by hand", self.title(region)),
            Return::BytesUnknown { region, .. } => format!("{}: serving release unknown", self.title(region)),
            Return::GoesToProved { region, version } => {
                format!("{} is updated to {version}, the last release proved to serve", self.title(region))
            }
            Return::UnderWay => "the rollback is in progress".to_owned(),
        }
    }

    pub(crate) fn step_headline(self, step: &Step) -> String {
        match step {
            Step::LacksInstances { region, has, least, .. } => {
                format!("{}: failover capacity short, {has} of {least} instances", self.title(region))
            }
            Step::ScalingNotSet { region, version, .. } => {
                format!("{}: scaling of {version} was not registered", self.title(region))
            }
            Step::AllClear { version, .. } => format!("all-clear: every region serves {version}"),
            other => self.step(other),
        }
    }

    /// Why a region's turn ended, where there is more to say than its headline.
    pub(crate) fn wave_end_why(self, end: &WaveEnd) -> Option<String> {
        match end {
            WaveEnd::RolledBack { why, .. }
            | WaveEnd::NotOn { why, .. }
            | WaveEnd::NotPromoted { why, .. }
            | WaveEnd::Deferred { why, .. }
            | WaveEnd::NoFirstRelease { why, .. } => Some(self.why(why)),
            WaveEnd::FullLoad { found, .. } => Some(self.full_load(found).join("; ")),
            WaveEnd::NotJudged { stopped: Stopped::WaveOver, .. } => Some("the wave has ended".to_owned()),
            WaveEnd::NotJudged { stopped, .. } => Some(self.stopped(stopped)),
            WaveEnd::Incomplete { lagging, .. } => {
                let lagging: Vec<String> = lagging.iter().map(|(region, why)| self.lagging(region, why)).collect();
                Some(lagging.join("; "))
            }
            WaveEnd::Lost { how, lagging, .. } => {
                let titles: Vec<String> = lagging.iter().map(|region| self.title(region).to_owned()).collect();
                let verb = if titles.len() == 1 { "waits" } else { "wait" };
                Some(format!(
                    "CodePipeline says {how:?} of the wave's execution, no job of it said why, and {} {verb} for the release",
                    listed(&titles)
                ))
            }
            WaveEnd::Serves { .. }
            | WaveEnd::Keeps { .. }
            | WaveEnd::Superseded { .. }
            | WaveEnd::Stopped(_)
            | WaveEnd::Complete { .. } => None,
        }
    }
}

/// "has failed".
fn ended(how: ExecutionEnd) -> &'static str {
    match how {
        ExecutionEnd::Succeeded => "has ended",
        ExecutionEnd::Failed => "has failed",
        ExecutionEnd::Stopped => "was stopped",
        ExecutionEnd::Superseded => "was superseded",
        ExecutionEnd::Cancelled => "was cancelled",
    }
}

/// "v428: 1 of 4 regions promoted".
pub(crate) fn promoted(fleet: &Fleet, version: &str, lagging: usize) -> String {
    let all = fleet.regions.len();
    format!("{version}: {} of {all} regions promoted", all.saturating_sub(lagging))
}
