//! What is compared.

use meridian_xgboost::Scored;

/// A model that is compared: what it says, and the threshold that it is deployed with.
#[derive(Clone, Copy, Debug)]
pub struct Contender<'a> {
    /// What it says about every record.
    pub scored: &'a Scored,
    /// Score at or above which a record is an alert, as a probability.
    pub threshold: f64,
}
