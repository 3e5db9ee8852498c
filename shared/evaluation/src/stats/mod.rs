//! The statistics behind the gates. Each module names the source of its formulas, and `tools/train/statistics.py`
//! computes the same numbers independently for the tests.
//!
//! Every function here takes a model's outputs on the same records in the same order, so that two models' estimates are
//! paired: what both get wrong alike cancels out of the difference.

pub(crate) mod alone;
pub(crate) mod calibration;
pub(crate) mod columns;
pub(crate) mod delong;
pub(crate) mod distributions;
pub(crate) mod drift;
pub(crate) mod paired;
pub(crate) mod reasons;
pub(crate) mod sample;
pub(crate) mod shift;
#[cfg(test)]
mod tests;

/// An estimate with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    /// The estimate itself.
    pub value: f64,
    /// Its standard error; 0 where nothing differs.
    pub error: f64,
}

impl Estimate {
    /// The normal interval that reaches `z` standard errors to either side, lower end first.
    pub fn interval(self, z: f64) -> [f64; 2] {
        [self.value - z * self.error, self.value + z * self.error]
    }
}

/// Mean and sample variance (divisor n - 1). `None` for fewer than two values.
pub(crate) fn mean_and_variance(values: impl ExactSizeIterator<Item = f64> + Clone) -> Option<(f64, f64)> {
    let count = values.len() as f64;
    if count < 2.0 {
        return None;
    }
    let mean = values.clone().sum::<f64>() / count;
    let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
    Some((mean, squares / (count - 1.0)))
}

/// The mean of `values` with its standard error. `None` for fewer than two values.
pub(crate) fn mean(values: impl ExactSizeIterator<Item = f64> + Clone) -> Option<Estimate> {
    let count = values.len() as f64;
    mean_and_variance(values).map(|(value, variance)| Estimate { value, error: (variance / count).sqrt() })
}
