//! What blue or green served, minute by minute, from CloudWatch's answers.
//!
//! | metric | requests | counted | namespace and dimensions |
//! |---|---|---|---|
//! | `4xx`, `5xx` | `Invocations`, `Sum` | `Invocation4XXErrors`, `Invocation5XXErrors`, `Sum` | SageMaker's, one configuration's |
//! | `latency_over_20ms` | `ModelLatency`, `SampleCount` | `ModelLatency`, `TC(20000:)`, beside `TC(:20000)` | the same |
//! | `score_over_0.9` | `score`, `SampleCount` | `score`, `TC(0.9:)`, beside `TC(:0.9)` | the container's own, one release's |
//! | any other, such as `alerts` | its `SampleCount` | its `Sum` of zeros and ones | the container's own, one release's |
//!
//! A count of a range may be absent where no sample lies in it, and a fraction where CloudWatch interpolates *(live)*. So the
//! range's other side is asked too: where that is answered, absent is zero.
//!
//! Of a whole endpoint, slot by slot, only what SageMaker counts can be asked: without its `EndpointConfigName`.

use crate::ports::{BoundKind, CountsQuery, FailureDetail, SlotsQuery};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::ResourceName;
use meridian_domain::alarms::SAGEMAKER;
use meridian_domain::lookout::ArmMinutes;
use meridian_judge::{Arm, MetricName};
use std::collections::BTreeMap;

/// A release's counts are asked by the minute.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// SageMaker's latency metrics are in microseconds.
const MICROSECONDS: [(&str, f64); 3] = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];

/// One question to CloudWatch, of which each answered minute is a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Comes back with the answer.
    pub id: String,
    /// The metric's namespace.
    pub namespace: &'static str,
    /// The metric's name.
    pub metric: String,
    /// The metric's dimensions, name and value.
    pub dimensions: Vec<(&'static str, String)>,
    /// `Sum`, `SampleCount`, `TC(20000:)`.
    pub statistic: String,
}

/// The questions of one query, and what was answered so far.
#[derive(Clone, Debug)]
pub struct Survey {
    from: Timestamp,
    to: Timestamp,
    period: SignedDuration,
    asked: Vec<Question>,
    answers: Vec<BTreeMap<i64, f64>>,
    metrics: Vec<Asked>,
}

/// A metric, with the places of its questions.
#[derive(Clone, Debug)]
struct Asked {
    name: MetricName,
    /// Its requests, counted or not.
    requests: usize,
    /// Those that it counts.
    counted: usize,
    /// Of a range: those that it does not count.
    others: Option<usize>,
}

impl Survey {
    /// The questions of a query, none of them twice.
    ///
    /// # Errors
    /// A metric of which no count can be asked.
    pub fn of(query: &CountsQuery) -> Result<Self, FailureDetail> {
        let of_endpoint = of_endpoint(&query.endpoint, &query.variant);
        let sagemaker = of_endpoint.into_iter().chain([("EndpointConfigName", query.config.to_string())]).collect();
        let containers = Some((query.role.namespace(), vec![("Release", query.release.to_string())]));
        Self::asking(&Source { sagemaker, containers }, &query.metrics, MINUTE, query.from, query.to)
    }

    /// The same of a whole endpoint.
    ///
    /// # Errors
    /// A metric of which no count can be asked: what containers say of themselves is of one release.
    pub fn of_slots(query: &SlotsQuery) -> Result<Self, FailureDetail> {
        let source = Source { sagemaker: of_endpoint(&query.endpoint, &query.variant).into(), containers: None };
        Self::asking(&source, &query.metrics, query.slot, query.from, query.to)
    }

