//! Whose a region's 4xx are: its release's, or its callers'.
//!
//! A caller can send any release what it cannot read, so a rate of 4xx alone says nothing about a release. What says something
//! is a difference between two releases that were asked by the same callers: green and blue in the same minutes, or the
//! minutes on both sides of a shift. Only what the region itself has is asked (I6).

use crate::endpoint::Target;
use crate::fleet::JudgePolicy;
use crate::history::RegionHistory;
use crate::judge::{Arm, MetricName, Tally};
use crate::lookout::{FleetMinutes, Span};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Minutes in which green and blue are compared while both serve: the alarm looks at the last five.
const BESIDE: SignedDuration = SignedDuration::from_mins(10);
/// Minutes of blue's that say what it answered before green's come.
const LAST: usize = 5;
/// A release that has served for so long without it did not begin to answer 4xx by itself.
const UNCHANGED: SignedDuration = SignedDuration::from_hours(1);
/// Around a shift for so long both releases may have served.
const SHIFTING: SignedDuration = SignedDuration::from_mins(2);
/// The minutes after a shift that show whether the 4xx came with it.
const AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Which minutes of the blue release the green one's are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    /// The same minutes: the same callers at the same time. A difference is the release's.
    SameMinutes,
    /// The last minutes before the shift: the callers may have changed with it, by chance.
    BeforeShift,
}

/// Minutes of one release.
#[derive(Clone, Debug, PartialEq)]
pub struct Minutes {
    /// The target it is about.
    pub target: Target,
    /// The minutes.
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

/// What was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// How the two relate.
    pub beside: Beside,
    /// The release that may be at fault: all minutes of a canary, or after a shift the best of the first ones.
    pub green: Tally,
    /// The one that it is compared with: the same minutes, or before a shift the worst of the last ones.
    pub blue: Tally,
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
    pub fn is_reason_to_go_back(&self) -> bool {
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

    /// What the counts of both say.
    ///
    /// Around a shift it is the best minute after it against the worst before it. Where one of the first minutes at full load
    /// was as good as blue's, the 4xx did not come with the release; where one of blue's last was as bad, they came before it.
    pub fn blame(&self, policy: &JudgePolicy, green: &FleetMinutes, blue: &FleetMinutes) -> Blame {
        let metric = MetricName::errors_4xx();
        let enough = |arm: &Arm| arm.total > 0;
        let of = |minutes: &FleetMinutes| -> Vec<(Timestamp, Arm)> {
            minutes.minutes(&metric).filter(|(_, arm)| enough(arm)).collect()
        };
        let (green, blue) = (of(green), of(blue));
        let found = match self.beside {
            Beside::SameMinutes => {
                let both: Vec<(Arm, Arm)> = green
                    .iter()
                    .filter_map(|(at, own)| Some((*own, blue.iter().find(|(other, _)| other == at)?.1)))
                    .collect();
                let sum = |arms: &mut dyn Iterator<Item = Arm>| {
                    arms.fold(Tally::default(), |sum, arm| Tally {
                        total: sum.total.saturating_add(arm.total),
                        bad: sum.bad.saturating_add(arm.bad),
                    })
                };
                (!both.is_empty()).then(|| {
                    (sum(&mut both.iter().map(|(own, _)| *own)), sum(&mut both.iter().map(|(_, other)| *other)))
                })
            }
            Beside::BeforeShift => {
                let rate = |arm: &Arm| arm.bad as f64 / arm.total as f64;
                let order = |one: &Arm, other: &Arm| rate(one).total_cmp(&rate(other));
                let best = green.iter().map(|(_, arm)| *arm).min_by(order);
                let worst = blue.iter().map(|(_, arm)| *arm).max_by(order);
                let tally = |arm: Arm| Tally { total: arm.total, bad: arm.bad };
                best.zip(worst).map(|(best, worst)| (tally(best), tally(worst)))
            }
        };
        let Some((green, blue)) = found else {
            // Green's first minutes have not come yet. What blue answered in its last ones came before the release.
            let last =
                blue.iter().rev().take(LAST).fold((0, 0), |(bad, total), (_, arm)| (bad + arm.bad, total + arm.total));
            let before = last.1 > 0 && last.0 as f64 / last.1 as f64 > policy.max_4xx;
            return if before { Blame::Callers(None) } else { Blame::Unknown };
        };
        let compared = Compared { beside: self.beside, green, blue };
        let excess = green.rate().unwrap_or_default() - blue.rate().unwrap_or_default();
        if excess > policy.max_4xx { Blame::Release(compared) } else { Blame::Callers(Some(compared)) }
    }
}
