//! What is wrong with a file of a release.

use crate::fleet::image::Image;
use crate::fleet::names::{RegionName, Sha256};
use crate::fleet::release::ManifestFault;
use crate::fleet::signing::SignatureFault;
use serde::{Deserialize, Serialize};

/// What is wrong with a file of a release, as it lies in a region's bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`file` is the object's key, `region` the region whose bucket it lies in")]
pub enum FileFault {
    /// It is not there.
    Missing { file: String, region: RegionName },
    /// It holds other bytes than were published.
    Altered { file: String, region: RegionName, expected: Sha256, found: Sha256 },
    /// It has more than the bytes that were published; they were not read.
    Longer { file: String, region: RegionName, expected: u64 },
    /// It has more bytes than such a file may have; they were not read.
    TooLarge { file: String, region: RegionName, most: u64 },
    /// What reads it panicked: libraries do on some damaged files. The bytes are the published ones.
    ReaderPanicked { file: String, region: RegionName },
    /// It should be a signature beside the manifest, and is not there.
    Unsigned { file: String, region: RegionName },
    /// It is a signature, and not one of this release by a trusted key.
    Signature(SignatureFault),
    /// It is a manifest that is not accepted.
    Manifest(ManifestFault),
    /// The manifest names a container that the region's registry has not.
    NoImage { image: Image, region: RegionName },
    /// It does not hold golden records. The parser's own text is left out: it could repeat a payload.
    NotGolden { file: String, region: RegionName, line: u64, column: u64 },
}

impl FileFault {
    /// True if the bytes are not the published ones.
    pub fn is_altered(&self) -> bool {
        matches!(self, Self::Altered { .. } | Self::Longer { .. } | Self::Manifest(ManifestFault::Digest { .. }))
    }

    /// True if it is the signature that is missing or wrong.
    pub fn is_signature(&self) -> bool {
        matches!(self, Self::Unsigned { .. } | Self::Signature(_))
    }

    /// True if the manifest or its signature is wrong: every region has the same one, and refuses it alike.
    pub fn is_everywhere(&self) -> bool {
        match self {
            Self::Manifest(fault) => !matches!(fault, ManifestFault::Digest { .. }),
            // Only a manifest's length is no region's own doing: of other files it is `Longer`.
            Self::TooLarge { .. } => true,
            fault => fault.is_signature(),
        }
    }

    /// True if the release stays refused: neither other bytes nor another version of this code mends it, and no time that
    /// passes.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::TooLarge { .. } | Self::Manifest(ManifestFault::Future { .. } | ManifestFault::Fleet { .. })
        )
    }
}

impl From<ManifestFault> for FileFault {
    fn from(fault: ManifestFault) -> Self {
        Self::Manifest(fault)
    }
}

impl From<SignatureFault> for FileFault {
    fn from(fault: SignatureFault) -> Self {
        Self::Signature(fault)
    }
}
