//! A release: one trained version, named by a manifest whose digest is its identity.

use super::release_bounds;
use crate::edge::cut;
use crate::fleet::image::{AllowedImage, Image, ImageVersion};
use crate::fleet::keys;
use crate::fleet::names::{FleetName, ReleaseId, RepositoryName, Sha256, Version};
use crate::fleet::provenance::Provenance;
use crate::times;
use jiff::Timestamp;
use meridian_answer::AnswerForm;
use serde::{Deserialize, Serialize};

/// Characters of what a parser says.
const LONGEST_PROBLEM: usize = 500;

/// The manifest's format that this code writes and reads.
pub const MANIFEST_SCHEMA: u32 = 1;

/// What a release is: every file with its digest, the container, and the contract with its callers.
/// The last thing that publishing writes, under [`keys::manifest`]; never rewritten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of this document: [`MANIFEST_SCHEMA`].
    pub schema: u32,
    /// The one fleet whose regions may take it.
    pub fleet: FleetName,
    /// Human name, such as `v427`.
    pub version: Version,
    /// When training finished.
    pub created: Timestamp,
    /// The model archive, as SageMaker downloads it.
    pub archive: File,
    /// The serving container.
    pub image: Image,
    /// The callers' features, in the order in which they are sent: the container takes them by position.
    pub features: Vec<String>,
    /// The files of the feature pipeline, by their keys' order: at most [`MOST_FEATURE_FILES`], each found beside the model by
    /// its own name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feature_files: Vec<File>,
    /// Score at and above which a payment is an alert, 0 to 1.
    pub operating_threshold: f64,
    /// What the container answers to one record.
    #[serde(default, skip_serializing_if = "AnswerForm::is_usual")]
    pub answer: AnswerForm,
    /// Where it came from, as training says it.
    #[serde(default)]
    pub provenance: Provenance,
}

/// Files of a feature pipeline: SageMaker puts at most so many sources beside a model (API reference, `ContainerDefinition`).
pub const MOST_FEATURE_FILES: usize = 5;

/// One file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Key in the release bucket.
    pub key: String,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: u64,
}

impl File {
    /// What `body` is, under the key that its content names.
    pub fn of(body: &[u8], key: impl FnOnce(Sha256) -> String) -> Self {
        let sha256 = Sha256::of(body);
        Self { key: key(sha256), sha256, bytes: body.len() as u64 }
    }

    /// The last part of its key.
    pub fn name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }
}

/// Why a manifest is not accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManifestFault {
    /// The bytes are not the ones that the key names.
    Digest {
        /// The release that was asked for.
        expected: ReleaseId,
        /// What the bytes are.
        found: ReleaseId,
    },
    /// Not a manifest, or one that says what no manifest may.
    Malformed {
        /// What the bytes are.
        release: ReleaseId,
        /// What is wrong.
        what: Malformed,
    },
    /// An image that the fleet does not allow.
    Image {
        /// SHA-256 of the manifest's bytes.
        release: ReleaseId,
        /// The repository that the manifest names.
        repository: RepositoryName,
        /// The image's digest, as the manifest has it.
        digest: Sha256,
        /// Whose rules it is said to follow.
        version: ImageVersion,
        /// The images that policy allows.
        allowed: Vec<AllowedImage>,
    },
    /// It names another fleet than the bucket's.
    Fleet {
        /// SHA-256 of the manifest's bytes.
        release: ReleaseId,
        /// Whose bucket it lies in.
        expected: FleetName,
        /// Whose release it is.
        found: FleetName,
    },
    /// It was created later than the reader's clock allows.
    Future {
        /// SHA-256 of the manifest's bytes.
        release: ReleaseId,
        /// Its human name.
        version: Version,
        /// The creation time that it states.
        created: Timestamp,
        /// The clock of whoever read it.
        now: Timestamp,
    },
}

