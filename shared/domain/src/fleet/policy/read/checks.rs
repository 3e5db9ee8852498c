//! What must hold of a `fleet.toml` beyond its shape: the first thing that does not is told, with its line.

use super::{Document, FleetTable, RegionTable};
use crate::fleet::alarms::DECISION_ROOM;
use crate::fleet::names::RegionName;
use crate::fleet::policy::aws_regions::KNOWN_REGIONS;
use crate::fleet::policy::lines::{Check, PolicyReader, Reader};
use crate::fleet::policy::scaling::Instances;
use crate::fleet::policy::stand_in::{LEAST_REGIONS, THRESHOLD};
use crate::fleet::policy::takeover::LEAST_VOTERS;
use crate::fleet::policy::{
    Bounds, FieldRule, FleetError, FleetProblem, Guardrail, JudgePolicy, OrderPolicy, RegionProblem, Takeover,
    WavePolicy, evaluation, judging, scaling, shadow, signing,
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
/// Characters of an IAM role's name, a hyphen and a region left out.
const LONGEST_ROLE: usize = 48;
/// Instances of one region: SageMaker's quotas end far below.
const MOST_INSTANCES: u32 = 10_000;

impl Reader<'_> {
    pub(super) fn check(&self, document: &Document) -> Result<(), FleetError> {
        let fleet = &document.fleet;
        if let Some(place) = fleet.home_place.as_ref().filter(|_| fleet.order == OrderPolicy::Fixed) {
            return Err(self.wrong(place, FleetProblem::HomePlaceInFixedOrder));
        }
        self.check_account("fleet", &fleet.account)?;
        let kind = fleet.instance_type.get_ref();
        match kind.split('.').collect::<Vec<_>>()[..] {
            ["ml", "inf1", _] => {
                return Err(self.wrong(&fleet.instance_type, FleetProblem::WithoutGuardrails(kind.clone())));
            }
            ["ml", family, size] if !family.is_empty() && !size.is_empty() => {}
            _ => return Err(self.wrong(&fleet.instance_type, FleetProblem::InstanceType(kind.clone()))),
        }
        let in_turn = fleet.execution_role_in_turn.as_ref();
        if let Some(role) = in_turn.filter(|role| role.get_ref() == fleet.execution_role.get_ref()) {
            return Err(self.wrong(role, FleetProblem::SameRoleInTurn));
        }
        let roles = [("execution_role", Some(&fleet.execution_role)), ("execution_role_in_turn", in_turn)];
        for (field, role) in roles.into_iter().filter_map(|(field, role)| Some((field, role?))) {
            if !is_role_name(role.get_ref()) {
                return Err(self.wrong(role, FleetProblem::RoleName { field, longest: LONGEST_ROLE }));
            }
        }
        self.check_policies(document)?;
        if let (true, Some(metric)) = (fleet.network_isolation, document.judge.own_metric()) {
            return Err(FleetError { line: None, problem: FleetProblem::IsolatedMetric(metric.clone()) });
        }
        if document.image.is_empty() {
            return Err(FleetError { line: None, problem: FleetProblem::NoImage });
        }
        let mut seen = BTreeSet::new();
        let mut buckets = BTreeSet::new();
        let mut titles = BTreeSet::new();
        for region in &document.region {
            let table = region.get_ref();
            let name = table.name.get_ref();
            if !seen.insert(name) {
                return Err(self.wrong(&table.name, RegionProblem::ListedTwice(name.clone())));
            }
            if !buckets.insert(&table.bucket) {
                return Err(self.wrong(region, RegionProblem::SharedBucket(table.bucket.clone())));
            }
            self.check_region(table, document)?;
            if !titles.insert(table.title.get_ref().to_ascii_lowercase()) {
                return Err(self.wrong(&table.title, RegionProblem::SharedTitle(table.title.get_ref().clone())));
            }
        }
        if !seen.contains(fleet.home.get_ref()) {
            return Err(self.wrong(&fleet.home, FleetProblem::HomeNotListed(fleet.home.get_ref().clone())));
        }
        self.check_deputies(fleet, &seen)?;
        self.check_takeover(fleet, &document.region)?;
        self.check_failover(fleet, &document.region)
    }

    fn check_failover(&self, fleet: &FleetTable, regions: &[toml::Spanned<RegionTable>]) -> Result<(), FleetError> {
        let Some(threshold) = &fleet.failover_threshold else { return Ok(()) };
        let kinds = regions.iter().filter_map(|region| region.get_ref().kind.as_ref());
        // A region asks another's endpoint with its own account's keys.
        let spread = regions.iter().filter_map(|region| region.get_ref().account.as_ref());
        let spread = spread.into_iter().any(|account| account.get_ref() != fleet.account.get_ref());
        let can =
            regions.len() >= LEAST_REGIONS && !spread && kinds.into_iter().any(|kind| kind.get_ref().is_standby());
        if can && THRESHOLD.contains(threshold.get_ref()) {
            return Ok(());
        }
        Err(self.wrong(threshold, FleetProblem::FailoverThreshold))
    }

    fn check_takeover(&self, fleet: &FleetTable, regions: &[toml::Spanned<RegionTable>]) -> Result<(), FleetError> {
        let Some(takeover) = fleet.takeover.as_ref().filter(|own| *own.get_ref() == Takeover::Auto) else {
            return Ok(());
        };
        let account = |name: &RegionName| {
            let own = regions.iter().map(toml::Spanned::get_ref).find(|own| own.name.get_ref() == name);
            own.and_then(|own| own.account.as_ref()).unwrap_or(&fleet.account).get_ref()
        };
        let home = fleet.home.get_ref();
        let mut others = fleet.deputies.iter().map(toml::Spanned::get_ref).filter(|own| *own != home);
        if regions.len() < LEAST_VOTERS || !others.any(|own| account(own) == account(home)) {
            return Err(self.wrong(takeover, FleetProblem::Takeover(regions.len())));
        }
        Ok(())
    }

    fn check_deputies(&self, fleet: &FleetTable, regions: &BTreeSet<&RegionName>) -> Result<(), FleetError> {
        let mut seen = BTreeSet::new();
        for deputy in &fleet.deputies {
            let name = deputy.get_ref();
            if !regions.contains(name) || !seen.insert(name) {
                return Err(self.wrong(deputy, FleetProblem::Deputy(name.clone())));
            }
        }
        Ok(())
    }

    fn check_account(&self, table: &'static str, account: &toml::Spanned<String>) -> Result<(), FleetError> {
        let own = account.get_ref();
        if own.len() == 12 && own.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(());
        }
        Err(self.wrong(account, FleetProblem::Account { table, account: own.clone() }))
    }

    fn check_region(&self, table: &RegionTable, document: &Document) -> Result<(), FleetError> {
        let name = table.name.get_ref();
        let region = || name.clone();
        if !KNOWN_REGIONS.contains(&name.as_str()) {
            return Err(self.wrong(&table.name, RegionProblem::NotOfAws(region())));
        }
        table.account.iter().try_for_each(|own| self.check_account("region", own))?;
        self.check_canary(table, &document.guardrail)?;
        if let Some((vpc, takes)) = table.vpc.as_ref().and_then(|vpc| Some((vpc, vpc.get_ref().broken()?))) {
            return Err(self.wrong(vpc, RegionProblem::Vpc { region: region(), takes }));
        }
        if !PEAK_RPS.contains(table.peak_rps.get_ref()) {
            let (least, most) = PEAK_RPS.into_inner();
            return Err(self.wrong(&table.peak_rps, RegionProblem::PeakRps { region: region(), least, most }));
        }
        if !is_title(table.title.get_ref()) {
            let problem = RegionProblem::Title { region: region(), longest: LONGEST_TITLE };
            return Err(self.wrong(&table.title, problem));
        }
        if *table.instances.get_ref().max(&table.most_instances.as_ref().map_or(0, |most| *most.get_ref()))
            > MOST_INSTANCES
        {
            let problem = RegionProblem::TooManyInstances { region: region(), most: MOST_INSTANCES };
            return Err(self.wrong(&table.instances, problem));
        }
        let (most, night) = (table.most_instances.as_ref(), table.night_instances.as_ref());
        let instances = Instances { least: &table.instances, most, night };
        instances.check(self, name, document.scaling.as_ref())?;
        if let Some(minutes) = &table.alarm_minutes
            && !(1..=5).contains(minutes.get_ref())
        {
            return Err(self.wrong(minutes, RegionProblem::AlarmMinutes(region())));
        }
        Ok(())
    }

    /// A canary that could never be decided, or that SageMaker would not take.
    fn check_canary(&self, table: &RegionTable, guardrail: &Guardrail) -> Result<(), FleetError> {
        let (region, bounds) = (|| table.name.get_ref().clone(), *table.bake.get_ref());
        let shortest = guardrail.warm_up + guardrail.decide_before_end;
        let longest = LONGEST_WAIT.min(guardrail.max_execution);
        if let Some(bake) = [bounds.min, bounds.max].into_iter().find(|bake| *bake <= shortest || *bake > longest) {
            return Err(self.wrong(&table.bake, RegionProblem::Bake { region: region(), bake, shortest, longest }));
        }
        if bounds.min > bounds.max {
            let Bounds { min, max } = bounds;
            return Err(self.wrong(&table.bake, RegionProblem::BakeBounds { region: region(), min, max }));
        }
        let Some(share) = &table.canary_percent else { return Ok(()) };
        let Bounds { min, max } = *share.get_ref();
        if min == 0 || max > 50 || min > max {
            return Err(self.wrong(share, RegionProblem::CanaryPercent { region: region(), min, max }));
        }
        Ok(())
    }

    fn check_policies(&self, document: &Document) -> Result<(), FleetError> {
        let reader = PolicyReader { text: self.text };
        let waits = document.fleet.home_patience > SignedDuration::ZERO;
        reader.first_broken("fleet", &[(waits, "home_patience", FieldRule::AboveZeroSeconds)])?;
        reader.first_broken("guardrail", &guardrail_checks(&document.guardrail))?;
        reader.first_broken("wave", &wave_checks(&document.wave, &document.judge))?;
        judging::check(&reader, &document.judge)?;
        reader.first_broken("evaluation", &evaluation::checks(&document.evaluation))?;
        reader.first_broken("signing", &signing::checks(&document.signing, home_account(document)))?;
        document.shadow.iter().try_for_each(|policy| shadow::check(&reader, policy))?;
        document.scaling.iter().try_for_each(|policy| scaling::check(&reader, policy))
    }
}

