//! What was noticed while the models were read and scored.

use meridian_xgboost::{Caveat, ShapeError};
use serde::{Deserialize, Serialize};

/// What whoever read and scored the models noticed: it decides nothing. Its `Display` is the sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Remark {
    /// What people should know of a model before they serve it.
    Model {
        /// Version or file name.
        model: String,
        /// What its reader noticed.
        caveat: Caveat,
    },
    /// A model that stopped early, whose manifest does not say which version of the image serves it.
    ImageUnnamed {
        /// Version or file name.
        model: String,
        /// The image whose rules it was evaluated by.
        image: String,
    },
    /// Challenger and champion take other features, or the same in another order.
    OtherFeatures {
        /// The first place at which they differ, from 0.
        place: u64,
        /// The challenger's feature there.
        challenger: String,
        /// The champion's feature there.
        champion: String,
    },
    /// A column whose values are too many, or too long, to be slices.
    NoSlices {
        /// Column of the hold-out that is left out.
        column: String,
        /// Different values, and bytes of each, that there may be.
        most: u64,
    },
    /// The champion does not take what callers are to send from now on, and was scored with its own list of features.
    ChampionsOwnFeatures {
        /// The champion's file.
        model: String,
        /// The file of the callers' list.
        list: String,
        /// How the list differs from the champion's own.
        fault: ShapeError,
    },
}