/// What no manifest may say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    /// It is not a manifest's JSON.
    Unread {
        /// What the JSON reader says, with line and column.
        quoted: String,
    },
    /// It has another format than [`MANIFEST_SCHEMA`].
    Schema {
        /// The format that it has.
        found: u32,
    },
    /// The archive's key is not the content-addressed one of its digest.
    ArchiveKey {
        /// The key that the manifest names.
        key: String,
    },
    /// The archive has more bytes than any that a function can evaluate.
    ArchiveSize {
        /// The size that the manifest names.
        bytes: u64,
        /// How many it may have.
        most: u64,
    },
    /// A feature file's name is none that SageMaker takes, or its key is not the content-addressed one of name and digest.
    FeatureFile {
        /// The key that the manifest names.
        key: String,
    },
    /// A feature file has more bytes than any archive may have.
    FeatureFileSize {
        /// Its name.
        name: String,
        /// The size that the manifest names.
        bytes: u64,
        /// How many it may have.
        most: u64,
    },
    /// Two feature files have one name, or they do not stand in their keys' order.
    FeatureFileOrder {
        /// The name of the one that should stand elsewhere.
        name: String,
    },
    /// It names more feature files than SageMaker puts beside a model.
    FeatureFiles {
        /// How many it names.
        files: u64,
        /// How many it may have.
        most: u64,
    },
    /// The operating threshold is not between 0 and 1.
    Threshold,
    /// It names no features.
    NoFeatures,
    /// It names more features than a model may have.
    FeatureCount {
        /// How many it names.
        features: u64,
        /// How many it may have.
        most: u64,
    },
    /// A feature's name is empty, too long or not readable.
    FeatureName {
        /// The name, cut.
        name: String,
        /// Characters that a name may have.
        longest: u64,
    },
    /// Training finished at a moment that nobody means.
    Created {
        /// The moment that the manifest names.
        at: Timestamp,
    },
    /// Its provenance names a moment that nobody means.
    ProvenanceMoment,
    /// By its provenance, training started after it had finished.
    ProvenanceOrder,
    /// Its provenance has more materials than a training job reads.
    Materials {
        /// How many it has.
        materials: u64,
        /// How many it may have.
        most: u64,
    },
}

impl Manifest {
    /// The bytes that are stored: pretty JSON in field order, which is the same for the same manifest.
    pub fn to_bytes(&self) -> Vec<u8> {
        // A manifest holds only strings, numbers and maps of strings: it always serialises.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The digest of the features in their order, each followed by a line feed.
    pub fn features_sha256(&self) -> Sha256 {
        let lines: String = self.features.iter().flat_map(|name| [name, "\n"]).collect();
        Sha256::of(lines.as_bytes())
    }

    /// The replicated files that every region checks before it attests: the archive, then the feature pipeline's.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        std::iter::once(&self.archive).chain(&self.feature_files)
    }

    /// Checks the manifest against what only its reader knows: whose bucket it lies in, and the time there.
    ///
    /// # Errors
    /// A manifest of another fleet, or from the future.
    pub fn check_here(&self, release: ReleaseId, fleet: &FleetName, now: Timestamp) -> Result<(), ManifestFault> {
        if self.fleet != *fleet {
            return Err(ManifestFault::Fleet { release, expected: fleet.clone(), found: self.fleet.clone() });
        }
        if times::is_future(self.created, now) {
            let (version, created) = (self.version.clone(), self.created);
            return Err(ManifestFault::Future { release, version, created, now });
        }
        Ok(())
    }

    /// The release's identity.
    pub fn id(&self) -> ReleaseId {
        ReleaseId(Sha256::of(&self.to_bytes()))
    }

    /// Reads the manifest of `release` and checks that these bytes are it.
    ///
    /// # Errors
    /// Other bytes than the digest names, or not a manifest.
    pub fn parse(release: ReleaseId, bytes: &[u8]) -> Result<Self, ManifestFault> {
        let found = ReleaseId(Sha256::of(bytes));
        if found != release {
            return Err(ManifestFault::Digest { expected: release, found });
        }
        let malformed = |what| ManifestFault::Malformed { release, what };
        // Its words may repeat what was found, however long that is.
        let unread = |error: serde_json::Error| Malformed::Unread { quoted: cut(&error.to_string(), LONGEST_PROBLEM) };
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| malformed(unread(error)))?;
        match manifest.malformed() {
            Some(what) => Err(malformed(what)),
            None => Ok(manifest),
        }
    }

    /// The first thing that no manifest may say.
    fn malformed(&self) -> Option<Malformed> {
        if self.schema != MANIFEST_SCHEMA {
            return Some(Malformed::Schema { found: self.schema });
        }
        if self.archive.key != keys::archive(self.archive.sha256) {
            return Some(Malformed::ArchiveKey { key: cut(&self.archive.key, LONGEST_PROBLEM) });
        }
        if !(self.operating_threshold > 0.0 && self.operating_threshold < 1.0) {
            return Some(Malformed::Threshold);
        }
        if self.features.is_empty() {
            return Some(Malformed::NoFeatures);
        }
        release_bounds::excess(self)
    }
}
