//! Seeded streams of counts: what green and blue of one region would have counted, minute by minute.

use super::bursts::{Bursts, Multipliers};
use super::latency;
use crate::random::Random;
use meridian_domain::JudgePolicy;
use rand_distr::{Binomial, Distribution, Poisson};

/// What is counted of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Answers 400 to 499.
    Errors4xx,
    /// Answers 500 to 599.
    Errors5xx,
    /// Requests that took the model longer than this, in milliseconds.
    LatencyOver(u32),
    /// Scores at or above the operating threshold: transactions that the model declines.
    Alerts,
    /// Scores over 0.9: the upper end of the score's histogram.
    HighScores,
}

impl Metric {
    /// The name that counts and policies give it.
    pub fn name(self) -> String {
        match self {
            Metric::Errors4xx => "4xx".to_owned(),
            Metric::Errors5xx => "5xx".to_owned(),
            Metric::LatencyOver(bound) => format!("latency_over_{bound}ms"),
            Metric::Alerts => "alerts".to_owned(),
            Metric::HighScores => "score_over_0.9".to_owned(),
        }
    }

    /// The metrics that a policy judges, required ones first, as far as the simulated world counts them.
    pub fn of(policy: &JudgePolicy) -> Vec<Metric> {
        let latency = u32::try_from(policy.latency_bound.as_millis()).unwrap_or(20);
        let known =
            [Metric::Errors4xx, Metric::Errors5xx, Metric::LatencyOver(latency), Metric::Alerts, Metric::HighScores];
        known
            .into_iter()
            .filter(|metric| metric.name().parse().is_ok_and(|name| policy.gauge(&name).is_some()))
            .collect()
    }

    /// True where a change either way is bad.
    pub fn is_of_scores(self) -> bool {
        matches!(self, Metric::Alerts | Metric::HighScores)
    }
}

/// One arm's count of one metric in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arm {
    /// Requests in the minute.
    pub total: u64,
    /// Those of them that the metric counts.
    pub bad: u64,
}

/// Green's and blue's counts of one metric in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// Of the challenger's instances.
    pub green: Arm,
    /// Of the champion's instances.
    pub blue: Arm,
}

/// One region as a simulation sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// What people call it.
    pub title: String,
    /// Requests per second, green and blue together.
    pub rps: f64,
    /// Share of the requests that the canary gets, 0 to 1.
    pub canary: f64,
    /// `WaitIntervalInSeconds`, in minutes.
    pub bake: u32,
    /// Instances of green, and of blue.
    pub instances: u32,
}

/// How a challenger differs from the champion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Ratio of its 4xx rate.
    pub errors_4xx: f64,
    /// Ratio of its 5xx rate.
    pub errors_5xx: f64,
    /// Factor on every one of its latencies.
    pub latency: f64,
    /// Ratio of its alert rate.
    pub alerts: f64,
}

impl Effect {
    /// None: the challenger is as good as the champion.
    pub const NONE: Effect = Effect { errors_4xx: 1.0, errors_5xx: 1.0, latency: 1.0, alerts: 1.0 };

    /// Errors of the 4xx kind, which every peer watches too, this many times as often.
    pub fn errors(ratio: f64) -> Effect {
        Effect { errors_4xx: ratio, ..Effect::NONE }
    }

    /// p99 of the latency at this many milliseconds instead of the usual one.
    pub fn p99(ms: f64) -> Effect {
        Effect { latency: ms / latency::USUAL_P99_MS, ..Effect::NONE }
    }

    /// Alerts this many times as often.
    pub fn alert_rate(ratio: f64) -> Effect {
        Effect { alerts: ratio, ..Effect::NONE }
    }
}

/// Scores over 0.9 for each alert.
const HIGH_SHARE: f64 = 0.5;

/// The champion's usual rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// Share of 4xx and of 5xx answers, each.
    pub errors: f64,
    /// Share of alerts.
    pub alerts: f64,
}

impl Usual {
    /// Errors at this rate, alerts as a fraud model usually has them: two in a hundred.
    pub fn errors(rate: f64) -> Self {
        Usual { errors: rate, alerts: 0.02 }
    }

    /// The share of the requests that a metric counts.
    pub(super) fn rate(self, metric: Metric, effect: Effect) -> f64 {
        match metric {
            Metric::Errors4xx => self.errors * effect.errors_4xx,
            Metric::Errors5xx => self.errors * effect.errors_5xx,
            Metric::LatencyOver(bound) => latency::share_over(f64::from(bound), effect.latency),
            Metric::Alerts => self.alerts * effect.alerts,
            Metric::HighScores => HIGH_SHARE * self.alerts * effect.alerts,
        }
        .min(1.0)
    }
}

