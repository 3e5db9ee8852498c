//! CloudWatch's answers to a [`CountsQuery`], added up the same way through every door.

use crate::ports::CountsQuery;
use jiff::Timestamp;
use meridian_domain::FleetCounts;
use std::collections::BTreeSet;

/// One question: the id under which its answer comes back, the metric, the statistic.
pub type Question = (&'static str, &'static str, String);

const REQUESTS: &str = "requests";
const ERRORS_4XX: &str = "errors_4xx";
const ERRORS_5XX: &str = "errors_5xx";
const OVER_LATENCY: &str = "over_latency";

/// The four questions. `TC(x:)` is CloudWatch's count of the samples above x; latency is in microseconds.
pub fn questions(query: &CountsQuery) -> [Question; 4] {
    let sum = || "Sum".to_owned();
    [
        (REQUESTS, "Invocations", sum()),
        (ERRORS_4XX, "Invocation4XXErrors", sum()),
        (ERRORS_5XX, "Invocation5XXErrors", sum()),
        (OVER_LATENCY, "ModelLatency", format!("TC({}:)", query.latency_bound.as_micros())),
    ]
}

/// The answers so far.
#[derive(Debug, Default)]
pub struct Tally {
    counts: FleetCounts,
    /// Minutes in which something was served.
    busy: BTreeSet<Timestamp>,
    /// Minutes whose latencies were counted.
    timed: BTreeSet<Timestamp>,
}

impl Tally {
    /// Adds the minutes of one answer. CloudWatch rounds the start down to a whole minute: what lies outside of the query is
    /// left out here.
    ///
    /// # Errors
    /// An answer to a question that was not asked, for the caller to wrap.
    pub fn add(
        &mut self,
        query: &CountsQuery,
        id: &str,
        minutes: impl Iterator<Item = (Timestamp, f64)>,
    ) -> Result<(), String> {
        let minutes: Vec<(Timestamp, f64)> = minutes.filter(|(at, _)| *at >= query.from && *at < query.to).collect();
        let total = minutes.iter().map(|(_, value)| value).sum::<f64>().round() as u64;
        match id {
            REQUESTS => {
                self.counts.requests += total;
                self.busy.extend(minutes.iter().filter(|(_, value)| *value > 0.0).map(|(at, _)| *at));
            }
            ERRORS_4XX => self.counts.errors_4xx += total,
            ERRORS_5XX => self.counts.errors_5xx += total,
            OVER_LATENCY => {
                self.counts.over_latency += total;
                self.timed.extend(minutes.iter().map(|(at, _)| *at));
            }
            other => return Err(format!("an answer to a question that was not asked: {other:?}")),
        }
        Ok(())
    }

    /// The counts.
    ///
    /// # Errors
    /// Minutes with requests and without a count of their latencies: missing is not zero, and a judge that took it for zero
    /// would be blind to slowness.
    pub fn counts(self) -> Result<FleetCounts, String> {
        let blind = self.busy.difference(&self.timed).count();
        if blind > 0 {
            let busy = self.busy.len();
            return Err(format!("{blind} of {busy} minutes with requests have no latency count: missing is not zero"));
        }
        Ok(self.counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query() -> CountsQuery {
        CountsQuery {
            endpoint: "fraud".parse().unwrap(),
            variant: "main".parse().unwrap(),
            config: "fraud-v427".parse().unwrap(),
            from: "2026-11-20T03:05:00Z".parse().unwrap(),
            to: "2026-11-20T03:07:00Z".parse().unwrap(),
            latency_bound: jiff::SignedDuration::from_millis(20),
        }
    }

    fn minutes(values: [f64; 4]) -> impl Iterator<Item = (Timestamp, f64)> {
        let first: Timestamp = "2026-11-20T03:04:00Z".parse().unwrap();
        (0..).map(move |minute| first + jiff::SignedDuration::from_mins(minute)).zip(values)
    }

    #[test]
    fn minutes_outside_of_the_question_do_not_count() {
        let mut tally = Tally::default();
        tally.add(&query(), REQUESTS, minutes([1000.0, 10.0, 20.0, 1000.0])).unwrap();
        tally.add(&query(), OVER_LATENCY, minutes([1.0, 2.0, 3.0, 4.0])).unwrap();
        assert_eq!(tally.counts().unwrap(), FleetCounts { requests: 30, over_latency: 5, ..FleetCounts::default() });
    }

    #[test]
    fn missing_latency_counts_are_not_zero_slow_requests() {
        let mut tally = Tally::default();
        tally.add(&query(), REQUESTS, minutes([0.0, 10.0, 20.0, 0.0])).unwrap();
        tally.add(&query(), OVER_LATENCY, std::iter::empty()).unwrap();
        assert!(tally.counts().unwrap_err().contains("missing is not zero"));
    }

    #[test]
    fn latency_is_not_judged_on_a_sliver_of_the_minutes() {
        let mut tally = Tally::default();
        tally.add(&query(), REQUESTS, minutes([0.0, 10.0, 20.0, 0.0])).unwrap();
        tally.add(&query(), OVER_LATENCY, minutes([0.0, 0.0, 0.0, 0.0]).take(2)).unwrap();
        assert!(tally.counts().unwrap_err().contains("1 of 2 minutes"));
    }

    #[test]
    fn a_minute_without_requests_needs_no_latency() {
        let mut tally = Tally::default();
        tally.add(&query(), REQUESTS, minutes([0.0, 10.0, 0.0, 0.0])).unwrap();
        tally.add(&query(), OVER_LATENCY, minutes([0.0, 3.0, 0.0, 0.0]).take(2)).unwrap();
        assert_eq!(tally.counts().unwrap().over_latency, 3);
    }

    #[test]
    fn no_traffic_at_all_is_no_traffic() {
        assert_eq!(Tally::default().counts().unwrap(), FleetCounts::default());
    }
}
