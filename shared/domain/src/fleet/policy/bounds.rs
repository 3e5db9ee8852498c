//! Bounds that policy sets and a plan stays within.

use serde::de::{DeserializeOwned, Deserializer, Error};
use serde::{Deserialize, Serialize};

/// The least and the most. Written as `{ min = "8m", max = "10m" }`, or as one value where there is nothing to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bounds<T> {
    /// The least, itself allowed.
    pub min: T,
    /// The most, itself allowed.
    pub max: T,
}

impl<T: Copy + PartialOrd> Bounds<T> {
    /// Nothing to choose.
    pub fn only(value: T) -> Self {
        Self { min: value, max: value }
    }

    /// True for a value within the bounds.
    pub fn allow(&self, value: T) -> bool {
        self.min <= value && value <= self.max
    }
}

impl<'de, T: Copy + PartialOrd + DeserializeOwned> Deserialize<'de> for Bounds<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table<T> {
            min: T,
            max: T,
        }
        let value = toml::Value::deserialize(deserializer)?;
        let wrong = |error: toml::de::Error| D::Error::custom(error.message());
        if value.is_table() {
            let Table { min, max } = value.try_into().map_err(wrong)?;
            Ok(Self { min, max })
        } else {
            value.try_into().map(Self::only).map_err(wrong)
        }
    }
}
