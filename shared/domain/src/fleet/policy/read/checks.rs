//! What must hold of a `fleet.toml` beyond its shape: the first thing that does not is told, with its line.

use super::{Document, RegionTable};
use crate::fleet::alarms::DECISION_ROOM;
use crate::fleet::policy::aws_regions::KNOWN_REGIONS;
use crate::fleet::policy::lines::{Check, PolicyReader, Reader};
use crate::fleet::policy::scaling::Instances;
use crate::fleet::policy::{
    Bounds, FleetError, Guardrail, JudgePolicy, OrderPolicy, WavePolicy, evaluation, judging, scaling, shadow, signing,
};
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// SageMaker's largest `WaitIntervalInSeconds` and `TerminationWaitInSeconds` (API reference, `TrafficRoutingConfig`).
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(3600);
/// Every region's turn is so much longer: what half an hour does not show, the rollback alarm is for.
const LONGEST_FULL_LOAD: SignedDuration = SignedDuration::from_secs(1800);
/// A longer probation would compare a day with itself.
const LONGEST_PROBATION: SignedDuration = SignedDuration::from_hours(24);
/// Each try leaves the others less to err, and so shows less.
const MOST_TRIES: u32 = 4;
/// Then the next night's wave begins.
const LONGEST_UNTIL: SignedDuration = SignedDuration::from_hours(24);
/// A shorter one would have too few quarters of an hour to learn from how hours differ.
const SHORTEST_PROBATION: SignedDuration = SignedDuration::from_hours(1);
/// SageMaker's bounds of `MaximumExecutionTimeoutInSeconds` (API reference, `BlueGreenUpdatePolicy`).
const EXECUTION_BOUNDS: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(600), SignedDuration::from_secs(28_800));

/// Requests a second of a region: what forecasts divide by, and what they add up, stay numbers.
const PEAK_RPS: std::ops::RangeInclusive<f64> = 0.001..=1e7;
/// Characters of a region's title.
const LONGEST_TITLE: usize = 20;
/// Characters of an IAM role's name.
const LONGEST_ROLE: usize = 64;
/// Instances of one region: SageMaker's quotas end far below.
const MOST_INSTANCES: u32 = 10_000;

