//! Counts of a whole wave, judged in the order in which they stand.
//!
//! What a wave's judge would have said at every minute, from a file of what had arrived: each line is a minute of one metric
//! in one region. A region's canary begins with its first minute in which green served; its planned look is its last minute
//! in the file. A region that fails is decided: what comes later changes nothing.

mod read;

pub use read::{CountsError, CountsExpected, CountsFound, CountsProblem, Row, read};

use crate::fleet::JudgePolicy;
use crate::fleet::names::RegionName;
use crate::ledger::verdict::Verdict;
use crate::wave::stakes::Exposure;
use meridian_judge::{
    Grounds, Judgement, MetricJudgement, MetricName, MinuteCounts, PooledJudgement, RegionEvidence, RegionJudge, Watch,
    WatchStage,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A wave, replayed.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Over all regions.
    pub wave: WaveVerdict,
    /// In the order in which they began.
    pub regions: Vec<RegionVerdict>,
    /// What people should know although it decided nothing.
    pub warnings: Vec<ReplayWarning>,
}

/// What the judge says of the whole wave: all regions' counts, alone and pooled.
#[derive(Clone, Debug, PartialEq)]
pub struct WaveVerdict {
    /// `Fail` where any region or the pooled test failed; `Pass` where every region passed.
    pub verdict: Verdict,
    /// The file's minute of the counts that decided it.
    pub decided_at_minute: i64,
    /// What decided it.
    pub grounds: WaveGrounds,
    /// The metric that decided it.
    pub metric: Option<MetricName>,
    /// By metric, as they were pooled at that minute.
    pub pooled: Vec<PooledJudgement>,
}

/// What people should know of a replayed file although it decided nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayWarning {
    /// Metrics that policy requires and the file does not have.
    Absent(Vec<MetricName>),
    /// Regions of the file that policy does not know.
    Foreign(Vec<RegionName>),
}

/// What decided a wave's verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveGrounds {
    /// One region's counts failed the wave, alone or pooled with what the others had shown by then.
    Failed {
        /// The region that was looked at.
        region: RegionName,
        /// What decided its judgement.
        grounds: Grounds,
    },
    /// An arm or a metric did not arrive.
    Missing {
        /// Where, in the order in which they began.
        regions: Vec<RegionName>,
    },
    /// Every region passes.
    EveryRegion,
    /// Some do not.
    Open {
        /// They, in the order in which they began.
        regions: Vec<RegionName>,
    },
}

/// One region's verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionVerdict {
    /// The region it is about.
    pub region: RegionName,
    /// The file's minute of the counts that decided it.
    pub decided_at_minute: i64,
    /// The judgement at that minute.
    pub judgement: Judgement,
}

impl RegionVerdict {
    /// The metric that decided the verdict: of those that have it, the one with the most evidence of harm.
    pub fn deciding(&self) -> Option<&MetricJudgement> {
        deciding(&self.judgement)
    }
}

fn deciding(judgement: &Judgement) -> Option<&MetricJudgement> {
    let of = |left_out: bool| {
        let same = judgement.metrics.iter().filter(move |it| it.verdict == judgement.verdict);
        let counted = same.filter(move |it| it.left_out.is_some() == left_out);
        counted.max_by(|one, other| one.e_value.total_cmp(&other.e_value))
    };
    of(false).or_else(|| of(true))
}

/// The metric that decided the wave: of a failure in one region, that region's; else the pooled one with the most evidence.
fn decided_wave(judgement: &Judgement) -> Option<MetricName> {
    let pooled = judgement.pooled.iter().filter(|it| it.verdict == judgement.wave);
    let pooled = pooled.max_by(|one, other| one.e_value.total_cmp(&other.e_value)).map(|it| it.metric.clone());
    let own = || deciding(judgement).map(|it| it.metric.clone());
    if judgement.verdict == Verdict::Fail { own() } else { pooled.or_else(own) }
}

/// What policy says of a wave beside its numbers.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// How counts are judged.
    pub policy: &'a JudgePolicy,
    /// The fleet's regions; those of the file that are not among them are judged all the same.
    pub regions: Vec<RegionName>,
    /// Minutes of warm-up.
    pub warm_up: i64,
    /// How long a fault would go on in a region.
    pub exposure: Exposure,
}

