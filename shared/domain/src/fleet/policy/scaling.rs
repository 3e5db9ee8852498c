//! `[scaling]`: how many instances a region has, and who says so. Target tracking and the nightly floor are Application Auto
//! Scaling's; `promote` registers them, for neither can be registered before a region's endpoint exists.

use super::lines::{PolicyReader, Reader};
use super::{FieldRule, Fleet, FleetError, Region, RegionProblem, text_problem};
use crate::fleet::names::{RegionName, ResourceName, Sha256};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// While a region is updated it cannot scale: so far ahead its load is looked at before it starts. An update of the
/// reference fleet, its soak included, is over by then.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);
/// Requests a second that an instance may serve.
const PER_INSTANCE: std::ops::RangeInclusive<f64> = 0.001..=1e6;
/// Between two looks: usual traffic moves in straight lines from hour to hour.
const STEP: SignedDuration = SignedDuration::from_mins(15);

/// `[scaling]` of `fleet.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalingPolicy {
    /// Requests a second that one instance is to serve: what target tracking keeps to, and what a failover is reckoned with.
    pub requests_per_instance: f64,
    /// Between two steps up (`ScaleOutCooldown`).
    #[serde(default = "usual_scale_out")]
    pub scale_out: SignedDuration,
    /// Between two steps down (`ScaleInCooldown`).
    #[serde(default = "usual_scale_in")]
    pub scale_in: SignedDuration,
    /// When regions that name `night_instances` keep to them.
    #[serde(default)]
    pub night: Option<Night>,
}

/// From one minute of the day to another, by each region's own clocks; past midnight where it ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Night {
    /// When the night's floor begins.
    #[serde(deserialize_with = "minute")]
    pub from: Time,
    /// When the day's floor begins.
    #[serde(deserialize_with = "minute")]
    pub until: Time,
}

/// An instance of the model's image serves within three minutes of being asked for.
fn usual_scale_out() -> SignedDuration {
    SignedDuration::from_mins(1)
}

/// Slower down than up: traffic that comes back within minutes finds its instances.
fn usual_scale_in() -> SignedDuration {
    SignedDuration::from_mins(10)
}

fn minute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    text_problem::minute(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

impl Night {
    fn holds(self, clock: Time) -> bool {
        if self.from < self.until {
            (self.from..self.until).contains(&clock)
        } else {
            clock >= self.from || clock < self.until
        }
    }
}

/// What a region's scaling is to be, as it stands in the ledger before it is registered (I8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// At least so many instances from now on (`MinCapacity`).
    pub least: u32,
    /// At most so many (`MaxCapacity`).
    pub most: u32,
    /// What else is registered, by the first digits of its digest: the same terms need no second call.
    pub terms: String,
    /// True if `least` is for an update's time: it carries another region's customers beside the own.
    pub failover: bool,
}

/// Everything that is registered for a region's endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingSpec {
    /// The endpoint whose instances are scaled, by name.
    pub endpoint: ResourceName,
    /// Its one variant.
    pub variant: ResourceName,
    /// `MinCapacity` from now on.
    pub least: u32,
    /// `MaxCapacity` from now on.
    pub most: u32,
    /// Target of `SageMakerVariantInvocationsPerInstance`: requests a minute.
    pub invocations_per_instance: f64,
    /// `ScaleOutCooldown`: the time between two steps up.
    pub scale_out: SignedDuration,
    /// `ScaleInCooldown`: the time between two steps down.
    pub scale_in: SignedDuration,
    /// The nightly floor; what an earlier policy registered goes where there is none.
    pub nightly: Option<Nightly>,
}

/// Two scheduled actions a day: the floor goes down, and up again.
#[derive(Clone, Debug, PartialEq)]
pub struct Nightly {
    /// The hours of the day.
    pub night: Night,
    /// The IANA time zone whose clock counts.
    pub zone: String,
    /// The floor by night.
    pub least_by_night: u32,
    /// The floor by day.
    pub least_by_day: u32,
}

/// A floor that a schedule sets, by its name; none where there is to be no such schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// `ScheduledActionName`.
    pub name: String,
    /// Application Auto Scaling's `cron(minute hour day month weekday year)`, and `MinCapacity` from then on.
    pub floor: Option<(String, u32)>,
}

