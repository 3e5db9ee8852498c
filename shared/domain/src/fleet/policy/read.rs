//! Reading `fleet.toml`: the document as it is written, and the policy that is made of it. What must hold of it beyond its shape is in
//! `checks`.

mod checks;

use super::freeze::{self, FreezeTable};
use super::lines::{Reader, malformed};
use super::network::{self, Vpc};
use super::region::{self, Kind, Ways};
use super::{
    Bounds, EvaluationPolicy, Fleet, FleetError, FleetProblem, Guardrail, HomePlace, JudgePolicy, LedgerPolicy,
    OrderPolicy, Region, RegionProblem, ScalingPolicy, ShadowPolicy, Takeover, WavePolicy, text_problem,
};
use crate::edge::{Unusual, check_toml};
use crate::fleet::image::AllowedImage;
use crate::fleet::names::{BucketName, FleetName, RegionName, ResourceName};
use crate::fleet::signing::SigningPolicy;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// Minutes in a row that an alarm of the canary wants where the region does not say.
const USUAL_ALARM_MINUTES: u32 = 2;

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
    #[serde(default)]
    deputies: Vec<toml::Spanned<RegionName>>,
    #[serde(default = "usual_home_patience")]
    home_patience: SignedDuration,
    #[serde(default)]
    takeover: Option<toml::Spanned<Takeover>>,
    #[serde(default)]
    failover_threshold: Option<toml::Spanned<u32>>,
    endpoint: ResourceName,
    variant: ResourceName,
    instance_type: toml::Spanned<String>,
    order: OrderPolicy,
    #[serde(default)]
    home_place: Option<toml::Spanned<HomePlace>>,
    pipeline: ResourceName,
    account: toml::Spanned<String>,
    execution_role: toml::Spanned<String>,
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
    #[serde(default)]
    account: Option<toml::Spanned<String>>,
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

/// Over at the fourth sweep that misses home, however these jitter. No night is lost by then.
fn usual_home_patience() -> SignedDuration {
    SignedDuration::from_mins(14)
}

/// Whoever says nothing gets containers that reach nothing.
fn isolated() -> bool {
    true
}

fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    text_problem::time_zone(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// `golden_records` of `[fleet]`: what the fleet's people say about the held-out records that golden records are made of.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum GoldenRecords {
    /// They may lie in every zone: made up, or of customers who may be known everywhere.
    MayLeaveZone,
}

impl Fleet {
    /// Reads a `fleet.toml`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and field.
    pub fn parse(text: &str) -> Result<Self, FleetError> {
        let document: Document = toml::from_str(text).map_err(|error| malformed(text, &error))?;
        check_toml(text)
            .map_err(|Unusual { line, problem }| FleetError { line, problem: FleetProblem::Unusual(problem) })?;
        let reader = Reader { text };
        reader.check(&document)?;
        let regions =
            reader.regions(&document.region, &document.guardrail, &document.fleet, document.shadow.as_ref())?;
        reader.check_hot_standbys(&regions, &document.region, document.scaling.as_ref())?;
        let freezes = freeze::read(&reader, document.freeze, &regions, document.guardrail.soak)?;
        let f = document.fleet;
        Ok(Fleet {
            name: f.name,
            home: f.home.into_inner(),
            deputies: f.deputies.into_iter().map(toml::Spanned::into_inner).collect(),
            home_patience: f.home_patience,
            takeover: f.takeover.map(toml::Spanned::into_inner).unwrap_or_default(),
            failover_threshold: f.failover_threshold.map(toml::Spanned::into_inner),
            endpoint: f.endpoint,
            variant: f.variant,
            instance_type: f.instance_type.into_inner(),
            order: f.order,
            home_place: f.home_place.map(toml::Spanned::into_inner).unwrap_or_default(),
            pipeline: f.pipeline,
            account: f.account.into_inner(),
            execution_role: f.execution_role.into_inner(),
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
}

impl Reader<'_> {
    /// The regions, actives first, each with a kind, a style and a zone that go together.
    fn regions(
        &self,
        tables: &[toml::Spanned<RegionTable>],
        guardrail: &Guardrail,
        fleet: &FleetTable,
        shadow: Option<&ShadowPolicy>,
    ) -> Result<Vec<Region>, FleetError> {
        let mut regions: Vec<Region> = Vec::new();
        for spanned in tables {
            let table = spanned.get_ref();
            let name = table.name.get_ref();
            let ways = Ways::of(table.kind.as_ref(), table.style.as_ref(), table.step.as_ref(), table.batch.as_ref());
            let bake = *table.bake.get_ref();
            let style = ways.style(self, &table.name, name, bake.max, guardrail)?;
            let zone = table.zone.as_ref().map(|zone| region::zone(self, zone)).transpose()?;
            if let Some(last) = regions.last().filter(|last| last.kind != Kind::Active && ways.kind == Kind::Active) {
                let problem = RegionProblem::ActiveListedLate { region: name.clone(), after: last.name.clone() };
                return Err(self.wrong(&table.name, problem));
            }
            if let Some(first) = regions.first().filter(|first| first.zone.is_some() != zone.is_some()) {
                let problem = RegionProblem::ZoneOfSome { region: name.clone(), first: first.name.clone() };
                return Err(self.wrong(&table.name, problem));
            }
            regions.push(Region {
                name: name.clone(),
                title: table.title.get_ref().clone(),
                account: table.account.as_ref().unwrap_or(&fleet.account).get_ref().clone(),
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
                shape: region::shape(&fleet.variant, fleet.instance_type.get_ref(), *table.instances.get_ref(), shadow),
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
            return Err(self.wrong(&first.get_ref().name, RegionProblem::NoneActive));
        }
        // Golden records are payloads of held-out customers, and are replicated to every region to prove it.
        let other = regions
            .iter()
            .zip(tables)
            .find(|(region, _)| regions.first().is_some_and(|first| first.zone != region.zone));
        if let (Some((region, table)), None) = (other, &fleet.golden_records) {
            let problem = RegionProblem::GoldenRecordsLeaveZone(region.name.clone());
            return Err(self.wrong(&table.get_ref().name, problem));
        }
        Ok(regions)
    }

    /// A hot standby has at every hour what the largest active region's customers need beside its own.
    fn check_hot_standbys(
        &self,
        regions: &[Region],
        tables: &[toml::Spanned<RegionTable>],
        scaling: Option<&ScalingPolicy>,
    ) -> Result<(), FleetError> {
        let actives = regions.iter().filter(|region| region.kind == Kind::Active);
        let Some(largest) = actives.max_by(|one, other| one.peak_rps.total_cmp(&other.peak_rps)) else { return Ok(()) };
        for (region, table) in regions.iter().zip(tables).filter(|(region, _)| region.kind == Kind::HotStandby) {
            let instances = &table.get_ref().instances;
            let Some(scaling) = scaling else {
                return Err(self.wrong(instances, RegionProblem::HotWithoutScaling(region.name.clone())));
            };
            let needed = scaling.instances_for(largest.peak_rps + region.peak_rps);
            let least = region.night_instances.map_or(region.instances, |by_night| by_night.min(region.instances));
            if least < needed {
                let (region, largest) = (region.name.clone(), largest.name.clone());
                return Err(self.wrong(instances, RegionProblem::HotWithTooFew { region, least, needed, largest }));
            }
        }
        Ok(())
    }
}
