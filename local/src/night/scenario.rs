//! A night as a file: what is published when, what goes wrong, and how it has to end.

use super::models;
use crate::world::{Before, Behaviour, Fault, FeatureChange, LiveFacts, Moment, Timing};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::edge::{Unusual, check_toml, is_usual_moment};
use meridian_domain::{Actor, RegionName, Rule, Version};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

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
            rollback_with_dead_ledger: "rollback-with-dead-ledger",
            messy_events: "messy-events",
            two_homes: "two-homes",
            judge_dies: "judge-dies",
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
            poisoned_manifest: "poisoned-manifest",
            by_traffic: "by-traffic",
            unsigned_release: "unsigned-release",
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

/// Characters of a scenario's name.
const LONGEST_NAME: usize = 64;
/// The longest night that is simulated: its story is kept in memory.
const LONGEST_NIGHT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// One night.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is called; the file's name where the file does not say.
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
    /// Hold-outs that a person approves.
    #[serde(default)]
    pub approve: Vec<Approve>,
    /// New executions that a person starts.
    #[serde(default)]
    pub rerun: Vec<Rerun>,
    /// Rules that a person sets aside.
    #[serde(default, rename = "override")]
    pub overrides: Vec<SetAside>,
    /// Regions in which nothing ever served; nothing points customers there yet.
    #[serde(default)]
    pub new: Vec<RegionName>,
    /// What this night's `fleet.toml` says otherwise than the repository's: tables of it, laid over it; regions and freezes by
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
    /// What CloudWatch knows of the days before; of none but the last hour where it is left out.
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
    /// When.
    pub at: Moment,
    /// Its human name.
    pub version: Version,
    /// Which of the models that come with Meridian it is.
    pub model: ModelName,
    /// With whose key.
    #[serde(default)]
    pub signed: SignedBy,
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
    /// Nobody.
    Nobody,
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

/// Records that a person approves to evaluate on: `meridian holdout approve`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// When.
    pub at: Moment,
    /// Which.
    pub records: Records,
    /// Who.
    pub who: Actor,
    /// Why.
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
    /// When.
    pub at: Moment,
    /// Of which release.
    pub version: Version,
    /// Whether it runs beside those under way, as from a second home, and not behind them.
    #[serde(default)]
    pub beside: bool,
}

/// A rule that a person sets aside: `meridian override`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// When.
    pub at: Moment,
    /// Which.
    pub what: Rule,
    /// Where; everywhere where none is named.
    #[serde(default)]
    pub region: Option<RegionName>,
    /// For how long.
    pub lasts: SignedDuration,
    /// Who.
    pub who: Actor,
    /// Why.
    pub why: String,
}

/// How a night has to end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// What each region serves at the end; `unknown` for one that cannot be seen then.
    pub serves: BTreeMap<RegionName, Version>,
    /// By when every region does, where that matters.
    #[serde(default)]
    pub by: Option<Moment>,
    /// How often people are paged.
    pub pages: usize,
    /// How often people are told what nobody need get up for.
    #[serde(default)]
    pub advice: usize,
    /// How the pipeline's executions end, in order.
    pub executions: Vec<Ending>,
}

/// How an execution ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Every action ended well.
    Succeeded,
    /// One did not.
    Failed,
    /// Still under way when the night ends.
    Running,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ending::Succeeded => "succeeded",
            Ending::Failed => "failed",
            Ending::Running => "is still under way",
        })
    }
}

