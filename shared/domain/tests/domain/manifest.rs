//! A manifest is the bytes that its digest names, or it is refused.

use crate::night::at;
use meridian_domain::{
    File, Image, ImageVersion, Malformed, Manifest, ManifestFault, Provenance, ProvenanceError, ProvenanceProblem,
    ProvenanceText, ReleaseId, RepositoryName, Sha256, Target, keys,
};

fn manifest() -> Manifest {
    let archive = Sha256::of(b"archive");
    Manifest {
        schema: 1,
        fleet: "fraud".parse().unwrap(),
        version: "v427".parse().unwrap(),
        created: at("03:00:00"),
        archive: File { key: keys::archive(archive), sha256: archive, bytes: 7 },
        image: Image { repository: "sagemaker-xgboost".parse().unwrap(), digest: Sha256::of(b"image"), version: None },
        features: vec!["amount".to_owned(), "age".to_owned()],
        feature_files: Vec::new(),
        operating_threshold: 0.93,
        answer: meridian_domain::AnswerForm::default(),
        provenance: provenance(&["training-job=training-427"]).unwrap(),
    }
}

fn provenance(pairs: &[&str]) -> Result<Provenance, ProvenanceError> {
    let mut provenance = Provenance::default();
    pairs.iter().try_for_each(|pair| provenance.set(pair))?;
    Ok(provenance)
}

/// What is wrong with the value of the last of these pairs, and its key.
fn wrong_pair(pairs: &[&str]) -> (String, ProvenanceProblem) {
    match provenance(pairs) {
        Err(ProvenanceError::Pair { key, problem }) => (key, problem),
        other => panic!("{pairs:?}: {other:?}"),
    }
}