impl Reader<'_> {
    pub(super) fn check(&self, document: &Document) -> Result<(), FleetError> {
        let fleet = &document.fleet;
        if let Some(place) = fleet.home_place.as_ref().filter(|_| fleet.order == OrderPolicy::Fixed) {
            let message =
                "fleet.home_place is of an order = \"signal\"; in a fixed order home stands where it is listed";
            return Err(self.wrong(place, message.to_owned()));
        }
        let account = fleet.account.get_ref();
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(self.wrong(
                &fleet.account,
                format!("fleet.account is {account:?}; expected the 12 digits of an AWS account"),
            ));
        }
        let in_turn = fleet.execution_role_in_turn.as_ref();
        if let Some(role) = in_turn.filter(|role| role.get_ref() == fleet.execution_role.get_ref()) {
            let message = "fleet.execution_role_in_turn is execution_role again; name another role, or leave it out";
            return Err(self.wrong(role, message.to_owned()));
        }
        let roles = [("execution_role", Some(&fleet.execution_role)), ("execution_role_in_turn", in_turn)];
        for (field, role) in roles.into_iter().filter_map(|(field, role)| Some((field, role?))) {
            if !is_role_name(role.get_ref()) {
                let message = format!(
                    "fleet.{field} must be an IAM role's name: 1 to {LONGEST_ROLE} letters, digits and +=,.@_-, without its path"
                );
                return Err(self.wrong(role, message));
            }
        }
        self.check_policies(document)?;
        if let (true, Some(metric)) = (fleet.network_isolation, document.judge.own_metric()) {
            let message = format!(
                "fleet.network_isolation: an isolated container cannot send the metric {metric} of [judge.metrics]: leave that \
                 table out, or say network_isolation = false (with a vpc whose only way out is CloudWatch's endpoint)"
            );
            return Err(FleetError { line: None, message });
        }
        if document.image.is_empty() {
            let message =
                "image: no container is allowed: add [[image]] with the repository that releases are served from";
            return Err(FleetError { line: None, message: message.to_owned() });
        }
        let mut seen = BTreeSet::new();
        let mut buckets = BTreeSet::new();
        let mut titles = BTreeSet::new();
        for region in &document.region {
            let table = region.get_ref();
            let name = table.name.get_ref();
            if !seen.insert(name) {
                return Err(
                    self.wrong(&table.name, format!("region.name: {name} is listed twice; list each region once"))
                );
            }
            if !buckets.insert(&table.bucket) {
                let message = format!("region.bucket: {} belongs to two regions; each needs its own", table.bucket);
                return Err(self.wrong(region, message));
            }
            self.check_region(table, document)?;
            if !titles.insert(table.title.get_ref().to_ascii_lowercase()) {
                let message =
                    format!("region.title: {} belongs to two regions; each needs its own", table.title.get_ref());
                return Err(self.wrong(&table.title, message));
            }
        }
        if !seen.contains(fleet.home.get_ref()) {
            let home = fleet.home.get_ref();
            return Err(
                self.wrong(&fleet.home, format!("fleet.home: {home} is not one of the [[region]] blocks; add it"))
            );
        }
        Ok(())
    }

    fn check_region(&self, table: &RegionTable, document: &Document) -> Result<(), FleetError> {
        let name = table.name.get_ref();
        if !KNOWN_REGIONS.contains(&name.as_str()) {
            return Err(self
                .wrong(&table.name, format!("region.name: {name} is not a region that AWS has; check its spelling")));
        }
        self.check_canary(table, &document.guardrail)?;
        if let Some((vpc, wrong)) = table.vpc.as_ref().and_then(|vpc| Some((vpc, vpc.get_ref().wrong()?))) {
            return Err(self.wrong(vpc, format!("region.vpc of {name}: SageMaker takes {wrong}")));
        }
        if !PEAK_RPS.contains(table.peak_rps.get_ref()) {
            let (least, most) = (PEAK_RPS.start(), PEAK_RPS.end());
            let message =
                format!("region.peak_rps of {name} must be above 0: from {least} to {most:e} requests a second");
            return Err(self.wrong(&table.peak_rps, message));
        }
        if !is_title(table.title.get_ref()) {
            let message = format!(
                "region.title of {name} must have 1 to {LONGEST_TITLE} letters, digits, dashes and underscores: it names the \
                 region's stage of the pipeline"
            );
            return Err(self.wrong(&table.title, message));
        }
        if *table.instances.get_ref().max(&table.most_instances.as_ref().map_or(0, |most| *most.get_ref()))
            > MOST_INSTANCES
        {
            let message = format!("region.instances of {name} and its most_instances must be at most {MOST_INSTANCES}");
            return Err(self.wrong(&table.instances, message));
        }
        let (most, night) = (table.most_instances.as_ref(), table.night_instances.as_ref());
        let instances = Instances { least: &table.instances, most, night };
        instances.check(self, name.as_str(), document.scaling.as_ref())?;
        if let Some(minutes) = &table.alarm_minutes
            && !(1..=5).contains(minutes.get_ref())
        {
            return Err(self.wrong(minutes, format!("region.alarm_minutes of {name} must be 1 to 5")));
        }
        Ok(())
    }

    /// A canary that could never be decided, or that SageMaker would not take.
    fn check_canary(&self, table: &RegionTable, guardrail: &Guardrail) -> Result<(), FleetError> {
        let (name, bounds) = (table.name.get_ref(), *table.bake.get_ref());
        let shortest = guardrail.warm_up + guardrail.decide_before_end;
        let longest = LONGEST_WAIT.min(guardrail.max_execution);
        if let Some(bake) = [bounds.min, bounds.max].into_iter().find(|bake| *bake <= shortest || *bake > longest) {
            let message = format!(
                "region.bake: {bake:#} of {name} is impossible: it must be longer than warm_up + decide_before_end \
                 ({shortest:#}) and at most {longest:#} (SageMaker's limit and guardrail.max_execution)"
            );
            return Err(self.wrong(&table.bake, message));
        }
        if bounds.min > bounds.max {
            let message = format!("region.bake of {name}: min {:#} is above max {:#}", bounds.min, bounds.max);
            return Err(self.wrong(&table.bake, message));
        }
        let Some(share) = &table.canary_percent else { return Ok(()) };
        let Bounds { min, max } = *share.get_ref();
        if min == 0 || max > 50 || min > max {
            let message = format!(
                "region.canary_percent of {name} is {min} to {max}; it must be 1 to 50 (SageMaker's limit), the least first"
            );
            return Err(self.wrong(share, message));
        }
        Ok(())
    }

    fn check_policies(&self, document: &Document) -> Result<(), FleetError> {
        let reader = PolicyReader { text: self.text };
        reader.first_broken("guardrail", &guardrail_checks(&document.guardrail))?;
        reader.first_broken("wave", &wave_checks(&document.wave, &document.judge))?;
        judging::check(&reader, &document.judge)?;
        reader.first_broken("evaluation", &evaluation::checks(&document.evaluation))?;
        reader.first_broken("signing", &signing::checks(&document.signing, document.fleet.account.get_ref()))?;
        document.shadow.iter().try_for_each(|policy| shadow::check(&reader, policy))?;
        document.scaling.iter().try_for_each(|policy| scaling::check(&reader, policy))
    }
}

