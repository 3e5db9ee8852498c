//! What a history never changes: fleet, releases, how each behaves, and which reading of AWS's behaviour holds.

use super::{Chain, RELEASES, Seconds, World, fleets, stamp};
use crate::ask::{Ask, Reply};
use bytes::Bytes;
use meridian_domain::reason::EvaluationReason;
use meridian_domain::{
    Actor, File, Fleet, HubHistory, Image, Kind, Manifest, Provenance, Record, RegionHistory, ReleaseId, ResourceName,
    Sha256, Stored, Style, Target, Verdict, Version, alarms, keys,
};
use meridian_evaluation::{GoldenRecord, GoldenRecords};
use meridian_handlers::context::Context;
use meridian_handlers::memory::{FrontMemory, StatusMemory};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

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
    /// They pass the judge.
    Pass,
    /// They fail before the judge.
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
    /// Until this moment a canary shows too little all the same: callers come back.
    pub starved_until: Seconds,
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
        starved_until: Seconds::MIN,
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

/// A port that answers without doing what it is asked: an executor with a defect, for tests of the checks.
pub type Lie = fn(&World, &Ask) -> Option<Reply>;

/// What never changes.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The policy of the fleet.
    pub fleet: Arc<Fleet>,
    /// The champion and the releases after it.
    pub releases: Vec<(ReleaseId, Version)>,
    /// By region, then by release.
    pub targets: Vec<Vec<Target>>,
    /// By region, then by release.
    pub quality: Vec<Vec<Quality>>,
    /// AWS's open behaviour.
    pub live: Live,
    /// The hub's chain when the history begins.
    pub hub: Chain<HubHistory>,
    /// The regions' chains when it begins.
    pub regions: Vec<Chain<RegionHistory>>,
    /// A region's alarms: the composite one, verdict, heartbeat, the first green one, and the one over clients' errors.
    pub alarms: [String; 5],
    /// The releases' manifests and golden records, by their keys: every bucket has them.
    pub files: &'static BTreeMap<String, Bytes>,
    /// Seconds of what happens by itself.
    pub timing: Timing,
    /// A port that does not do what it is asked.
    pub lies: Option<Lie>,
}

/// How long SageMaker's phases take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// New instances come up.
    pub provisioning: Seconds,
    /// New instances where provisioning is slow.
    pub slow: Seconds,
    /// The last traffic step.
    pub shifting: Seconds,
    /// Taking green down.
    pub rolling_back: Seconds,
    /// Until CodePipeline calls a job again that asks for it.
    pub continuation: Seconds,
    /// Until it calls an action whose turn it is.
    pub turn: Seconds,
}

/// A release as it was published.
struct Published {
    id: ReleaseId,
    version: Version,
    golden: Sha256,
}

/// The releases, and the files that they are made of: all that a handler reads of them.
static RELEASES_MADE: LazyLock<(Vec<Published>, BTreeMap<String, Bytes>)> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    let publish = |(number, text): (usize, &str)| {
        let manifest = manifest(text, number);
        let (id, version) = (manifest.id(), manifest.version.clone());
        let record = |payload: &str| GoldenRecord {
            payload: payload.to_owned(),
            score: score_of(number, payload),
            reasons: Vec::new(),
        };
        let records = PAYLOADS.iter().copied().map(record).collect();
        let answer = meridian_domain::AnswerForm::default();
        let golden = GoldenRecords { release: text.to_owned(), records, answer };
        let golden = serde_json::to_vec(&golden).unwrap_or_default();
        let digest = Sha256::of(&golden);
        files.insert(keys::manifest(id), Bytes::from(manifest.to_bytes()));
        files.insert(keys::golden(id), Bytes::from(golden));
        Published { id, version, golden: digest }
    };
    let releases = ["v426", "v427", "v428"].into_iter().enumerate().map(publish).collect();
    (releases, files)
});

/// Golden records' payloads; two of them, so that two questions wait at once.
const PAYLOADS: [&str; 2] = ["1,2", "3,4"];

