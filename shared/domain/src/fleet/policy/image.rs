//! Whether a release's serving container is one that `[[image]]` allows: a publisher chooses among them and adds none.

use super::Fleet;
use crate::fleet::image::Image;
use crate::fleet::release::{Manifest, ManifestFault};

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
        Err(ManifestFault::Image {
            release: manifest.id(),
            repository: repository.clone(),
            digest: *digest,
            version: manifest.image.rules(),
            allowed: self.images.clone(),
        })
    }
}
