//! Whose a region's errors are: its release's, its callers', or the region's own.
//!
//! A caller can send any release what it cannot read, and an ill region answers badly with any, so a rate alone says nothing about a
//! release. What says something is a difference between two releases that served the same callers: green and blue in the same
//! minutes, or the minutes on both sides of a shift. Only what the region itself has is asked (I6).

use crate::fleet::JudgePolicy;
use crate::fleet::endpoint::Target;
use crate::ledger::history::RegionHistory;
use crate::ledger::{Beside, Compared};
use crate::wave::lookout::{ArmMinutes, Span};
use jiff::{SignedDuration, Timestamp};
use meridian_judge::{Arm, MetricName, Tally};
use std::collections::BTreeMap;

/// Minutes in which green and blue are compared while both serve: the alarm looks at the last five.
const BESIDE: SignedDuration = SignedDuration::from_mins(10);
/// The alarms over the whole endpoint look at so many minutes. Further back new instances may have been slow.
const LOOKED_AT: SignedDuration = SignedDuration::from_mins(6);
/// Minutes of blue's that say what it answered before green's come.
const LAST: usize = 5;
/// A release that has served for so long without it did not begin to answer 4xx by itself.
const UNCHANGED: SignedDuration = SignedDuration::from_hours(1);
/// Around a shift for so long both releases may have served.
const SHIFTING: SignedDuration = SignedDuration::from_mins(2);
/// The minutes after a shift that show whether the 4xx came with it.
const AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Minutes of one release.
#[derive(Clone, Debug, PartialEq)]
pub struct Minutes {
    /// The target it is about.
    pub target: Target,
    /// The minutes whose counts are asked for.
    pub span: Span,
}

/// What to count to find out whose a region's 4xx are.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// How the two relate.
    pub beside: Beside,
    /// The release that may be at fault.
    pub green: Minutes,
    /// The one that it is compared with.
    pub blue: Minutes,
}

/// The minutes from a moment on that both served.
fn pairs(metric: &MetricName, green: &ArmMinutes, blue: &ArmMinutes, from: Timestamp) -> Vec<(Arm, Arm)> {
    let served = |(at, arm): &(Timestamp, Arm)| *at >= from && arm.total > 0;
    let blue: BTreeMap<Timestamp, Arm> = blue.minutes(metric).filter(served).collect();
    green.minutes(metric).filter(served).filter_map(|(at, own)| Some((own, *blue.get(&at)?))).collect()
}

fn sum(arms: impl IntoIterator<Item = Arm>) -> Tally {
    arms.into_iter().fold(Tally::default(), |sum, arm| Tally {
        total: sum.total.saturating_add(arm.total),
        bad: sum.bad.saturating_add(arm.bad),
    })
}

/// Whose a region's 4xx are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The release answers more of them than the one before.
    Release(Compared),
    /// Both answer them alike, blue answered them before green served, or the release has served for long without them.
    Callers(Option<Compared>),
    /// The counts did not come.
    Unknown,
}

impl Blame {
    /// Whether the region must roll back for it.
    pub fn is_reason_to_roll_back(&self) -> bool {
        !matches!(self, Blame::Callers(_))
    }

    /// Whether it is shown that callers have no part in it. Otherwise nothing but the region itself rolls back: one caller must
    /// not halt a fleet.
    pub fn is_certain(&self) -> bool {
        matches!(self, Blame::Release(Compared { beside: Beside::SameMinutes, .. }))
    }

    /// What was compared, if anything.
    pub fn compared(&self) -> Option<Compared> {
        match self {
            Blame::Release(compared) => Some(*compared),
            Blame::Callers(compared) => *compared,
            Blame::Unknown => None,
        }
    }
}

impl Comparison {
    /// What to compare in a region with this history; none where nothing has changed there that could be at fault.
    pub fn of(history: &RegionHistory, now: Timestamp) -> Option<Self> {
        match history.update.as_ref().filter(|update| update.epoch.is_some()) {
            Some(update) => {
                let (from, ends) = update.canary?;
                let blue = update.back.as_ref().or(history.previous.as_ref())?;
                if update.confirmed {
                    return Self::around(&update.target, blue, ends, now);
                }
                let to = now.min(ends);
                let span = Span { from: from.max(to - BESIDE), to };
                let green = Minutes { target: update.target.clone(), span };
                // Its minutes before the canary too: what was there before green was is not green's.
                let span = Span { from: span.from - BESIDE, to };
                Some(Self { beside: Beside::SameMinutes, green, blue: Minutes { target: blue.clone(), span } })
            }
            None if history.update.is_some() => None,
            None => {
                let (serving, blue) = (history.serving.as_ref()?, history.previous.as_ref()?);
                Self::around(&serving.target, blue, serving.since, now)
            }
        }
    }

