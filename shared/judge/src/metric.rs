//! One metric of one region: what its tests say, together.

use crate::counts::{MetricName, MinuteCounts};
use crate::exact::{Stratum, at_least};
use crate::grounds::LeftOut;
use crate::harm::{Harm, HarmTest};
use crate::levels::Levels;
use crate::outcome::{Look, MetricEvidence, Tally, Watch, WatchStage};
use crate::policy::{Gauge, JudgePolicy};
use crate::process::{LogE, Side};
use crate::scatter::Scatter;
use crate::state::{MetricState, Sums, Tests};
use crate::verdict::Verdict;

/// Share of a canary's minutes that a metric may lack, but for one minute: more is a metric that was lost.
const MISSING_SHARE: f64 = 0.2;
/// Minutes by which one metric may be behind the others.
const BEHIND: i64 = 2;
/// Load of a green instance over a blue one's between which latencies are comparable.
const COMPARABLE: std::ops::RangeInclusive<f64> = 0.8..=1.25;
/// The log of the largest e-value that is told: a number in JSON has an end.
pub(super) const MOST: f64 = 690.0;
/// Where a scatter cannot be told yet, so many times the declared dispersion is supposed.
const UNTOLD: f64 = 10.0;

/// A metric and its counts.
#[derive(Clone, Debug)]
pub(super) struct Metric {
    pub name: MetricName,
    pub gauge: Gauge,
    pub levels: Levels,
    pub state: MetricState,
    /// How its harm is bounded.
    pub harm: HarmTest,
}

/// What the metric's own counts say.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub verdict: Verdict,
    /// The bound that green's own rate is over; none where it is not.
    pub over_bound: Option<f64>,
    /// What the comparison says.
    pub worse: Worse,
    /// The harm bound that the planned look shows; none before it.
    pub harm: Option<Harm>,
    /// The log of the e-value against "not worse".
    pub e_log: f64,
    pub evidence: MetricEvidence,
}

impl Found {
    /// Whether the metric counts: a broken bound and a missing arm always do.
    pub(super) fn counts(&self) -> bool {
        self.evidence.left_out.is_none() || self.over_bound.is_some() || self.evidence.missing
    }
}

/// Whether a comparison shows green to be worse than is tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worse {
    /// Nothing that is significant.
    No,
    /// Significant at the declared dispersion, but not at the one that green shows: no failure, and no pass either.
    Suspected,
    /// Significant at the dispersion that green shows, too.
    Shown,
}

/// What every metric of a region is judged with.
#[derive(Clone, Copy)]
pub(super) struct Hand<'a> {
    pub policy: &'a JudgePolicy,
    pub watch: &'a Watch,
    /// The newest minute that any metric has.
    pub newest: Option<i64>,
    /// The last decision is due.
    pub due: bool,
}

impl Metric {
    pub(super) fn new(name: MetricName, gauge: Gauge, levels: Levels, policy: &JudgePolicy, watch: Watch) -> Self {
        // Each try may pass by itself.
        let level = policy.pass_alpha / f64::from(policy.tries.max(1));
        let harm = HarmTest { level, two_sided: gauge.two_sided, check: None };
        Self { name, gauge, levels, state: MetricState::new(Tests::new(policy, gauge), watch), harm }
    }

    pub(super) fn find(&self, hand: Hand<'_>) -> Found {
        let sums = &self.state.sums;
        let two_sided = self.state.tests.is_two_sided();
        let missing = self.is_missing(hand);
        let left_out = self.left_out(hand);
        let over_bound = self.broken_bound(hand.policy).filter(|_| !self.is_callers_doing(hand));
        let is_witnessed = !self.witness().shows_more_on_blue(self.gauge.dispersion);
        let look = self.look(hand);
        let worse = match left_out {
            Some(_) => Worse::No,
            None if is_witnessed => self.worse(hand),
            // Green itself is in this witness: a burst of its own must not make a failure a pass.
            None if self.name.is_client_errors() => self.worse(hand).min(Worse::Suspected),
            None => self.suspected(hand.policy, look),
        };
        // Over its bound at the declared scatter, but not at the one that green shows: that is no pass either.
        let near_bound = over_bound.is_none() && self.reaches_bound() && !self.is_callers_doing(hand);
        let worse = if near_bound { worse.max(Worse::Suspected) } else { worse };
        let harm = look.and_then(|_| self.harm_bound(hand));
        let within = harm.is_some_and(|harm| harm.answers <= hand.policy.harm);
        let passes = worse == Worse::No && within && !missing && self.has_traffic(hand.policy);
        let verdict = match () {
            () if over_bound.is_some() || worse == Worse::Shown => Verdict::Fail,
            () if passes => Verdict::Pass,
            () => Verdict::Inconclusive,
        };
        let e_log = if two_sided { sums.worse.mixture().max(sums.lower.mixture()) } else { sums.worse.mixture() };
        let evidence = MetricEvidence {
            minutes: sums.minutes,
            green: sums.green,
            blue: sums.blue,
            worse: sums.worse,
            lower: two_sided.then_some(sums.lower),
            within: verdict == Verdict::Pass,
            look,
            dispersion: sums.green_scatter.shown_on_green(self.gauge.dispersion),
            left_out,
            scattered: !is_witnessed,
            missing,
        };
        Found { verdict, over_bound, worse, harm, e_log, evidence }
    }

