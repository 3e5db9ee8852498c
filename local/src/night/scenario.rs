//! A night as a file: what is published when, what goes wrong, and how it has to end.

mod acts;
mod elsewhere;
mod error;
mod expect;
mod fields;
mod possible;
mod read;
mod tables;
mod words;

use crate::world::{Before, Behaviour, Clients, Fault, FeatureChange, LiveFacts, Moment, Timing};
pub use acts::{Approve, Deploy, Failover, Hand, MoveHome, Records, Rerun, Restore, SetAside};
pub use error::{ScenarioError, Untranslatable};
pub use expect::{Ending, Expect, Pages, PagesEach};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::edge::{Unusual, check_toml};
use meridian_domain::{RegionName, Version};
use read::Wrong;
use serde::Deserialize;
use std::path::Path;

/// The champion's version.
pub(super) const CHAMPION: &str = "v426";

/// Hands every scenario that comes with Meridian to another macro, as `identifier: "name",`: the one list of them.
#[macro_export]
macro_rules! every_scenario {
    ($then:ident) => {
        $then! {
            good_night: "good-night",
            tokyo_dark: "tokyo-dark",
            tokyo_dark_before: "tokyo-dark-before",
            tokyo_dark_canary: "tokyo-dark-canary",
            tokyo_dark_after: "tokyo-dark-after",
            tokyo_dark_long: "tokyo-dark-long",
            tokyo_rerun: "tokyo-rerun",
            rerun_bad: "rerun-bad",
            tokyo_next_night: "tokyo-next-night",
            ten_percent: "ten-percent",
            day_wave: "day-wave",
            cold_instances: "cold-instances",
            bad_model: "bad-model",
            bad_eval: "bad-eval",
            bad_caller: "bad-caller",
            bad_caller_at_the_shift: "bad-caller-at-the-shift",
            ill_region: "ill-region",
            chosen_exam: "chosen-exam",
            currency_in_brazil: "currency-in-brazil",
            late_alarm: "late-alarm",
            late_alarm_in_soak: "late-alarm-in-soak",
            late_alarm_in_soak_watched: "late-alarm-in-soak-watched",
            next_night_early: "next-night-early",
            planes_dark: "planes-dark",
            update_rollback_failed: "update-rollback-failed",
            unknown_next_night: "unknown-next-night",
            rollback_with_dead_ledger: "rollback-with-dead-ledger",
            messy_events: "messy-events",
            two_homes: "two-homes",
            judge_dies: "judge-dies",
            execution_stopped: "execution-stopped",
            rerun_stopped: "rerun-stopped",
            stage_retried: "stage-retried",
            deploy_in_mid_wave: "deploy-in-mid-wave",
            alarm_deleted: "alarm-deleted",
            replication_deleted: "replication-deleted",
            endpoint_deleted: "endpoint-deleted",
            endpoint_deleted_in_the_wave: "endpoint-deleted-in-the-wave",
            diverged: "diverged",
            restored_ledger: "restored-ledger",
            pipeline_dark: "pipeline-dark",
            topic_dark: "topic-dark",
            four_accounts: "four-accounts",
            out_of_dns: "out-of-dns",
            home_lost: "home-lost",
            home_lost_and_back: "home-lost-and-back",
            home_partitioned: "home-partitioned",
            home_rebuilt: "home-rebuilt",
            home_taken_over: "home-taken-over",
            home_lost_auto: "home-lost-auto",
            home_moved_in_peace: "home-moved-in-peace",
            zone_lost: "zone-lost",
            region_dead_by_day: "region-dead-by-day",
            us_east_1_gone: "us-east-1-gone",
            certificate_expired: "certificate-expired",
            survivors_hold: "survivors-hold",
            standby_hot: "standby-hot",
            standby_warm: "standby-warm",
            pilot_light: "pilot-light",
            pilot_light_auto: "pilot-light-auto",
            survivors_fall: "survivors-fall",
            failback: "failback",
            starved_canary: "starved-canary",
            tried_again: "tried-again",
            declines_more: "declines-more",
            slow_at_load: "slow-at-load",
            slow_burn: "slow-burn",
            slow_burn_acts: "slow-burn-acts",
            first_night: "first-night",
            add_region: "add-region",
            frozen: "frozen",
            overridden: "overridden",
            lost_replica: "lost-replica",
            image_late: "image-late",
            poisoned_manifest: "poisoned-manifest",
            by_traffic: "by-traffic",
            unsigned_release: "unsigned-release",
            type_change: "type-change",
            score_and_reasons: "score-and-reasons",
        }
    };
}

macro_rules! built_in {
    ($($night:ident: $name:literal,)*) => {
        /// The scenarios that come with Meridian, by name.
        const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*];
    };
}
every_scenario!(built_in);

