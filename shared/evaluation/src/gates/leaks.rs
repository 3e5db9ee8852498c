//! Whether the challenger knows what no request will tell it: the label, or the very records that it is judged on. Asked before all
//! other gates, because a model that knows the answers passes them.
//!
//! A gate here fails where the records show a leak, and passes everywhere else: that they show none proves nothing.

use super::{open, unheard};
use crate::contender::Contender;
use crate::evaluation::Gate;
use crate::finding::{Finding, Statistic};
use crate::holdout::HeldOut;
use crate::stats::alone::{Alone, strongest};
use crate::stats::distributions::normal_quantile;
use crate::stats::reasons::shares;
use crate::subset::Subset;
use crate::trained::TrainedOn;
use meridian_judge::{EvaluationPolicy, GateMode, Verdict};
use meridian_xgboost::Scored;

/// Features of the challenger's that contribute most: one that alone makes the score is among them.
const STRONGEST: usize = 10;

/// What the gates on leaks look at.
pub(crate) struct Suspects<'a> {
    /// Both models on all records.
    pub whole: &'a Subset,
    /// The challenger, as it was scored.
    pub challenger: Contender<'a>,
    /// The champion; `None` for a first release.
    pub champion: Option<Contender<'a>>,
    /// The records on which both were scored.
    pub holdout: &'a HeldOut,
    /// What training saw of them, where it says so.
    pub trained: Option<TrainedOn>,
    /// Whether all the challenger's margins are numbers.
    pub is_finite: bool,
}

/// The gates on leaks.
pub(crate) fn leaks(suspects: &Suspects<'_>, policy: &EvaluationPolicy) -> Vec<Gate> {
    if policy.leaks == GateMode::Off {
        return Vec::new();
    }
    let mut gates = Vec::new();
    if suspects.is_finite {
        let alone = suspects.strongest();
        gates.push(feature(suspects, alone.as_ref(), policy));
        gates.push(gain(suspects, alone.as_ref(), policy));
    }
    gates.extend(suspects.trained.map(|trained| records(trained, policy)));
    gates
}

impl Suspects<'_> {
    /// The column that ranks best alone, of those that the challenger is known to go by.
    fn strongest(&self) -> Option<Alone> {
        let Scored { splits, attributions, .. } = self.challenger.scored;
        let names = self.holdout.features();
        let splits = splits.as_deref().filter(|splits| splits.len() == names.len());
        let is_used = |place: &usize| splits.is_none_or(|splits| splits.get(*place).is_some_and(|count| *count > 0));
        let strong: Option<Vec<String>> = attributions.as_ref().map(|attributions| {
            let mut shares = shares(attributions);
            shares.sort_by(|a, b| b.share.total_cmp(&a.share));
            shares.into_iter().take(STRONGEST).map(|share| share.feature).collect()
        });
        let is_strong = |place: &usize| {
            strong.as_ref().is_none_or(|strong| names.get(*place).is_some_and(|it| strong.contains(it)))
        };
        let columns = (0..names.len()).filter(is_used).filter(is_strong);
        strongest(self.holdout.matrix(), &self.whole.labels, columns)
    }

    /// The feature that the challenger goes by more than the champion does; without reasons, the one that ranks best alone.
    fn suspect(&self, alone: Option<&Alone>) -> Option<String> {
        let most = |new| {
            let old = self.champion.and_then(|champion| champion.scored.attributions.as_ref()).map(shares);
            let before = |feature: &str| {
                let found = old.iter().flatten().find(|share| share.feature == feature);
                found.map_or(0.0, |share| share.share)
            };
            let rises = shares(new).into_iter().map(|now| (now.share - before(&now.feature), now.feature));
            rises.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, feature)| feature)
        };
        let by_reasons = self.challenger.scored.attributions.as_ref().and_then(most);
        by_reasons.or_else(|| self.name(alone?))
    }

    fn name(&self, alone: &Alone) -> Option<String> {
        self.holdout.features().get(alone.place).cloned()
    }

    /// Why nothing can be concluded, if so.
    fn too_few(&self, policy: &EvaluationPolicy) -> Option<Finding> {
        let (positives, negatives, floor) = (self.whole.positives(), self.whole.negatives(), policy.min_positives);
        (positives.min(negatives) < floor).then_some(Finding::TooFew { positives, negatives, floor })
    }
}

