//! A manifest is the bytes that its digest names, or it is refused.

use crate::night::at;
use meridian_domain::{File, Image, ImageVersion, Manifest, ManifestError, ReleaseId, Sha256, keys};

fn manifest() -> Manifest {
    let (archive, holdout) = (Sha256::of(b"archive"), Sha256::of(b"holdout"));
    Manifest {
        schema: 1,
        fleet: "fraud".parse().unwrap(),
        version: "v427".parse().unwrap(),
        created: at("03:00:00"),
        archive: File { key: keys::archive(archive), sha256: archive, bytes: 7 },
        image: Image { repository: "xgboost".to_owned(), digest: Sha256::of(b"image"), version: None },
        features: vec!["amount".to_owned(), "age".to_owned()],
        operating_threshold: 0.93,
        holdout: File { key: keys::holdout(holdout), sha256: holdout, bytes: 7 },
        provenance: [("job".to_owned(), "training-427".to_owned())].into(),
    }
}

fn refused(change: impl FnOnce(&mut Manifest)) -> String {
    let mut manifest = manifest();
    change(&mut manifest);
    Manifest::parse(manifest.id(), &manifest.to_bytes()).unwrap_err().to_string()
}

#[test]
fn a_manifest_reads_back_as_it_was_written() {
    let manifest = manifest();
    assert_eq!(Manifest::parse(manifest.id(), &manifest.to_bytes()), Ok(manifest));
}

#[test]
fn bytes_that_the_digest_does_not_name_are_refused() {
    let manifest = manifest();
    let bytes = manifest.to_bytes();
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let found = ReleaseId(Sha256::of(&altered));
        let expected = manifest.id();
        assert_eq!(Manifest::parse(expected, &altered), Err(ManifestError::Digest { expected, found }));
    }
    assert!(Manifest::parse(manifest.id(), &bytes[..bytes.len() - 1]).is_err());
}

#[test]
fn what_is_no_release_is_refused_with_the_field() {
    assert!(refused(|manifest| manifest.schema = 2).contains("schema 2 is not 1"));
    assert!(refused(|manifest| manifest.archive.key = "releases/model.tar.gz".to_owned()).contains("archive.key"));
    assert!(refused(|manifest| manifest.archive.sha256 = Sha256::of(b"other")).contains("archive.key"));
    assert!(refused(|manifest| manifest.holdout.key = "holdout.csv".to_owned()).contains("holdout.key"));
    assert!(refused(|manifest| manifest.operating_threshold = 1.0).contains("operating_threshold"));
    assert!(refused(|manifest| manifest.operating_threshold = f64::NAN).contains("manifest"));
    assert!(refused(|manifest| manifest.features.clear()).contains("features"));
}

/// Releases from before the image's version was written down stay what they are, byte for byte.
#[test]
fn a_manifest_names_an_image_version_that_is_known_or_none() {
    let mut manifest = manifest();
    assert!(!String::from_utf8(manifest.to_bytes()).unwrap().contains("version\": \"3"));
    assert_eq!(manifest.image.rules(), ImageVersion::V3_0);
    manifest.image.version = Some(ImageVersion::V1_7);
    assert_eq!(manifest.image.rules(), ImageVersion::V1_7);
    assert_eq!(Manifest::parse(manifest.id(), &manifest.to_bytes()).unwrap(), manifest);
    let other = String::from_utf8(manifest.to_bytes()).unwrap().replace("1.7-1", "1.7-2");
    let id = ReleaseId(Sha256::of(other.as_bytes()));
    let error = Manifest::parse(id, other.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("\"1.7-2\" is no image") && error.contains("3.0-5"), "{error}");
}

#[test]
fn an_unknown_or_missing_field_is_refused_with_line_and_column() {
    let text = String::from_utf8(manifest().to_bytes()).unwrap();
    for altered in [text.replace("\"schema\"", "\"scheme\""), text.replace("  \"schema\": 1,\n", "")] {
        let error = Manifest::parse(ReleaseId(Sha256::of(altered.as_bytes())), altered.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("line"), "{error}");
    }
}
