//! Challenger against champion on the held-out records, and what is kept of it.

use super::pace::{Pace, Step};
use super::repeat::provenance;
use super::scores::{self, ScoreError};
use crate::context::{Context, HandlerError};
use crate::files::{self, FileError};
use crate::journal::Journal;
use crate::ports::{Artifacts, Clock, ErrorKind, Ledger};
use bytes::Bytes;
use meridian_domain::{
    Chain, File, Fleet, Manifest, Record, RegionHistory, RegionName, ReleaseId, Sha256, Verdict, keys,
};
use meridian_scoring::{
    Columns, Contender, EVALUATION_SCHEMA, Evaluation, EvaluationPolicy, Gate, GoldenRecords, HeldOut, HoldoutError,
    ModelNumbers, Provenance, Said,
};
use std::collections::BTreeSet;

/// Golden records of a release: enough that two different models never answer all of them alike.
const GOLDEN: usize = 200;

/// What came of an evaluation.
pub(super) enum Finding {
    /// Numbers and a verdict.
    Evaluated(Evaluated),
    /// The release's own files cannot be evaluated, and why.
    Unusable(String),
    /// The call has worked long enough: what was done is kept, and another call goes on with this step.
    Later(Step),
}

/// A verdict with what it rests on.
pub(super) struct Evaluated {
    pub verdict: Verdict,
    pub why: String,
    /// What the model package is told.
    pub numbers: Vec<(&'static str, String)>,
    /// The gates that kept it from passing, in words.
    pub gates: Vec<String>,
    champion: Option<ReleaseId>,
    holdout: Sha256,
    golden: Option<Sha256>,
}

impl Evaluated {
    /// What the ledger says of it.
    pub fn record(&self, release: ReleaseId) -> Record {
        Record::Evaluated {
            release,
            champion: self.champion,
            holdout: self.holdout,
            verdict: self.verdict,
            why: self.why.clone(),
            golden: self.golden,
        }
    }
}

/// Why there is no evaluation.
enum Fault {
    /// The release's fault.
    Release(String),
    /// There is no time for this step.
    Later(Step),
    /// Somebody else's.
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
pub(super) async fn evaluate<P: Artifacts + Ledger + Clock>(
    ports: &P,
    ctx: &Context,
    pace: &Pace,
    release: ReleaseId,
    manifest: &Manifest,
) -> Result<Finding, HandlerError> {
    let desk = Desk { ports, ctx, home: &ctx.fleet.home, pace, release, manifest };
    match desk.evaluate().await {
        Ok(evaluated) => Ok(Finding::Evaluated(evaluated)),
        Err(Fault::Release(why)) => Ok(Finding::Unusable(why)),
        Err(Fault::Later(step)) => Ok(Finding::Later(step)),
        Err(Fault::Other(error)) => Err(error),
    }
}

/// One challenger's evaluation.
struct Desk<'a, P> {
    ports: &'a P,
    ctx: &'a Context,
    home: &'a RegionName,
    pace: &'a Pace,
    release: ReleaseId,
    manifest: &'a Manifest,
}

impl<P: Artifacts + Ledger + Clock> Desk<'_, P> {
    async fn evaluate(&self) -> Result<Evaluated, Fault> {
        let champion = champion(self.ports, self.home).await?;
        let (evaluation, golden) = match written(self.ports, self.home, self.release).await? {
            Some(evaluation) if evaluation.verdict == Verdict::Pass => {
                // Chosen again, so that the ledger's digest is of what was chosen and never of what lies there.
                let known = champion.as_ref().map(|champion| champion.manifest.features.as_slice());
                let holdout = self.records(&self.manifest.features, known.unwrap_or_default()).await?;
                let challenger = self.challenger(&holdout).await?;
                (evaluation, Some(self.write_golden(&challenger, &holdout).await?))
            }
            Some(evaluation) => (evaluation, None),
            None => self.compare(champion.as_ref()).await?,
        };
        Ok(Evaluated {
            verdict: evaluation.verdict,
            why: in_words(&evaluation, champion.as_ref()),
            numbers: numbers(&evaluation, champion.as_ref()),
            gates: evaluation.gates.iter().filter(|gate| gate.blocks()).map(gate_in_words).collect(),
            champion: champion.map(|champion| champion.release),
            holdout: self.manifest.holdout.sha256,
            golden,
        })
    }