/// Judges the rows in their order.
///
/// # Errors
/// A metric that policy does not know, with its line.
pub fn replay(setting: &Setting<'_>, rows: &[Row]) -> Result<Replay, CountsError> {
    let policy = setting.policy;
    if let Some(row) = rows.iter().find(|row| policy.gauge(&row.metric).is_none()) {
        return Err(CountsError { line: row.line, problem: CountsProblem::UnknownMetric(row.metric.clone()) });
    }
    let mut wave = Wave::new(setting, rows);
    for (at, row) in rows.iter().enumerate() {
        let ends =
            rows.get(at + 1).is_none_or(|next| (&next.region, next.counts.minute) != (&row.region, row.counts.minute));
        wave.take(at, row, ends);
    }
    Ok(wave.end(setting, rows))
}

/// One region on its way.
struct Desk<'a> {
    region: RegionName,
    judge: RegionJudge<'a>,
    /// The file's minute in which the canary began.
    begins: i64,
    /// The last of its rows.
    last: usize,
    evidence: RegionEvidence,
    verdict: Option<(i64, Judgement)>,
}

struct Wave<'a> {
    desks: Vec<Desk<'a>>,
    /// Where and when it failed.
    failed: Option<WaveVerdict>,
    /// Minute and judgement of the newest look that a region ended with.
    newest: Option<(i64, Judgement)>,
}

impl<'a> Wave<'a> {
    fn new(setting: &Setting<'a>, rows: &[Row]) -> Self {
        let mut order: Vec<&RegionName> = Vec::new();
        let served = |row: &&Row| row.counts.green.is_some_and(|green| green.total > 0);
        for row in rows.iter().filter(served).chain(rows) {
            if !order.contains(&&row.region) {
                order.push(&row.region);
            }
        }
        let fleet: BTreeSet<&RegionName> = setting.regions.iter().chain(order.iter().copied()).collect();
        let all: BTreeSet<&MetricName> = rows.iter().map(|row| &row.metric).collect();
        let desk = |region: &&RegionName| {
            let own = || rows.iter().filter(|row| row.region == **region);
            let first = own().filter(served).map(|row| row.counts.minute).min();
            let begins = first.or_else(|| own().map(|row| row.counts.minute).min()).unwrap_or(0);
            let ends = own().map(|row| row.counts.minute - begins + 1).max().unwrap_or(0);
            let last_look = ends.max(setting.warm_up);
            // No hour is told: what stood in the file goes on.
            let stakes = Some(setting.exposure.stakes(rps(own()), 0.0));
            let watch = Watch { warm_up: setting.warm_up, last_look, due: false, stage: WatchStage::Canary, stakes };
            let asked = own().map(|row| row.metric.clone());
            let mut judge = RegionJudge::new(setting.policy, fleet.len(), asked, watch);
            let absent = setting.policy.required().into_iter().filter(|metric| !all.contains(metric));
            absent.for_each(|metric| judge.leave_out(&metric));
            let last = rows.iter().rposition(|row| row.region == **region).unwrap_or(0);
            let region = (*region).clone();
            Desk { region, judge, begins, last, evidence: RegionEvidence::default(), verdict: None }
        };
        let desks = order.iter().map(desk).collect();
        Self { desks, failed: None, newest: None }
    }

    /// Takes a row; the last one of a region's minute is followed by a look.
    fn take(&mut self, at: usize, row: &Row, ends: bool) {
        let before: Vec<RegionEvidence> = if ends { self.others(&row.region) } else { Vec::new() };
        let Some(desk) = self.desks.iter_mut().find(|desk| desk.region == row.region) else { return };
        if desk.verdict.is_some() {
            return;
        }
        let counts = MinuteCounts { minute: row.counts.minute - desk.begins, ..row.counts };
        desk.judge.take(&row.metric, &counts);
        let due = at == desk.last;
        if !ends {
            return;
        }
        let ruling = desk.judge.rule(due, &before);
        desk.evidence = desk.judge.evidence(due);
        let fails = ruling.verdict == Verdict::Fail;
        if !(fails || due || (ruling.wave == Verdict::Fail && self.failed.is_none())) {
            return;
        }
        let judgement = desk.judge.judgement(due, &before);
        if ruling.wave == Verdict::Fail && self.failed.is_none() {
            self.failed = Some(WaveVerdict {
                verdict: Verdict::Fail,
                decided_at_minute: row.counts.minute,
                grounds: WaveGrounds::Failed { region: desk.region.clone(), grounds: judgement.grounds() },
                metric: decided_wave(&judgement),
                pooled: judgement.pooled.clone(),
            });
        }
        self.newest = Some((row.counts.minute, judgement.clone()));
        if fails || due {
            desk.verdict = Some((row.counts.minute, judgement));
        }
    }

