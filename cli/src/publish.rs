//! `meridian publish`: training's last step.

use crate::aws::{self, Place, Session, read};
use crate::terminal;
use jiff::Timestamp;
use meridian_domain::{Image, ImageVersion, Sha256, Version};
use meridian_handlers::publish::{PublishError, PublishSpec, publish};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// What `meridian publish` is asked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 the release is published; 1 AWS did not take it (a repeat with the same --created \
                        goes on where this one stopped); 2 wrong input, and nothing was written."
)]
pub struct Arguments {
    /// Human name of the release, such as v427.
    #[arg(long)]
    version: Version,
    /// The model archive, as SageMaker downloads it: model.tar.gz with the model file and nothing else.
    #[arg(long, value_name = "FILE")]
    archive: PathBuf,
    /// The labelled records that training held out, as CSV compressed with gzip.
    #[arg(long, value_name = "FILE")]
    holdout: PathBuf,
    /// The callers' features, one name a line, in the order in which they are sent.
    #[arg(long, value_name = "FILE")]
    features: PathBuf,
    /// Score at and above which a payment is an alert, between 0 and 1.
    #[arg(long, value_name = "SHARE")]
    operating_threshold: f64,
    /// The serving container in each region's registry: its repository.
    #[arg(long, value_name = "NAME")]
    image_repository: String,
    /// ... and its digest, 64 hexadecimal digits.
    #[arg(long, value_name = "SHA256")]
    image_digest: Sha256,
    /// ... and the SageMaker image that it is, or is built on: 1.7-1 or 3.0-5. They serve an early-stopped model
    /// differently, and a release is evaluated as it will be served.
    #[arg(long, value_name = "TAG", default_value_t = ImageVersion::V3_0)]
    image_version: ImageVersion,
    /// Where the release comes from, e.g. training-job=fraud-427; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    provenance: Vec<(String, String)>,
    /// When training finished, such as 2026-11-20T03:00:00Z [default: now]. Part of the release's identity: give it, and
    /// publishing again is a no-op.
    #[arg(long, value_name = "TIME")]
    created: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Publishes a release; prints its identity.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let session = Session::open(&arguments.place)?;
    let spec = spec(arguments)?;
    let created = arguments.created.unwrap_or_else(|| session.now());
    match session.run(publish(&session.ports, &session.fleet, created, spec)) {
        Ok(release) => {
            terminal::say(&release.to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ PublishError::Manifest { .. }) => Err(error.into()),
        Err(error @ PublishError::File { .. }) => Ok(aws::failed(&error)),
    }
}

fn spec(arguments: &Arguments) -> Result<PublishSpec, Box<dyn std::error::Error>> {
    let features = String::from_utf8(read(&arguments.features)?)?;
    Ok(PublishSpec {
        version: arguments.version.clone(),
        archive: read(&arguments.archive)?.into(),
        holdout: read(&arguments.holdout)?.into(),
        features: features.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        operating_threshold: arguments.operating_threshold,
        image: Image {
            repository: arguments.image_repository.clone(),
            digest: arguments.image_digest,
            version: Some(arguments.image_version),
        },
        provenance: BTreeMap::from_iter(arguments.provenance.clone()),
    })
}
