//! What blue or green served, minute by minute, from CloudWatch's answers.
//!
//! | metric | requests | counted | namespace and dimensions |
//! |---|---|---|---|
//! | `4xx`, `5xx` | `Invocations`, `Sum` | `Invocation4XXErrors`, `Invocation5XXErrors`, `Sum` | SageMaker's, one configuration's |
//! | `latency_over_20ms` | `ModelLatency`, `SampleCount` | `ModelLatency`, `TC(20000:)`, beside `TC(:20000)` | the same |
//! | `score_over_0.9` | `score`, `SampleCount` | `score`, `TC(0.9:)`, beside `TC(:0.9)` | the container's own, by release |
//! | any other, such as `alerts` | its `SampleCount` | its `Sum` of zeros and ones | the container's own, by release |
//!
//! A count of a range may be absent where no sample lies in it, and a fraction where CloudWatch interpolates *(live)*. So the
//! range's other side is asked too: where that is answered, absent is zero.
//!
//! Of a whole endpoint, slot by slot, SageMaker's are asked without `EndpointConfigName`, and the containers' are added up over the
//! releases that served.

use crate::ports::{BoundKind, CountsQuery, FailureDetail, SlotsQuery};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::alarms::SAGEMAKER;
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::{ReleaseId, ResourceName, ServingRole};
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

/// A metric, with the places of its questions: of each release whose containers send it, or of what SageMaker counts.
#[derive(Clone, Debug)]
struct Asked {
    name: MetricName,
    parts: Vec<Part<usize>>,
}

/// What one of those who send a metric is asked.
#[derive(Clone, Debug)]
struct Part<Q> {
    /// Its requests, counted or not.
    requests: Q,
    /// Those that it counts.
    counted: Q,
    /// Of a range: those that it does not count.
    others: Option<Q>,
}

impl Survey {
    /// The questions of a query, none of them twice.
    ///
    /// # Errors
    /// A metric of which no count can be asked.
    pub fn of(query: &CountsQuery) -> Result<Self, FailureDetail> {
        let of_endpoint = of_endpoint(&query.endpoint, &query.variant);
        let sagemaker = of_endpoint.into_iter().chain([("EndpointConfigName", query.config.to_string())]).collect();
        let containers = vec![Container { namespace: query.role.namespace(), release: query.release }];
        Self::asking(&Source { sagemaker, containers }, &query.metrics, MINUTE, query.from, query.to)
    }

    /// The same of a whole endpoint.
    ///
    /// # Errors
    /// A metric of which no count can be asked.
    pub fn of_slots(query: &SlotsQuery) -> Result<Self, FailureDetail> {
        let of = |release: &ReleaseId| {
            let container = move |role: &ServingRole| Container { namespace: role.namespace(), release: *release };
            query.roles.iter().map(container).collect::<Vec<_>>()
        };
        let containers = query.releases.iter().flat_map(of).collect();
        let source = Source { sagemaker: of_endpoint(&query.endpoint, &query.variant).into(), containers };
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
            let parts = source.questions(name)?.into_iter().map(|part| survey.place_of(part)).collect();
            survey.metrics.push(Asked { name: name.clone(), parts });
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

    fn place_of(&mut self, Part { requests, counted, others }: Part<Question>) -> Part<usize> {
        let (requests, counted) = (self.place(requests), self.place(counted));
        Part { requests, counted, others: others.map(|question| self.place(question)) }
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
        for Asked { name, parts } in &self.metrics {
            let mut sums: BTreeMap<i64, Option<Arm>> = BTreeMap::new();
            for (second, arm) in parts.iter().flat_map(|part| self.part(part)) {
                let known = |sum: Arm| arm.map(|arm| Arm::new(sum.total + arm.total, sum.bad + arm.bad));
                sums.entry(second).and_modify(|sum| *sum = sum.and_then(known)).or_insert(arm);
            }
            for (second, arm) in sums {
                let (Some(arm), Ok(at)) = (arm, Timestamp::from_second(second)) else { continue };
                minutes.put(name, at, arm);
            }
        }
        minutes
    }

    /// The minutes of which this part's requests are answered; none in place of an arm of which half is known.
    fn part<'a>(&'a self, part: &'a Part<usize>) -> impl Iterator<Item = (i64, Option<Arm>)> + 'a {
        let answer = |place: usize, second: &i64| self.answers.get(place)?.get(second).copied();
        let totals = self.answers.get(part.requests).into_iter().flatten();
        totals.map(move |(second, total)| {
            let is_empty = || part.others.and_then(|others| answer(others, second)).map(|_| 0.0);
            let bad = answer(part.counted, second).or_else(is_empty);
            (*second, bad.map(|bad| Arm::new(count(*total), count(bad))))
        })
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
    /// Those who send the containers' own.
    containers: Vec<Container>,
}

/// One release's containers, by the metrics that they send.
struct Container {
    namespace: &'static str,
    release: ReleaseId,
}

impl Source {
    /// What to ask of a metric.
    fn questions(&self, name: &MetricName) -> Result<Vec<Part<Question>>, FailureDetail> {
        let bound = name.as_str().strip_prefix(name.family()).and_then(|rest| rest.strip_prefix("_over_"));
        let errors = |metric: &str| {
            let sum = |metric: &str| self.sagemakers(metric, "Sum");
            Ok(vec![Part { requests: sum("Invocations"), counted: sum(metric), others: None }])
        };
        match (name.as_str(), bound) {
            ("4xx", _) => errors("Invocation4XXErrors"),
            ("5xx", _) => errors("Invocation5XXErrors"),
            (_, Some(bound)) if name.is_latency() => {
                let bound = microseconds(bound).ok_or_else(|| no_bound(name, BoundKind::Time))?;
                Ok(vec![range(&bound.to_string(), |statistic| self.sagemakers("ModelLatency", statistic))])
            }
            (_, Some(bound)) => {
                let bound: f64 = bound.parse().map_err(|_| no_bound(name, BoundKind::Number))?;
                let of =
                    |own: &Container| range(&bound.to_string(), |statistic| own.question(name.family(), statistic));
                Ok(self.containers.iter().map(of).collect())
            }
            (metric, None) => {
                let ask = |own: &Container, statistic: &str| own.question(metric, statistic);
                let of = |own| Part { requests: ask(own, "SampleCount"), counted: ask(own, "Sum"), others: None };
                Ok(self.containers.iter().map(of).collect())
            }
        }
    }

    fn sagemakers(&self, metric: &str, statistic: &str) -> Question {
        question(SAGEMAKER, metric, self.sagemaker.clone(), statistic)
    }
}

impl Container {
    fn question(&self, metric: &str, statistic: &str) -> Question {
        question(self.namespace, metric, vec![("Release", self.release.to_string())], statistic)
    }
}

/// How many samples there are, and how many on either side of a bound.
fn range(bound: &str, ask: impl Fn(&str) -> Question) -> Part<Question> {
    let (requests, counted) = (ask("SampleCount"), ask(&format!("TC({bound}:)")));
    Part { requests, counted, others: Some(ask(&format!("TC(:{bound})"))) }
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
mod tests;
