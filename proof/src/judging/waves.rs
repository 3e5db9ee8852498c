//! Whole waves: region after region, each judged with what the regions before it have shown.

use super::Study;
use super::bursts::Bursts;
use super::peers::fixed;
use super::streams::{Drawn, Effect, Metric, Site, Stream, Usual};
use super::trial::{Bench, Peers, Watched, peers};
use crate::random::stream;
use meridian_domain::stakes::Exposure;
use meridian_domain::{JudgePolicy, Verdict};
use meridian_judge::{Harm, MetricName, RegionEvidence, RegionJudge, Watch};

/// Minutes before a canary in which blue's counts show how much they scatter.
const HISTORY: u32 = 30;

/// Minutes of blue with which green is compared after the shift.
const HOUR: u32 = 60;
/// In the path of the streams of minutes after the shift.
const AFTER_SHIFT: u64 = 1;
/// Added to the number of a region's stream for each further try: more than a fleet has regions.
const AGAIN: u64 = 1_000;

/// One region of a wave: where, and how the challenger does there.
#[derive(Clone, Debug)]
pub struct Place {
    /// The region as a simulation sees it.
    pub site: Site,
    /// What is wrong with the challenger there.
    pub effect: Effect,
    /// The number of its stream: the same region has the same minutes in whatever order a wave goes.
    pub stream: u64,
}

impl Place {
    /// The regions of a wave in this order, all with one effect.
    pub fn all(sites: Vec<Site>, effect: Effect) -> Vec<Place> {
        (0..).zip(sites).map(|(stream, site)| Place { site, effect, stream }).collect()
    }

    /// A further try of the same region, with this canary and with minutes of its own.
    #[must_use]
    pub fn again(&self, site: Site) -> Place {
        Place { site, effect: self.effect, stream: self.stream + AGAIN }
    }

    /// The number of the region's first stream, whichever try this is.
    pub fn first_stream(&self) -> u64 {
        self.stream % AGAIN
    }
}

/// What the waves of one row have in common.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The policy that judges them.
    pub policy: JudgePolicy,
    /// Regions over which alpha is split.
    pub regions: usize,
    /// The champion's rates.
    pub usual: Usual,
    /// How counts burst.
    pub bursts: Bursts,
    metrics: Vec<Metric>,
    names: Vec<MetricName>,
}

/// What everybody made of one region's canary.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What the judge found.
    pub judge: Watched,
    /// What users have today.
    pub peers: Peers,
    /// The best single look at the errors: its p-value.
    pub fixed: f64,
}

/// What the canaries of a wave came to, with the further tries that policy gives the regions whose counts did not decide.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Each region's first canary: the only one that the peers see.
    pub first: Vec<Seen>,
    /// What the judge found in the further ones.
    pub further: Vec<Watched>,
    /// Whether each region passes in one of its canaries.
    pub passes: bool,
}

impl Setting {
    /// Waves of the fleet under its policy, which counts everything that the policy judges.
    pub fn new(study: &Study<'_>, usual: Usual, bursts: Bursts) -> Self {
        Self::under(study.fleet.judge.clone(), study.fleet.regions.len(), usual, bursts)
    }

    /// Waves under another policy.
    pub fn under(policy: JudgePolicy, regions: usize, usual: Usual, bursts: Bursts) -> Self {
        let metrics = Metric::of(&policy);
        // Every metric's name is well formed: a test says so.
        let names = metrics.iter().filter_map(|metric| metric.name().parse().ok()).collect();
        Setting { policy, regions, usual, bursts, metrics, names }
    }

    /// The same under another declared dispersion.
    #[must_use]
    pub fn declared(mut self, dispersion: f64) -> Self {
        self.policy.dispersion = dispersion;
        self.policy.metrics.values_mut().for_each(|metric| metric.dispersion = None);
        self
    }

    /// One region's own share of alpha for the first metric, at all its looks together: what the best single look may err
    /// too.
    pub fn region_level(&self) -> f64 {
        let judge = RegionJudge::new(&self.policy, self.regions, self.names.iter().cloned(), Watch::default());
        self.names.first().and_then(|name| judge.region_level(name)).unwrap_or(0.0)
    }

    /// One wave; a failure does not end it.
    pub fn wave(&self, study: &Study<'_>, number: u64, places: &[Place]) -> Vec<Seen> {
        let mut before: Vec<RegionEvidence> = Vec::with_capacity(places.len());
        let mut seen = Vec::with_capacity(places.len());
        for place in places {
            let region = self.region(study, number, place, &before);
            before.push(region.judge.evidence.clone());
            seen.push(region);
        }
        seen
    }