/// Where a key of KMS lies that signs releases.
fn home_account(document: &Document) -> &str {
    let home = document
        .region
        .iter()
        .map(toml::Spanned::get_ref)
        .find(|own| own.name.get_ref() == document.fleet.home.get_ref());
    home.and_then(|own| own.account.as_ref()).unwrap_or(&document.fleet.account).get_ref()
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
        ((1..=50).contains(&guardrail.canary_percent), "canary_percent", FieldRule::CanaryPercent),
        (!guardrail.soak.is_negative() && guardrail.soak <= LONGEST_WAIT, "soak", FieldRule::Soak),
        (
            guardrail.max_execution >= shortest && guardrail.max_execution <= longest,
            "max_execution",
            FieldRule::MaxExecution,
        ),
        (guardrail.decide_before_end >= DECISION_ROOM, "decide_before_end", FieldRule::DecisionRoom),
        (!guardrail.warm_up.is_negative(), "warm_up", FieldRule::NotNegative),
        (
            !guardrail.full_load.is_negative()
                && guardrail.full_load <= LONGEST_FULL_LOAD
                && guardrail.full_load == SignedDuration::from_mins(guardrail.full_load_minutes()),
            "full_load",
            FieldRule::FullLoad,
        ),
    ]
}

fn wave_checks(wave: &WavePolicy, judge: &JudgePolicy) -> [Check; 12] {
    let positive = |value: SignedDuration| value > SignedDuration::ZERO;
    [
        (wave.lease >= SignedDuration::from_mins(2), "lease", FieldRule::Lease),
        (positive(wave.replication_deadline), "replication_deadline", FieldRule::AboveZeroSeconds),
        (positive(wave.region_patience), "region_patience", FieldRule::AboveZeroSeconds),
        (positive(wave.skew), "skew", FieldRule::AboveZeroSeconds),
        (wave.unclear_returns >= 1, "unclear_returns", FieldRule::UnclearReturns),
        ((1..=MOST_TRIES).contains(&wave.tries), "tries", FieldRule::Tries),
        (wave.until <= LONGEST_UNTIL, "until", FieldRule::Until),
        (wave.detect > judge.tolerance_fail && wave.detect <= 1000.0, "detect", FieldRule::Detect),
        (wave.detect_alone >= wave.detect && wave.detect_alone <= 1000.0, "detect_alone", FieldRule::DetectAlone),
        (wave.base_rate > 0.0 && wave.base_rate < 1.0, "base_rate", FieldRule::Share),
        (
            wave.probation == SignedDuration::ZERO
                || (SHORTEST_PROBATION..=LONGEST_PROBATION).contains(&wave.probation),
            "probation",
            FieldRule::Probation,
        ),
        ((1e-6..=0.2).contains(&wave.probation_alpha), "probation_alpha", FieldRule::Level),
    ]
}