fn score_of(release: usize, payload: &str) -> f32 {
    let place = PAYLOADS.iter().position(|own| *own == payload).unwrap_or(PAYLOADS.len());
    [0.1, 0.3, 0.5].get(release).copied().unwrap_or(0.7) + [0.01, 0.02].get(place).copied().unwrap_or(0.03)
}

/// When a release's training finished: one after the other, in the days before.
pub(super) fn created(release: usize) -> jiff::Timestamp {
    stamp(1_795_000_000 + i64::try_from(release).unwrap_or(0) * 3_600)
}

fn manifest(version: &str, number: usize) -> Manifest {
    let archive = Sha256::of(version.as_bytes());
    let name = |text: &str| text.parse().unwrap_or_else(|_| unreachable!("{text:?} is a repository"));
    Manifest {
        schema: meridian_domain::MANIFEST_SCHEMA,
        fleet: fleets::EIGHT.name.clone(),
        version: version.parse().unwrap_or_else(|_| unreachable!("{version:?} is a version")),
        created: created(number),
        archive: File { key: keys::archive(archive), sha256: archive, bytes: 1 },
        image: Image { repository: name("sagemaker-xgboost"), digest: archive, version: None },
        features: vec!["amount".to_owned(), "hour".to_owned()],
        feature_files: Vec::new(),
        operating_threshold: 0.5,
        answer: meridian_domain::AnswerForm::default(),
        provenance: Provenance::default(),
    }
}

impl Setting {
    /// A setting in which every release is attested and evaluated, and behaves well; `quality` says where not.
    pub fn new(fleet: Fleet, releases: usize, live: Live, start: Seconds) -> Self {
        let (published, files) = &*RELEASES_MADE;
        let published = published.get(..releases.min(RELEASES)).unwrap_or_default();
        let releases: Vec<_> = published.iter().map(|own| (own.id, own.version.clone())).collect();
        let of = |region| releases.iter().map(|(id, version)| Target::of(&fleet, region, *id, version)).collect();
        let targets: Vec<Vec<Target>> = fleet.regions.iter().map(of).collect();
        let before = start - 3_600;
        let kinds = fleet.regions.iter().map(|region| region.kind);
        let regions = targets.iter().zip(kinds).map(|(own, kind)| region_chain(&releases, own, kind, before)).collect();
        let hub = hub_chain(published, before);
        let quality = vec![vec![Quality::GOOD; releases.len()]; fleet.regions.len()];
        let [green, ..] = alarms::green_names(&fleet);
        let alarms = [
            alarms::composite_name(&fleet),
            alarms::verdict_name(&fleet),
            alarms::heartbeat_name(&fleet),
            green,
            alarms::client_errors_name(&fleet),
        ];
        let timing =
            Timing { provisioning: 180, slow: 3600, shifting: 60, rolling_back: 60, continuation: 30, turn: 2 };
        let fleet = Arc::new(fleet);
        Self { fleet, releases, targets, quality, live, hub, regions, alarms, files, timing, lies: None }
    }

    /// A region's replica of a release never comes: the region does not attest it.
    pub fn lacks(&mut self, region: usize, release: usize) {
        let Some(chain) = self.regions.get_mut(region) else { return };
        let Some((id, _)) = self.releases.get(release) else { return };
        let is = |record: &Record| matches!(record, Record::Attested { release, .. } if release == id);
        let mut rest = Chain::default();
        for Stored { entry, .. } in chain.entries.iter().filter(|stored| !is(&stored.entry.record)) {
            rest.append(entry.at.as_second(), &entry.actor, entry.record.clone());
        }
        *chain = rest;
    }

    /// Where a function runs, and under which policy.
    pub fn context(&self, region: usize) -> Context {
        let region = self.fleet.regions.get(region).map_or(&self.fleet.home, |region| &region.name);
        Context {
            fleet: self.fleet.clone(),
            policy: self.policy(),
            moved: false,
            region: region.clone(),
            request_id: String::new(),
            memory: StatusMemory::default(),
            callers: Arc::default(),
            front: FrontMemory::default(),
        }
    }