    fn others(&self, region: &RegionName) -> Vec<RegionEvidence> {
        let began = |desk: &&Desk<'_>| desk.region != *region && !desk.evidence.metrics.is_empty();
        self.desks.iter().filter(began).map(|desk| desk.evidence.clone()).collect()
    }

    fn end(self, setting: &Setting<'_>, rows: &[Row]) -> Replay {
        let warnings = warnings(setting, rows);
        let undecided = self.desks.iter().filter(|desk| desk.verdict.is_none()).map(|desk| {
            let before = self.others(&desk.region);
            (desk.region.clone(), desk.judge.judgement(true, &before))
        });
        let undecided: BTreeMap<RegionName, Judgement> = undecided.collect();
        let regions: Vec<RegionVerdict> = self
            .desks
            .into_iter()
            .filter_map(|desk| {
                let last = rows.get(desk.last).map_or(desk.begins, |row| row.counts.minute);
                let open = || undecided.get(&desk.region).map(|judgement| (last, judgement.clone()));
                let (decided_at_minute, judgement) = desk.verdict.clone().or_else(open)?;
                Some(RegionVerdict { region: desk.region, decided_at_minute, judgement })
            })
            .collect();
        let open = || {
            let (minute, newest) = self.newest.as_ref().map_or((0, None), |(minute, newest)| (*minute, Some(newest)));
            let verdict = Verdict::all(regions.iter().map(|it| it.judgement.verdict));
            WaveVerdict {
                verdict,
                decided_at_minute: minute,
                grounds: open_grounds(&regions),
                metric: newest.and_then(decided_wave),
                pooled: newest.map(|judgement| judgement.pooled.clone()).unwrap_or_default(),
            }
        };
        let wave = self.failed.unwrap_or_else(open);
        Replay { wave, regions, warnings }
    }
}

/// What decided a wave in which nothing failed.
fn open_grounds(regions: &[RegionVerdict]) -> WaveGrounds {
    let named = |is_one: fn(&Judgement) -> bool| -> Vec<RegionName> {
        regions.iter().filter(|it| is_one(&it.judgement)).map(|it| it.region.clone()).collect()
    };
    let missing = named(Judgement::is_missing);
    let open = named(|judgement| judgement.verdict != Verdict::Pass);
    match () {
        () if !missing.is_empty() => WaveGrounds::Missing { regions: missing },
        () if open.is_empty() => WaveGrounds::EveryRegion,
        () => WaveGrounds::Open { regions: open },
    }
}

/// Requests a second of both arms, over the minutes of the metric that has the most. A later line of a minute replaces the
/// earlier one.
fn rps<'a>(rows: impl Iterator<Item = &'a Row>) -> f64 {
    let mut served: BTreeMap<&MetricName, BTreeMap<i64, u64>> = BTreeMap::new();
    for row in rows {
        let arms = [row.counts.green, row.counts.blue].into_iter().flatten();
        let requests = arms.fold(0, |sum: u64, arm| sum.saturating_add(arm.total));
        served.entry(&row.metric).or_default().insert(row.counts.minute, requests);
    }
    let a_second = |minutes: &BTreeMap<i64, u64>| {
        minutes.values().map(|requests| *requests as f64).sum::<f64>() / (minutes.len() as f64 * 60.0)
    };
    served.values().map(a_second).fold(0.0, f64::max)
}

fn warnings(setting: &Setting<'_>, rows: &[Row]) -> Vec<ReplayWarning> {
    let seen: BTreeSet<&MetricName> = rows.iter().map(|row| &row.metric).collect();
    let absent: Vec<MetricName> =
        setting.policy.required().into_iter().filter(|metric| !seen.contains(metric)).collect();
    let known: BTreeSet<&RegionName> = setting.regions.iter().collect();
    let foreign: BTreeSet<&RegionName> = rows.iter().map(|row| &row.region).filter(|it| !known.contains(it)).collect();
    let absent = (!absent.is_empty()).then_some(ReplayWarning::Absent(absent));
    let unknown = !known.is_empty() && !foreign.is_empty();
    let foreign = unknown.then(|| ReplayWarning::Foreign(foreign.into_iter().cloned().collect()));
    absent.into_iter().chain(foreign).collect()
}
