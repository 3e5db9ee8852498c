//! `[[image]]`: the serving containers that a release may name. A publisher chooses among them and adds none.

use super::Fleet;
use crate::fleet::names::{RepositoryName, Sha256};
use crate::fleet::release::{Image, ImageVersion, Manifest, ManifestFault};
use serde::Deserialize;
use std::fmt;

/// One `[[image]]` of a `fleet.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedImage {
    /// Its repository in each region's registry.
    pub repository: RepositoryName,
    /// The one digest that is allowed; any of the repository where none is pinned.
    #[serde(default)]
    pub digest: Option<Sha256>,
    /// The SageMaker image that it is, or is built on; the publisher's word where policy does not say.
    #[serde(default)]
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

impl Fleet {
    /// Refuses a release whose container this fleet does not allow.
    ///
    /// # Errors
    /// [`ManifestFault::Image`] with what is allowed.
    pub fn check_image(&self, manifest: &Manifest) -> Result<(), ManifestFault> {
        if self.images.iter().any(|allowed| allowed.allows(&manifest.image)) {
            return Ok(());
        }
        let Image { repository, digest, .. } = &manifest.image;
        let allowed: Vec<String> = self.images.iter().map(ToString::to_string).collect();
        Err(ManifestFault::Image {
            release: manifest.id(),
            repository: repository.clone(),
            digest: *digest,
            version: manifest.image.rules(),
            allowed: allowed.join(", "),
        })
    }
}
