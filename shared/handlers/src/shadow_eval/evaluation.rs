//! Challenger against champion on the held-out records, and what is kept of it.

use crate::context::{Context, HandlerError};
use crate::files::{self, FileError};
use crate::journal::Journal;
use crate::ports::{Artifacts, ErrorKind, Ledger};
use bytes::Bytes;
use meridian_domain::{
    Chain, File, Fleet, Manifest, Record, RegionHistory, RegionName, ReleaseId, Sha256, Verdict, keys,
};
use meridian_scoring::{
    Columns, Contender, Digests, Evaluation, EvaluationPolicy, GoldenRecords, HeldOut, Model, Named, Scored,
};

/// Golden records of a release: enough that two different models never answer all of them alike.
const GOLDEN: usize = 200;

/// What came of an evaluation.
pub(super) enum Finding {
    /// Numbers and a verdict.
    Evaluated(Evaluated),
    /// The release's own files cannot be evaluated, and why.
    Unusable(String),
}

/// A verdict with what it rests on.
pub(super) struct Evaluated {
    pub verdict: Verdict,
    pub why: String,
    champion: Option<ReleaseId>,
    holdout: Sha256,
    golden: Option<Sha256>,
}

impl Evaluated {
    /// What the ledger says of it.
    pub fn record(self, release: ReleaseId) -> Record {
        let Self { verdict, why, champion, holdout, golden } = self;
        Record::Evaluated { release, champion, holdout, verdict, why, golden }
    }
}

/// Why there is no evaluation: the release's fault, or somebody else's.
enum Fault {
    Release(String),
    Other(HandlerError),
}

impl<E: Into<HandlerError>> From<E> for Fault {
    fn from(error: E) -> Self {
        Fault::Other(error.into())
    }
}

/// A release that serves, to be compared with.
struct Champion {
    release: ReleaseId,
    manifest: Manifest,
}

/// Evaluates a release, or finds the evaluation that a call before this one has written.
///
/// # Errors
/// A service that does not answer, or a champion that cannot be read: neither says anything about the release.
pub(super) async fn evaluate<P: Artifacts + Ledger>(
    ports: &P,
    ctx: &Context,
    release: ReleaseId,
    manifest: &Manifest,
) -> Result<Finding, HandlerError> {
    match try_evaluate(ports, ctx, release, manifest).await {
        Ok(evaluated) => Ok(Finding::Evaluated(evaluated)),
        Err(Fault::Release(why)) => Ok(Finding::Unusable(why)),
        Err(Fault::Other(error)) => Err(error),
    }
}

async fn try_evaluate<P: Artifacts + Ledger>(
    ports: &P,
    ctx: &Context,
    release: ReleaseId,
    manifest: &Manifest,
) -> Result<Evaluated, Fault> {
    let home = &ctx.fleet.home;
    let champion = champion(ports, home).await?;
    let (evaluation, golden) = match written(ports, home, release).await? {
        Some(evaluation) if evaluation.verdict == Verdict::Pass => {
            // Chosen again, so that the ledger's digest is of what was chosen and never of what lies there.
            let inputs = Inputs::read(ports, home, manifest, None).await?;
            (evaluation, Some(inputs.write_golden(ports, home, release, manifest).await?))
        }
        Some(evaluation) => (evaluation, None),
        None => {
            let inputs = Inputs::read(ports, home, manifest, champion.as_ref()).await?;
            let evaluation = inputs.evaluate(&ctx.fleet, manifest, champion.as_ref())?;
            // Customers' records are copied to every region only for a release that may serve there.
            let golden = match evaluation.verdict {
                Verdict::Pass => Some(inputs.write_golden(ports, home, release, manifest).await?),
                Verdict::Fail | Verdict::Inconclusive => None,
            };
            write_report(ports, home, release, &evaluation, &digests(manifest, champion.as_ref())).await?;
            (evaluation, golden)
        }
    };
    Ok(Evaluated {
        verdict: evaluation.verdict,
        why: in_words(&evaluation, champion.as_ref()),
        champion: champion.map(|champion| champion.release),
        holdout: manifest.holdout.sha256,
        golden,
    })
}

/// What serves in home, by its own chain; `None` before the first release.
async fn champion<P: Artifacts + Ledger>(ports: &P, home: &RegionName) -> Result<Option<Champion>, HandlerError> {
    let chain = Journal::<RegionHistory>::open(ports, home, Chain::Region(home.clone())).await?;
    let Some(serving) = &chain.history().serving else { return Ok(None) };
    let release = serving.target.release;
    let manifest = files::manifest(ports, home, release).await?;
    Ok(Some(Champion { release, manifest }))
}

/// The evaluation that stands in home's bucket: written last, so where it is, its report and golden records are too.
async fn written(
    ports: &impl Artifacts,
    home: &RegionName,
    release: ReleaseId,
) -> Result<Option<Evaluation>, HandlerError> {
    let key = keys::evaluation_json(release);
    let bytes = match ports.get(home, &key).await {
        Ok(bytes) => bytes,
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        HandlerError::State(format!(
            "{key} in {home} is not an evaluation ({error}): it was changed by hand; remove it, and start the execution \
             again"
        ))
    })
}

/// What is scored, in memory: exactly the bytes whose digests were checked.
struct Inputs {
    challenger: Model,
    champion: Option<Model>,
    holdout: HeldOut,
}