/// CodePipeline takes such a name for a stage, and TOML for the region's environment in samconfig.toml.
fn is_title(text: &str) -> bool {
    (1..=LONGEST_TITLE).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn is_role_name(text: &str) -> bool {
    (1..=LONGEST_ROLE).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b))
}

fn guardrail_checks(guardrail: &Guardrail) -> [Check; 6] {
    let (shortest, longest) = EXECUTION_BOUNDS;
    [
        ((1..=50).contains(&guardrail.canary_percent), "canary_percent", "must be 1 to 50 (SageMaker's limit)"),
        (
            !guardrail.soak.is_negative() && guardrail.soak <= LONGEST_WAIT,
            "soak",
            "must be 0s to 1h (SageMaker's limit)",
        ),
        (
            guardrail.max_execution >= shortest && guardrail.max_execution <= longest,
            "max_execution",
            "must be 10m to 8h (SageMaker's limits)",
        ),
        (
            guardrail.decide_before_end >= DECISION_ROOM,
            "decide_before_end",
            "must be at least 180s: CodePipeline may call a minute later, and a judge who is dead by then must \
             be noticed a minute before SageMaker's timer ends",
        ),
        (!guardrail.warm_up.is_negative(), "warm_up", "must not be negative"),
        (
            !guardrail.full_load.is_negative()
                && guardrail.full_load <= LONGEST_FULL_LOAD
                && guardrail.full_load == SignedDuration::from_mins(guardrail.full_load_minutes()),
            "full_load",
            "must be whole minutes up to 30m: every region of a wave waits for the one before; 0s leaves the \
             check at full load out",
        ),
    ]
}

fn wave_checks(wave: &WavePolicy, judge: &JudgePolicy) -> [Check; 12] {
    let positive = |value: SignedDuration| value > SignedDuration::ZERO;
    [
        (
            wave.lease >= SignedDuration::from_mins(2),
            "lease",
            "must be at least 2m: a function's time-out must fit inside it",
        ),
        (positive(wave.replication_deadline), "replication_deadline", "must be above 0s"),
        (positive(wave.region_patience), "region_patience", "must be above 0s"),
        (positive(wave.skew), "skew", "must be above 0s"),
        (wave.unclear_returns >= 1, "unclear_returns", "must be at least 1, at which the first one stops the wave"),
        (
            (1..=MOST_TRIES).contains(&wave.tries),
            "tries",
            "must be 1 to 4: what the judge may err is split over them, so each further one makes every canary \
             show less",
        ),
        (
            wave.until <= LONGEST_UNTIL,
            "until",
            "must be at most 24h after the wave's start: then the next night's begins",
        ),
        (
            wave.detect > judge.tolerance_fail && wave.detect <= 1000.0,
            "detect",
            "must be above judge.tolerance_fail, which no test calls worse, and at most 1000",
        ),
        (
            wave.detect_alone >= wave.detect && wave.detect_alone <= 1000.0,
            "detect_alone",
            "must be at least wave.detect, for one region sees less than all of them, and at most 1000",
        ),
        (wave.base_rate > 0.0 && wave.base_rate < 1.0, "base_rate", "must be between 0 and 1"),
        (
            wave.probation == SignedDuration::ZERO
                || (SHORTEST_PROBATION..=LONGEST_PROBATION).contains(&wave.probation),
            "probation",
            "must be 1h to 24h: it compares the hours of one day with the same hours of earlier ones; 0s leaves \
             it out",
        ),
        ((1e-6..=0.2).contains(&wave.probation_alpha), "probation_alpha", "must be between 0.000001 and 0.2"),
    ]
}