/// `ResourceId` by which Application Auto Scaling knows an endpoint's variant.
pub fn scalable_variant(endpoint: &ResourceName, variant: &ResourceName) -> String {
    format!("endpoint/{endpoint}/variant/{variant}")
}

impl ScalingSpec {
    /// `ResourceId` of the endpoint's one variant.
    pub fn resource_id(&self) -> String {
        scalable_variant(&self.endpoint, &self.variant)
    }

    /// Name of the target tracking policy.
    pub fn policy_name(&self) -> String {
        format!("meridian-{}", self.endpoint)
    }

    /// Night's and day's floors.
    pub fn schedule(&self) -> [Scheduled; 2] {
        let daily = |time: Time, least| (format!("cron({} {} * * ? *)", time.minute(), time.hour()), least);
        let nightly = self.nightly.as_ref();
        let night = nightly.map(|own| daily(own.night.from, own.least_by_night));
        let day = nightly.map(|own| daily(own.night.until, own.least_by_day));
        [("night", night), ("day", day)]
            .map(|(when, floor)| Scheduled { name: format!("meridian-{}-{when}", self.endpoint), floor })
    }
}

impl Region {
    /// The least number of instances that policy gives the region at a moment.
    pub fn floor_at(&self, policy: &ScalingPolicy, at: Timestamp) -> u32 {
        let clock = || at.to_zoned(self.time_zone.clone()).time();
        let by_night = policy.night.zip(self.night_instances).filter(|(night, _)| night.holds(clock()));
        by_night.map_or(self.instances, |(_, least)| least)
    }

    /// Instances that scaling may go up to.
    pub fn most(&self) -> u32 {
        self.most_instances.unwrap_or(self.instances).max(self.instances)
    }

    fn nightly(&self, policy: &ScalingPolicy) -> Option<Nightly> {
        let (night, least_by_night) = policy.night.zip(self.night_instances)?;
        let zone = self.time_zone.iana_name()?.to_owned();
        Some(Nightly { night, zone, least_by_night, least_by_day: self.instances })
    }
}

impl ScalingPolicy {
    /// For how long the instances that were reckoned for another region's customers are enough.
    pub const HOLDS: SignedDuration = AHEAD;

    /// What policy gives a region, from `at` on.
    pub fn usual(&self, fleet: &Fleet, region: &Region, at: Timestamp) -> Floor {
        self.floor(fleet, region, region.floor_at(self, at), false)
    }

    /// What a region needs for the time of an update, in which it cannot scale: instances for its own customers and for those
    /// of the one other region that would bring it most of them, at the usual traffic of the hour.
    pub fn for_failover(&self, fleet: &Fleet, region: &Region, at: Timestamp) -> Floor {
        let others = fleet.regions.iter().filter(|other| other.name != region.name).collect::<Vec<_>>();
        self.beside(fleet, region, &others, at)
    }

    /// What a region needs to carry the customers of `from` beside its own: likewise.
    pub fn to_carry(&self, fleet: &Fleet, region: &Region, from: &RegionName, at: Timestamp) -> Floor {
        self.beside(fleet, region, &fleet.region(from).into_iter().collect::<Vec<_>>(), at)
    }

    /// The same number of instances where policy sets no bound to it.
    pub fn needed_to_carry(&self, fleet: &Fleet, region: &Region, from: &RegionName, at: Timestamp) -> u32 {
        self.needed(region, &fleet.region(from).into_iter().collect::<Vec<_>>(), at)
    }

    fn beside(&self, fleet: &Fleet, region: &Region, others: &[&Region], at: Timestamp) -> Floor {
        let least = self.needed(region, others, at).max(region.floor_at(self, at)).min(region.most());
        self.floor(fleet, region, least, true)
    }

    fn needed(&self, region: &Region, others: &[&Region], at: Timestamp) -> u32 {
        let hour = std::iter::successors(Some(at), |at| at.checked_add(STEP).ok());
        let loads = hour.take_while(|moment| *moment <= at + AHEAD).map(|moment| {
            region.usual_rps(moment) + others.iter().map(|other| other.usual_rps(moment)).fold(0.0, f64::max)
        });
        self.instances_for(loads.fold(0.0, f64::max))
    }

