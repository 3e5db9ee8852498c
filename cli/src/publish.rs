//! `meridian publish`: training's last step.

use crate::aws::{Place, Session, read};
use crate::operator::{Consent, DECLINED, Went};
use crate::terminal;
use bytes::Bytes;
use jiff::Timestamp;
use meridian_domain::{
    AnswerError, AnswerForm, Image, ImageVersion, JsonPointer, Provenance, ReasonsForm, ReleaseId, RepositoryName,
    Sha256, Version, edge, is_file_name, times,
};
use meridian_handlers::operator_ports::OperatorPorts;
use meridian_handlers::publish::{PublishError, PublishSpec, examine, publish};
use meridian_handlers::signing::{KeyFile, Signer, SigningError};
use meridian_messages::operator as sentences;
use meridian_preflight::KmsSigner;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `meridian publish`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    meridian publish --version v427 --archive model.tar.gz \\\n      \
    --features features.txt --operating-threshold 0.81 \\\n      \
    --image-repository sagemaker-xgboost --image-digest $DIGEST \\\n      \
    --created 2026-11-20T03:00:00Z --key training.pem\n\n\
    A dry run examines and signs the release too, with --kms by the key itself: what it does not try is the bucket.\n\n\
    Exit code: 0 the release is published; 1 AWS refused it (a repeat with the same --created \
                        continues where this one stopped); 2 wrong input, and nothing was written.")]
pub struct Arguments {
    /// Human name of the release, such as v427.
    #[arg(long)]
    version: Version,
    /// The model archive, as SageMaker downloads it: model.tar.gz with the model file and nothing else.
    #[arg(long, value_name = "FILE")]
    archive: PathBuf,
    /// The callers' features, one name a line, in the order in which they are sent.
    #[arg(long, value_name = "FILE")]
    features: PathBuf,
    /// A file of the feature pipeline (YAML, JSON, any), which the container finds beside the model by this file's name; may be
    /// repeated, 5 at most. MERIDIAN_FEATURE_FILES tells it where.
    #[arg(long = "feature-file", value_name = "FILE")]
    feature_files: Vec<PathBuf>,
    /// Score at and above which a payment is an alert, between 0 and 1.
    #[arg(long, value_name = "SHARE")]
    operating_threshold: f64,
    /// Where the score stands in the container's JSON answer, as a JSON pointer, e.g. /score or /predictions/0/score [default: the
    /// answer is the number alone].
    #[arg(long, value_name = "POINTER")]
    score_at: Option<JsonPointer>,
    /// ... and with how many digits after the point it is printed, 3 to 9 [default: so that it reads back exactly].
    #[arg(long, value_name = "COUNT")]
    score_digits: Option<u8>,
    /// ... and where its reasons stand, e.g. /reasons: a list of features' names, or of objects with the name as "feature".
    #[arg(long, value_name = "POINTER", requires_all = ["score_at", "reasons"])]
    reasons_at: Option<JsonPointer>,
    /// ... and how many they are, 1 to 20: the features that moved the score most, whichever way (TreeSHAP).
    #[arg(long, value_name = "COUNT", requires = "reasons_at")]
    reasons: Option<u8>,
    /// The serving container in each region's registry: its repository. fleet.toml's [[image]] says which are allowed.
    #[arg(long, value_name = "NAME")]
    image_repository: RepositoryName,
    /// ... and its digest, 64 hexadecimal digits.
    #[arg(long, value_name = "SHA256")]
    image_digest: Sha256,
    /// ... and the SageMaker image that it is, or is built on: 1.7-1 or 3.0-5. They serve an early-stopped model
    /// differently, and a release is evaluated as it will be served.
    #[arg(long, value_name = "TAG", default_value_t = ImageVersion::V3_0)]
    image_version: ImageVersion,
    /// Where the release comes from, in the words of SLSA's provenance: builder, source, training-job, started, finished, or
    /// material=NAME[@sha256:DIGITS], e.g. training-job=fraud-427; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    provenance: Vec<String>,
    /// When training finished, such as 2026-11-20T03:00:00Z [default: now]. Part of the release's identity: give it, and
    /// publishing again is a no-op.
    #[arg(long, value_name = "TIME", value_parser = edge::moment)]
    created: Option<Timestamp>,
    #[command(flatten)]
    signer: SignerArguments,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    place: Place,
}