impl Inputs {
    async fn read(
        ports: &impl Artifacts,
        home: &RegionName,
        manifest: &Manifest,
        champion: Option<&Champion>,
    ) -> Result<Self, Fault> {
        let archive = own_file(ports, home, &manifest.archive).await?;
        let challenger = Model::from_archive(archive.as_slice()).map_err(|error| Fault::Release(error.to_string()))?;
        check_features(&challenger, manifest)?;
        let records = own_file(ports, home, &manifest.holdout).await?;
        let holdout = HeldOut::read(records.as_slice(), &Columns::standard(manifest.features.clone()))
            .map_err(|error| Fault::Release(error.to_string()))?;
        let champion = match champion {
            Some(champion) => Some(champion.model(ports, home).await?),
            None => None,
        };
        Ok(Self { challenger, champion, holdout })
    }

    fn evaluate(&self, fleet: &Fleet, manifest: &Manifest, champion: Option<&Champion>) -> Result<Evaluation, Fault> {
        let policy = EvaluationPolicy { threshold: manifest.operating_threshold, ..fleet.evaluation.clone() };
        let score = |model| Scored::by(model, &self.holdout).map_err(|error| Fault::Release(error.to_string()));
        let challenger = score(&self.challenger)?;
        let scored = self.champion.as_ref().map(score).transpose()?;
        let champion = scored.as_ref().zip(champion);
        let champion =
            champion.map(|(scored, champion)| Contender { scored, threshold: champion.manifest.operating_threshold });
        let challenger = Contender { scored: &challenger, threshold: manifest.operating_threshold };
        meridian_scoring::evaluate(challenger, champion, &self.holdout, &policy)
            .map_err(|error| Fault::Release(error.to_string()))
    }

    /// Chooses and writes the golden records, and answers their digest. The same inputs give the same bytes; others that
    /// lie there already are refused.
    async fn write_golden(
        &self,
        ports: &impl Artifacts,
        home: &RegionName,
        release: ReleaseId,
        manifest: &Manifest,
    ) -> Result<Sha256, Fault> {
        let golden = GoldenRecords::choose(manifest.version.as_str(), &self.challenger, &self.holdout, GOLDEN)
            .map_err(|error| Fault::Release(error.to_string()))?;
        let body = serde_json::to_vec(&golden).map_err(|error| unwritable(&error))?;
        Ok(files::create_once(ports, home, &keys::golden(release), Bytes::from(body)).await?)
    }
}

/// Writes the report, and last the numbers.
async fn write_report(
    ports: &impl Artifacts,
    home: &RegionName,
    release: ReleaseId,
    evaluation: &Evaluation,
    digests: &Digests,
) -> Result<(), Fault> {
    let html = meridian_scoring::html(evaluation, digests);
    let json = meridian_scoring::json(evaluation, digests).map_err(|error| unwritable(&error))?;
    for (key, body) in [(keys::evaluation_html(release), html), (keys::evaluation_json(release), json)] {
        files::create_once(ports, home, &key, Bytes::from(body)).await?;
    }
    Ok(())
}

impl Champion {
    async fn model(&self, ports: &impl Artifacts, home: &RegionName) -> Result<Model, Fault> {
        let archive = files::read(ports, home, &self.manifest.archive).await?;
        let model = Model::from_archive(archive.as_slice()).map_err(|error| {
            HandlerError::State(format!("the champion {} cannot be scored: {error}", self.manifest.version))
        })?;
        Ok(model)
    }
}

/// A file of the release itself: missing or wrong, it is the release that is bad.
async fn own_file(ports: &impl Artifacts, home: &RegionName, file: &File) -> Result<Vec<u8>, Fault> {
    files::read(ports, home, file).await.map_err(|error: FileError| {
        if error.is_missing() {
            let why = format!("{} is not in {home}'s bucket: publish the release again", file.key);
            Fault::Release(why)
        } else if error.is_wrong() {
            Fault::Release(error.to_string())
        } else {
            Fault::Other(error.into())
        }
    })
}

/// Features are served by position: a manifest that lists them otherwise than the model would score nonsense.
fn check_features(model: &Model, manifest: &Manifest) -> Result<(), Fault> {
    if model.feature_names().is_empty() {
        let why = "the model holds no feature names: save it with them, so that the manifest's list can be checked";
        return Err(Fault::Release(why.to_owned()));
    }
    model
        .check_features(&manifest.features)
        .map_err(|error| Fault::Release(format!("the manifest's features are not the model's: {error}")))
}

fn digests(manifest: &Manifest, champion: Option<&Champion>) -> Digests {
    let archive =
        |manifest: &Manifest| Named { name: manifest.version.to_string(), sha256: manifest.archive.sha256.to_string() };
    Digests {
        challenger: archive(manifest),
        champion: champion.map(|champion| archive(&champion.manifest)),
        holdout: Named { name: manifest.holdout.key.clone(), sha256: manifest.holdout.sha256.to_string() },
    }
}

/// One line with the numbers that decided.
fn in_words(evaluation: &Evaluation, champion: Option<&Champion>) -> String {
    if evaluation.verdict != Verdict::Pass {
        return evaluation.reasons.join("; ");
    }
    let percent = |share: f64| share * 100.0;
    let new = &evaluation.challenger;
    match (&evaluation.champion, champion) {
        (Some(old), Some(champion)) => format!(
            "AUC {:.4} against {:.4} of {}, false-positive rate {:.2} % against {:.2} %, on {} held-out records",
            new.auc,
            old.auc,
            champion.manifest.version,
            percent(new.fpr),
            percent(old.fpr),
            evaluation.rows
        ),
        _ => format!(
            "first release: AUC {:.4}, false-positive rate {:.2} %, on {} held-out records",
            new.auc,
            percent(new.fpr),
            evaluation.rows
        ),
    }
}

fn unwritable(error: &serde_json::Error) -> HandlerError {
    HandlerError::State(format!("the evaluation cannot be written as JSON (line {}): a defect", error.line()))
}
