//! The files of a release, read with their digests checked: nothing acts on bytes that nobody has verified (I2).

use crate::pipe::{Outlet, pipe};
use crate::ports::{Answer, Artifacts, Clock, ErrorKind, FailureDetail, OperationName, PortError, limits};
use bytes::Bytes;
use meridian_domain::reason::{FileFault, Unseen};
use meridian_domain::{File, FleetName, Manifest, ManifestFault, RegionName, ReleaseId, Sha256, SignatureFault, keys};
use meridian_evaluation::GoldenRecords;
use meridian_messages::files::words;
use sha2::Digest;
use std::thread;

/// Why a release's file cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FileError {
    /// The store did not answer with it.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The store answered, and it cannot be used as it is.
    #[error("{}", words(.0))]
    Unusable(FileFault),
}

impl From<FileFault> for FileError {
    fn from(fault: FileFault) -> Self {
        Self::Unusable(fault)
    }
}

impl From<ManifestFault> for FileError {
    fn from(fault: ManifestFault) -> Self {
        Self::Unusable(fault.into())
    }
}

impl From<SignatureFault> for FileError {
    fn from(fault: SignatureFault) -> Self {
        Self::Unusable(fault.into())
    }
}

impl From<FileError> for Unseen {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Port(error) => error.into(),
            FileError::Unusable(fault) => fault.into(),
        }
    }
}

impl FileError {
    /// True if the object is not there, or not yet.
    pub fn is_missing(&self) -> bool {
        matches!(self, FileError::Port(error) if error.kind == ErrorKind::NotFound)
    }

    /// What is wrong with the file, which repeating does not mend; none where the store did not answer with it.
    pub fn fault(&self) -> Option<&FileFault> {
        match self {
            FileError::Port(_) => None,
            FileError::Unusable(fault) => Some(fault),
        }
    }
}

/// The whole object in memory, of at most `most` bytes.
async fn whole(ports: &impl Artifacts, region: &RegionName, key: &str, most: u64) -> Result<Vec<u8>, FileError> {
    ports.get_within(region, key, most).await.map_err(|error| match error.kind {
        ErrorKind::TooLarge => FileFault::TooLarge { file: key.to_owned(), region: region.clone(), most }.into(),
        _ => error.into(),
    })
}

/// The manifest of `release` in `region`, digest-checked.
///
/// # Errors
/// Missing, other bytes than the digest names, or not a manifest.
pub async fn manifest(ports: &impl Artifacts, region: &RegionName, release: ReleaseId) -> Result<Manifest, FileError> {
    let bytes = whole(ports, region, &keys::manifest(release), limits::MANIFEST).await?;
    Ok(Manifest::parse(release, &bytes)?)
}

/// The same, if it may be one: of this fleet, and not from the future by the clock of whoever asks.
///
/// # Errors
/// As [`manifest`]; another fleet's, or one from the future.
pub async fn manifest_here<P: Artifacts + Clock>(
    ports: &P,
    fleet: &FleetName,
    region: &RegionName,
    release: ReleaseId,
) -> Result<Manifest, FileError> {
    let manifest = manifest(ports, region, release).await?;
    manifest.check_here(release, fleet, ports.now())?;
    Ok(manifest)
}

/// Every release whose manifest lies in `region`'s bucket.
///
/// # Errors
/// The store's.
pub async fn published(ports: &impl Artifacts, region: &RegionName) -> Answer<Vec<ReleaseId>> {
    let manifests = keys_under(ports, region, keys::MANIFESTS).await?;
    Ok(manifests.iter().filter_map(|key| keys::release_of_manifest(key)).collect())
}

/// Every key in `region`'s bucket that begins with `prefix`, in S3's order.
///
/// # Errors
/// The store's.
pub(crate) async fn keys_under(ports: &impl Artifacts, region: &RegionName, prefix: &str) -> Answer<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    loop {
        let page = ports.list(region, prefix, keys.last().map(String::as_str)).await?;
        if page.is_empty() {
            return Ok(keys);
        }
        keys.extend(page);
    }
}

/// Streams a file once and checks its digest, keeping nothing.
///
/// # Errors
/// Missing, or other bytes than `file` promises.
pub async fn check(ports: &impl Artifacts, region: &RegionName, file: &File) -> Result<(), FileError> {
    stream(ports, region, file, &mut |_| {}).await
}

/// The bytes of a file, digest-checked.
///
/// # Errors
/// Missing, or other bytes than `file` promises.
pub async fn read(ports: &impl Artifacts, region: &RegionName, file: &File) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    stream(ports, region, file, &mut |chunk| bytes.extend_from_slice(chunk)).await?;
    Ok(bytes)
}

/// Streams a file once through `consume`, on a thread of its own, and checks its digest. What `consume` made of the bytes is
/// answered only where they were the promised ones; it never sees more than a few pieces of the file at a time.
///
/// The thread ends with the call. Its pace decides nothing: the same bytes give the same answer.
///
/// # Errors
/// Missing, or other bytes than `file` promises; a panic of `consume`.
pub async fn consume<T: Send + 'static>(
    ports: &impl Artifacts,
    region: &RegionName,
    file: &File,
    consume: impl FnOnce(Outlet) -> T + Send + 'static,
) -> Result<T, FileError> {
    let (mut inlet, outlet) = pipe();
    let reader = reading(region, &file.key, move || consume(outlet))?;
    let checked = stream(ports, region, file, &mut |chunk| inlet.push(chunk)).await;
    match &checked {
        Ok(()) => inlet.end(),
        Err(_) => drop(inlet),
    }
    let consumed = reader.join();
    checked?;
    consumed.map_err(|_| FileFault::ReaderPanicked { file: file.key.clone(), region: region.clone() }.into())
}

