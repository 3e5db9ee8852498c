//! Scripts in words that a person can read.

use super::script::{Item, START, Script, Whose};
use crate::world::{Seconds, Strike, stamp};

impl Script {
    /// The items, in words, in order of time.
    pub fn words(&self) -> Vec<String> {
        let setting = self.setting();
        let clock = |at: Seconds| stamp(START + at).strftime("%H:%M:%S").to_string();
        let mut items: Vec<&Item> = self.items.iter().collect();
        items.sort_by_key(|item| item.span().0);
        let whose = |whose: &Whose| match whose {
            Whose::Wave => "promote's next".to_owned(),
            Whose::Region(region) => format!("{}'s rollback's next", setting.title(*region)),
            Whose::In(state) => format!("the next ({state:?})").to_lowercase(),
        };
        let line = |item: &&Item| {
            let from = clock(item.span().0);
            match item {
                Item::Holds { fault, region, lasts, .. } => {
                    format!("{from}  {}: {} for {lasts} s", setting.title(*region), fault.words())
                }
                Item::Strikes { strike, whose: w, after, .. } => {
                    format!("{from}  {} port call but {after}: {}", whose(w), strike_words(*strike))
                }
                Item::Pauses { whose: w, by, after, .. } => {
                    format!(
                        "{from}  {} port call but {after}: the function stands still for {by} s before it",
                        whose(w)
                    )
                }
                Item::Loses { whose: w, .. } => format!("{from}  {} event is lost", whose(w)),
                Item::Doubles { whose: w, after, .. } => {
                    format!("{from}  {} event arrives again {after} s later", whose(w))
                }
                Item::Delays { whose: w, by, .. } => format!("{from}  {} event arrives {by} s late", whose(w)),
                Item::Arrives { .. } => format!("{from}  v428 arrives"),
                Item::Reruns { at_once, .. } => {
                    let how = if *at_once { ", beside the others" } else { "" };
                    format!("{from}  a person starts a new execution of the newest release{how}")
                }
                Item::Halts { .. } => format!("{from}  a person halts the fleet"),
                Item::Lifts { .. } => format!("{from}  a person lifts every halt"),
                Item::SetsAside { rule, region, lasts, .. } => {
                    let place = region.map_or("every region", |region| setting.title(region));
                    format!("{from}  a person sets the {rule} aside for {place} and {lasts} s")
                }
                Item::Shadows { region, verdict, .. } => {
                    format!("{from}  {}: its captured requests say: {verdict}", setting.title(*region))
                }
                Item::Parts { region, others, lasts, .. } => {
                    let is_one = |other: &usize| others & (1 << other) != 0 && other != region;
                    let names = (0..self.regions).filter(is_one).map(|other| setting.title(other));
                    let names: Vec<_> = names.collect();
                    format!(
                        "{from}  {}: nothing comes through to {} for {lasts} s",
                        setting.title(*region),
                        names.join(", ")
                    )
                }
                Item::Lacks { region } => format!("          {}: v427's replica never comes", setting.title(*region)),
                Item::Behaves { region, release, quality } => {
                    format!(
                        "          {} in {}: {}",
                        setting.version(*release),
                        setting.title(*region),
                        quality_words(quality)
                    )
                }
            }
        };
        items.iter().map(line).collect()
    }
}

fn strike_words(strike: Strike) -> String {
    match strike {
        Strike::Late(by) => format!("the network delivers the request {by} s late"),
        other => other.words().to_owned(),
    }
}

fn quality_words(quality: &crate::world::Quality) -> String {
    let mut words = vec![format!("counts {:?}", quality.first).to_lowercase()];
    if quality.turns_at != Seconds::MAX {
        words.push(format!("then {:?} after {} s", quality.then, quality.turns_at).to_lowercase());
    }
    if quality.starved_until != Seconds::MIN {
        words.push(format!("counts too few until {}", crate::world::stamp(quality.starved_until).strftime("%H:%M:%S")));
    }
    words.extend(quality.green_alarm.map(|after| format!("green alarm after {after} s of canary")));
    words.extend(quality.late_alarm.map(|after| format!("rollback alarm {after} s after the shift")));
    if quality.full_load != crate::world::Showing::Pass {
        words.push(format!("at full load {:?}", quality.full_load).to_lowercase());
    }
    words.extend((!quality.answers_right).then(|| "wrong golden answers".to_owned()));
    words.join(", ")
}
