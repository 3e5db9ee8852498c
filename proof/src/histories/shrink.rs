//! A history that breaks an invariant, reduced to what it needs (Zeller and Hildebrandt, "Simplifying and isolating
//! failure-inducing input", 2002, with single items: a script has few).

use super::run::{run, story};
use super::script::{Item, Script};
use crate::world::{Breach, Live, freezes};
use std::fmt;

/// A broken invariant and the shortest story that was found for it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The script as it was drawn.
    pub drawn: Script,
    /// What is left of it.
    pub script: Script,
    /// What breaks in what is left: nothing only where the same script has not run the same way again.
    pub breach: Option<Breach>,
    /// What happens, line by line.
    pub lines: Vec<String>,
}

/// Takes away what the violation does not need.
pub fn shrink(script: &Script) -> Failure {
    let invariant = |script: &Script| run(script, None).breach.map(|breach| breach.what.invariant());
    let broken = invariant(script);
    let smallest = smaller(script.clone(), |candidate| broken.is_some() && invariant(candidate) == broken);
    let told = story(&smallest);
    Failure { drawn: script.clone(), script: smallest, breach: told.ended.breach, lines: told.lines }
}

/// The smallest script that still `breaks`, as far as single removals lead.
pub(super) fn smaller(mut script: Script, breaks: impl Fn(&Script) -> bool) -> Script {
    loop {
        let before = script.clone();
        let mut at = 0;
        while at < script.items.len() {
            let mut candidate = script.clone();
            candidate.items.remove(at);
            if breaks(&candidate) { script = candidate } else { at += 1 }
        }
        for candidate in simpler(&script) {
            if breaks(&candidate) {
                script = candidate;
            }
        }
        if script == before {
            return script;
        }
    }
}

/// The same with one thing less unusual.
fn simpler(script: &Script) -> Vec<Script> {
    let mut all = Vec::new();
    let fits = |item: &Item, regions: usize| match item {
        Item::Holds { region, .. }
        | Item::Behaves { region, .. }
        | Item::Shadows { region, .. }
        | Item::Parts { region, .. }
        | Item::Lacks { region } => *region < regions,
        Item::Strikes { whose, .. } | Item::Pauses { whose, .. } | Item::Loses { whose, .. } => {
            is_within(*whose, regions)
        }
        Item::Doubles { whose, .. } | Item::Delays { whose, .. } => is_within(*whose, regions),
        Item::SetsAside { region: Some(region), .. } => *region < regions,
        _ => true,
    };
    let most = script.regions > 1 && (script.deputies == 0 || script.regions > 3);
    if most && script.items.iter().all(|item| fits(item, script.regions - 1)) {
        all.push(Script { regions: script.regions - 1, ..script.clone() });
    }
    if !script.riders.is_empty() {
        all.push(Script { riders: Vec::new(), ..script.clone() });
    }
    if script.deputies > 0 && !script.items.iter().any(|item| matches!(item, Item::Parts { .. })) {
        all.push(Script { deputies: 0, ..script.clone() });
    }
    if script.deputies > 1 {
        all.push(Script { deputies: 1, ..script.clone() });
    }
    if script.freeze.is_some() {
        all.push(Script { freeze: None, ..script.clone() });
    }
    if script.shadow.is_some() {
        all.push(Script { shadow: None, ..script.clone() });
    }
    if script.by_traffic {
        all.push(Script { by_traffic: false, ..script.clone() });
    }
    let usual = Live::default();
    let live = script.live;
    let lives = [
        Live { soak_watched: usual.soak_watched, ..live },
        Live { shows_rolling_back: usual.shows_rolling_back, ..live },
        Live { soak_shows_baking: usual.soak_shows_baking, ..live },
        Live { timers_run_while_dark: usual.timers_run_while_dark, ..live },
        Live { same_refused: usual.same_refused, ..live },
        Live { silence: usual.silence, ..live },
        Live { verdict_delay: usual.verdict_delay, ..live },
    ];
    all.extend(lives.into_iter().filter(|other| *other != live).map(|live| Script { live, ..script.clone() }));
    all
}

fn is_within(whose: super::Whose, regions: usize) -> bool {
    match whose {
        super::Whose::Wave | super::Whose::In(_) => true,
        super::Whose::Region(region) => region < regions,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seed, number) = (self.drawn.seed, self.drawn.number);
        match &self.breach {
            Some(Breach { what, .. }) => {
                writeln!(f, "{} is broken: {}", what.invariant(), what.words(&self.script.setting()))?;
            }
            None => writeln!(f, "? is broken: it does not break again")?,
        }
        writeln!(f, "seed {seed}, history {number}, {} regions, soak {} s", self.script.regions, self.script.soak)?;
        writeln!(f, "bakes {:?}", self.script.bakes.iter().take(self.script.regions).collect::<Vec<_>>())?;
        if !self.script.riders.is_empty() {
            writeln!(f, "the last regions are {:?}", self.script.riders)?;
        }
        if let Some(freeze) = self.script.freeze.and_then(|at| freezes().get(at)) {
            writeln!(f, "frozen by {:?}", freeze.name)?;
        }
        if self.script.deputies > 0 {
            writeln!(f, "deputies {:?}, which the regions let take over", self.script.setting().fleet.deputies)?;
        }
        if let Some((nothing, fail)) = self.script.shadow {
            writeln!(f, "shadow: {nothing:?} where nothing was captured, {fail:?} where it fails")?;
        }
        if self.script.live != Live::default() {
            writeln!(f, "{:?}", self.script.live)?;
        }
        writeln!(f, "\nWhat it takes ({} of {} items):", self.script.items.len(), self.drawn.items.len())?;
        self.script.words().iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        writeln!(f, "\nWhat happens:")?;
        self.lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
