//! What a history never changes: fleet, releases, how each behaves, and which reading of AWS's behaviour holds.

use super::{RELEASES, Seconds, stamp};
use jiff::SignedDuration;
use meridian_domain::plan::{Plan, Sight};
use meridian_domain::{
    Actor, AlarmState, AlarmView, Caller, Entry, Fleet, Freeze, HubHistory, Kind, Record, RegionHistory, ReleaseId,
    Sha256, Style, Target, Version, alarms,
};
use std::sync::LazyLock;

/// Readings of what AWS's documentation leaves open; each history has its own (`local`'s `LiveFacts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// Alarms still turn an update back while it soaks.
    pub soak_watched: bool,
    /// `DescribeEndpoint` says `RollingBack`, or goes on saying `Updating`.
    pub shows_rolling_back: bool,
    /// Green is shown as `Baking` while it soaks, or as nothing.
    pub soak_shows_baking: bool,
    /// Updates' timers run on while the control plane is dark.
    pub timers_run_while_dark: bool,
    /// An update to the configuration that serves is refused.
    pub same_refused: bool,
    /// Seconds of silence after which the heartbeat alarm rings.
    pub silence: Seconds,
    /// Seconds from a verdict's datapoint to the alarm's effect.
    pub verdict_delay: Seconds,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            soak_watched: false,
            shows_rolling_back: true,
            soak_shows_baking: true,
            timers_run_while_dark: false,
            same_refused: false,
            silence: 60,
            verdict_delay: 10,
        }
    }
}

/// What a look at a canary's counts shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Showing {
    /// They pass.
    Pass,
    /// They fail.
    Fail,
    /// They are too few.
    Thin,
}

/// How a release behaves in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// What the counts show from the canary's beginning.
    pub first: Showing,
    /// From when on they show something else, in seconds of canary.
    pub turns_at: Seconds,
    /// What they show then.
    pub then: Showing,
    /// Seconds of canary after which a green alarm rings; none rings where there is none.
    pub green_alarm: Option<Seconds>,
    /// Seconds after the full shift at which the rollback alarm rings, until the release is left.
    pub late_alarm: Option<Seconds>,
    /// What its counts at full load show, after the shift.
    pub full_load: Showing,
    /// Whether it answers golden records as evaluation did.
    pub answers_right: bool,
}

impl Quality {
    /// A release that is fine.
    pub const GOOD: Self = Self {
        first: Showing::Pass,
        turns_at: Seconds::MAX,
        then: Showing::Pass,
        green_alarm: None,
        late_alarm: None,
        full_load: Showing::Pass,
        answers_right: true,
    };

    /// What a look after so many seconds of canary shows.
    pub fn showing(&self, canary: Seconds) -> Showing {
        if canary < self.turns_at { self.first } else { self.then }
    }
}

/// What never changes.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Policy.
    pub fleet: Fleet,
    /// The champion and the releases after it.
    pub releases: Vec<(ReleaseId, Version)>,
    /// By region, then by release.
    pub targets: Vec<Vec<Target>>,
    /// By region, then by release.
    pub quality: Vec<Vec<Quality>>,
    /// `rollback`'s name in each region.
    pub rollbacks: Vec<Actor>,
    /// AWS's open behaviour.
    pub live: Live,
    /// The hub's chain when the history begins.
    pub hub: HubHistory,
    /// The regions' chains when it begins.
    pub regions: Vec<RegionHistory>,
    /// The region's alarms, all quiet: the composite one, verdict, heartbeat and the first green one.
    pub quiet: Vec<AlarmView>,
    /// Seconds of SageMaker's phases: provisioning, bake by region, shift, soak, going back.
    pub timing: Timing,
    /// What makes another plan of the planner's, and goes past the audit: a planner with a defect, for tests of the checks.
    pub meddle: Option<fn(&Sight, Plan) -> Plan>,
}

/// How long SageMaker's phases take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A new fleet.
    pub provisioning: Seconds,
    /// A new fleet where provisioning is slow.
    pub slow: Seconds,
    /// The last traffic step.
    pub shifting: Seconds,
    /// Taking green down.
    pub going_back: Seconds,
}

/// The fleet from which random fleets are cut: the reference fleet's regions and four more.
static EIGHT: LazyLock<Fleet> = LazyLock::new(|| {
    let text = concat!(include_str!("../../../fleet.toml"), "\n", include_str!("more-regions.toml"));
    // How many instances a region has is not in this lean world.
    let fleet = Fleet::parse(text).unwrap_or_else(|error| unreachable!("{error}"));
    Fleet { scaling: None, ..fleet }
});
/// Freezes that histories choose from: of each of the eight regions, and of all of them. They begin before the night, in a
/// wave, and after one; some are over soon. One of the whole fleet ends within the night: a wave holds for it.
static FREEZES: LazyLock<Vec<Freeze>> = LazyLock::new(|| {
    let windows = [("03:00", "03:20"), ("03:10", "03:40"), ("03:20", "05:00"), ("03:45", "06:00"), ("00:00", "12:00")];
    let names = EIGHT.regions.iter().map(|region| Some(&region.name));
    let places: Vec<_> = names.chain([None]).collect();
    let mut text = concat!(include_str!("../../../fleet.toml"), "\n", include_str!("more-regions.toml")).to_owned();
    for (place, (from, until)) in places.iter().flat_map(|place| windows.map(|window| (place, window))) {
        let (region, until) = match place {
            Some(name) => (format!("regions = [{:?}]\n", name.as_str()), until),
            None => (String::new(), until.min("06:00")),
        };
        let name = format!("{}-{from}", place.map_or("all", |name| name.as_str()));
        text += &format!(
            "\n[[freeze]]\nname = {name:?}\nwhy = \"peace\"\n{region}time_zone = \"UTC\"\n\
             from = \"2026-11-20 {from}\"\nuntil = \"2026-11-20 {until}\"\n"
        );
    }
    Fleet::parse(&text).unwrap_or_else(|error| unreachable!("{error}")).freezes
});
static RELEASE: LazyLock<Vec<(ReleaseId, Version)>> = LazyLock::new(|| {
    let version = |text: &str| text.parse().unwrap_or_else(|_| unreachable!("{text:?} is a version"));
    ["v426", "v427", "v428"].map(|text| (ReleaseId(Sha256::of(text.as_bytes())), version(text))).to_vec()
});