/// No single feature ranks nearly as well as the whole model and better than the champion (without one, than `max_feature_auc`).
fn feature(suspects: &Suspects<'_>, alone: Option<&Alone>, policy: &EvaluationPolicy) -> Gate {
    let gate = open("leak_feature", policy.leaks, Finding::NoFeatureAlone);
    if let Some(too_few) = suspects.too_few(policy) {
        return unheard(gate, too_few);
    }
    let z = -normal_quantile(policy.alpha);
    let found = || {
        let alone = alone?;
        let (own, model) = (alone.placements.auc()?, suspects.whole.challenger.placements.as_ref()?.auc()?);
        let champion = match &suspects.whole.champion {
            Some(champion) => Some(champion.placements.as_ref()?),
            None => None,
        };
        let [lead, _] = match champion {
            Some(champion) => alone.placements.less(champion)?.interval(z),
            None => own.interval(z).map(|end| end - policy.max_feature_auc),
        };
        // By how much better than chance.
        let share = (own.value - 0.5) / (model.value - 0.5);
        let leaks = share >= policy.max_feature_share && model.value > 0.5 && lead > 0.0;
        let finding = Finding::FeatureAlone { feature: suspects.name(alone)?, model: model.value };
        let verdict = if leaks { Verdict::Fail } else { Verdict::Pass };
        let champion = champion.and_then(|champion| champion.auc()).map(|auc| auc.value);
        let (challenger, difference, allowed) = (Some(own.value), Some(share), Some(policy.max_feature_share));
        Some(Gate { verdict, challenger, champion, difference, allowed, finding, ..gate.clone() })
    };
    found().unwrap_or(Gate { verdict: Verdict::Pass, ..gate.clone() })
}

/// The AUC is below what models without a leak reach, and makes up for no more than `max_auc_gain_share` of what the champion's
/// lacks to 1.
fn gain(suspects: &Suspects<'_>, alone: Option<&Alone>, policy: &EvaluationPolicy) -> Gate {
    let gate = open("leak_gain", policy.leaks, Finding::NotEstimable { statistic: Statistic::Auc });
    if let Some(too_few) = suspects.too_few(policy) {
        return unheard(gate, too_few);
    }
    let z = -normal_quantile(policy.alpha);
    let held = |verdict: Verdict| (verdict == Verdict::Fail).then(|| suspects.suspect(alone)).flatten();
    let own = suspects.whole.challenger.placements.as_ref().and_then(|own| Some((own, own.auc()?)));
    let Some((placements, auc)) = own else { return Gate { verdict: Verdict::Pass, ..gate } };
    let level = Some(1.0 - 2.0 * policy.alpha);
    let numbers = Gate { challenger: Some(auc.value), level, ..gate };
    let ceiling = fail_if(auc.interval(z)[0] > policy.max_auc);
    let champion = suspects.whole.champion.as_ref().and_then(|old| old.placements.as_ref());
    let compared = champion.and_then(|old| Some((old.auc()?, placements.less(old)?)));
    match compared {
        Some((old, rise)) if ceiling == Verdict::Pass => {
            let allowed = policy.max_auc_gain_share * (1.0 - old.value);
            let interval = rise.interval(z);
            let verdict = fail_if(interval[0] > allowed);
            let finding = Finding::AucGain { suspect: held(verdict) };
            let (champion, difference) = (Some(old.value), Some(rise.value));
            let (interval, allowed) = (Some(interval), Some(allowed));
            Gate { verdict, champion, difference, interval, allowed, finding, ..numbers }
        }
        _ => {
            let finding = Finding::AucCeiling { suspect: held(ceiling) };
            Gate { verdict: ceiling, allowed: Some(policy.max_auc), finding, ..numbers }
        }
    }
}

/// Training saw next to none of the records.
fn records(trained: TrainedOn, policy: &EvaluationPolicy) -> Gate {
    let finding = Finding::TrainedOn { trained: trained.trained, rows: trained.rows };
    let verdict = fail_if(trained.share() > policy.max_trained_on);
    let (challenger, allowed) = (Some(trained.share()), Some(policy.max_trained_on));
    Gate { verdict, challenger, allowed, ..open("leak_records", policy.leaks, finding) }
}

fn fail_if(leaks: bool) -> Verdict {
    if leaks { Verdict::Fail } else { Verdict::Pass }
}
