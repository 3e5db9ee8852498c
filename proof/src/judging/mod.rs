//! What the judge is worth: seeded streams of counts, judged as a wave judges them, and beside it what users have today.

pub mod bursts;
mod delivery;
pub mod fleets;
mod guards;
mod harm;
pub mod latency;
mod least;
mod order;
mod passes;
pub mod peers;
mod planned;
mod power;
mod regions;
pub mod report;
pub mod share;
mod shifts;
pub mod streams;
mod study;
pub mod trial;
pub mod waves;
mod wrong_fails;

pub use delivery::{Way, WayError};
pub use least::Least;
use report::{Promise, Report, Table};
use std::str::FromStr;
use study::{NIGHT, NOON, minutes};
pub use study::{Study, each};

/// What can be asked of the judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// How often is an equal release failed?
    WrongFails,
    /// The same where counts burst more than anything is promised for.
    Beyond,
    /// What harm bound has an equal release, and how often is it within what is allowed?
    Passes,
    /// How often, and how soon, is a worse one found, over a table of regions?
    Power,
    /// The same in the reference fleet at 03:00 UTC.
    Night,
    /// Is a slower model found?
    Latency,
    /// Is one found that declines more or fewer customers?
    Alerts,
    /// Do healthy regions hide a fault in one?
    OneRegion,
    /// Do regions find together what none finds alone?
    Everywhere,
    /// What does the order by traffic gain?
    Order,
}

impl Question {
    /// Every question, in the order of the report.
    pub const ALL: [Question; 10] = [
        Question::WrongFails,
        Question::Beyond,
        Question::Passes,
        Question::Power,
        Question::Night,
        Question::Latency,
        Question::Alerts,
        Question::OneRegion,
        Question::Everywhere,
        Question::Order,
    ];

    /// What a command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Question::WrongFails => "wrong-fails",
            Question::Beyond => "beyond",
            Question::Passes => "passes",
            Question::Power => "power",
            Question::Night => "night",
            Question::Latency => "latency",
            Question::Alerts => "alerts",
            Question::OneRegion => "one-region",
            Question::Everywhere => "everywhere",
            Question::Order => "order",
        }
    }
}

/// A question that nobody has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no question: ask one of {known}", known = Question::ALL.map(Question::name).join(", "))]
pub struct QuestionError(String);

impl FromStr for Question {
    type Err = QuestionError;
    fn from_str(text: &str) -> Result<Self, QuestionError> {
        Question::ALL.into_iter().find(|known| known.name() == text).ok_or_else(|| QuestionError(text.to_owned()))
    }
}

impl Study<'_> {
    /// Answers these questions, each once, in the order of [`Question::ALL`].
    pub fn report(&self, questions: &[Question]) -> Report {
        let asked = Question::ALL.into_iter().filter(|question| questions.contains(question));
        let (tables, promises): (Vec<Table>, Vec<Option<Promise>>) =
            asked.flat_map(|question| self.answer(question)).unzip();
        let promises = promises.into_iter().flatten().collect();
        Report { runs: self.runs, seed: self.seed, fleet: fleets::table(self), tables, promises }
    }

    /// How often an equal release reaches every region in the same night, under each of these guardrails.
    pub fn delivery(&self, ways: &[Way]) -> Report {
        delivery::report(self, ways)
    }

    /// What a faulty release costs, under Meridian and under what users have today.
    pub fn harm(&self) -> Report {
        harm::report(self)
    }

    fn answer(&self, question: Question) -> Vec<(Table, Option<Promise>)> {
        let answers = match question {
            Question::Beyond => return vec![(wrong_fails::beyond(self), None)],
            Question::WrongFails => vec![wrong_fails::answer(self)],
            Question::Passes => passes::answer(self).into(),
            Question::Power => power::grid(self),
            Question::Night => vec![power::at_night(self)],
            Question::Latency => vec![shifts::latency(self)],
            Question::Alerts => vec![shifts::alerts(self)],
            Question::OneRegion => vec![regions::one_faulty(self)],
            Question::Everywhere => vec![regions::small_everywhere(self)],
            Question::Order => vec![order::answer(self)],
        };
        answers.into_iter().map(|(table, promise)| (table, Some(promise))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::streams::Metric;
    use super::*;

    #[test]
    fn every_metric_has_a_name_that_policies_can_use() {
        for metric in
            [Metric::Errors4xx, Metric::Errors5xx, Metric::LatencyOver(20), Metric::Alerts, Metric::HighScores]
        {
            assert!(metric.name().parse::<meridian_judge::MetricName>().is_ok(), "{metric:?}");
        }
    }

    #[test]
    fn every_question_is_found_by_its_name() {
        Question::ALL.into_iter().for_each(|question| assert_eq!(question.name().parse(), Ok(question)));
        let error = "speed".parse::<Question>().unwrap_err().to_string();
        assert!(error.starts_with("\"speed\" is no question: ask one of wrong-fails, beyond,"), "{error}");
    }

    #[test]
    fn the_night_is_the_reference_night() {
        assert_eq!(NIGHT.to_string(), "2026-11-20T03:00:00Z");
        assert_eq!(NOON.to_string(), "2026-11-20T12:00:00Z");
    }
}
