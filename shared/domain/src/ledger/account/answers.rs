//! Where an update stood at a moment, and who may have answered then.

use super::{Canary, Cut, Phase, Share, State, Underway};
use crate::fleet::Style;
use crate::fleet::endpoint::Target;
use crate::ledger::history::OpenUpdate;
use crate::ledger::verdict::Decision;
use crate::ledger::{Entry, Record};

impl Cut<'_> {
    /// The update that was open, by what is known of it to this day.
    pub(super) fn underway(&self) -> Option<Underway> {
        let Some(update) = self.open() else { return self.unseen_return() };
        let ended = self.end(update);
        let canary = self.canary(update, ended);
        Some(Underway {
            phase: self.phase(update, canary, ended),
            from: left(update),
            to: update.target.clone(),
            by: update.execution.clone(),
            intended: Some(update.at),
            canary,
            decided: update.decision.clone(),
            ended: ended.cloned(),
        })
    }

    /// The first later entry that says how the update went on: its proof by golden records, or, where that stands already,
    /// what settles it or rolls it back.
    fn end(&self, update: &OpenUpdate) -> Option<&Entry> {
        self.after.iter().find(|entry| match &entry.record {
            Record::Confirmed { target, .. } => !update.confirmed && *target == update.target,
            Record::Settled { target, .. } => *target == update.target,
            Record::Reverted { from, to, .. } => *from == update.target || *to == update.target,
            Record::BytesUnknown { .. } | Record::Kept { .. } => true,
            Record::UpdateIntended { target, execution, .. } | Record::EndpointIntended { target, execution } => {
                *target != update.target || *execution != update.execution
            }
            _ => false,
        })
    }

    fn canary(&self, update: &OpenUpdate, ended: Option<&Entry>) -> Option<Canary> {
        let until = ended.map_or(u64::MAX, |entry| entry.seq);
        let later = self.after.iter().take_while(|entry| entry.seq < until).find_map(|entry| match &entry.record {
            Record::CanaryStarted { execution, from, ends } if *execution == update.execution => Some((*from, *ends)),
            _ => None,
        });
        let percent = update.bake(self.region).percent;
        update.canary.or(later).map(|(from, ends)| Canary { from, ends, percent })
    }

    fn phase(&self, update: &OpenUpdate, canary: Option<Canary>, ended: Option<&Entry>) -> Phase {
        if self.history.lighting().is_some() {
            return Phase::First;
        }
        if update.epoch.is_none() || update.is_decided(Decision::Revert) {
            return Phase::RollingBack;
        }
        let unseen = || ended.is_some_and(|entry| self.is_unseen_return(entry, &update.target));
        match canary {
            Some(canary) if self.at < canary.from => Phase::BeforeCanary,
            Some(_) if unseen() => Phase::RolledBackUnseen,
            _ if update.confirmed && unseen() => Phase::RolledBackUnseen,
            _ if update.confirmed => Phase::Soak,
            _ if update.is_first() => Phase::First,
            Some(canary) if self.at < canary.ends => Phase::Canary,
            Some(_) => Phase::Shifting,
            None if update.started => Phase::Provisioning,
            None => Phase::Asked,
        }
    }

    /// Whether `entry` says that the region left `target`, or that it is unknown, with nothing between the moment and it that
    /// began that on record or proved the target once more.
    fn is_unseen_return(&self, entry: &Entry, target: &Target) -> bool {
        let mut between = self.after.iter().take_while(|other| other.seq < entry.seq);
        leaves(&entry.record, target) && !between.any(|other| explains(&other.record, target))
    }

    /// A return of which the first word is a later one: the ledger could not be written when it happened (I6).
    fn unseen_return(&self) -> Option<Underway> {
        let serving = &self.history.serving.as_ref()?.target;
        let word = |entry: &&Entry| explains(&entry.record, serving) || leaves(&entry.record, serving);
        let ended = self.after.iter().find(word)?;
        let Record::Reverted { to, .. } = &ended.record else { return None };
        Some(Underway {
            phase: Phase::RolledBackUnseen,
            from: Some(serving.clone()),
            to: to.clone(),
            by: ended.actor.clone(),
            intended: None,
            canary: None,
            decided: None,
            ended: Some(ended.clone()),
        })
    }

    /// Who may have answered, with how much of the traffic; the proved one first.
    pub(super) fn answers(&self, update: Option<&Underway>) -> Vec<(Target, Share, Option<u32>)> {
        let serving = self.history.serving.as_ref().map(|serving| serving.target.clone());
        let all = |target| (target, Share::All, None);
        let perhaps = |targets: Vec<Target>| targets.into_iter().map(|target| (target, Share::Perhaps, None)).collect();
        let Some(update) = update else {
            let share = if self.history.unknown.is_some() { Share::Perhaps } else { Share::All };
            return serving.into_iter().map(|target| (target, share, None)).collect();
        };
        let both = || perhaps(distinct([serving.clone(), update.from.clone(), Some(update.to.clone())]));
        match update.phase {
            _ if self.history.unknown.is_some() => both(),
            Phase::BeforeCanary => serving.or(update.from.clone()).into_iter().map(all).collect(),
            Phase::Soak => vec![all(update.to.clone())],
            Phase::Canary if self.is_shared() => {
                let percent = update.canary.map_or(0, |canary| canary.percent);
                let old = update.from.clone().map(|from| (from, Share::Part, Some(100_u32.saturating_sub(percent))));
                old.into_iter().chain([(update.to.clone(), Share::Part, Some(percent))]).collect()
            }
            _ => both(),
        }
    }

    /// How much is known of a moment in which so many configurations may have answered.
    pub(super) fn state(&self, update: Option<&Underway>, answers: usize) -> State {
        match update.map(|update| update.phase) {
            _ if self.history.unknown.is_some() => State::Unknown,
            _ if answers == 0 => State::Nothing,
            None | Some(Phase::Soak | Phase::BeforeCanary) => State::One,
            Some(Phase::Canary) if self.is_shared() => State::Two,
            Some(_) => State::Either,
        }
    }

    /// Whether a canary here stands still at its share until its timer ends.
    fn is_shared(&self) -> bool {
        matches!(self.region.style, Style::Canary | Style::Linear { .. })
    }
}

/// What an update leaves: what it names as its way back, or what was there.
fn left(update: &OpenUpdate) -> Option<Target> {
    update.back.clone().or_else(|| update.leaves.as_ref().map(|(target, _)| target.clone()))
}

/// An entry that says that the region is not on `target` any more, or that it is unknown.
fn leaves(record: &Record, target: &Target) -> bool {
    match record {
        Record::Reverted { from, .. } => from == target,
        Record::BytesUnknown { .. } => true,
        _ => false,
    }
}

/// An entry after which a return is no surprise: it was begun on record, or the target had been proved once more before it.
fn explains(record: &Record, target: &Target) -> bool {
    match record {
        Record::UpdateIntended { .. } | Record::EndpointIntended { .. } => true,
        Record::Confirmed { target: proved, .. }
        | Record::FullLoadJudged { target: proved, .. }
        | Record::Settled { target: proved, .. } => proved == target,
        Record::Decided { decision, .. } => *decision == Decision::Revert,
        _ => false,
    }
}

fn distinct<const N: usize>(targets: [Option<Target>; N]) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    for target in targets.into_iter().flatten() {
        if !found.contains(&target) {
            found.push(target);
        }
    }
    found
}
