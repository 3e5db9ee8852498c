//! The serving containers: the one that a release names, and those that policy allows.

use crate::fleet::name_error::{NameError, NameKind};
use crate::fleet::names::{RegionName, RepositoryName, Sha256};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The serving container: the digest is its identity, a tag is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Repository in each region's registry.
    pub repository: RepositoryName,
    /// SHA-256 by which every region's registry knows it.
    pub digest: Sha256,
    /// Which of SageMaker's XGBoost images it is, or is built on: a digest does not tell. Releases from before this field
    /// are served by [`ImageVersion::V3_0`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<ImageVersion>,
}

/// SageMaker's XGBoost images that are in use, by their tags. They serve a model whose training stopped early differently:
/// XGBoost 1.7 still has `best_ntree_limit`, which the container asks for, so that image serves the trees up to the best
/// round; later versions have not, so theirs serves all trees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ImageVersion {
    /// `1.7-1`: XGBoost 1.7.
    V1_7,
    /// `3.0-5`: XGBoost 3.0.
    #[default]
    V3_0,
}

impl ImageVersion {
    /// The image's tag.
    pub fn as_str(self) -> &'static str {
        match self {
            ImageVersion::V1_7 => "1.7-1",
            ImageVersion::V3_0 => "3.0-5",
        }
    }
}

impl fmt::Display for ImageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ImageVersion {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let known = [ImageVersion::V1_7, ImageVersion::V3_0].into_iter().find(|version| version.as_str() == text);
        known.ok_or_else(|| NameError::new(text, NameKind::ImageVersion))
    }
}

impl TryFrom<String> for ImageVersion {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<ImageVersion> for String {
    fn from(version: ImageVersion) -> String {
        version.as_str().to_owned()
    }
}

impl Image {
    /// The image whose rules hold for what it serves.
    pub fn rules(&self) -> ImageVersion {
        self.version.unwrap_or_default()
    }

    /// The image in `region`'s registry of `account`.
    pub fn uri(&self, account: &str, region: &RegionName) -> String {
        format!("{account}.dkr.ecr.{region}.amazonaws.com/{}@sha256:{}", self.repository, self.digest)
    }
}

/// One `[[image]]` of a `fleet.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedImage {
    /// Its repository in each region's registry.
    pub repository: RepositoryName,
    /// The one digest that is allowed; any of the repository where none is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Sha256>,
    /// The SageMaker image that it is, or is built on; the publisher's word where policy does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<ImageVersion>,
}

impl AllowedImage {
    /// True for an image that this entry names.
    pub fn allows(&self, image: &Image) -> bool {
        self.repository == image.repository
            && self.digest.is_none_or(|digest| digest == image.digest)
            && self.version.is_none_or(|version| version == image.rules())
    }
}

impl fmt::Display for AllowedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.repository)?;
        if let Some(digest) = self.digest {
            write!(f, "@sha256:{digest}")?;
        }
        self.version.map_or(Ok(()), |version| write!(f, " as {version}"))
    }
}