    /// Instances that so many requests a second are reckoned with.
    pub fn instances_for(&self, rps: f64) -> u32 {
        (rps / self.requests_per_instance).ceil() as u32
    }

    fn floor(&self, fleet: &Fleet, region: &Region, least: u32, failover: bool) -> Floor {
        let floor = Floor { least, most: region.most(), terms: String::new(), failover };
        // `least` changes with the hour, and is no term.
        let spec = ScalingSpec { least: 0, ..self.spec(fleet, region, &floor) };
        let terms = Sha256::of(format!("{spec:?}").as_bytes()).digits(4);
        Floor { terms, ..floor }
    }

    /// What is registered where `floor` is to hold.
    pub fn spec(&self, fleet: &Fleet, region: &Region, floor: &Floor) -> ScalingSpec {
        ScalingSpec {
            endpoint: fleet.endpoint.clone(),
            variant: fleet.variant.clone(),
            least: floor.least,
            most: floor.most,
            invocations_per_instance: self.requests_per_instance * 60.0,
            scale_out: self.scale_out,
            scale_in: self.scale_in,
            nightly: region.nightly(self),
        }
    }
}

impl Floor {
    /// True if an endpoint has the instances already; one that does not say how many it has is not made to wait.
    pub fn is_met(&self, instances: Option<NonZeroU32>) -> bool {
        instances.is_none_or(|instances| instances >= NonZeroU32::new(self.least).unwrap_or(NonZeroU32::MIN))
    }

    /// True if `other` asks for the same, whatever the hour says of the floor.
    pub fn is_like(&self, other: &Floor) -> bool {
        (self.most, &self.terms, self.failover) == (other.most, &other.terms, other.failover)
    }
}

/// What a `[[region]]` says of its instances.
pub(super) struct Instances<'a> {
    pub least: &'a toml::Spanned<u32>,
    pub most: Option<&'a toml::Spanned<u32>>,
    pub night: Option<&'a toml::Spanned<u32>>,
}

impl Instances<'_> {
    /// Holds them against the policy, and each other.
    pub fn check(
        &self,
        reader: &Reader<'_>,
        name: &RegionName,
        policy: Option<&ScalingPolicy>,
    ) -> Result<(), FleetError> {
        let region = || name.clone();
        let least = *self.least.get_ref();
        if least < 2 {
            return Err(reader.wrong(self.least, RegionProblem::TooFewInstances(region())));
        }
        let Some(policy) = policy else {
            let stray = self.most.map(|most| ("most_instances", most));
            return match stray.or(self.night.map(|night| ("night_instances", night))) {
                Some((field, at)) => Err(reader.wrong(at, RegionProblem::NoScaling { region: region(), field })),
                None => Ok(()),
            };
        };
        match self.most {
            None => return Err(reader.wrong(self.least, RegionProblem::NoMostInstances(region()))),
            Some(most) if *most.get_ref() < least => {
                let problem = RegionProblem::MostBelowLeast { region: region(), most: *most.get_ref(), least };
                return Err(reader.wrong(most, problem));
            }
            Some(_) => {}
        }
        let Some(night) = self.night else { return Ok(()) };
        if policy.night.is_none() {
            return Err(reader.wrong(night, RegionProblem::NoNight(region())));
        }
        if !(2..=least).contains(night.get_ref()) {
            return Err(reader.wrong(night, RegionProblem::NightInstances { region: region(), by_day: least }));
        }
        Ok(())
    }
}

/// What must hold of the policy by itself.
pub(super) fn check(reader: &PolicyReader<'_>, policy: &ScalingPolicy) -> Result<(), FleetError> {
    // Application Auto Scaling takes a cool-down as seconds in 32 bits; a day is more than anybody waits.
    let cool = |value: SignedDuration| !value.is_negative() && value <= SignedDuration::from_hours(24);
    let per_instance = policy.requests_per_instance;
    reader.first_broken(
        "scaling",
        &[
            (PER_INSTANCE.contains(&per_instance), "requests_per_instance", FieldRule::RequestsPerInstance),
            (cool(policy.scale_out), "scale_out", FieldRule::CoolDown),
            (cool(policy.scale_in), "scale_in", FieldRule::CoolDown),
            (policy.night.is_none_or(|night| night.from != night.until), "night", FieldRule::Night),
        ],
    )
}
