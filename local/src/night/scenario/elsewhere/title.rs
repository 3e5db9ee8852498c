//! A title whose places and moments are those of the night that is played.

use super::Cast;
use crate::world::Moment;

/// What titles call the regions that the built-in scenarios were written for, beside their titles in that fleet.
const PLACES: &[(&str, &str)] = &[
    ("eu-west-1", "Dublin"),
    ("ap-southeast-2", "Sydney"),
    ("ap-northeast-1", "Tokyo"),
    ("sa-east-1", "São Paulo"),
    ("sa-east-1", "Sao Paulo"),
    ("sa-east-1", "Brazil"),
];

/// A region whose part nobody plays.
const NOBODY: &str = "another region";

impl Cast<'_> {
    /// The scenario's title, of the regions that play it and of when it happens to them.
    pub(super) fn title(&self) -> String {
        let title = &self.scenario.title;
        let mut words: Vec<(&str, String)> = Vec::new();
        for region in &self.there.regions {
            let player = self.player(&region.name).map_or(NOBODY, |player| self.here.title(player));
            let places = PLACES.iter().filter(|(name, _)| *name == region.name.as_str()).map(|(_, place)| *place);
            let called = places.chain([region.title.as_str(), region.name.as_str()]);
            words.extend(called.map(|word| (word, player.to_owned())));
        }
        let times = title.split(|c: char| !c.is_ascii_digit() && c != ':').filter(|word| word.contains(':'));
        words.extend(times.filter_map(|time| Some((time, self.clock(time.parse().ok()?)))));
        reworded(title, &words)
    }

    /// A moment's time of day, as it is here; where something begins then, as late as that does.
    fn clock(&self, moment: Moment) -> String {
        let faults = self.scenario.fault.iter().map(|own| (own.region.as_ref(), own.from));
        let mut begins = faults.chain(self.scenario.behaviour.iter().map(|own| (own.region.as_ref(), own.from)));
        let region = begins.find(|(_, from)| *from == Some(moment)).and_then(|(region, _)| region);
        self.moment(region, moment).after(self.scenario.start).strftime("%H:%M").to_string()
    }
}

/// The text with each of the words, where it stands alone, replaced once.
fn reworded(text: &str, words: &[(&str, String)]) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(next) = rest.chars().next() {
        let begins = !out.ends_with(char::is_alphanumeric);
        let found = words.iter().filter(|_| begins).find_map(|(word, by)| {
            let after = rest.strip_prefix(*word)?;
            (!after.starts_with(char::is_alphanumeric)).then_some((by, after))
        });
        if let Some((by, after)) = found {
            out.push_str(by);
            rest = after;
        } else {
            out.push(next);
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::reworded;

    #[test]
    fn only_whole_words_are_replaced_and_each_once() {
        let words = [("EU", "JP"), ("JP", "São"), ("São Paulo", "EU"), ("03:47", "03:52")];
        let words = words.map(|(word, by)| (word, by.to_owned()));
        let told = reworded("EU's canary, EUROPE, São Paulo, JPEU and JP at 03:47, not 103:47", &words);
        assert_eq!(told, "JP's canary, EUROPE, EU, JPEU and São at 03:52, not 103:47");
    }
}