/// What is wrong with these bytes.
fn malformed(bytes: &[u8]) -> Malformed {
    match Manifest::parse(ReleaseId(Sha256::of(bytes)), bytes) {
        Err(ManifestFault::Malformed { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

/// True if the JSON reader does not take these bytes.
fn is_unread(bytes: &[u8]) -> bool {
    matches!(malformed(bytes), Malformed::Unread { .. })
}

fn refused(change: impl FnOnce(&mut Manifest)) -> Malformed {
    let mut manifest = manifest();
    change(&mut manifest);
    malformed(&manifest.to_bytes())
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
        assert_eq!(Manifest::parse(expected, &altered), Err(ManifestFault::Digest { expected, found }));
    }
    assert!(Manifest::parse(manifest.id(), &bytes[..bytes.len() - 1]).is_err());
}

#[test]
fn what_is_no_release_is_refused_with_the_field() {
    let key = "releases/model.tar.gz".to_owned();
    assert_eq!(refused(|manifest| manifest.schema = 2), Malformed::Schema { found: 2 });
    assert_eq!(refused(|manifest| manifest.archive.key = key.clone()), Malformed::ArchiveKey { key: key.clone() });
    let other = refused(|manifest| manifest.archive.sha256 = Sha256::of(b"other"));
    assert_eq!(other, Malformed::ArchiveKey { key: manifest().archive.key });
    assert_eq!(refused(|manifest| manifest.operating_threshold = 1.0), Malformed::Threshold);
    assert!(matches!(refused(|manifest| manifest.operating_threshold = f64::NAN), Malformed::Unread { .. }));
    assert_eq!(refused(|manifest| manifest.features.clear()), Malformed::NoFeatures);
}

fn feature_file(name: &str) -> File {
    File::of(name.as_bytes(), |sha256| keys::feature_file(sha256, name))
}

/// The manifest with these feature files, in the order of their keys.
fn with_files(names: &[&str]) -> Manifest {
    let mut feature_files: Vec<File> = names.iter().map(|name| feature_file(name)).collect();
    feature_files.sort_by(|one, two| one.key.cmp(&two.key));
    Manifest { feature_files, ..manifest() }
}

#[test]
fn feature_files_are_part_of_what_a_release_is() {
    let release = with_files(&["encoder.json", "pipeline.yaml"]);
    assert_eq!(Manifest::parse(release.id(), &release.to_bytes()), Ok(release.clone()));
    assert_eq!(release.files().count(), 3);
    let mut other = release.clone();
    other.feature_files[0] = feature_file("other.json");
    assert!(other.id() != release.id() && release.id() != manifest().id());
    assert!(!String::from_utf8(manifest().to_bytes()).unwrap().contains("feature_files"));
}

#[test]
fn a_region_fetches_feature_files_from_its_own_bucket_and_tells_the_container_where_they_are() {
    let (fleet, manifest) = (crate::night::fleet(), with_files(&["encoder.json", "pipeline.yaml"]));
    let region = fleet.region(&"ap-northeast-1".parse().unwrap()).unwrap();
    let spec = Target::of(&fleet, region, manifest.id(), &manifest.version).model_spec(&fleet, region, &manifest);
    let told = spec.environment().into_iter().find(|(name, _)| *name == "MERIDIAN_FEATURE_FILES").unwrap().1;
    assert_eq!(spec.feature_files.len(), 2);
    for (own, path) in spec.feature_files.iter().zip(told.split(':')) {
        let file = manifest.feature_files.iter().find(|file| file.name() == own.name).unwrap();
        assert_eq!(own.url, format!("s3://{}/{}", region.bucket, file.key));
        assert_eq!(path, format!("/opt/ml/additional-model-data-sources/{0}/{0}", own.name));
    }
}

#[test]
fn feature_files_that_sagemaker_would_not_take_are_refused_with_the_file() {
    let of = |files: Vec<File>| refused(|manifest| manifest.feature_files = files);
    for name in ["", ".hidden", "a b", "a/b", "naïve.json", &"n".repeat(65)] {
        assert!(matches!(of(vec![feature_file(name)]), Malformed::FeatureFile { .. }), "{name:?}");
    }
    let elsewhere = File { key: "releases/features/pipeline.yaml".to_owned(), ..feature_file("pipeline.yaml") };
    assert_eq!(of(vec![elsewhere.clone()]), Malformed::FeatureFile { key: elsewhere.key });
    let six: Vec<String> = (0..6).map(|number| format!("{number}.json")).collect();
    assert_eq!(of(six.iter().map(|name| feature_file(name)).collect()), Malformed::FeatureFiles { files: 6, most: 5 });
    let large = File { bytes: 1 << 40, ..feature_file("large.bin") };
    assert!(matches!(of(vec![large]), Malformed::FeatureFileSize { bytes, .. } if bytes == 1 << 40));
    let double = File::of(b"other", |sha256| keys::feature_file(sha256, "encoder.json"));
    let mut doubled = vec![feature_file("encoder.json"), double];
    doubled.sort_by(|one, two| one.key.cmp(&two.key));
    assert_eq!(of(doubled), Malformed::FeatureFileOrder { name: "encoder.json".to_owned() });
    let mut turned = with_files(&["encoder.json", "pipeline.yaml"]).feature_files;
    turned.reverse();
    assert_eq!(of(turned.clone()), Malformed::FeatureFileOrder { name: turned[1].name().to_owned() });
}

/// Whoever publishes does not choose the records that the release is evaluated on.
#[test]
fn a_manifest_that_names_a_hold_out_is_refused() {
    let text = String::from_utf8(manifest().to_bytes()).unwrap();
    let named = text.replacen('{', "{ \"holdout\": {\"key\": \"holdouts/x\"},", 1).into_bytes();
    assert!(is_unread(&named));
}

#[test]
fn a_repository_that_is_none_is_refused() {
    for text in ["", "a", "-xgboost", "xg__boost", "Xgboost", "a//b", "x/../y", "x@y", "x:y", "xgboost\n"] {
        assert!(text.parse::<RepositoryName>().is_err(), "{text:?}");
    }
    for text in ["sagemaker-xgboost", "team/fraud_model.v2"] {
        assert!(text.parse::<RepositoryName>().is_ok(), "{text:?}");
    }
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
    assert!(is_unread(other.as_bytes()));
}

#[test]
fn an_unknown_or_missing_field_is_refused() {
    let text = String::from_utf8(manifest().to_bytes()).unwrap();
    for altered in [text.replace("\"schema\"", "\"scheme\""), text.replace("  \"schema\": 1,\n", "")] {
        assert!(is_unread(altered.as_bytes()), "{altered}");
    }
}

#[test]
fn where_a_release_comes_from_is_kept_in_words_that_have_bounds() {
    let digest = Sha256::of(b"records");
    let whole = [
        "builder=arn:aws:sagemaker:eu-west-1:111122223333:pipeline/training",
        "source=git+https://example.com/fraud@0123456789abcdef",
        "training-job=fraud-427",
        "started=2026-11-20T01:00:00Z",
        "finished=2026-11-20T02:58:00Z",
        &format!("material=s3://records/2026-11@sha256:{digest}"),
        "material=xgboost 3.0.5",
    ];
    let mut manifest = manifest();
    manifest.provenance = provenance(&whole).unwrap();
    assert_eq!(manifest.provenance.materials[0].sha256, Some(digest));
    assert_eq!(Manifest::parse(manifest.id(), &manifest.to_bytes()).unwrap(), manifest);
    assert!(matches!(provenance(&["training-job"]), Err(ProvenanceError::NotAPair)));
    for (pairs, key, is_expected) in [
        (&["author=maria"][..], "author", (|own| matches!(own, ProvenanceProblem::UnknownKey)) as fn(_) -> bool),
        (&["source=a", "source=b"], "source", |own| matches!(own, ProvenanceProblem::Twice)),
        (&["started=yesterday"], "started", |own| matches!(own, ProvenanceProblem::Moment(_))),
    ] {
        let (found, problem) = wrong_pair(pairs);
        assert!(found == key && is_expected(problem), "{pairs:?}");
    }
    let long = "x".repeat(201);
    for (key, value, expected) in [
        ("source", "", "".parse::<ProvenanceText>().unwrap_err()),
        ("source", "\u{1b}[2J", "\u{1b}[2J".parse::<ProvenanceText>().unwrap_err()),
        ("source", &long, long.parse::<ProvenanceText>().unwrap_err()),
        ("material", "a@sha256:12", "12".parse::<Sha256>().unwrap_err()),
    ] {
        let (found, problem) = wrong_pair(&[&format!("{key}={value}")]);
        assert!(found == key && matches!(&problem, ProvenanceProblem::Name(own) if *own == expected), "{problem}");
    }
    let backwards = ["started=2026-11-20T03:00:00Z", "finished=2026-11-20T02:00:00Z"];
    let order = refused(|manifest| manifest.provenance = provenance(&backwards).unwrap());
    assert_eq!(order, Malformed::ProvenanceOrder);
    let many = vec!["material=x"; 65];
    let materials = refused(|manifest| manifest.provenance = provenance(&many).unwrap());
    assert_eq!(materials, Malformed::Materials { materials: 65, most: 64 });
    let text = String::from_utf8(manifest.to_bytes()).unwrap().replace("training-job", "job");
    assert!(Manifest::parse(ReleaseId(Sha256::of(text.as_bytes())), text.as_bytes()).is_err());
}

/// What each of these said was believed before, whatever its length.
#[test]
fn a_manifest_says_nothing_without_measure() {
    let long = "x".repeat(325_000);
    let changes: [(&str, serde_json::Value); 9] = [
        ("created", serde_json::json!("9999-12-30T00:00:00Z")),
        ("created", serde_json::json!("-005000-01-01T00:00:00Z")),
        ("features", serde_json::json!([long])),
        ("features", serde_json::json!(["amount", "\u{1b}[2Jamount"])),
        ("features", serde_json::json!(vec!["f"; 70_000])),
        ("provenance", serde_json::json!({ "source": long })),
        ("provenance", serde_json::json!({ "source": "\u{202e}gnp.exe" })),
        ("image", serde_json::json!({ "repository": "x\ny", "digest": Sha256::of(b"image") })),
        ("schema", serde_json::json!(long)),
    ];
    for (field, value) in changes {
        let mut document = serde_json::to_value(manifest()).unwrap();
        document[field] = value;
        let bytes = serde_json::to_vec(&document).unwrap();
        let said = match malformed(&bytes) {
            Malformed::Unread { quoted: said } | Malformed::FeatureName { name: said, .. } => said,
            other => format!("{other:?}"),
        };
        assert!(said.len() < 1000 && !said.contains(['\u{1b}', '\u{202e}']), "{field}: {said}");
    }
}
