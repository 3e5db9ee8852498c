//! Reading `fleet.toml`: the document as it is written, and what must hold of it beyond its shape.

use super::aws_regions::KNOWN_REGIONS;
use super::freeze::{self, FreezeTable};
use super::lines::{PolicyReader, line_of, malformed};
use super::network::{self, Vpc};
use super::region::{self, Kind, Ways};
use super::scaling::{self, Instances};
use super::{
    AllowedImage, Bounds, EvaluationPolicy, Fleet, FleetError, Guardrail, HomePlace, JudgePolicy, LedgerPolicy,
    OrderPolicy, Region, ScalingPolicy, ShadowPolicy, WavePolicy,
};
use super::{shadow, signing};
use crate::alarms::DECISION_ROOM;
use crate::edge::{Unusual, check_toml};
use crate::endpoint::Target;
use crate::names::{BucketName, FleetName, RegionName, ResourceName};
use crate::signing::SigningPolicy;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
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
/// Minutes in a row that an alarm of the canary wants where the region does not say.
const USUAL_ALARM_MINUTES: u32 = 2;
/// SageMaker's bounds of `MaximumExecutionTimeoutInSeconds` (API reference, `BlueGreenUpdatePolicy`).
const EXECUTION_BOUNDS: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(600), SignedDuration::from_secs(28_800));

/// Requests a second of a region: what forecasts divide by, and what they add up, stay numbers.
const PEAK_RPS: std::ops::RangeInclusive<f64> = 0.001..=1e7;
/// Characters of a region's title.
const LONGEST_TITLE: usize = 24;
/// Instances of one region: SageMaker's quotas end far below.
const MOST_INSTANCES: u32 = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    fleet: FleetTable,
    wave: WavePolicy,
    guardrail: Guardrail,
    judge: JudgePolicy,
    evaluation: EvaluationPolicy,
    #[serde(default)]
    image: Vec<AllowedImage>,
    #[serde(default)]
    scaling: Option<ScalingPolicy>,
    #[serde(default)]
    shadow: Option<ShadowPolicy>,
    #[serde(default)]
    ledger: LedgerPolicy,
    signing: SigningPolicy,
    #[serde(default)]
    region: Vec<toml::Spanned<RegionTable>>,
    #[serde(default)]
    freeze: Vec<toml::Spanned<FreezeTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FleetTable {
    name: FleetName,
    home: toml::Spanned<RegionName>,
    endpoint: ResourceName,
    variant: ResourceName,
    instance_type: String,
    order: OrderPolicy,
    #[serde(default)]
    home_place: Option<toml::Spanned<HomePlace>>,
    pipeline: ResourceName,
    account: toml::Spanned<String>,
    execution_role: String,
    #[serde(default = "isolated")]
    network_isolation: bool,
    #[serde(default)]
    execution_role_in_turn: Option<toml::Spanned<String>>,
    #[serde(default)]
    golden_records: Option<toml::Spanned<GoldenRecords>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionTable {
    name: toml::Spanned<RegionName>,
    title: toml::Spanned<String>,
    bucket: BucketName,
    peak_rps: toml::Spanned<f64>,
    #[serde(deserialize_with = "time_zone")]
    time_zone: TimeZone,
    bake: toml::Spanned<Bounds<SignedDuration>>,
    #[serde(default)]
    canary_percent: Option<toml::Spanned<Bounds<u32>>>,
    instances: toml::Spanned<u32>,
    #[serde(default)]
    most_instances: Option<toml::Spanned<u32>>,
    #[serde(default)]
    night_instances: Option<toml::Spanned<u32>>,
    #[serde(default)]
    alarm_minutes: Option<toml::Spanned<u32>>,
    #[serde(default)]
    kind: Option<toml::Spanned<Kind>>,
    #[serde(default)]
    style: Option<toml::Spanned<String>>,
    #[serde(default)]
    step: Option<toml::Spanned<u32>>,
    #[serde(default)]
    batch: Option<toml::Spanned<u32>>,
    #[serde(default)]
    zone: Option<toml::Spanned<String>>,
    #[serde(default)]
    vpc: Option<toml::Spanned<Vpc>>,
}

/// Whoever says nothing gets containers that reach nothing.
fn isolated() -> bool {
    true
}

fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(deserializer)?;
    let unknown = |_| D::Error::custom(format!("{name:?} is not an IANA time zone such as Europe/Dublin"));
    TimeZone::get(&name).map_err(unknown)
}

/// `golden_records` of `[fleet]`: what the fleet's people say about the held-out records that golden records are made of.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum GoldenRecords {
    /// They may lie in every zone: made up, or of customers who may be known everywhere.
    MayLeaveZone,
}

