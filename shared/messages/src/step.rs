//! What a step of a wave is for.

use crate::Voice;
use meridian_domain::RegionName;
use meridian_domain::reason::{Canary, Step, Traffic};

impl Voice<'_> {
    pub(crate) fn step(self, step: &Step) -> String {
        match step {
            Step::LeaseHalfUsed => "the lease is half used".to_owned(),
            Step::LeaseFree => "the lease is free".to_owned(),
            Step::Order => "the wave's order is chosen once".to_owned(),
            Step::Prepare { version } => format!("alarms, model and configuration for {version}"),
            Step::Measure { region } => format!("what {} served in the last hour", self.title(region)),
            Step::Ready { region, version, first, canary, overrides } => {
                let without = if *first { ", its first release: no rollback target" } else { "" };
                let canary = canary.as_ref().map(chosen).unwrap_or_default();
                format!("{} is ready for {version}{without}{canary}{}", self.title(region), self.overrides(overrides))
            }
            Step::Update { region, version } => format!("{} is updated to {version}", self.title(region)),
            Step::FoundRunning => "the update was found in progress after a lost answer".to_owned(),
            Step::FoundInCreation => "the endpoint was found in creation after a lost answer".to_owned(),
            Step::Beat => "judge heartbeat".to_owned(),
            Step::BeatPatiently => "judge heartbeat while the region does not answer".to_owned(),
            Step::BeatForFirst => "judge heartbeat while the first endpoint is created".to_owned(),
            Step::BeatAlong => "wave heartbeat, there is no canary".to_owned(),
            Step::CanaryTakesTraffic { region, version, percent } => {
                format!("{percent} % of {}'s traffic is on {version}", self.title(region))
            }
            Step::Look => "what green and blue served".to_owned(),
            Step::LookAtFullLoad => "what green serves at full load, and blue served".to_owned(),
            Step::AskGolden => "which model answers".to_owned(),
            Step::AskGoldenAfterSoak => "which model answers, now that soak is over".to_owned(),
            Step::AskGoldenOfLeftover { version } => format!("whether {version} answers, which is not proved"),
            Step::AskGoldenOfReturn { version } => format!("whether {version} answers again"),
            Step::Proved { golden, version } => {
                format!("all {golden} golden records were answered with {version}'s scores")
            }
            Step::WasServing { region, version } => format!("{} was on {version} the whole time", self.title(region)),
            Step::LastUpdateEnded { region } => format!("{}'s last update has ended", self.title(region)),
            Step::CanaryOver => "the canary is over".to_owned(),
            Step::LetThroughAndOver => "the canary proceeded and is over".to_owned(),
            Step::NoCanary => "there is no canary".to_owned(),
            Step::Trip { region, why } => format!("{} must roll back: {}", self.title(region), self.why(why)),
            Step::TripOnReturn { region } => {
                format!("{} must roll back when its control plane answers again", self.title(region))
            }
            Step::IsBack { region, version } => format!("{} is back on {version}", self.title(region)),
            Step::FallsSilent { region, why } => {
                format!("{} does not answer: {}", self.title(region), self.unseen(why))
            }
            Step::InTheWay { region, why } => format!("{} blocks the wave: {}", self.title(region), self.gate(why)),
            Step::AnswersAgain { region } => format!("{} answers again", self.title(region)),
            Step::ReadyForFailover { region } => {
                format!("{} has the instances that a failover needs", self.title(region))
            }
            Step::NeedsInstances { region, has, least } => self.needs_instances(region, *has, *least),
            Step::LacksInstances { error, .. } => {
                let error = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
                format!("{}{error}", self.step_headline(step))
            }
            Step::UsualScaling { region, least, most } => {
                format!("{} keeps {least} to {most} instances from now on", self.title(region))
            }
            Step::ScalingSet { region } => format!("{}'s scaling is set", self.title(region)),
            Step::ScalingNotSet { error, .. } => format!("{}: {error}", self.step_headline(step)),
            Step::SoakOver { region } => format!("{}'s soak is over", self.title(region)),
            Step::WaveOver => "the wave is over".to_owned(),
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
        Traffic::Unseen { error } => format!("usual traffic, as the counts cannot be read: {error}"),
    };
    format!("; its canary of {} % bakes {:#} ({by})", canary.bake.percent, canary.bake.wait)
}