    /// Scores both, one after the other, and writes the report. Only numbers are held of a model that was scored.
    async fn compare(&self, champion: Option<&Champion>) -> Result<(Evaluation, Option<Sha256>), Fault> {
        let known = champion.map(|champion| champion.manifest.features.as_slice());
        let holdout = self.records(&self.manifest.features, known.unwrap_or_default()).await?;
        let old = match champion {
            Some(champion) => Some(self.champion(champion, &holdout).await?),
            None => None,
        };
        self.pace.check(self.ports, Step::Challenger).map_err(Fault::Later)?;
        let new = self.challenger(&holdout).await?;
        self.pace.check(self.ports, Step::Verdict).map_err(Fault::Later)?;
        let evaluation = judge(&self.ctx.fleet, self.manifest, &new, champion.zip(old.as_ref()), &holdout)?;
        // Customers' records are copied to every region only for a release that may serve there.
        let golden = match evaluation.verdict {
            Verdict::Pass => Some(self.write_golden(&new, &holdout).await?),
            Verdict::Fail | Verdict::Inconclusive => None,
        };
        let champion = champion.map(|champion| &champion.manifest);
        let home = self.ctx.region_named(self.home)?;
        self.write_report(&evaluation, &provenance(home, self.release, self.manifest, champion)).await?;
        Ok((evaluation, golden))
    }

    async fn challenger(&self, holdout: &HeldOut) -> Result<Said, Fault> {
        let scored =
            scores::of(self.ports, self.home, self.pace, self.manifest, (holdout, &self.manifest.holdout)).await;
        scored.map_err(|error| match error {
            ScoreError::File(error) => own_fault(self.home, &self.manifest.archive, error),
            ScoreError::Model(problem) => Fault::Release(problem),
        })
    }

    /// The champion on the challenger's records: with its own features, which may be others or stand in another order.
    async fn champion(&self, champion: &Champion, holdout: &HeldOut) -> Result<Said, Fault> {
        let Champion { manifest, .. } = champion;
        let own = match manifest.features == self.manifest.features {
            true => None,
            false => Some(self.records(&manifest.features, &self.manifest.features).await?),
        };
        let holdout = own.as_ref().unwrap_or(holdout);
        let scored = scores::of(self.ports, self.home, self.pace, manifest, (holdout, &self.manifest.holdout)).await;
        scored.map_err(|error| match error {
            ScoreError::File(error) => Fault::Other(error.into()),
            ScoreError::Model(problem) => {
                let version = &manifest.version;
                Fault::Other(HandlerError::State(format!("the champion {version} cannot be scored: {problem}")))
            }
        })
    }

    /// The challenger's held-out records with one model's features, read while they stream in. Columns that only the
    /// `other` model takes may be there.
    async fn records(&self, features: &[String], other: &[String]) -> Result<HeldOut, Fault> {
        let file = &self.manifest.holdout;
        let own: BTreeSet<&String> = features.iter().collect();
        let ignore = other.iter().filter(|name| !own.contains(name)).cloned().collect();
        let columns = Columns { ignore, ..Columns::standard(features.to_vec()) };
        let read = files::consume(self.ports, self.home, file, move |records| HeldOut::read(records, &columns));
        let read = read.await.map_err(|error| own_fault(self.home, file, error))?;
        read.map_err(|error: HoldoutError| Fault::Release(error.to_string()))
    }

    /// Chooses and writes the golden records, and answers their digest. The same inputs give the same bytes; others that
    /// lie there already are refused.
    async fn write_golden(&self, challenger: &Said, holdout: &HeldOut) -> Result<Sha256, Fault> {
        let version = self.manifest.version.as_str();
        let Said { scored, objective, .. } = challenger;
        let golden = GoldenRecords::of_margins(version, &scored.margins, *objective, holdout, GOLDEN);
        let body = serde_json::to_vec(&golden).map_err(|error| unwritable(&error))?;
        Ok(files::create_once(self.ports, self.home, &keys::golden(self.release), Bytes::from(body)).await?)
    }

