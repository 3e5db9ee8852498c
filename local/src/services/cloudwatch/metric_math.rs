//! What an alarm watches: one metric's statistic, or metric math over several (User Guide, "Using math expressions with
//! CloudWatch metrics"): numbers, ids, `+ - * /` and brackets. Functions, `FILL` among them, are not known here.

use crate::services::cloudwatch::metrics::{MetricKey, Metrics, invalid};
use crate::services::cloudwatch::samples::Statistic;
use crate::services::cloudwatch::types::{MetricStat, PutMetricAlarm};
use crate::world::error::ApiError;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How long an expression is at most (API reference of `MetricDataQuery`).
const LONGEST: usize = 2048;
/// How deep brackets stand in each other, so that no expression can exhaust the stack.
const DEEPEST: usize = 32;

/// Where an alarm's datapoints come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    One(Series),
    Math { series: BTreeMap<String, Series>, expression: Math },
}

/// One metric's statistic.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    key: MetricKey,
    statistic: Statistic,
}

/// One period of an alarm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Point {
    Value(f64),
    Missing,
    /// A percentile over too few samples, which the alarm is to leave alone.
    TooFew,
}

impl Source {
    /// What a definition watches, and its period.
    pub fn of(definition: &PutMetricAlarm) -> Result<(Self, u32), ApiError> {
        if definition.metrics.is_empty() {
            let statistic = match (&definition.statistic, &definition.extended_statistic) {
                (Some(one), None) | (None, Some(one)) => Statistic::parse(one),
                _ => return Err(invalid("Exactly one of Statistic and ExtendedStatistic must be given.")),
            };
            let key = MetricKey::new(&definition.namespace, &definition.metric_name, &definition.dimensions);
            let statistic = statistic.ok_or_else(|| invalid("The statistic is not one."))?;
            return Ok((Source::One(Series { key, statistic }), definition.period));
        }
        let alone = definition.metric_name.is_empty() && definition.namespace.is_empty() && definition.period == 0;
        if !alone || definition.statistic.is_some() || definition.extended_statistic.is_some() {
            return Err(invalid(
                "Metrics must not be given together with MetricName, Namespace, Period or a statistic.",
            ));
        }
        let returned: Vec<&str> = definition
            .metrics
            .iter()
            .filter(|own| own.return_data != Some(false))
            .filter_map(|own| own.expression.as_deref())
            .collect();
        let [expression] = returned.as_slice() else {
            return Err(invalid("Exactly one element of the metrics list should return data, an expression here."));
        };
        let mut series = BTreeMap::new();
        let mut periods = Vec::new();
        for own in definition.metrics.iter().filter(|own| own.expression.is_none()) {
            let Some(MetricStat { metric, period, stat }) = &own.metric_stat else {
                return Err(invalid(format!("{}: either Expression or MetricStat must be given.", own.id)));
            };
            let key = MetricKey::new(&metric.namespace, &metric.metric_name, &metric.dimensions);
            let statistic = Statistic::parse(stat).ok_or_else(|| invalid(format!("{stat} is not a statistic")))?;
            periods.push(*period);
            series.insert(own.id.clone(), Series { key, statistic });
        }
        let expression = Math::parse(expression)?;
        if let Some(unknown) = expression.ids().into_iter().find(|id| !series.contains_key(*id)) {
            return Err(invalid(format!("The expression names {unknown}, which is no metric of the alarm.")));
        }
        let period = periods.first().copied().unwrap_or_default();
        if periods.iter().any(|own| *own != period) {
            return Err(invalid("The metrics of an alarm have one period."));
        }
        Ok((Source::Math { series, expression }, period))
    }

    /// The datapoint of one period, in epoch seconds.
    pub fn value(&self, metrics: &Metrics, (from, to): (i64, i64), now: Timestamp, leave_few: bool) -> Point {
        let of = |series: &Series| {
            let samples = metrics.samples(&series.key, from, to, now);
            (series.statistic.of(&samples), samples.count() < series.statistic.significant_from())
        };
        let found = match self {
            Source::One(series) => match of(series) {
                (Some(_), true) if leave_few => return Point::TooFew,
                (value, _) => value,
            },
            Source::Math { series, expression } => expression.value(&|id| of(series.get(id)?).0),
        };
        found.filter(|value| value.is_finite()).map_or(Point::Missing, Point::Value)
    }
}

