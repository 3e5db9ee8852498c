//! What a step of a wave is for.

use crate::Voice;
use crate::unseen::{of_region, words};
use crate::why::listed;
use meridian_domain::plan::Act;
use meridian_domain::reason::{Canary, Step, Traffic};
use meridian_domain::{PageOnRecord, RegionName, Version};

impl Voice<'_> {
    pub(crate) fn step(self, step: &Step) -> String {
        match step {
            Step::Act { act, region, version } => self.act(*act, region, version),
            Step::LeaseHalfUsed => "the lease is half used".to_owned(),
            Step::LeaseFree => "the lease is free".to_owned(),
            Step::Order => "the wave's order is chosen once".to_owned(),
            Step::Ready { region, version, first, canary, overrides } => {
                let without = if *first { ", its first release: no rollback target" } else { "" };
                let canary = canary.as_ref().map(chosen).unwrap_or_default();
                format!("{} is ready for {version}{without}{canary}{}", self.title(region), self.overrides(overrides))
            }
            Step::FoundRunning => "found in progress after a lost answer".to_owned(),
            Step::CanaryTakesTraffic { region, version, percent } => {
                format!("{percent} % of {}'s traffic is on {version}", self.title(region))
            }
            Step::Proved { golden, version } => {
                format!("all {golden} golden records were answered with {version}'s scores")
            }
            Step::WasServing { region, version } => format!("{} was on {version} the whole time", self.title(region)),
            Step::LastUpdateEnded { region } => format!("{}'s last update has ended", self.title(region)),
            Step::IsBack { region, version } => format!("{} is back on {version}", self.title(region)),
            Step::FallsSilent { region, why } => {
                format!("{} does not answer: {}", self.title(region), of_region(why))
            }
            Step::InTheWay { region, why } => format!("{} blocks the wave: {}", self.title(region), self.gate(why)),
            Step::AnswersAgain { region } => format!("{} answers again", self.title(region)),
            Step::JudgeReplaced { region } => {
                format!("{}'s halt is over: its judge died with the home before", self.title(region))
            }
            Step::ReadyForFailover { region } => {
                format!("{} has the instances that a failover needs", self.title(region))
            }
            Step::Carries { region, from, least } => {
                format!("{} needs {least} instances to carry {}'s customers too", self.title(region), self.title(from))
            }
            Step::ReadyToCarry { region, from } => {
                format!("{} can carry {}'s customers too", self.title(region), self.title(from))
            }
            Step::Keeps { region, version } => {
                format!("{} has what an endpoint of {version} needs; nothing runs there", self.title(region))
            }
            Step::PutOut { region, version } => {
                format!("{} has no endpoint any more: it keeps {version}", self.title(region))
            }
            Step::Lights { region, version } => format!("{} creates its endpoint, with {version}", self.title(region)),
            Step::NeedsInstances { region, has, least } => self.needs_instances(region, *has, *least),
            Step::LacksInstances { why, .. } => {
                let why = why.as_ref().map(|why| format!(": {}", words(why))).unwrap_or_default();
                format!("{}{why}", self.step_headline(step))
            }
            Step::UsualScaling { region, least, most } => {
                format!("{} keeps {least} to {most} instances from now on", self.title(region))
            }
            Step::ScalingSet { region } => format!("{}'s scaling is set", self.title(region)),
            Step::ScalingNotSet { why, .. } => format!("{}: {}", self.step_headline(step), words(why)),
            Step::AllClear { pages, .. } => {
                let over: Vec<String> = pages.iter().map(|page| self.page_on_record(page)).collect();
                let pages = if over.len() == 1 { "this page is" } else { "these pages are" };
                format!("{}, proved by golden records; {pages} over: {}", self.step_headline(step), listed(&over))
            }
            Step::SoakOver { region } => format!("{}'s soak is over", self.title(region)),
            Step::WaveOver => "the wave is over".to_owned(),
        }
    }

    /// By what people know it: its subject, and when.
    fn page_on_record(self, page: &PageOnRecord) -> String {
        format!("{} ({})", self.headline(&page.why), page.at.strftime("%Y-%m-%d %H:%M:%S UTC"))
    }

    fn act(self, act: Act, region: &RegionName, version: &Version) -> String {
        let title = self.title(region);
        match act {
            Act::Prepare => format!("alarms, model and configuration for {version}"),
            Act::Update => format!("{title} is updated to {version}"),
            Act::Create => format!("{title}'s endpoint is created with {version}"),
            Act::Beat => "judge heartbeat".to_owned(),
            Act::Look => format!("what {version} serves in {title}, and the release beside it"),
            Act::Measure => format!("what {title} served in the last hour"),
            Act::AskGolden => format!("whether {title} answers as {version}"),
            Act::Trip => format!("{title} must roll back from {version}"),
            Act::Disarm => "judge heartbeat not needed any more".to_owned(),
            Act::NoteDeferral => format!("{title}'s deferral is stored with the verdict alarm"),
            Act::Scale => format!("{title}'s number of instances"),
            Act::Deregister => {
                format!("{title}'s automatic scaling is removed: {version} may have another instance type")
            }
        }
    }

    pub(crate) fn needs_instances(self, region: &RegionName, has: u32, least: u32) -> String {
        format!("{} has {has} of the {least} instances that a failover needs", self.title(region))
    }
}

fn chosen(canary: &Canary) -> String {
    let by = match &canary.by {
        Traffic::Measured(rps) => format!("{rps:.0} requests/s measured"),
        Traffic::Usual => "usual traffic".to_owned(),
        Traffic::Unseen { why } => format!("usual traffic, as the counts cannot be read: {}", words(why)),
    };
    format!("; its canary of {} % bakes {:#} ({by})", canary.bake.percent, canary.bake.wait)
}