/// The policy that `text` holds, or the first thing that is wrong with it.
pub(super) fn read(text: &str) -> Result<Fleet, FleetError> {
    let document: Document = toml::from_str(text).map_err(|error| malformed(text, &error))?;
    check_toml(text).map_err(|Unusual { line, message }| FleetError { line, message })?;
    let reader = Reader { text };
    reader.check(&document)?;
    let regions = reader.regions(document.region, &document.guardrail, &document.fleet, document.shadow.as_ref())?;
    let freezes = freeze::read(&reader, document.freeze, &regions, document.guardrail.soak)?;
    let f = document.fleet;
    Ok(Fleet {
        name: f.name,
        home: f.home.into_inner(),
        endpoint: f.endpoint,
        variant: f.variant,
        instance_type: f.instance_type,
        order: f.order,
        home_place: f.home_place.map(toml::Spanned::into_inner).unwrap_or_default(),
        pipeline: f.pipeline,
        account: f.account.into_inner(),
        execution_role: f.execution_role,
        network_isolation: f.network_isolation,
        execution_role_in_turn: f.execution_role_in_turn.map(toml::Spanned::into_inner),
        judge: JudgePolicy { tries: document.wave.tries, ..document.judge },
        wave: document.wave,
        guardrail: document.guardrail,
        evaluation: document.evaluation,
        images: document.image,
        scaling: document.scaling,
        shadow: document.shadow,
        ledger: document.ledger,
        signing: document.signing,
        regions,
        freezes,
    })
}