    fn around(green: &Target, blue: &Target, shift: Timestamp, now: Timestamp) -> Option<Self> {
        if now.duration_since(shift) > UNCHANGED {
            return None;
        }
        let after = Span { from: shift + SHIFTING, to: shift + SHIFTING + AFTER };
        let before = Span { from: shift - SHIFTING - BESIDE, to: shift - SHIFTING };
        Some(Self {
            beside: Beside::BeforeShift,
            green: Minutes { target: green.clone(), span: after },
            blue: Minutes { target: blue.clone(), span: before },
        })
    }

    /// What both answered in the minutes in which the region was ill, by 5xx or by latency, where it is shown that no release is why:
    /// blue was over the bound too, and green no worse by more than it.
    pub fn alike(&self, policy: &JudgePolicy, green: &ArmMinutes, blue: &ArmMinutes) -> Option<Compared> {
        let slow = MetricName::latency_over(policy.latency_bound);
        let bounds = [(MetricName::errors_5xx(), policy.max_5xx), (slow, policy.latency_share)];
        let found = bounds.map(|(metric, bound)| Some((self.when_ill(&metric, bound, green, blue)?, bound)));
        let is_alike = |(compared, bound): (Compared, f64)| {
            compared.blue.rate().is_some_and(|rate| rate > bound) && compared.excess() <= bound
        };
        let mut found = found.into_iter().flatten();
        found.clone().all(is_alike).then(|| found.next()).flatten().map(|(compared, _)| compared)
    }

    /// The minutes in which the endpoint broke a bound, of those that its alarms look at; of blue's before a shift all where none did.
    /// None where green broke it in none.
    fn when_ill(&self, metric: &MetricName, bound: f64, green: &ArmMinutes, blue: &ArmMinutes) -> Option<Compared> {
        let is_ill = |arm: &Arm| arm.total > 0 && arm.bad as f64 > bound * arm.total as f64;
        let (green, blue) = match self.beside {
            Beside::SameMinutes => pairs(metric, green, blue, self.green.span.to - LOOKED_AT)
                .into_iter()
                .filter(|(own, other)| {
                    is_ill(&Arm::new(own.total.saturating_add(other.total), own.bad.saturating_add(other.bad)))
                })
                .unzip(),
            Beside::BeforeShift => {
                let all = |minutes: &ArmMinutes| -> Vec<Arm> { minutes.minutes(metric).map(|(_, arm)| arm).collect() };
                let ill = |arms: &[Arm]| -> Vec<Arm> { arms.iter().copied().filter(is_ill).collect() };
                let before = all(blue);
                let worst = ill(&before);
                (ill(&all(green)), if worst.is_empty() { before } else { worst })
            }
        };
        (!green.is_empty()).then(|| Compared { beside: self.beside, green: sum(green), blue: sum(blue) })
    }

    /// What the counts of both say of 4xx.
    ///
    /// Around a shift it is the best minute after it against the worst before it. Where one of the first minutes at full load
    /// was as good as blue's, the 4xx did not come with the release; where one of blue's last was as bad, they came before it.
    pub fn blame(&self, policy: &JudgePolicy, green: &ArmMinutes, blue: &ArmMinutes) -> Blame {
        let metric = MetricName::errors_4xx();
        let of = |minutes: &ArmMinutes| -> Vec<Arm> {
            minutes.minutes(&metric).map(|(_, arm)| arm).filter(|arm| arm.total > 0).collect()
        };
        let found = match self.beside {
            Beside::SameMinutes => {
                let (own, other): (Vec<_>, Vec<_>) =
                    pairs(&metric, green, blue, self.green.span.from).into_iter().unzip();
                (!own.is_empty()).then(|| (sum(own), sum(other)))
            }
            Beside::BeforeShift => {
                let rate = |arm: &Arm| arm.bad as f64 / arm.total as f64;
                let order = |one: &Arm, other: &Arm| rate(one).total_cmp(&rate(other));
                let (best, worst) = (of(green).into_iter().min_by(order), of(blue).into_iter().max_by(order));
                best.zip(worst).map(|(best, worst)| (sum([best]), sum([worst])))
            }
        };
        let Some((green, blue)) = found else {
            // Green's first minutes have not come yet. What blue answered in its last ones came before the release.
            let last = sum(of(blue).into_iter().rev().take(LAST));
            let before = last.rate().is_some_and(|rate| rate > policy.max_4xx);
            return if before { Blame::Callers(None) } else { Blame::Unknown };
        };
        let compared = Compared { beside: self.beside, green, blue };
        if compared.excess() > policy.max_4xx { Blame::Release(compared) } else { Blame::Callers(Some(compared)) }
    }
}