/// A scenario that cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No built-in scenario has the name, and no file does.
    #[error("no scenario is called {name:?}: expected one of {}, or the path of a scenario file", names().join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("scenario {name}: {source}")]
    Read {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// Not a scenario.
    #[error("scenario {name}{}: {message}", line.map(|n| format!(" line {n}")).unwrap_or_default())]
    Malformed {
        /// Which.
        name: String,
        /// 1-based line, where one can be named.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
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
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let text =
            std::fs::read_to_string(path).map_err(|source| ScenarioError::Read { name: stem.clone(), source })?;
        Self::parse(&stem, &text)
    }

    /// Reads a scenario.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self = toml::from_str(text).map_err(|error| ScenarioError::Malformed {
            name: name.to_owned(),
            line: error.span().map(|span| 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count()),
            message: error.message().to_owned(),
        })?;
        let wrong = |line, message| ScenarioError::Malformed { name: name.to_owned(), line, message };
        check_toml(text).map_err(|Unusual { line, message }| wrong(line, message))?;
        if scenario.name.is_empty() {
            scenario.name = name.to_owned();
        }
        if let Some(message) = scenario.impossible() {
            return Err(wrong(None, message));
        }
        Ok(scenario)
    }

    /// What cannot be simulated.
    fn impossible(&self) -> Option<String> {
        // A folder is called like it.
        if self.name.contains(['/', '\\', '\0'])
            || [".", ".."].contains(&self.name.as_str())
            || self.name.chars().count() > LONGEST_NAME
        {
            return Some(format!("name must be a name of at most {LONGEST_NAME} characters, and no path"));
        }
        if self.lasts <= SignedDuration::ZERO || self.lasts > LONGEST_NIGHT {
            return Some(format!("lasts must be above 0s and at most {LONGEST_NIGHT:#}"));
        }
        if !is_usual_moment(self.start) {
            return Some("start must be between the years 2000 and 2199".to_owned());
        }
        let wrong = self.timing.impossible().or_else(|| self.behaviour.iter().find_map(Behaviour::impossible));
        let wrong = wrong.or_else(|| self.feature.iter().find_map(FeatureChange::impossible));
        let wrong = wrong.or_else(|| self.unknown_feature());
        wrong.or_else(|| self.before.and_then(|before| before.impossible()))
    }

    /// What the models do not know, and so nobody sends.
    fn unknown_feature(&self) -> Option<String> {
        let known = models::features();
        let unknown = self.feature.iter().find(|own| !known.contains(&own.feature))?;
        Some(format!("feature {} is not in local/models/features.txt", unknown.feature))
    }

    /// When the night is over.
    pub fn end(&self) -> Timestamp {
        self.start.saturating_add(self.lasts).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../scenarios/bad-model.toml");

    /// Nights that were begun before, and panicked at the ends of time, stood still for ever, or wrote outside of their folder.
    #[test]
    fn no_impossible_night_is_begun() {
        assert!(Scenario::parse("good", GOOD).is_ok());
        let top = |line: &str| format!("{line}\n{GOOD}");
        let below = |lines: &str| format!("{GOOD}\n{lines}\n");
        let behaviour = |line: &str| below(&format!("[[behaviour]]\nrelease = \"v427\"\n{line}"));
        let changed = |from: &str, to: &str| {
            let at = GOOD.lines().find(|line| line.starts_with(from)).unwrap();
            GOOD.replacen(at, to, 1)
        };
        for text in [
            changed("start", "start = \"9999-12-30T22:00:00Z\""),
            changed("start", "start = \"-009998-01-02T00:00:00Z\""),
            changed("lasts", "lasts = \"2500000000000h\""),
            changed("lasts", "lasts = \"-1h\""),
            changed("lasts", "lasts = \"8000h\""),
            top("name = \"../../../outside\""),
            top("name = \"/outside\""),
            top("name = \"..\""),
            top("name = \"\\u001b[2J\""),
            below("[timing]\ncontinuation = \"0s\""),
            below("[timing]\nhealth_check = \"0s\""),
            below("[timing]\nprovisioning = \"-3m\""),
            below("[timing]\nmetric_delay = \"2500000000000h\""),
            below("[timing]\nreplication_min = \"9s\"\nreplication_max = \"3s\""),
            below("[timing]\nlate_share = nan"),
            behaviour("errors_5xx = 1.5"),
            behaviour("errors_4xx = -0.5"),
            behaviour("latency_factor = inf"),
            behaviour("latency_factor = 0.0"),
            behaviour("capacity_rps = nan"),
            behaviour("traffic = 2.0"),
            behaviour("from = \"9999-12-30T22:00:00Z\""),
            below("[[fault]]\nkind = \"replication-delay\"\ndelay = \"2500000000000h\""),
            below("[[fault]]\nkind = \"replication-delay\"\ndelay = \"-5m\""),
            below("[[feature]]\nfeature = \"amount_sum_pos_365d\"\nfactor = 0.0"),
            below("[[feature]]\nfeature = \"amount_sum_pos_365d\"\nfactor = inf"),
            below("[[feature]]\nfeature = \"amount_sum_pos_365\"\nfactor = 100.0"),
            below("[before]\ndays = 4000000"),
            below("[before]\ndays = 14\nday_scatter = nan"),
        ] {
            let error = Scenario::parse("bad", &text);
            assert!(matches!(error, Err(ScenarioError::Malformed { .. })), "{text}: {error:?}");
        }
    }
}