/// The reference fleet and its four more regions.
pub(super) fn reference() -> &'static Fleet {
    &EIGHT
}

/// The freezes that histories choose from.
pub fn freezes() -> &'static [Freeze] {
    &FREEZES
}

/// A fleet of the first `regions` of eight, with these bakes, soak and minutes at full load, all in seconds.
pub fn fleet(regions: usize, bakes: impl Iterator<Item = Seconds>, soak: Seconds, full_load: Seconds) -> Fleet {
    let mut fleet = EIGHT.clone();
    fleet.regions.truncate(regions);
    for (region, bake) in fleet.regions.iter_mut().zip(bakes) {
        region.bake = SignedDuration::from_secs(bake);
    }
    fleet.guardrail.soak = SignedDuration::from_secs(soak);
    fleet.guardrail.full_load = SignedDuration::from_secs(full_load);
    // Histories are hours long, not days: some freezes of a whole fleet outlast a wave's patience.
    fleet.wave.hold = SignedDuration::from_hours(2);
    fleet
}

impl Setting {
    /// A setting in which every release is attested and approved, and behaves well; `quality` says where not.
    pub fn new(fleet: Fleet, releases: usize, live: Live, start: Seconds) -> Self {
        let releases: Vec<_> = RELEASE.iter().take(releases.min(RELEASES)).cloned().collect();
        let targets: Vec<Vec<Target>> = fleet
            .regions
            .iter()
            .map(|region| releases.iter().map(|(id, version)| Target::of(&fleet, region, *id, version)).collect())
            .collect();
        let name = |text: String| text.parse().unwrap_or_else(|_| unreachable!("{text:?} is an actor"));
        let actor: Actor = name("installation".to_owned());
        let entry = |record| Entry {
            seq: 0,
            at: stamp(start),
            written: stamp(start),
            prev: Sha256::from_bytes([0; 32]),
            actor: actor.clone(),
            caller: Caller::Unverified,
            record,
        };
        let mut hub = HubHistory::default();
        for (release, version) in &releases {
            hub.packages.insert(*release, "package".to_owned());
            hub.versions.insert(*release, version.clone());
        }
        let regions = targets.iter().map(|targets| {
            let mut history = RegionHistory::default();
            for (release, version) in &releases {
                history.apply(&entry(Record::Attested { release: *release, version: version.clone() }));
            }
            if let Some(champion) = targets.first() {
                let record = Record::Confirmed { target: champion.clone(), execution: actor.clone(), golden: 10 };
                history.apply(&entry(record));
            }
            history
        });
        let regions = regions.collect();
        let quiet = [
            alarms::composite_name(&fleet),
            alarms::verdict_name(&fleet),
            alarms::heartbeat_name(&fleet),
            alarms::green_names(&fleet)[0].clone(),
        ];
        let quiet = quiet.map(|name| AlarmView { name, state: AlarmState::Ok, reason: String::new() }).to_vec();
        let timing = Timing { provisioning: 180, slow: 3600, shifting: 60, going_back: 60 };
        let rollbacks = fleet.regions.iter().map(|region| name(format!("rollback.{}", region.name))).collect();
        let quality = vec![vec![Quality::GOOD; releases.len()]; fleet.regions.len()];
        Self { fleet, releases, targets, quality, rollbacks, live, hub, regions, quiet, timing, meddle: None }
    }

    /// What people call a region.
    pub fn title(&self, region: usize) -> &str {
        self.fleet.regions.get(region).map_or("?", |region| &region.title)
    }

    /// A release's human name.
    pub fn version(&self, release: usize) -> &str {
        self.releases.get(release).map_or("?", |(_, version)| version.as_str())
    }

    /// What `release` is called in `region`.
    pub fn target(&self, region: usize, release: usize) -> &Target {
        // Both are the world's own indices.
        #[allow(clippy::indexing_slicing)]
        &self.targets[region][release]
    }

    /// The release that a configuration's target names.
    pub fn release_of(&self, target: &Target) -> usize {
        self.releases.iter().position(|(id, _)| *id == target.release).unwrap_or(0)
    }

    /// Which region has that name.
    pub fn region_of(&self, name: &meridian_domain::RegionName) -> usize {
        self.fleet.regions.iter().position(|region| region.name == *name).unwrap_or(0)
    }

    /// A region's bake.
    pub fn bake(&self, region: usize) -> Seconds {
        self.fleet.regions.get(region).map_or(0, |region| region.bake.as_secs())
    }

    /// Whether a region's traffic goes over all at once: one without evidence of its own.
    pub fn goes_at_once(&self, region: usize) -> bool {
        self.fleet.regions.get(region).is_some_and(|region| region.style == Style::AllAtOnce)
    }

    /// A region's kind.
    pub fn kind(&self, region: usize) -> Kind {
        self.fleet.regions.get(region).map_or(Kind::Active, |region| region.kind)
    }

    /// How `release` behaves in `region`.
    pub fn quality(&self, region: usize, release: usize) -> Quality {
        self.quality.get(region).and_then(|row| row.get(release)).copied().unwrap_or(Quality::GOOD)
    }
}