    fn asking(
        source: &Source,
        metrics: &[MetricName],
        period: SignedDuration,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Self, FailureDetail> {
        let mut survey = Self { from, to, period, asked: Vec::new(), answers: Vec::new(), metrics: Vec::new() };
        for name in metrics {
            let ([requests, counted], others) = source.questions(name)?;
            let (requests, counted) = (survey.place(requests), survey.place(counted));
            let others = others.map(|question| survey.place(question));
            survey.metrics.push(Asked { name: name.clone(), requests, counted, others });
        }
        Ok(survey)
    }

    /// From when on to ask.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// Until when to ask, exclusive.
    pub fn to(&self) -> Timestamp {
        self.to
    }

    /// Seconds of a period.
    pub fn period(&self) -> u32 {
        u32::try_from(self.period.as_secs()).unwrap_or(u32::MAX)
    }

    /// What to ask.
    pub fn questions(&self) -> &[Question] {
        &self.asked
    }

    fn place(&mut self, question: Question) -> usize {
        let same = |asked: &Question| Question { id: String::new(), ..asked.clone() } == question;
        if let Some(place) = self.asked.iter().position(same) {
            return place;
        }
        let id = format!("q{}", self.asked.len());
        self.asked.push(Question { id, ..question });
        self.answers.push(BTreeMap::new());
        self.asked.len() - 1
    }

    /// Takes minutes of one answer. CloudWatch rounds the start down to the minute: a minute that began before `from` is
    /// left out. A minute that is answered again replaces what was said of it before.
    ///
    /// # Errors
    /// An answer to a question that was not asked.
    pub fn add(&mut self, id: &str, minutes: impl Iterator<Item = (Timestamp, f64)>) -> Result<(), FailureDetail> {
        let place = self.asked.iter().position(|question| question.id == id);
        let answers = place.and_then(|place| self.answers.get_mut(place));
        let Some(answers) = answers else {
            return Err(FailureDetail::NotAsked { id: id.to_owned() });
        };
        let inside = minutes.filter(|(at, _)| *at >= self.from && *at < self.to);
        answers.extend(inside.map(|(at, value)| (at.as_second(), value)));
        Ok(())
    }

    /// What the fleet served. Of a minute in which only the requests are answered nothing is known: missing is not zero, and a
    /// judge who took it for zero would be blind. Only a range whose other side is answered is empty where it is absent.
    pub fn minutes(&self) -> ArmMinutes {
        let mut minutes = ArmMinutes::default();
        for Asked { name, requests, counted, others } in &self.metrics {
            let answer = |place: usize, second: &i64| self.answers.get(place)?.get(second).copied();
            for (second, total) in self.answers.get(*requests).into_iter().flatten() {
                let is_empty = || others.and_then(|others| answer(others, second)).map(|_| 0.0);
                let bad = answer(*counted, second).or_else(is_empty);
                let (Some(bad), Ok(at)) = (bad, Timestamp::from_second(*second)) else { continue };
                minutes.put(name, at, Arm::new(count(*total), count(bad)));
            }
        }
        minutes
    }
}

/// Sums of counts are whole numbers, within a float's precision; of an interpolated range's fraction the nearest one counts.
fn count(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

/// Whose metrics are asked, by their dimensions.
struct Source {
    /// Dimensions of SageMaker's own metrics.
    sagemaker: Vec<(&'static str, String)>,
    /// The containers' own, with their namespace.
    containers: Option<(&'static str, Vec<(&'static str, String)>)>,
}

impl Source {
    /// The requests of a metric and those that it counts, and of a range those that it does not.
    fn questions(&self, name: &MetricName) -> Result<([Question; 2], Option<Question>), FailureDetail> {
        let bound = name.as_str().strip_prefix(name.family()).and_then(|rest| rest.strip_prefix("_over_"));
        let errors = |metric: &str| {
            let sum = |metric: &str| self.sagemakers(metric, "Sum");
            Ok(([sum("Invocations"), sum(metric)], None))
        };
        match (name.as_str(), bound) {
            ("4xx", _) => errors("Invocation4XXErrors"),
            ("5xx", _) => errors("Invocation5XXErrors"),
            (_, Some(bound)) if name.is_latency() => {
                let bound = microseconds(bound).ok_or_else(|| no_bound(name, BoundKind::Time))?;
                let ask = |statistic: &str| self.sagemakers("ModelLatency", statistic);
                Ok(([ask("SampleCount"), ask(&format!("TC({bound}:)"))], Some(ask(&format!("TC(:{bound})")))))
            }
            (_, Some(bound)) => {
                let bound: f64 = bound.parse().map_err(|_| no_bound(name, BoundKind::Number))?;
                let ask = |statistic: &str| self.containers(name, name.family(), statistic);
                Ok(([ask("SampleCount")?, ask(&format!("TC({bound}:)"))?], Some(ask(&format!("TC(:{bound})"))?)))
            }
            (own, None) => {
                let ask = |statistic: &str| self.containers(name, own, statistic);
                Ok(([ask("SampleCount")?, ask("Sum")?], None))
            }
        }
    }

    fn sagemakers(&self, metric: &str, statistic: &str) -> Question {
        question(SAGEMAKER, metric, self.sagemaker.clone(), statistic)
    }

    fn containers(&self, name: &MetricName, metric: &str, statistic: &str) -> Result<Question, FailureDetail> {
        let Some((namespace, dimensions)) = &self.containers else {
            return Err(FailureDetail::OneReleases { metric: name.clone() });
        };
        Ok(question(namespace, metric, dimensions.clone(), statistic))
    }
}

fn of_endpoint(endpoint: &ResourceName, variant: &ResourceName) -> [(&'static str, String); 2] {
    [("EndpointName", endpoint.to_string()), ("VariantName", variant.to_string())]
}

fn no_bound(name: &MetricName, expected: BoundKind) -> FailureDetail {
    FailureDetail::NoBound { metric: name.clone(), expected }
}

fn microseconds(text: &str) -> Option<f64> {
    MICROSECONDS.iter().find_map(|(unit, factor)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        (number > 0.0 && number.is_finite()).then_some(number * factor)
    })
}

fn question(
    namespace: &'static str,
    metric: &str,
    dimensions: Vec<(&'static str, String)>,
    statistic: &str,
) -> Question {
    Question { id: String::new(), namespace, metric: metric.to_owned(), dimensions, statistic: statistic.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meridian_domain::{ReleaseId, ServingRole, Sha256};

    fn query(metrics: &[&str]) -> CountsQuery {
        CountsQuery {
            endpoint: "fraud".parse().unwrap(),
            variant: "main".parse().unwrap(),
            config: "fraud-v427".parse().unwrap(),
            release: ReleaseId(Sha256::of(b"v427")),
            role: ServingRole::First,
            from: "2026-11-20T03:05:00Z".parse().unwrap(),
            to: "2026-11-20T03:07:00Z".parse().unwrap(),
            metrics: metrics.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    fn survey(metrics: &[&str]) -> Survey {
        Survey::of(&query(metrics)).unwrap()
    }

    fn answer(survey: &mut Survey, metric: &str, statistic: &str, values: &[f64]) {
        let id = survey.questions().iter().find(|own| own.metric == metric && own.statistic == statistic);
        let id = id.unwrap().id.clone();
        let first: Timestamp = "2026-11-20T03:04:00Z".parse().unwrap();
        let minutes = (0..).map(|minute| first + SignedDuration::from_mins(minute)).zip(values.iter().copied());
        survey.add(&id, minutes).unwrap();
    }

    fn arms(survey: &Survey, metric: &str) -> Vec<(u64, u64)> {
        survey.minutes().minutes(&metric.parse().unwrap()).map(|(_, arm)| (arm.total, arm.bad)).collect()
    }

    #[test]
    fn what_containers_say_is_read_where_their_role_may_write() {
        for (role, namespace) in
            [(ServingRole::First, "Meridian/Model"), (ServingRole::InTurn, "Meridian/Model/InTurn")]
        {
            let survey = Survey::of(&CountsQuery { role, ..query(&["alerts", "score_over_0.9"]) }).unwrap();
            assert!(survey.questions().iter().all(|own| own.namespace == namespace), "{survey:?}");
        }
        let own = Survey::of(&CountsQuery { role: ServingRole::InTurn, ..query(&["5xx"]) }).unwrap();
        assert!(own.questions().iter().all(|own| own.namespace == SAGEMAKER), "SageMaker's own are nobody's to write");
    }

    #[test]
    fn minutes_outside_of_the_question_do_not_count() {
        let mut survey = survey(&["5xx"]);
        answer(&mut survey, "Invocations", "Sum", &[1000.0, 10.0, 20.0, 1000.0]);
        answer(&mut survey, "Invocation5XXErrors", "Sum", &[9.0, 1.0, 0.0, 9.0]);
        assert_eq!(arms(&survey, "5xx"), [(10, 1), (20, 0)]);
    }

    #[test]
    fn a_minute_of_which_half_is_known_is_not_zero() {
        let mut survey = survey(&["latency_over_20ms"]);
        answer(&mut survey, "ModelLatency", "SampleCount", &[0.0, 10.0, 20.0]);
        assert!(survey.minutes().is_empty());
        answer(&mut survey, "ModelLatency", "TC(20000:)", &[0.0, 2.0]);
        assert_eq!(arms(&survey, "latency_over_20ms"), [(10, 2)]);
    }

    /// A model without one slow answer is not blind, and one of which no range can be counted is.
    #[test]
    fn an_absent_range_is_zero_where_its_other_side_is_answered() {
        let mut survey = survey(&["latency_over_20ms", "5xx"]);
        answer(&mut survey, "Invocations", "Sum", &[0.0, 10.0, 20.0]);
        answer(&mut survey, "ModelLatency", "SampleCount", &[0.0, 10.0, 20.0]);
        assert!(survey.minutes().is_empty(), "neither side, nor any count of errors");
        answer(&mut survey, "ModelLatency", "TC(:20000)", &[0.0, 10.0]);
        assert_eq!(arms(&survey, "latency_over_20ms"), [(10, 0)]);
        assert_eq!(arms(&survey, "5xx"), []);
    }

    #[test]
    fn a_fraction_is_taken_for_the_nearest_count() {
        let mut survey = survey(&["latency_over_20ms"]);
        answer(&mut survey, "ModelLatency", "SampleCount", &[0.0, 10.0, 20.0]);
        answer(&mut survey, "ModelLatency", "TC(20000:)", &[0.0, 1.7, 0.4]);
        assert_eq!(arms(&survey, "latency_over_20ms"), [(10, 2), (20, 0)]);
    }

    #[test]
    fn a_minute_that_is_answered_again_is_revised_and_counts_once() {
        let mut survey = survey(&["4xx"]);
        for revision in [0.0, 5.0] {
            answer(&mut survey, "Invocations", "Sum", &[0.0, 90.0 + revision]);
            answer(&mut survey, "Invocation4XXErrors", "Sum", &[0.0, revision]);
        }
        assert_eq!(arms(&survey, "4xx"), [(95, 5)]);
    }

    #[test]
    fn each_question_is_asked_once_with_the_fleets_own_dimensions() {
        let survey = survey(&["4xx", "5xx", "latency_over_20ms", "latency_over_1.5s", "alerts", "score_over_0.9"]);
        let asked: Vec<(&str, &str, &str)> = survey
            .questions()
            .iter()
            .map(|own| (own.metric.as_str(), own.statistic.as_str(), own.dimensions[0].0))
            .collect();
        let wanted = [
            ("Invocations", "Sum", "EndpointName"),
            ("Invocation4XXErrors", "Sum", "EndpointName"),
            ("Invocation5XXErrors", "Sum", "EndpointName"),
            ("ModelLatency", "SampleCount", "EndpointName"),
            ("ModelLatency", "TC(20000:)", "EndpointName"),
            ("ModelLatency", "TC(:20000)", "EndpointName"),
            ("ModelLatency", "TC(1500000:)", "EndpointName"),
            ("ModelLatency", "TC(:1500000)", "EndpointName"),
            ("alerts", "SampleCount", "Release"),
            ("alerts", "Sum", "Release"),
            ("score", "SampleCount", "Release"),
            ("score", "TC(0.9:)", "Release"),
            ("score", "TC(:0.9)", "Release"),
        ];
        assert_eq!(asked, wanted);
    }

    #[test]
    fn a_whole_endpoint_is_asked_without_its_configuration() {
        let asked = |metrics: &[&str]| {
            let CountsQuery { endpoint, variant, from, to, metrics, .. } = query(metrics);
            let slot = SignedDuration::from_mins(15);
            Survey::of_slots(&SlotsQuery { endpoint, variant, slot, from, to, metrics })
        };
        let survey = asked(&["5xx", "latency_over_20ms"]).unwrap();
        assert_eq!((survey.questions().len(), survey.period()), (5, 900));
        let dimensions = [("EndpointName", "fraud".to_owned()), ("VariantName", "main".to_owned())];
        assert!(survey.questions().iter().all(|own| own.namespace == SAGEMAKER && own.dimensions == dimensions));
        for own in ["alerts", "score_over_0.9"] {
            let refused = FailureDetail::OneReleases { metric: own.parse().unwrap() };
            assert_eq!(asked(&[own]).unwrap_err(), refused, "one release's only");
        }
    }

    #[test]
    fn a_bound_that_is_none_is_named() {
        for (metric, expected) in [("latency_over_20", BoundKind::Time), ("score_over_high", BoundKind::Number)] {
            let error = Survey::of(&query(&[metric])).unwrap_err();
            assert_eq!(error, FailureDetail::NoBound { metric: metric.parse().unwrap(), expected });
        }
        assert!(survey(&["5xx"]).add("q9", std::iter::empty()).is_err());
    }
}