/// Turns byte offsets of the source into lines of errors.
pub(super) struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    pub(super) fn wrong<T>(&self, at: &toml::Spanned<T>, message: String) -> FleetError {
        FleetError { line: Some(line_of(self.text, at.span().start)), message }
    }

    /// The regions, actives first, each with a kind, a style and a zone that go together.
    fn regions(
        &self,
        tables: Vec<toml::Spanned<RegionTable>>,
        guardrail: &Guardrail,
        fleet: &FleetTable,
        shadow: Option<&ShadowPolicy>,
    ) -> Result<Vec<Region>, FleetError> {
        let mut regions: Vec<Region> = Vec::new();
        for spanned in &tables {
            let table = spanned.get_ref();
            let name = table.name.get_ref();
            let ways = Ways::of(table.kind.as_ref(), table.style.as_ref(), table.step.as_ref(), table.batch.as_ref());
            let bake = *table.bake.get_ref();
            let style = ways.style(self, &table.name, name, bake.max, guardrail)?;
            let zone = table.zone.as_ref().map(|zone| region::zone(self, zone)).transpose()?;
            if let Some(last) = regions.last().filter(|last| last.kind != Kind::Active && ways.kind == Kind::Active) {
                let message = format!(
                    "region.name: {name} is active and listed after {}, which is not: standby and joining regions are \
                     promoted last, so list them last",
                    last.name
                );
                return Err(self.wrong(&table.name, message));
            }
            if let Some(first) = regions.first().filter(|first| first.zone.is_some() != zone.is_some()) {
                let message =
                    format!("region.zone: say it of every region or of none; {name} and {} differ", first.name);
                return Err(self.wrong(&table.name, message));
            }
            regions.push(Region {
                name: name.clone(),
                title: table.title.get_ref().clone(),
                bucket: table.bucket.clone(),
                peak_rps: *table.peak_rps.get_ref(),
                time_zone: table.time_zone.clone(),
                bake: bake.max,
                shortest_bake: bake.min,
                canary_percent: table
                    .canary_percent
                    .as_ref()
                    .map_or(Bounds::only(guardrail.canary_percent), |own| *own.get_ref()),
                instances: *table.instances.get_ref(),
                shape: Target::shape(&fleet.variant, &fleet.instance_type, *table.instances.get_ref(), shadow),
                network: network::told(fleet.network_isolation, table.vpc.as_ref().map(toml::Spanned::get_ref)),
                vpc: table.vpc.as_ref().map(|own| own.get_ref().clone()),
                most_instances: table.most_instances.as_ref().map(|own| *own.get_ref()),
                night_instances: table.night_instances.as_ref().map(|own| *own.get_ref()),
                alarm_minutes: table.alarm_minutes.as_ref().map_or(USUAL_ALARM_MINUTES, |own| *own.get_ref()),
                kind: ways.kind,
                style,
                zone,
            });
        }
        if let (Some(first), true) = (tables.first(), regions.iter().all(|region| region.kind != Kind::Active)) {
            let message = "region.kind: no region is active; at least one must show evidence".to_owned();
            return Err(self.wrong(&first.get_ref().name, message));
        }
        // Golden records are payloads of held-out customers, and are replicated to every region to prove it.
        let other = regions
            .iter()
            .zip(&tables)
            .find(|(region, _)| regions.first().is_some_and(|first| first.zone != region.zone));
        if let (Some((region, table)), None) = (other, &fleet.golden_records) {
            let message = format!(
                "region.zone: {} is in another zone than the first region, and golden records are replicated to both: \
                 hold out records that may lie in every zone, and say fleet.golden_records = \"may-leave-zone\"",
                region.name
            );
            return Err(self.wrong(&table.get_ref().name, message));
        }
        Ok(regions)
    }

    fn check(&self, document: &Document) -> Result<(), FleetError> {
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
        if let Some(role) = fleet.execution_role_in_turn.as_ref().filter(|role| *role.get_ref() == fleet.execution_role)
        {
            let message = "fleet.execution_role_in_turn is execution_role again; name another role, or leave it out";
            return Err(self.wrong(role, message.to_owned()));
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
        if table.title.get_ref().is_empty() || table.title.get_ref().chars().count() > LONGEST_TITLE {
            let message =
                format!("region.title of {name} must have 1 to {LONGEST_TITLE} characters: it stands in every line");
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
        let (guardrail, wave) = (&document.guardrail, &document.wave);
        let positive = |value: SignedDuration| value > SignedDuration::ZERO;
        let (shortest, longest) = EXECUTION_BOUNDS;
        let checks = [
            (
                (1..=50).contains(&guardrail.canary_percent),
                "guardrail.canary_percent must be 1 to 50 (SageMaker's limit)",
            ),
            (
                !guardrail.soak.is_negative() && guardrail.soak <= LONGEST_WAIT,
                "guardrail.soak must be 0s to 1h (SageMaker's limit)",
            ),
            (
                guardrail.max_execution >= shortest && guardrail.max_execution <= longest,
                "guardrail.max_execution must be 10m to 8h (SageMaker's limits)",
            ),
            (
                guardrail.decide_before_end >= DECISION_ROOM,
                "guardrail.decide_before_end must be at least 180s: CodePipeline may call a minute later, and a judge who is dead by then must be noticed a minute before SageMaker's timer ends",
            ),
            (!guardrail.warm_up.is_negative(), "guardrail.warm_up must not be negative"),
            (
                !guardrail.full_load.is_negative()
                    && guardrail.full_load <= LONGEST_FULL_LOAD
                    && guardrail.full_load == SignedDuration::from_mins(guardrail.full_load_minutes()),
                "guardrail.full_load must be whole minutes up to 30m: every region of a wave waits for the one before; 0s leaves the check at full load out",
            ),
            (
                wave.lease >= SignedDuration::from_mins(2),
                "wave.lease must be at least 2m: a function's time-out must fit inside it",
            ),
            (positive(wave.replication_deadline), "wave.replication_deadline must be above 0s"),
            (positive(wave.region_patience), "wave.region_patience must be above 0s"),
            (positive(wave.skew), "wave.skew must be above 0s"),
            (
                wave.unclear_returns >= 1,
                "wave.unclear_returns must be at least 1, at which the first one stops the wave",
            ),
            (
                (1..=MOST_TRIES).contains(&wave.tries),
                "wave.tries must be 1 to 4: what the judge may err is split over them, so each further one makes every canary show less",
            ),
            (
                wave.until <= LONGEST_UNTIL,
                "wave.until must be at most 24h after the wave's start: then the next night's begins",
            ),
            (
                wave.detect > document.judge.tolerance_fail && wave.detect <= 1000.0,
                "wave.detect must be above judge.tolerance_fail, which no test calls worse, and at most 1000",
            ),
            (
                wave.detect_alone >= wave.detect && wave.detect_alone <= 1000.0,
                "wave.detect_alone must be at least wave.detect, for one region sees less than all of them, and at most 1000",
            ),
            (wave.base_rate > 0.0 && wave.base_rate < 1.0, "wave.base_rate must be between 0 and 1"),
            (
                wave.probation == SignedDuration::ZERO
                    || (SHORTEST_PROBATION..=LONGEST_PROBATION).contains(&wave.probation),
                "wave.probation must be 1h to 24h: it compares the hours of one day with the same hours of earlier ones; 0s leaves it out",
            ),
            ((1e-6..=0.2).contains(&wave.probation_alpha), "wave.probation_alpha must be between 0.000001 and 0.2"),
        ];
        let reader = PolicyReader { text: self.text };
        reader.first_broken(&checks)?;
        reader.first_broken(&super::judging::checks(&document.judge))?;
        reader.first_broken(&super::evaluation::checks(&document.evaluation))?;
        reader.first_broken(&signing::checks(&document.signing, document.fleet.account.get_ref()))?;
        document.shadow.iter().try_for_each(|policy| reader.first_broken(&shadow::checks(policy)))?;
        document.scaling.iter().try_for_each(|policy| scaling::check(&reader, policy))
    }
}
