//! What a model says about a whole set of records.

use crate::shap::Attributions;

/// What a model says about every record of a held-out set: all that evaluation needs of it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Scored {
    /// One margin (log-odds) for each record, in the set's order.
    pub margins: Vec<f32>,
    /// How many splits of the model use each feature, in the order of the set's columns; `None` where they were not
    /// counted.
    pub splits: Option<Vec<u32>>,
    /// What each feature added to the margins of a sample of the records; `None` where nothing was explained.
    pub attributions: Option<Attributions>,
}