    /// The same, and then the regions whose counts did not decide once more, each with the canary that it had, until policy's tries
    /// are used up. Each try is a stratum of its own in what is pooled.
    pub fn wave_in_tries(&self, study: &Study<'_>, number: u64, places: &[Place]) -> Tried {
        let first = self.wave(study, number, places);
        let mut before: Vec<RegionEvidence> = first.iter().map(|seen| seen.judge.evidence.clone()).collect();
        let (bench, mut further, mut passes) = (self.bench(study), Vec::new(), true);
        for (place, seen) in places.iter().zip(&first) {
            let (mut place, mut last, mut failed) = (place.clone(), seen.judge.last, seen.judge.wave_failed);
            for _ in 1..self.policy.tries {
                if failed.is_some() || last.verdict == Verdict::Pass {
                    break;
                }
                place = place.again(place.site.clone());
                let watched = bench.watch(&place.site, &self.draw(study, number, &place), &before);
                before.push(watched.evidence.clone());
                (last, failed) = (watched.last, watched.wave_failed);
                further.push(watched);
            }
            passes &= failed.is_none() && last.verdict == Verdict::Pass;
        }
        Tried { first, further, passes }
    }

    /// One region with the evidence of those before it.
    pub fn region(&self, study: &Study<'_>, number: u64, place: &Place, before: &[RegionEvidence]) -> Seen {
        let drawn = self.draw(study, number, place);
        let bench = self.bench(study);
        let bake = place.site.bake;
        Seen {
            judge: bench.watch(&place.site, &drawn, before),
            peers: peers(&self.metrics, &drawn.canary, study.timing, bake),
            fixed: self.fixed(study, bake, &drawn),
        }
    }

    /// One region's harm bounds at the canary's planned look, of the metrics whose comparison counts.
    pub fn harm(&self, study: &Study<'_>, number: u64, place: &Place) -> Vec<(Metric, Harm)> {
        let drawn = self.draw(study, number, place);
        let bench = self.bench(study);
        let judge = bench.at_last_look(&place.site, &drawn);
        let bounds = self.metrics.iter().zip(&self.names);
        bounds.filter_map(|(metric, name)| Some((*metric, judge.harm(name, true)?))).collect()
    }

    /// Whether green, which now has all the traffic, fails against blue's last hour in the minutes that policy compares.
    pub fn fails_after_shift(&self, study: &Study<'_>, number: u64, place: &Place) -> bool {
        let (site, drawn) = self.draw_shifted(study, number, place, study.full_load_minutes(), |_| place.effect);
        let bench = self.bench(study);
        bench.fails_after_shift(&site, &drawn)
    }

    /// One region's canary with a challenger that changes from minute to minute.
    pub(super) fn draw_changing(
        &self,
        study: &Study<'_>,
        number: u64,
        place: &Place,
        effect: impl Fn(u32) -> Effect,
    ) -> Drawn {
        let mut random = stream(study.seed, &[number, place.stream]);
        self.stream(&place.site, Effect::NONE).draw_changing(&mut random, HISTORY, place.site.bake, effect)
    }

    /// The same after the shift, beside blue's last hour.
    pub(super) fn draw_shifted(
        &self,
        study: &Study<'_>,
        number: u64,
        place: &Place,
        minutes: u32,
        effect: impl Fn(u32) -> Effect,
    ) -> (Site, Drawn) {
        let site = Site { canary: 1.0, ..place.site.clone() };
        let mut random = stream(study.seed, &[number, place.stream, AFTER_SHIFT]);
        let drawn = self.stream(&site, Effect::NONE).draw_changing(&mut random, HOUR, minutes, effect);
        (site, drawn)
    }

    /// The names of what is counted.
    pub(super) fn names(&self) -> &[MetricName] {
        &self.names
    }

    /// The metrics that every minute counts.
    pub(super) fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    pub(super) fn bench(&self, study: &Study<'_>) -> Bench<'_> {
        let exposure = Exposure::of(&study.fleet.guardrail);
        Bench { policy: &self.policy, regions: self.regions, names: &self.names, timing: study.timing, exposure }
    }

    pub(super) fn draw(&self, study: &Study<'_>, number: u64, place: &Place) -> Drawn {
        let mut random = stream(study.seed, &[number, place.stream]);
        self.stream(&place.site, place.effect).draw(&mut random, HISTORY, place.site.bake)
    }

    fn stream<'a>(&'a self, site: &'a Site, effect: Effect) -> Stream<'a> {
        Stream { site, usual: self.usual, effect, bursts: self.bursts, metrics: &self.metrics }
    }

    /// The first metric's p-value, over the minutes that the judge's last look compares.
    fn fixed(&self, study: &Study<'_>, bake: u32, drawn: &Drawn) -> f64 {
        let timing = study.timing;
        let compared = timing.warm_up as usize..timing.visible(timing.last_look(bake));
        let minutes = drawn.canary.first().and_then(|minutes| minutes.get(compared)).unwrap_or_default();
        fixed::p_value(fixed::sum(minutes), self.policy.tolerance_fail, self.policy.dispersion)
    }
}