    /// Writes the report, and last the numbers. Those of another version of this function are written over.
    async fn write_report(&self, evaluation: &Evaluation, provenance: &Provenance) -> Result<(), Fault> {
        let html = meridian_scoring::html(evaluation, provenance);
        let json = meridian_scoring::json(evaluation, provenance).map_err(|error| unwritable(&error))?;
        for (key, body) in [(keys::evaluation_html(self.release), html), (keys::evaluation_json(self.release), json)] {
            let body = Bytes::from(body);
            match self.ports.create(self.home, &key, body.clone()).await {
                Ok(_) => {}
                Err(error) if error.kind == ErrorKind::Conflict => {
                    self.ports.replace(self.home, &key, body).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// What the gates say, with each model at the threshold that its manifest deploys it with.
fn judge(
    fleet: &Fleet,
    manifest: &Manifest,
    challenger: &Said,
    champion: Option<(&Champion, &Said)>,
    holdout: &HeldOut,
) -> Result<Evaluation, Fault> {
    let policy = EvaluationPolicy { threshold: manifest.operating_threshold, ..fleet.evaluation.clone() };
    let new = Contender { scored: &challenger.scored, threshold: manifest.operating_threshold };
    let old = champion
        .map(|(champion, said)| Contender { scored: &said.scored, threshold: champion.manifest.operating_threshold });
    let evaluation = meridian_scoring::evaluate(new, old, holdout, &policy);
    let mut evaluation = evaluation.map_err(|error| Fault::Release(error.to_string()))?;
    let champion = champion.map(|(champion, said)| (&champion.manifest, said));
    for (manifest, said) in champion.into_iter().chain([(manifest, challenger)]) {
        evaluation.warnings.extend(said.notes.iter().map(|note| format!("{}: {note}", manifest.version)));
    }
    Ok(evaluation)
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
/// One that another version of this function wrote in another form counts for nothing.
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
    let is_other = |form: Form| form.schema != EVALUATION_SCHEMA;
    if serde_json::from_slice(&bytes).is_ok_and(is_other) {
        return Ok(None);
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        HandlerError::State(format!(
            "{key} in {home} is not an evaluation ({error}): it was changed by hand; remove it, and start the execution \
             again"
        ))
    })
}

/// What every version of an evaluation says.
#[derive(serde::Deserialize)]
struct Form {
    schema: u32,
}

/// A file of the release itself: missing or wrong, it is the release that is bad.
fn own_fault(home: &RegionName, file: &File, error: FileError) -> Fault {
    if error.is_missing() {
        Fault::Release(format!("{} is not in {home}'s bucket: publish the release again", file.key))
    } else if error.is_wrong() {
        Fault::Release(error.to_string())
    } else {
        Fault::Other(error.into())
    }
}

/// A gate that blocks, as people would name it.
fn gate_in_words(gate: &Gate) -> String {
    let verdict = match gate.verdict {
        Verdict::Fail => "fails",
        Verdict::Inconclusive => "is inconclusive",
        Verdict::Pass => "passes",
    };
    let place = gate.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
    format!("{}{place} {verdict}", gate.name.replace('_', " "))
}

/// What the model package is told of it.
fn numbers(evaluation: &Evaluation, champion: Option<&Champion>) -> Vec<(&'static str, String)> {
    let verdict = match evaluation.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
    };
    let rounded = |number: f64| format!("{number:.6}");
    let ModelNumbers { auc, fpr, .. } = evaluation.challenger;
    let mut numbers = vec![("verdict", verdict.to_owned()), ("auc", rounded(auc)), ("fpr", rounded(fpr))];
    if let (Some(old), Some(champion)) = (&evaluation.champion, champion) {
        numbers.push(("champion", champion.manifest.version.to_string()));
        numbers.push(("champion_auc", rounded(old.auc)));
        numbers.push(("champion_fpr", rounded(old.fpr)));
    }
    numbers
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