/// What all minutes of one region have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream<'a> {
    /// The region whose minutes they are.
    pub site: &'a Site,
    /// The rates at which the champion's answers are counted by each metric.
    pub usual: Usual,
    /// How the challenger differs.
    pub effect: Effect,
    /// How counts burst.
    pub bursts: Bursts,
    /// What is counted, ascending.
    pub metrics: &'a [Metric],
}

/// One region's counts: for each metric of the stream, each minute from the canary's first on.
pub type Counts = Vec<Vec<Minute>>;

impl Stream<'_> {
    /// Draws the minutes of a canary, and before them `history` minutes in which blue had all the traffic.
    pub fn draw(&self, random: &mut Random, history: u32, minutes: u32) -> Drawn {
        self.draw_changing(random, history, minutes, |_| self.effect)
    }

    /// The same with a challenger that differs from minute to minute of the canary.
    pub fn draw_changing(
        &self,
        random: &mut Random,
        history: u32,
        minutes: u32,
        effect: impl Fn(u32) -> Effect,
    ) -> Drawn {
        let mut before: Counts = vec![Vec::new(); self.metrics.len()];
        let mut canary: Counts = vec![Vec::new(); self.metrics.len()];
        for _ in 0..history {
            self.draw_minute(random, 0.0, &mut before);
        }
        for minute in 0..minutes {
            let changed = Stream { effect: effect(minute), ..self.clone() };
            changed.draw_minute(random, self.site.canary, &mut canary);
        }
        Drawn { before, canary }
    }

    fn draw_minute(&self, random: &mut Random, share: f64, counts: &mut Counts) {
        let requests = self.site.rps * 60.0;
        let green = poisson(random, requests * share);
        let blue = poisson(random, requests * (1.0 - share));
        let mut over: Option<Over> = None;
        for (metric, minutes) in self.metrics.iter().zip(counts) {
            let rates = (self.usual.rate(*metric, self.effect), self.usual.rate(*metric, Effect::NONE));
            let latency = matches!(metric, Metric::LatencyOver(_));
            let minute = match over.filter(|_| latency) {
                Some(over) => over.thinned(random, rates, green, blue),
                None => self.burst_minute(random, rates, green, blue),
            };
            if latency {
                over = Some(Over { rates, minute });
            }
            minutes.push(minute);
        }
    }

    /// Counts of one metric: Poisson given the minute's bursts.
    fn burst_minute(&self, random: &mut Random, rates: (f64, f64), green: u64, blue: u64) -> Minute {
        let means = (green as f64 * rates.0, blue as f64 * rates.1);
        let Multipliers { green: g, blue: b } = self.bursts.draw(random, means, self.site.instances);
        let bad = |random: &mut Random, total: u64, rate: f64| Arm {
            total,
            bad: poisson(random, total as f64 * rate).min(total),
        };
        Minute { green: bad(random, green, rates.0 * g), blue: bad(random, blue, rates.1 * b) }
    }
}

/// Counts over a lower latency bound, of which those over a higher one are a part.
#[derive(Clone, Copy)]
struct Over {
    rates: (f64, f64),
    minute: Minute,
}

impl Over {
    fn thinned(self, random: &mut Random, rates: (f64, f64), green: u64, blue: u64) -> Minute {
        let part = |random: &mut Random, of: u64, rate: f64, lower: f64| {
            let share = if lower > 0.0 { (rate / lower).min(1.0) } else { 0.0 };
            Binomial::new(of, share).map_or(0, |part| part.sample(random))
        };
        Minute {
            green: Arm { total: green, bad: part(random, self.minute.green.bad, rates.0, self.rates.0) },
            blue: Arm { total: blue, bad: part(random, self.minute.blue.bad, rates.1, self.rates.1) },
        }
    }
}

/// What one region counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Minutes before the canary: blue only.
    pub before: Counts,
    /// The canary's minutes.
    pub canary: Counts,
}

impl Drawn {
    /// How many minutes before the canary there are.
    pub fn history(&self) -> usize {
        self.before.first().map_or(0, Vec::len)
    }
}

/// A Poisson count; 0 where the mean is not above 0.
pub(super) fn poisson(random: &mut Random, mean: f64) -> u64 {
    Poisson::new(mean).map_or(0, |poisson: Poisson<f64>| poisson.sample(random) as u64)
}