/// Streams objects one behind the other through `consume`, on a thread of its own, with a line break between two: what a service
/// wrote, of which nobody has a digest. One that is gone by now is passed over, and none is read that `consume` has no use for.
///
/// # Errors
/// The store does not answer, or an object has more than `most` bytes; a panic of `consume`.
pub async fn consume_lines<T: Send + 'static>(
    ports: &impl Artifacts,
    region: &RegionName,
    keys: &[String],
    most: u64,
    consume: impl FnOnce(Outlet) -> T + Send + 'static,
) -> Result<T, FileError> {
    let (mut inlet, outlet) = pipe();
    let first = keys.first().map(String::as_str).unwrap_or_default();
    let reader = reading(region, first, move || consume(outlet))?;
    let mut read = Ok(());
    for key in keys {
        if inlet.is_unread() {
            break;
        }
        match ports.read(region, key, most, &mut |chunk| inlet.push(chunk)).await {
            Ok(_) => inlet.push(b"\n"),
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) => {
                read = Err(error);
                break;
            }
        }
    }
    match &read {
        Ok(()) => inlet.end(),
        Err(_) => drop(inlet),
    }
    let consumed = reader.join();
    read?;
    consumed.map_err(|_| FileFault::ReaderPanicked { file: first.to_owned(), region: region.clone() }.into())
}

/// A thread that reads what comes through a pipe.
fn reading<T: Send + 'static>(
    region: &RegionName,
    key: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<thread::JoinHandle<T>, PortError> {
    let name = format!("reading {key}").replace('\0', "");
    thread::Builder::new().name(name).spawn(work).map_err(|error| PortError {
        kind: ErrorKind::Unreachable,
        region: region.clone(),
        operation: OperationName::GetObject,
        detail: FailureDetail::NoThread { key: key.to_owned(), quoted: error.to_string() },
        silent: false,
    })
}

/// The golden records of `release`, as they lie in `region`'s bucket; unchecked, for who has no ledger entry of their digest.
///
/// # Errors
/// Missing, or not golden records.
pub async fn golden(
    ports: &impl Artifacts,
    region: &RegionName,
    release: ReleaseId,
) -> Result<GoldenRecords, FileError> {
    golden_checked(ports, region, release, None).await
}

/// The golden records of `release`, as they lie in `region`'s bucket, with the digest that evaluation wrote into the hub's
/// ledger ([`meridian_domain::HubHistory`]'s `golden`) where it is `expected`.
///
/// # Errors
/// Missing, other bytes than evaluation wrote, or not golden records.
pub async fn golden_checked(
    ports: &impl Artifacts,
    region: &RegionName,
    release: ReleaseId,
    expected: Option<Sha256>,
) -> Result<GoldenRecords, FileError> {
    let key = keys::golden(release);
    let bytes = whole(ports, region, &key, limits::OBJECT).await?;
    let found = Sha256::of(&bytes);
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        return Err(FileFault::Altered { file: key, region: region.clone(), expected, found }.into());
    }
    // The parser's text could repeat a piece of a payload: only where it stopped is said.
    serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line() as u64, error.column() as u64);
        FileFault::NotGolden { file: key, region: region.clone(), line, column }.into()
    })
}

/// Writes a file that is never rewritten, and answers its digest. One that is there already must hold the same bytes.
///
/// # Errors
/// The store's, or other bytes under the same key.
pub async fn create_once(
    ports: &impl Artifacts,
    region: &RegionName,
    key: &str,
    body: Bytes,
) -> Result<Sha256, FileError> {
    let file = File { key: key.to_owned(), sha256: Sha256::of(&body), bytes: body.len() as u64 };
    match ports.create(region, key, body).await {
        Ok(_) => {}
        Err(error) if error.kind == ErrorKind::Conflict => check(ports, region, &file).await?,
        Err(error) => return Err(error.into()),
    }
    Ok(file.sha256)
}

async fn stream(
    ports: &impl Artifacts,
    region: &RegionName,
    file: &File,
    sink: &mut dyn FnMut(&[u8]),
) -> Result<(), FileError> {
    let mut digest = sha2::Sha256::new();
    let mut both = |chunk: &[u8]| {
        digest.update(chunk);
        sink(chunk);
    };
    // More than was promised is other bytes, however many: they are not read.
    let read = ports.read(region, &file.key, file.bytes, &mut both).await;
    read.map_err(|error| match error.kind {
        ErrorKind::TooLarge => {
            FileFault::Longer { file: file.key.clone(), region: region.clone(), expected: file.bytes }.into()
        }
        _ => FileError::from(error),
    })?;
    let found = Sha256::from_bytes(digest.finalize().into());
    if found == file.sha256 {
        return Ok(());
    }
    let (file, expected) = (file.key.clone(), file.sha256);
    Err(FileFault::Altered { file, region: region.clone(), expected, found }.into())
}
