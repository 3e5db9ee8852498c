//! Which of SageMaker's images serves a model.

use std::fmt;
use std::str::FromStr;

/// SageMaker's XGBoost images that are in use, by their tags. They serve a model whose training stopped early differently:
/// XGBoost 1.7 still has `best_ntree_limit`, which the container asks for, so that image serves the trees up to the best
/// round; later versions have not, so theirs serves all trees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Image {
    /// `1.7-1`: XGBoost 1.7.
    #[cfg_attr(feature = "serde", serde(rename = "1.7-1"))]
    V1_7,
    /// `3.0-5`: XGBoost 3.0.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "3.0-5"))]
    V3_0,
}

impl Image {
    /// The image's tag.
    pub fn as_str(self) -> &'static str {
        match self {
            Image::V1_7 => "1.7-1",
            Image::V3_0 => "3.0-5",
        }
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is no image's tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no image of this tag is known: expected \"1.7-1\" or \"3.0-5\"")]
pub struct UnknownImage;

impl FromStr for Image {
    type Err = UnknownImage;

    fn from_str(tag: &str) -> Result<Image, UnknownImage> {
        [Image::V1_7, Image::V3_0].into_iter().find(|image| image.as_str() == tag).ok_or(UnknownImage)
    }
}