    /// The policy's digest, by which a wave's jobs and the functions know that they follow the same.
    pub fn policy(&self) -> Sha256 {
        Sha256::from_bytes([0; 32])
    }

    /// Home's place among the regions.
    pub fn home(&self) -> usize {
        self.region_of(&self.fleet.home)
    }

    /// The release that has this configuration in a region.
    pub fn release_with(&self, region: usize, config: &ResourceName) -> Option<usize> {
        self.targets.get(region)?.iter().position(|target| target.config == *config)
    }

    /// The release that has this model in a region.
    pub fn release_of_model(&self, region: usize, model: &ResourceName) -> Option<usize> {
        self.targets.get(region)?.iter().position(|target| target.model == *model)
    }

    /// What a release answers to a golden record.
    pub fn score(&self, release: usize, payload: &str) -> Option<f32> {
        PAYLOADS.contains(&payload).then(|| score_of(release, payload))
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

    /// Whether a region's traffic goes over all at once: one without evidence of its own.
    pub fn goes_at_once(&self, region: usize) -> bool {
        self.fleet.regions.get(region).is_some_and(|region| region.style == Style::AllAtOnce)
    }

    /// A region's kind by policy; active where no region has the number.
    pub fn kind(&self, region: usize) -> Kind {
        self.fleet.regions.get(region).map_or(Kind::Active, |region| region.kind)
    }

    /// How `release` behaves in `region`.
    pub fn quality(&self, region: usize, release: usize) -> Quality {
        self.quality.get(region).and_then(|row| row.get(release)).copied().unwrap_or(Quality::GOOD)
    }
}

/// A region's ledger of the nights before: it has attested every release, and serves the first, or keeps it
/// where nothing runs.
fn region_chain(
    releases: &[(ReleaseId, Version)],
    targets: &[Target],
    kind: Kind,
    at: Seconds,
) -> Chain<RegionHistory> {
    let (mut chain, actor) = (Chain::default(), installation());
    for (release, version) in releases {
        chain.append(at, &actor, Record::Attested { release: *release, version: version.clone() });
    }
    if let Some(champion) = targets.first() {
        let (target, execution) = (champion.clone(), actor.clone());
        let record = match kind {
            Kind::PilotLight => Record::Kept { target, execution },
            _ => Record::Confirmed { target, execution, golden: 2 },
        };
        chain.append(at, &actor, record);
    }
    chain
}

/// The hub's: every release is registered and evaluated, and the first one's wave is over.
fn hub_chain(releases: &[Published], at: Seconds) -> Chain<HubHistory> {
    let (mut chain, actor) = (Chain::default(), installation());
    for Published { id, golden, .. } in releases {
        chain.append(at, &actor, Record::Registered { release: *id, package: "package".to_owned() });
        let (holdout, why) = (Sha256::of(b""), EvaluationReason::NotOnRecord.into());
        let (verdict, golden) = (Verdict::Pass, Some(*golden));
        let record = Record::Evaluated { release: *id, champion: None, holdout, verdict, why, golden };
        chain.append(at, &actor, record);
    }
    if let Some(Published { id, version, .. }) = releases.first() {
        let (release, version, execution) = (*id, version.clone(), actor.clone());
        let (late, order, lagging) = (Vec::new(), None, Vec::new());
        let started = Record::WaveStarted {
            release,
            version,
            execution: execution.clone(),
            late,
            order,
            resumes: None,
            policy: None,
        };
        chain.append(at, &actor, started);
        chain.append(at, &actor, Record::Approved { release, created: created(0) });
        chain.append(
            at,
            &actor,
            Record::WaveEnded { release, execution, lagging, page: None, cleared: Vec::new(), again: false },
        );
    }
    chain
}

fn installation() -> Actor {
    "installation".parse().unwrap_or_else(|_| unreachable!("an actor"))
}
