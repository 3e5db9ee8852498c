//! Which of SageMaker's XGBoost images serves a model.

use std::fmt;
use std::str::FromStr;

/// The version of SageMaker's XGBoost image. It matters for a model whose training stopped early: XGBoost 1.7 still
/// has `best_ntree_limit`, which the container asks for, so that image serves the trees up to the best round; later
/// versions have not, so theirs serves all trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Image {
    /// `1.7-1`, with XGBoost 1.7.
    V1_7,
    /// `3.0-5`, with XGBoost 3.0.
    V3_0,
}

impl Image {
    /// The tag by which SageMaker names the image.
    pub fn tag(self) -> &'static str {
        match self {
            Image::V1_7 => "1.7-1",
            Image::V3_0 => "3.0-5",
        }
    }
}

/// A tag that names no image this crate knows the behaviour of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the image `{found}` is not known; expected `1.7-1` or `3.0-5`, the tags of SageMaker's XGBoost images")]
pub struct UnknownImage {
    /// The tag.
    pub found: String,
}

impl FromStr for Image {
    type Err = UnknownImage;

    fn from_str(tag: &str) -> Result<Image, UnknownImage> {
        let known = [Image::V1_7, Image::V3_0].into_iter().find(|image| image.tag() == tag);
        known.ok_or_else(|| UnknownImage { found: tag.chars().take(100).collect() })
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}