/// One night.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What the night is called.
    #[serde(default)]
    pub name: String,
    /// One line: what happens.
    pub title: String,
    /// Where virtual time begins.
    pub start: Timestamp,
    /// How long the night is watched.
    pub lasts: SignedDuration,
    /// What training finishes.
    #[serde(default)]
    pub publish: Vec<Publish>,
    /// Hold-outs that a person approves, as with `meridian holdout approve`.
    #[serde(default)]
    pub approve: Vec<Approve>,
    /// New executions of the pipeline that a person starts.
    #[serde(default)]
    pub rerun: Vec<Rerun>,
    /// Rules that a person sets aside, as with `meridian override`.
    #[serde(default, rename = "override")]
    pub overrides: Vec<SetAside>,
    /// What a person does to AWS by hand.
    #[serde(default)]
    pub hand: Vec<Hand>,
    /// Customers that a person moves from region to region.
    #[serde(default)]
    pub failover: Vec<Failover>,
    /// Home, handed over to the region that is home in this night's `fleet.toml`.
    #[serde(default)]
    pub move_home: Option<MoveHome>,
    /// Buckets that a person puts back to what they held before, as from a backup.
    #[serde(default)]
    pub restore: Vec<Restore>,
    /// Deployments while the night goes on.
    #[serde(default)]
    pub deploy: Vec<Deploy>,
    /// Regions in which nothing ever served; nothing points customers there yet.
    #[serde(default)]
    pub new: Vec<RegionName>,
    /// The type of the instances with which v426 serves, where it is not what `fleet.toml` says.
    #[serde(default)]
    pub installed_on: Option<String>,
    /// What this night's `fleet.toml` says otherwise than the reference fleet: tables of it, laid over it; regions and freezes by
    /// their names.
    #[serde(default)]
    pub policy: toml::Table,
    /// What goes wrong.
    #[serde(default)]
    pub fault: Vec<Fault>,
    /// How releases differ from the usual.
    #[serde(default)]
    pub behaviour: Vec<Behaviour>,
    /// Features that customers' requests carry in another unit than training's: seen where endpoints capture requests.
    #[serde(default)]
    pub feature: Vec<FeatureChange>,
    /// How clients find regions.
    #[serde(default)]
    pub clients: Option<Clients>,
    /// What CloudWatch knows of the days before.
    #[serde(default)]
    pub before: Option<Before>,
    /// Which reading of AWS's undocumented behaviour holds.
    #[serde(default)]
    pub live: LiveFacts,
    /// How long things take.
    #[serde(default)]
    pub timing: Timing,
    /// Whether every event and every asynchronous invocation arrives twice.
    #[serde(default)]
    pub deliver_twice: bool,
    /// How it has to end.
    pub expect: Expect,
}

/// A release that training finishes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// When training finishes it.
    pub at: Moment,
    /// Its version.
    pub version: Version,
    /// Which of the models that come with Meridian it is.
    pub model: ModelName,
    /// Whose key signs it.
    #[serde(default)]
    pub signed: SignedBy,
    /// Which container serves it.
    #[serde(default)]
    pub image: ImageName,
    /// What that container answers.
    #[serde(default)]
    pub answer: AnswerName,
    /// The files of its feature pipeline, by their names.
    #[serde(default)]
    pub feature_files: Vec<String>,
    /// When its manifest says that training finished, where that is not the truth.
    #[serde(default)]
    pub created: Option<Timestamp>,
}

/// Who signs a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignedBy {
    /// Training, whose key policy trusts.
    #[default]
    Training,
    /// Somebody with a key of their own.
    Stranger,
    /// No signature: the release's folder has none.
    Nobody,
}

/// The containers that serve the releases of a night.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageName {
    /// The champion's, which every registry has.
    #[default]
    Usual,
    /// One of its own, pushed to home's registry when the release is published: other regions' get a copy later.
    Pushed,
}

/// What the container of a night's release answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerName {
    /// The score alone.
    #[default]
    Score,
    /// JSON with the score and the three strongest reasons.
    Reasons,
}

/// The models that come with Meridian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelName {
    /// v426's, which serves when the night begins.
    Champion,
    /// v427's: as good, and another.
    Good,
    /// v429's: worse on held-out records.
    Bad,
    /// v431's: as good on held-out records, and takes customers for fraud whose `amount_sum_pos_365d` comes in cents.
    Leaning,
}

/// The names of the built-in scenarios.
pub fn names() -> Vec<&'static str> {
    BUILT_IN.iter().map(|(name, _)| *name).collect()
}

impl Scenario {
    /// A built-in scenario by its name, or one from a file.
    ///
    /// # Errors
    /// Neither a name nor a file, or a file that is no scenario.
    pub fn load(name: &str) -> Result<Self, ScenarioError> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
            return Self::parse(name, text);
        }
        let path = Path::new(name);
        if !path.is_file() {
            return Err(ScenarioError::Unknown { name: name.to_owned() });
        }
        let text =
            std::fs::read_to_string(path).map_err(|source| ScenarioError::Read { name: name.to_owned(), source })?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Self::read(&stem, &text).map_err(|wrong| wrong.of(name))
    }

    /// Reads a scenario.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        Self::read(name, text).map_err(|wrong| wrong.of(name))
    }

    fn read(name: &str, text: &str) -> Result<Self, Wrong> {
        read::check_fields(text)?;
        check_toml(text).map_err(|Unusual { line, problem }| Wrong { line, message: problem.to_string() })?;
        let mut scenario: Self = toml::from_str(text).map_err(|error| Wrong::of_toml(text, &error))?;
        if scenario.name.is_empty() {
            scenario.name = name.to_owned();
        }
        match scenario.impossible() {
            None => Ok(scenario),
            Some(message) => Err(Wrong { line: None, message }),
        }
    }

    /// When the night is over.
    pub fn end(&self) -> Timestamp {
        self.start.saturating_add(self.lasts).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