    /// What shows more scatter than declared where the comparison is not to be relied on: blue's minutes; of 4xx green's part of
    /// both arms' in a minute, since callers may send as much more from one minute to the next as they like.
    pub(super) fn witness(&self) -> Scatter {
        let sums = &self.state.sums;
        if self.name.is_client_errors() { sums.shared_scatter } else { sums.blue_scatter }
    }

    /// Variance over mean that a harm bound reckons with: the declared one, or where the witness shows more its own.
    fn scatter(&self) -> f64 {
        let (witness, declared) = (self.witness(), self.gauge.dispersion);
        let Some(shown) = witness.dispersion().filter(|_| witness.shows_more_on_blue(declared)) else {
            return declared;
        };
        // Of 4xx it is green's part of a sum, which scatters less than green itself by the share that is blue's.
        let Look { green, blue } = self.so_far();
        let blues = blue.bad as f64 / (green.bad + blue.bad).max(1) as f64;
        let shown = if self.name.is_client_errors() && blues > 0.0 { shown / blues } else { shown };
        shown.max(declared)
    }

    /// The harm bound that the planned look shows, or before it all minutes so far; none where the comparison counts nowhere,
    /// or nobody said what is at stake.
    pub(super) fn harm_bound(&self, hand: Hand<'_>) -> Option<Harm> {
        let look = self.look(hand).unwrap_or_else(|| self.so_far());
        let stakes = hand.watch.stakes.filter(|_| self.left_out(hand).is_none())?;
        Some(self.harm.bound(&look, &stakes, self.scatter()))
    }

    /// Both arms in all minutes that are compared.
    fn so_far(&self) -> Look {
        Look { green: self.state.sums.green, blue: self.state.sums.blue }
    }

    /// The planned look: taken once every minute that it covers has arrived, or the decision is due.
    pub(super) fn look(&self, hand: Hand<'_>) -> Option<Look> {
        let planned = self.state.sums.planned;
        let complete =
            || self.state.minutes().any(|minute| minute.minute + 1 >= hand.watch.last_look && minute.pair().is_some());
        (planned.green.total > 0 && (hand.due || complete())).then_some(planned)
    }

    /// The tests of one comparison: side, ratio, and the e-process of every minute.
    fn failing(&self, policy: &JudgePolicy) -> [Option<(Side, f64, LogE)>; 2] {
        let (tolerance, sums) = (policy.tolerance_fail, &self.state.sums);
        let lower = (Side::Below, 1.0 / tolerance, sums.lower);
        [Some((Side::Above, tolerance, sums.worse)), self.gauge.two_sided.then_some(lower)]
    }

    /// The dispersion at which a failure must be significant too: the declared one, or more where green shows more. A few
    /// minutes show nothing: then ten times the declared one is supposed.
    fn shown(&self, policy: &JudgePolicy) -> f64 {
        let (sums, declared) = (&self.state.sums, self.gauge.dispersion);
        let told = sums.minutes >= policy.min_minutes;
        if told { sums.green_scatter.shown_on_green(declared) } else { untold(declared) }
    }

    fn worse(&self, hand: Hand<'_>) -> Worse {
        let (declared, shown) = (self.gauge.dispersion, self.shown(hand.policy));
        let so_far = self.so_far();
        let look = self.look(hand);
        let sides = self.failing(hand.policy);
        sides.into_iter().flatten().fold(Worse::No, |worse, (side, ratio, log)| {
            let is_rare = |look: &Look, dispersion, level| stratum(look, dispersion).chance(ratio, side) <= level;
            let (running, planned) = (self.levels.region_running, self.levels.region_planned);
            let each_minute = log.mixture() >= needed(running);
            let planned_look = look.filter(|look| is_rare(look, declared, planned));
            let holds = || {
                (each_minute && is_rare(&so_far, shown, running))
                    || planned_look.is_some_and(|look| is_rare(&look, shown, planned))
            };
            match each_minute || planned_look.is_some() {
                true if shown <= declared || holds() => Worse::Shown,
                true => worse.max(Worse::Suspected),
                false => worse,
            }
        })
    }

