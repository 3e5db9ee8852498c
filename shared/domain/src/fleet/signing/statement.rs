//! What is signed: an in-toto statement (v1) with OpenSSF model signing's predicate (v1.0), which lists a release's files with
//! their SHA-256. Others' tools verify it against a copy of `releases/`.

use crate::fleet::keys;
use crate::fleet::keys::RELEASES;
use crate::fleet::names::{ReleaseId, Sha256};
use crate::fleet::release::Manifest;
use serde::{Deserialize, Serialize};

/// What a DSSE envelope says of a statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const KIND: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://model_signing/signature/v1.0";
const ALGORITHM: &str = "sha256";

/// A list of files and their digests. Members that it does not name are others' business and are not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Subject {
    name: String,
    digest: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Digest {
    sha256: Sha256,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Predicate {
    serialization: Serialization,
    resources: Vec<Resource>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Serialization {
    method: String,
    hash_type: String,
    allow_symlinks: bool,
    #[serde(default)]
    ignore_paths: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Resource {
    name: String,
    algorithm: String,
    digest: Sha256,
}

impl Resource {
    /// The file of a key in `releases/`.
    fn of(key: &str, digest: Sha256) -> Self {
        let name = key.strip_prefix(RELEASES).unwrap_or(key).to_owned();
        Self { name, algorithm: ALGORITHM.to_owned(), digest }
    }
}

impl Statement {
    /// The statement of a release: its replicated files, the manifest itself among them.
    pub fn of(release: ReleaseId, manifest: &Manifest) -> Self {
        // In order of their names, as model signing wants them.
        let files = manifest.files().map(|file| Resource::of(&file.key, file.sha256));
        let resources: Vec<Resource> = files.chain([Resource::of(&keys::manifest(release), release.0)]).collect();
        let digests: Vec<u8> = resources.iter().flat_map(|file| *file.digest.as_bytes()).collect();
        Self {
            kind: KIND.to_owned(),
            subject: vec![Subject {
                name: format!("{}/{}", manifest.fleet, manifest.version),
                digest: Digest { sha256: Sha256::of(&digests) },
            }],
            predicate_type: PREDICATE.to_owned(),
            predicate: Predicate {
                serialization: Serialization {
                    method: "files".to_owned(),
                    hash_type: ALGORITHM.to_owned(),
                    allow_symlinks: false,
                    ignore_paths: Vec::new(),
                },
                resources,
            },
        }
    }

    /// The bytes that are signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings and lists of them: it always serialises.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a statement; the parser's error says only where it stopped.
    ///
    /// # Errors
    /// Not a statement's JSON.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// Whether it is about the manifest of `release`: asked before the manifest is read.
    pub fn names(&self, release: ReleaseId) -> bool {
        let manifest = Resource::of(&keys::manifest(release), release.0);
        self.kind == KIND && self.predicate_type == PREDICATE && self.predicate.resources.contains(&manifest)
    }

    /// Whether it lists the files of this manifest and no others.
    pub fn lists(&self, release: ReleaseId, manifest: &Manifest) -> bool {
        let expected = Self::of(release, manifest);
        let digests = |statement: &Self| statement.subject.iter().map(|own| own.digest.clone()).collect::<Vec<_>>();
        self.predicate.resources == expected.predicate.resources && digests(self) == digests(&expected)
    }
}