/// An expression, understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Math {
    Number(f64),
    Id(String),
    Of(char, Box<Math>, Box<Math>),
}

impl Math {
    fn parse(text: &str) -> Result<Self, ApiError> {
        if text.is_empty() || text.len() > LONGEST {
            return Err(invalid(format!("Expression must have 1 to {LONGEST} characters.")));
        }
        let mut reader = Reader { rest: text.trim_start(), depth: 0 };
        let read = reader.sum()?;
        if reader.rest.is_empty() { Ok(read) } else { Err(reader.refuse()) }
    }

    fn ids(&self) -> Vec<&str> {
        match self {
            Math::Number(_) => Vec::new(),
            Math::Id(id) => vec![id],
            Math::Of(_, one, other) => one.ids().into_iter().chain(other.ids()).collect(),
        }
    }

    /// None where a metric that it names has no datapoint, or a division is by zero.
    fn value(&self, of: &impl Fn(&str) -> Option<f64>) -> Option<f64> {
        Some(match self {
            Math::Number(number) => *number,
            Math::Id(id) => of(id)?,
            Math::Of(sign, one, other) => {
                let (one, other) = (one.value(of)?, other.value(of)?);
                match sign {
                    '+' => one + other,
                    '-' => one - other,
                    '*' => one * other,
                    _ if other == 0.0 => return None,
                    _ => one / other,
                }
            }
        })
    }
}

/// Reads an expression from its front.
struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn refuse(&self) -> ApiError {
        invalid(format!(
            "The expression cannot be read at {:?}: only numbers, ids, + - * / and brackets are.",
            self.rest
        ))
    }

    fn take(&mut self, wanted: &[char]) -> Option<char> {
        let first = self.rest.chars().next().filter(|first| wanted.contains(first))?;
        self.rest = self.rest.get(1..).unwrap_or_default().trim_start();
        Some(first)
    }

    fn sum(&mut self) -> Result<Math, ApiError> {
        let mut all = self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            all = Math::Of(sign, Box::new(all), Box::new(self.product()?));
        }
        Ok(all)
    }

    fn product(&mut self) -> Result<Math, ApiError> {
        let mut all = self.one()?;
        while let Some(sign) = self.take(&['*', '/']) {
            all = Math::Of(sign, Box::new(all), Box::new(self.one()?));
        }
        Ok(all)
    }

    fn one(&mut self) -> Result<Math, ApiError> {
        if self.take(&['(']).is_some() {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(self.refuse());
            }
            let inner = self.sum()?;
            self.depth -= 1;
            return self.take(&[')']).map(|_| inner).ok_or_else(|| self.refuse());
        }
        let ends = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
        let (word, rest) = self.rest.split_at(ends.unwrap_or(self.rest.len()));
        let read = match word.chars().next() {
            Some(first) if first.is_ascii_digit() => Math::Number(word.parse().map_err(|_| self.refuse())?),
            Some(first) if first.is_ascii_lowercase() => Math::Id(word.to_owned()),
            _ => return Err(self.refuse()),
        };
        self.rest = rest.trim_start();
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        let of = |id: &str| match id {
            "green" => Some(0.03),
            "blue" => Some(0.01),
            _ => None,
        };
        Math::parse(text).unwrap().value(&of)
    }

    #[test]
    fn math_is_arithmetic_over_what_is_there() {
        assert!(value("green - blue").is_some_and(|excess| (excess - 0.02).abs() < 1e-12));
        assert!(value("(green - blue) / blue * 100 + 1").is_some_and(|value| (value - 201.0).abs() < 1e-9));
        // A metric without a datapoint leaves the whole without one; so does a division by zero.
        assert_eq!((value("green - gone"), value("green / 0")), (None, None));
    }

    #[test]
    fn what_is_no_such_expression_is_refused() {
        let deep = format!("{}green{}", "(".repeat(40), ")".repeat(40));
        for text in ["", "green -", "FILL(green, 0)", "green blue", "(green", "1.2.3", &deep, &"1+".repeat(2000)] {
            assert!(Math::parse(text).is_err(), "{text}");
        }
    }
}