/// The key that signs the release: one that [signing] in fleet.toml trusts.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct SignerArguments {
    /// Sign with the private key in this file: PKCS#8 PEM of P-256 or Ed25519, as openssl genpkey writes it.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Sign with this key of KMS: the ARN of a key with KeySpec ECC_NIST_P256 and KeyUsage SIGN_VERIFY.
    #[arg(long, value_name = "ARN")]
    kms: Option<String>,
}

/// Publishes a release, and prints its identity.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let session = Session::open(&arguments.place)?;
    let spec = spec(arguments)?;
    let now = session.now();
    let created = arguments.created.unwrap_or(now);
    if times::is_future(created, now) {
        return Err(format!(
            "--created {created:.0} is in the future: every region would refuse the release; it is {now}"
        )
        .into());
    }
    // What evaluation would reject is refused here, before anything is written.
    let notes = examine(&spec)?;
    if !quiet {
        notes.iter().for_each(|note| terminal::warning(&format!("{}: {note}", spec.version)));
    }
    session.with_credentials()?;
    let consent = &arguments.consent;
    match (&arguments.signer.key, &arguments.signer.kms) {
        (Some(path), _) => {
            let file = KeyFile::parse(&String::from_utf8_lossy(&read(path)?));
            let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
            carry_out(consent, &session, created, &spec, &file, quiet)
        }
        (None, Some(key)) => carry_out(consent, &session, created, &spec, &KmsSigner::new(&session.ports, key), quiet),
        (None, None) => Err("give --key FILE or --kms ARN".into()),
    }
}

/// Publishes a release that this key signs, or says what would be published.
fn carry_out(
    consent: &Consent,
    session: &Session,
    created: Timestamp,
    spec: &PublishSpec,
    signer: &impl Signer,
    quiet: bool,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let version = &spec.version;
    let command = |writes| {
        let progress = terminal::progress(quiet);
        progress.say(&format!("{} {version}", if writes { "publishing" } else { "signing" }));
        let ports = OperatorPorts { ports: &session.ports, writes };
        session.run(publish(&ports, &session.fleet, created, spec.clone(), signer))
    };
    let question = |release: &ReleaseId| Some(sentences::will_be_published(version, release));
    match consent.carry_out(command, question)? {
        Ok(Went::Tried(release)) => terminal::say(&sentences::would_be_published(version, &release))?,
        Ok(Went::Declined(release)) => {
            terminal::say(&sentences::not_published(version, &release))?;
            return Ok(ExitCode::from(DECLINED));
        }
        Ok(Went::Done(release)) => terminal::say(&release.to_string())?,
        Err(error @ (PublishError::File { .. } | PublishError::Signing { source: SigningError::Port(_), .. })) => {
            return Ok(session.failed(&error));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn spec(arguments: &Arguments) -> Result<PublishSpec, Box<dyn std::error::Error>> {
    let features = String::from_utf8(read(&arguments.features)?)?;
    let mut provenance = Provenance::default();
    for pair in &arguments.provenance {
        provenance.set(pair).map_err(|problem| format!("--provenance {problem}"))?;
    }
    let feature_files = arguments.feature_files.iter().map(|path| feature_file(path)).collect::<Result<_, _>>()?;
    Ok(PublishSpec {
        version: arguments.version.clone(),
        archive: read(&arguments.archive)?.into(),
        feature_files,
        features: features.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        operating_threshold: arguments.operating_threshold,
        answer: answer(arguments)?,
        image: Image {
            repository: arguments.image_repository.clone(),
            digest: arguments.image_digest,
            version: Some(arguments.image_version),
        },
        provenance,
    })
}

/// A file of the feature pipeline, by its own name.
fn feature_file(path: &Path) -> Result<(String, Bytes), Box<dyn std::error::Error>> {
    let name = path.file_name().and_then(OsStr::to_str).filter(|name| is_file_name(name)).ok_or_else(|| {
        format!(
            "--feature-file {}: SageMaker takes names of 1 to 64 letters, digits, dots, dashes and underscores that begin with \
             no dot; rename the file",
            path.display()
        )
    })?;
    Ok((name.to_owned(), read(path)?.into()))
}

/// What the container answers.
fn answer(arguments: &Arguments) -> Result<AnswerForm, AnswerError> {
    let reasons = arguments.reasons_at.clone().zip(arguments.reasons);
    let reasons = reasons.map(|(at, count)| ReasonsForm { at, count });
    AnswerForm::new(arguments.score_at.clone(), arguments.score_digits, reasons)
}