    /// Where the witness scatters more than declared no failure rests on the comparison; but what would be one at the scatter that
    /// the witness shows does not pass either.
    fn suspected(&self, policy: &JudgePolicy, look: Option<Look>) -> Worse {
        let (look, dispersion) = (look.unwrap_or_else(|| self.so_far()), self.scatter());
        let is_rare = |(side, ratio, _)| {
            let both = look.green.total > 0 && look.blue.total > 0;
            both && stratum(&look, dispersion).chance(ratio, side) <= self.levels.region_planned
        };
        let suspected = self.failing(policy).into_iter().flatten().any(is_rare);
        if suspected { Worse::Suspected } else { Worse::No }
    }

    /// The bound that green's own rate is shown to be over, also at the dispersion that green itself shows.
    fn broken_bound(&self, policy: &JudgePolicy) -> Option<f64> {
        let sums = &self.state.sums;
        let max = self.gauge.max.filter(|_| self.reaches_bound())?;
        let declared = self.gauge.dispersion;
        let told = sums.served_minutes >= policy.min_minutes;
        let shown = if told { sums.served_scatter.shown_on_green(declared) } else { untold(declared) };
        let Tally { total, bad } = sums.served;
        (shown <= declared || at_least(bad, max * total as f64, shown) <= self.levels.bound).then_some(max)
    }

    /// Green's own rate is over its bound at the declared dispersion.
    fn reaches_bound(&self) -> bool {
        self.state.sums.over_bound.mixture() >= needed(self.levels.bound)
    }

    /// True of 4xx over the bound that the release need not have made: blue breaks the bound in the same minutes as well, or
    /// there are no same minutes, as at full load.
    fn is_callers_doing(&self, hand: Hand<'_>) -> bool {
        if !self.name.is_client_errors() {
            return false;
        }
        let broken = self.gauge.max.zip(self.state.sums.blue.rate()).is_some_and(|(max, rate)| rate > max);
        broken || hand.watch.stage == WatchStage::FullLoad
    }

    fn has_traffic(&self, policy: &JudgePolicy) -> bool {
        let Sums { green, blue, .. } = &self.state.sums;
        green.total.min(blue.total) >= policy.min_requests.max(1)
    }

    /// True if an arm did not arrive, nobody called, or the metric was lost on the way.
    fn is_missing(&self, hand: Hand<'_>) -> bool {
        let paired = self.state.minutes().filter(|counts| counts.pair().is_some()).map(|counts| counts.minute);
        let (Some(newest), Some(last)) = (hand.newest, paired.max()) else { return true };
        // Blue's last hour is dealt to the planned minutes alone.
        let newest = match hand.watch.stage {
            WatchStage::Canary => newest,
            WatchStage::FullLoad => newest.min(hand.watch.last_look - 1),
        };
        let expected = (newest - hand.watch.warm_up + 1).max(1);
        let lacking = expected - i64::from(self.state.sums.minutes);
        newest - last > BEHIND || lacking as f64 > (MISSING_SHARE * expected as f64).max(1.0)
    }

    /// Why the comparison counts nowhere: latency depends on the load of an instance, 4xx on what the callers of the minute
    /// send.
    fn left_out(&self, hand: Hand<'_>) -> Option<LeftOut> {
        let sums = &self.state.sums;
        if self.name.is_client_errors() && hand.watch.stage == WatchStage::FullLoad {
            return Some(LeftOut::CallersAtFullLoad);
        }
        if !self.name.is_latency() || sums.blue_load <= 0.0 {
            return None;
        }
        let ratio = sums.green_load / sums.blue_load;
        (!COMPARABLE.contains(&ratio)).then_some(LeftOut::Load { ratio })
    }

    /// The minutes that are compared.
    pub(super) fn minutes(&self) -> impl Iterator<Item = &MinuteCounts> + Clone {
        self.state.minutes()
    }
}

/// The dispersion that is supposed where too few minutes show it.
pub(super) fn untold(declared: f64) -> f64 {
    declared * UNTOLD
}

/// A look as the exact test takes it.
pub(super) fn stratum(look: &Look, dispersion: f64) -> Stratum {
    Stratum {
        green_total: look.green.total as f64,
        blue_total: look.blue.total as f64,
        green: look.green.bad,
        blue: look.blue.bad,
        dispersion,
    }
}

/// The log e-value that rejects at a level (Ville's inequality).
pub(super) fn needed(level: f64) -> f64 {
    -level.ln()
}
