//! What is wrong with a file of a release, in words.

use meridian_domain::reason::FileFault;
use meridian_domain::signing::LONGEST_SIGNATURE;
use meridian_domain::{KeyId, MANIFEST_SCHEMA, Malformed, ManifestFault, SignatureFault};

/// What is wrong with a file: which one, what was expected and what to do.
pub fn words(fault: &FileFault) -> String {
    match fault {
        FileFault::Missing { file, region } => format!("{file} is not in {region}'s bucket"),
        FileFault::Altered { file, region, expected, found } => format!(
            "{file} in {region}: expected SHA-256 {expected}, found {found}: the object was changed or truncated; publish \
             the release again under a new manifest, and find out who wrote this object"
        ),
        FileFault::Longer { file, region, expected } => format!(
            "{file} in {region}: expected the {expected} bytes that were published, found more: the object was changed; publish \
             the release again under a new manifest, and find out who wrote this object"
        ),
        FileFault::TooLarge { file, region, most } => {
            format!("{file} in {region} has more than the {most} bytes that it may have; it was not read")
        }
        FileFault::ReaderPanicked { file, region } => format!(
            "{file} in {region}: its reader panicked: the file is damaged, or the reader has a defect; the function's log names the line"
        ),
        FileFault::Unsigned { file, region } => format!(
            "{file} is not in {region}'s bucket: the release is not signed; find out who wrote its manifest, and publish with \
             meridian publish if it is training's"
        ),
        FileFault::Signature(fault) => signature(fault),
        FileFault::Manifest(fault) => manifest(fault),
        FileFault::NoImage { image, region } => format!(
            "{region}'s registry has no image {}@sha256:{}, which would serve it; push it there first",
            image.repository, image.digest
        ),
        FileFault::NotGolden { file, region, line, column } => format!(
            "{file} in {region} does not hold golden records (not their JSON, at line {line} column {column}): run the \
             release's evaluation again"
        ),
    }
}

/// Why a manifest is not accepted.
pub fn manifest(fault: &ManifestFault) -> String {
    match fault {
        ManifestFault::Digest { expected, found } => format!(
            "manifest {expected}: its bytes have the SHA-256 {found}; the object was changed or truncated: publish the release again"
        ),
        ManifestFault::Malformed { release, what } => format!("manifest {release}: {}", malformed(what)),
        ManifestFault::Image { release, repository, digest, version, allowed } => format!(
            "manifest {release}: the fleet does not allow the image {repository}@sha256:{digest} as SageMaker's {version}: \
             publish with one of fleet.toml's [[image]] entries ({}), or add this one there",
            allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ),
        ManifestFault::Fleet { release, expected, found } => format!(
            "manifest {release} is for fleet {found}, this bucket belongs to {expected}: publish it to its own fleet's bucket"
        ),
        ManifestFault::Future { release, version, created, now } => format!(
            "manifest {release} ({version}) says that training finished at {created:.0}, and it was read at {now:.0}: publish the release \
             again with the time at which training finished"
        ),
    }
}

fn malformed(what: &Malformed) -> String {
    match what {
        Malformed::Unread { quoted } => quoted.clone(),
        Malformed::Schema { found } => {
            format!("schema {found} is not {MANIFEST_SCHEMA}, the one that this version reads")
        }
        Malformed::ArchiveKey { key } => {
            format!("archive.key {key:?} is not the content-addressed key of its sha256")
        }
        Malformed::ArchiveSize { bytes, most } => format!("archive.bytes is {bytes}, expected at most {most}"),
        Malformed::FeatureFile { key } => format!(
            "feature_files: {key:?} is not the content-addressed key of its sha256 and a name of 1 to 64 letters, digits, \
             dots, dashes and underscores that begins with no dot"
        ),
        Malformed::FeatureFileSize { name, bytes, most } => {
            format!("feature_files: {name} has {bytes} bytes, expected at most {most}")
        }
        Malformed::FeatureFileOrder { name } => {
            format!("feature_files: {name} stands there twice, or not in the order of the keys")
        }
        Malformed::FeatureFiles { files, most } => format!(
            "feature_files has {files} files, expected at most {most}, which SageMaker puts beside a model: pack some into one"
        ),
        Malformed::Threshold => "operating_threshold must be between 0 and 1".to_owned(),
        Malformed::NoFeatures => "features is empty; list the callers' features in the order sent".to_owned(),
        Malformed::FeatureCount { features, most } => format!("features has {features} names, expected at most {most}"),
        Malformed::FeatureName { name, longest } => {
            format!("features: {name:?} is no name of 1 to {longest} characters without control characters")
        }
        Malformed::Created { at } => format!("created is {at:.0}; expected a moment between the years 2000 and 2199"),
        Malformed::ProvenanceMoment => {
            "provenance.started and .finished are expected between the years 2000 and 2199".to_owned()
        }
        Malformed::ProvenanceOrder => "provenance.started is after provenance.finished".to_owned(),
        Malformed::Materials { materials, most } => {
            format!("provenance.materials has {materials} entries, expected at most {most}")
        }
    }
}

/// Why a signature does not make a release one that may be attested.
pub fn signature(fault: &SignatureFault) -> String {
    match fault {
        SignatureFault::TooLong { release } => format!(
            "the signature of {release} has more than {LONGEST_SIGNATURE} bytes; expected a bundle of some thousand: sign the \
             release with meridian publish"
        ),
        SignatureFault::Malformed { release, line, column } => format!(
            "the signature of {release} cannot be read at line {line}, column {column}; expected a Sigstore bundle with a DSSE \
             envelope of an in-toto statement: sign the release with meridian publish"
        ),
        SignatureFault::Untrusted { release, trusted } => {
            let trusted = trusted.iter().map(KeyId::as_str).collect::<Vec<_>>().join(", ");
            format!(
                "no key of [signing] in fleet.toml has signed {release} (trusted: {trusted}): find out who wrote it; if it is \
                 training's, sign it with a trusted key and publish it again"
            )
        }
        SignatureFault::TooEarly { key, from, now } => {
            format!(
                "key {key} may sign from {from:.0}, and it is {now:.0}: publish again then, or move from in fleet.toml"
            )
        }
        SignatureFault::TooLate { key, until, now } => format!(
            "key {key} may sign until {until:.0}, and it is {now:.0}: publish again with a key that fleet.toml trusts"
        ),
        SignatureFault::OtherRelease { key, release } => format!(
            "key {key} has signed, but not {release}: the signature belongs to something else; find out who copied it"
        ),
        SignatureFault::OtherFiles { key, release } => {
            format!("key {key} signed other files than the manifest of {release} names: publish the release again")
        }
    }
}
