//! `meridian publish`: training's last step.

use jiff::Timestamp;
use meridian_aws::{AwsClock, AwsPorts};
use meridian_domain::{Fleet, Image, Sha256, Version};
use meridian_handlers::ports::Clock;
use meridian_handlers::publish::{PublishSpec, publish};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// What `meridian publish` is asked.
#[derive(Debug, clap::Args)]
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
    /// Where the release comes from, e.g. training-job=fraud-427; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    provenance: Vec<(String, String)>,
    /// When training finished, such as 2026-11-20T03:00:00Z [default: now]. Part of the release's identity: give it, and
    /// publishing again is a no-op.
    #[arg(long, value_name = "TIME")]
    created: Option<Timestamp>,
    /// The fleet's policy.
    #[arg(long, value_name = "FILE", default_value = "fleet.toml")]
    fleet: PathBuf,
    /// Another endpoint than AWS's own, such as a local world's.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Why a release could not be published.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: {message}")]
    Fleet { path: PathBuf, message: String },
}

/// Publishes a release; prints its identity.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let text = String::from_utf8(read(&arguments.fleet)?)?;
    let fleet = Fleet::parse(&text)
        .map_err(|error| Error::Fleet { path: arguments.fleet.clone(), message: error.to_string() })?;
    let spec = spec(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ports = AwsPorts::new(Arc::new(fleet.clone()), AwsClock::new(None), arguments.endpoint_url.clone());
    let created = arguments.created.unwrap_or_else(|| ports.now());
    let release = runtime.block_on(publish(&ports, &fleet, created, spec))?;
    anstream::println!("{release}");
    Ok(ExitCode::SUCCESS)
}

fn spec(arguments: &Arguments) -> Result<PublishSpec, Box<dyn std::error::Error>> {
    let features = String::from_utf8(read(&arguments.features)?)?;
    Ok(PublishSpec {
        version: arguments.version.clone(),
        archive: read(&arguments.archive)?.into(),
        holdout: read(&arguments.holdout)?.into(),
        features: features.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        operating_threshold: arguments.operating_threshold,
        image: Image { repository: arguments.image_repository.clone(), digest: arguments.image_digest },
        provenance: BTreeMap::from_iter(arguments.provenance.clone()),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}
