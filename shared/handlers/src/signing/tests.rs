use super::*;
use crate::own_policy::{FLEET, fleet, run};
use meridian_domain::{File, Fleet, Image, MANIFEST_SCHEMA, Sha256};

const P256: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg
-----END PRIVATE KEY-----";

/// Training's key, as the reference fleet trusts it.
fn signer() -> KeyFile {
    KeyFile::parse(&KeyFile::example_pem()).unwrap()
}

fn manifest(version: &str) -> Manifest {
    let digest = Sha256::of(version.as_bytes());
    Manifest {
        schema: MANIFEST_SCHEMA,
        fleet: fleet().name,
        version: version.parse().unwrap(),
        created: now(),
        archive: File { key: keys::archive(digest), sha256: digest, bytes: 4 },
        image: Image { repository: "sagemaker-xgboost".parse().unwrap(), digest, version: None },
        features: vec!["amount".to_owned()],
        feature_files: Vec::new(),
        operating_threshold: 0.5,
        answer: meridian_domain::AnswerForm::default(),
        provenance: Default::default(),
    }
}

fn now() -> Timestamp {
    "2026-11-20T03:00:00Z".parse().unwrap()
}

fn signed(version: &str) -> (ReleaseId, Vec<u8>) {
    let manifest = manifest(version);
    let bundle = run(sign(&signer(), &fleet().signing, manifest.id(), &manifest, now())).unwrap();
    (manifest.id(), bundle)
}

fn generated() -> KeyFile {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
    KeyFile::parse(&encode_pem(PRIVATE, pkcs8.as_ref())).unwrap()
}

/// The policy that trusts this key alone.
fn trusting(key: &KeyFile, more: &str) -> Fleet {
    let pem = run(key.public_key()).unwrap().pem();
    let from = FLEET.lines().find(|line| line.starts_with("keys = [")).unwrap();
    let to = format!("keys = [{{ id = \"own\", public_key = '''\n{pem}'''{more} }}]");
    Fleet::parse(&FLEET.replace(from, &to)).unwrap()
}

#[test]
fn a_signature_by_a_trusted_key_is_believed() {
    let (release, bundle) = signed("v427");
    let own = verify(&fleet().signing, release, &bundle, now()).unwrap();
    assert_eq!(own.key().as_str(), "example");
    assert_eq!(run(signer().public_key()).unwrap(), meridian_domain::signing::EXAMPLE_KEY);
}

#[test]
fn p256_keys_sign_too_and_never_twice_alike() {
    let key = generated();
    let (fleet, manifest) = (trusting(&key, ""), manifest("v427"));
    let bundles = [0, 1].map(|_| run(sign(&key, &fleet.signing, manifest.id(), &manifest, now())).unwrap());
    assert_ne!(bundles[0], bundles[1]);
    for bundle in &bundles {
        assert_eq!(verify(&fleet.signing, manifest.id(), bundle, now()).unwrap().key().as_str(), "own");
    }
}

#[test]
fn another_keys_signature_is_refused() {
    let (release, bundle) = signed("v427");
    let fleet = trusting(&generated(), "");
    let error = verify(&fleet.signing, release, &bundle, now()).unwrap_err();
    assert_eq!(error, SignatureFault::Untrusted { release, trusted: vec!["own".parse().unwrap()] });
}

#[test]
fn another_releases_signature_is_refused() {
    let ((_, bundle), (release, _)) = (signed("v426"), signed("v427"));
    let error = verify(&fleet().signing, release, &bundle, now()).unwrap_err();
    assert_eq!(error, SignatureFault::OtherRelease { key: "example".parse().unwrap(), release });
}

#[test]
fn every_changed_byte_of_a_signature_is_refused_or_ineffective() {
    let (release, bundle) = signed("v427");
    let whole = verify(&fleet().signing, release, &bundle, now()).unwrap();
    let mut harmless = 0;
    for at in 0..bundle.len() {
        for bit in [1, 32] {
            let mut altered = bundle.clone();
            altered[at] ^= bit;
            if let Ok(other) = verify(&fleet().signing, release, &altered, now()) {
                // In a hint, or between members.
                assert_eq!(other, whole, "byte {at}");
                harmless += 1;
            }
        }
    }
    assert!(harmless < bundle.len(), "{harmless} of {} changes pass", 2 * bundle.len());
    assert!(verify(&fleet().signing, release, &bundle[..bundle.len() - 2], now()).is_err());
    assert!(verify(&fleet().signing, release, &[bundle.as_slice(), b"{}"].concat(), now()).is_err());
    let long = [bundle, vec![b' '; LONGEST_SIGNATURE]].concat();
    assert_eq!(verify(&fleet().signing, release, &long, now()), Err(SignatureFault::TooLong { release }));
}

#[test]
fn a_member_said_twice_is_refused() {
    let (release, bundle) = signed("v427");
    let text = String::from_utf8(bundle).unwrap();
    let payload = text.lines().find(|line| line.contains("\"payload\"")).unwrap();
    let twice = text.replace(payload, &format!("{payload}\n{payload}"));
    assert!(matches!(
        verify(&fleet().signing, release, twice.as_bytes(), now()),
        Err(SignatureFault::Malformed { .. })
    ));
}

#[test]
fn a_key_signs_from_its_first_day_until_its_last() {
    let key = generated();
    let bounds = ", from = \"2026-11-01T00:00:00Z\", until = \"2026-12-01T00:00:00Z\"";
    let (fleet, manifest) = (trusting(&key, bounds), manifest("v427"));
    let release = manifest.id();
    let bundle = run(sign(&key, &fleet.signing, release, &manifest, now())).unwrap();
    let at = |time: &str| verify(&fleet.signing, release, &bundle, time.parse().unwrap());
    assert!(matches!(at("2026-10-31T23:59:59Z"), Err(SignatureFault::TooEarly { .. })));
    assert!(at("2026-11-01T00:00:00Z").is_ok() && at("2026-11-30T23:59:59Z").is_ok());
    assert!(matches!(at("2026-12-01T00:00:00Z"), Err(SignatureFault::TooLate { .. })));
    let late = run(sign(&key, &fleet.signing, release, &manifest, "2027-01-01T00:00:00Z".parse().unwrap()));
    assert!(matches!(late, Err(SigningError::Refused(SignatureFault::TooLate { .. }))));
}

#[test]
fn an_untrusted_key_signs_nothing_and_is_printed() {
    let (key, manifest) = (generated(), manifest("v427"));
    let error = run(sign(&key, &fleet().signing, manifest.id(), &manifest, now())).unwrap_err();
    let pem = run(key.public_key()).unwrap().pem();
    let told = format!(
        "fleet.toml does not trust this key: add it to keys of [signing] with this public_key and deploy, or sign with another\n{pem}"
    );
    assert_eq!((error.to_string(), error), (told, SigningError::NotTrusted { public_key: pem }));
}

#[test]
fn a_file_without_a_private_key_is_refused_with_what_makes_one() {
    for text in ["", "MC4CAQAwBQYDK2VwBCIEIHRo", P256, &run(signer().public_key()).unwrap().pem()] {
        let error = KeyFile::parse(text).unwrap_err();
        assert_eq!(error, SigningError::KeyFile);
        assert!(error.to_string().contains("openssl genpkey"), "{error}");
    }
}
