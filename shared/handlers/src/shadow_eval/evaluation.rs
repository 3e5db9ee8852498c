//! Challenger against champion on the held-out records, and what is kept of it.

use super::pace::Pace;
use super::readers::misfit;
use super::reason::{of_comparison, of_evaluation};
use super::repeat::provenance;
use super::scores::{self, Answers, Source};
use crate::context::{Context, HandlerError};
use crate::files::{self, FileError};
use crate::holdout::unasked;
use crate::ports::{Artifacts, Clock, Ledger};
use bytes::Bytes;
use meridian_domain::reason::{EvaluationReason, Failure, FileFault, Misfit, ModelRole};
use meridian_domain::{
    ApprovedHoldout, EvaluationPolicy, File, Fleet, HubHistory, Manifest, Record, RegionHistory, RegionName, ReleaseId,
    Sha256, Verdict, keys,
};
use meridian_evaluation::{
    Columns, Contender, Evaluation, GoldenRecords, GoldenSource, HeldOut, HoldoutError, ModelNumbers, Provenance,
    walkers_among,
};
use meridian_messages::pages::{ComparedWith, RejectedFor};
use meridian_xgboost::ModelAnswer;
use std::collections::BTreeSet;

/// Golden records of a release: enough that two different models never answer all of them alike.
const GOLDEN: usize = 200;

/// What came of an evaluation.
pub(super) enum Finding {
    /// Numbers and a verdict.
    Evaluated(Box<Evaluated>),
    /// The release's own files cannot be evaluated, and why.
    Unusable(RejectedFor, EvaluationReason),
    /// The call has worked long enough: the champion's margins are kept, and another call scores the challenger.
    Later,
}

/// A verdict with what it rests on.
pub(super) struct Evaluated {
    pub verdict: Verdict,
    pub why: EvaluationReason,
    /// What the model package is told.
    pub numbers: Vec<(&'static str, String)>,
    threshold: f64,
    champion: Option<Champion>,
    holdout: Sha256,
    golden: Option<Sha256>,
}

impl Evaluated {
    /// What the ledger says of it.
    pub fn record(&self, release: ReleaseId) -> Record {
        Record::Evaluated {
            release,
            champion: self.champion.as_ref().map(|champion| champion.release),
            holdout: self.holdout,
            verdict: self.verdict,
            why: self.why.clone().into(),
            golden: self.golden,
        }
    }

    /// True if the ledger says the same already.
    pub fn is_in(&self, history: &HubHistory, release: ReleaseId) -> bool {
        let golden = history.golden.get(&release);
        history.evaluated.get(&release) == Some(&self.why.clone().into())
            && (self.golden.is_none() || golden == self.golden.as_ref())
    }

    /// From which score on the release alerts, and what it was compared with.
    pub fn compared(&self) -> (f64, Option<ComparedWith>) {
        let champion = self.champion.as_ref().map(|Champion { release, manifest }| ComparedWith {
            release: *release,
            version: manifest.version.clone(),
            threshold: manifest.operating_threshold,
        });
        (self.threshold, champion)
    }
}

/// Why there is no evaluation.
enum Fault {
    /// The release cannot be evaluated, by its own fault: it is rejected.
    Release(RejectedFor, EvaluationReason),
    /// There is no time to score the challenger.
    Later,
    /// A fault of something else, such as a service.
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

/// What is evaluated, and on what.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub release: ReleaseId,
    pub manifest: &'a Manifest,
    /// The approved hold-out on which both models are scored.
    pub exam: &'a ApprovedHoldout,
    /// Home's own chain: it says what serves there.
    pub home: &'a RegionHistory,
}

/// Evaluates a release. What earlier calls have written decides nothing: the gates are asked again, and the report is
/// written again, until the ledger holds a ruling.
///
/// # Errors
/// A service that does not answer, or a champion that cannot be read: neither says anything about the release.
pub(super) async fn evaluate<P: Artifacts + Ledger + Clock>(
    ports: &P,
    ctx: &Context,
    pace: &Pace,
    subject: Subject<'_>,
) -> Result<Finding, HandlerError> {
    let Subject { release, manifest, exam, home: history } = subject;
    let desk =
        Desk { ports, ctx, home: &ctx.fleet.home, pace, release, manifest, exam, file: exam.holdout.file(), history };
    match desk.evaluate().await {
        Ok(evaluated) => Ok(Finding::Evaluated(Box::new(evaluated))),
        Err(Fault::Release(cause, why)) => Ok(Finding::Unusable(cause, why)),
        Err(Fault::Later) => Ok(Finding::Later),
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
    exam: &'a ApprovedHoldout,
    file: File,
    history: &'a RegionHistory,
}

impl<P: Artifacts + Ledger + Clock> Desk<'_, P> {
    /// Scores both, one after the other, and writes the report. Only numbers are held of a model that was scored.
    async fn evaluate(&self) -> Result<Evaluated, Fault> {
        let champion = champion(self.ports, self.home, self.history).await?;
        let known = champion.as_ref().map(|champion| champion.manifest.features.as_slice());
        let holdout = self
            .records(&self.manifest.features, known.unwrap_or_default())
            .await?
            .map_err(|error| self.unreadable(&error))?;
        let old = match &champion {
            Some(champion) => Some(self.champion(champion, &holdout).await?),
            None => None,
        };
        if self.pace.is_spent(self.ports) {
            return Err(Fault::Later);
        }
        let new = self.challenger(&holdout).await?;
        let evaluation = judge(&self.ctx.fleet, self.manifest, &new, champion.as_ref().zip(old.as_ref()), &holdout)?;
        // Customers' records are copied to every region only for a release that may serve there.
        let golden = match evaluation.verdict {
            Verdict::Pass => Some(self.write_golden(new, &holdout).await?),
            Verdict::Fail | Verdict::Inconclusive => None,
        };
        let home = self.ctx.region_named(self.home)?;
        let old = champion.as_ref().map(|champion| &champion.manifest);
        self.write_report(&evaluation, &provenance(home, self.release, self.manifest, old, self.exam)).await?;
        Ok(Evaluated {
            verdict: evaluation.verdict,
            why: of_evaluation(&evaluation, champion.as_ref().map(|champion| &champion.manifest.version)),
            numbers: numbers(&evaluation, champion.as_ref()),
            threshold: self.manifest.operating_threshold,
            champion,
            holdout: self.file.sha256,
            golden,
        })
    }

    async fn challenger(&self, holdout: &HeldOut) -> Result<Answers, Fault> {
        let records = (holdout, &self.file);
        let source = Source::Archive { walkers: walkers_among(GOLDEN) };
        let scored = scores::of(self.ports, self.home, self.pace, self.manifest, records, source).await;
        scored.map_err(|error| match error.reason(&self.manifest.archive) {
            Ok(why) => Fault::Release(RejectedFor::Content, why),
            Err(error) => own_fault(self.home, &self.manifest.archive, error),
        })
    }

    /// The champion on the challenger's records: with its own features, which may be others or stand in another order.
    async fn champion(&self, champion: &Champion, holdout: &HeldOut) -> Result<Answers, Fault> {
        let Champion { manifest, .. } = champion;
        let own = match manifest.features == self.manifest.features {
            true => None,
            false => {
                let read = self.records(&manifest.features, &self.manifest.features).await?;
                Some(read.map_err(|error| without_champions_columns(manifest, &error))?)
            }
        };
        let records = (own.as_ref().unwrap_or(holdout), &self.file);
        let scored = scores::of(self.ports, self.home, self.pace, manifest, records, Source::Kept).await;
        scored.map_err(|error| match error.reason(&manifest.archive) {
            Ok(why) => {
                Fault::from(Failure::ChampionNotScored { version: manifest.version.clone(), why: Box::new(why) })
            }
            Err(error) => Fault::Other(error.into()),
        })
    }

    /// The fleet's held-out records with one model's features, read while they stream in. Columns that only the `other`
    /// model takes may be there, and such as neither takes: those cost a second reading.
    async fn records(&self, features: &[String], other: &[String]) -> Result<Result<HeldOut, HoldoutError>, Fault> {
        let own: BTreeSet<&String> = features.iter().collect();
        let mut ignore: Vec<String> = other.iter().filter(|name| !own.contains(name)).cloned().collect();
        let read = self.read(features, ignore.clone()).await?;
        let Some(more) = read.as_ref().err().and_then(unasked) else { return Ok(read) };
        ignore.extend(more);
        self.read(features, ignore).await
    }

    async fn read(&self, features: &[String], ignore: Vec<String>) -> Result<Result<HeldOut, HoldoutError>, Fault> {
        let columns = Columns { ignore, ..Columns::standard(features.to_vec()) };
        let read = files::consume(self.ports, self.home, &self.file, move |records| HeldOut::read(records, &columns));
        // The records are the fleet's: nothing about them is the release's fault.
        let unusable = |fault| {
            let file = self.file.key.clone();
            Fault::from(Failure::HoldoutUnusable { file, fault: Box::new(fault) })
        };
        read.await.map_err(|error| match error {
            FileError::Unusable(fault) => unusable(fault),
            error if error.is_missing() => {
                unusable(FileFault::Missing { file: self.file.key.clone(), region: self.home.clone() })
            }
            error => Fault::from(error),
        })
    }

    /// A release that takes what the fleet's records do not hold cannot be evaluated; records that nobody can read are not the
    /// release's fault.
    fn unreadable(&self, error: &HoldoutError) -> Fault {
        match misfit(error) {
            Misfit::Unreadable(fault) => Fault::from(Failure::HoldoutUnread { file: self.file.key.clone(), fault }),
            misfit => wanting(ModelRole::Challenger, self.manifest, misfit),
        }
    }

    /// Chooses and writes the golden records, and answers their digest. They are replicated, so they are never written
    /// over: the same build makes the same bytes of the same inputs, and others that lie there are refused.
    async fn write_golden(&self, challenger: Answers, holdout: &HeldOut) -> Result<Sha256, Fault> {
        let version = self.manifest.version.as_str();
        let Answers { said: ModelAnswer { scored, objective, .. }, walkers, .. } = challenger;
        let (answer, margins, attributions) =
            (self.manifest.answer.clone(), &scored.margins[..], scored.attributions.as_ref());
        let source = GoldenSource { answer, margins, attributions, objective, walkers };
        let golden = GoldenRecords::of(version, source, holdout, GOLDEN);
        let body = serde_json::to_vec(&golden).map_err(|error| unwritable(&error))?;
        let key = keys::golden(self.release);
        let written = files::create_once(self.ports, self.home, &key, Bytes::from(body)).await;
        written.map_err(|error| match error {
            FileError::Unusable(FileFault::Altered { file, region, .. } | FileFault::Longer { file, region, .. }) => {
                let version = self.manifest.version.clone();
                Fault::from(Failure::OtherGolden { file, region, version })
            }
            error => error.into(),
        })
    }

    /// Writes the report; one that a call before this one wrote, perhaps against another champion, is written over.
    async fn write_report(&self, evaluation: &Evaluation, provenance: &Provenance) -> Result<(), Fault> {
        let html = meridian_evaluation::html(evaluation, provenance);
        let json = meridian_evaluation::json(evaluation, provenance).map_err(|error| unwritable(&error))?;
        for (key, body) in [(keys::evaluation_html(self.release), html), (keys::evaluation_json(self.release), json)] {
            self.ports.replace(self.home, &key, Bytes::from(body)).await?;
        }
        Ok(())
    }
}

/// What the gates say, with each model at the threshold that its manifest deploys it with.
fn judge(
    fleet: &Fleet,
    manifest: &Manifest,
    challenger: &Answers,
    champion: Option<(&Champion, &Answers)>,
    holdout: &HeldOut,
) -> Result<Evaluation, Fault> {
    let policy = EvaluationPolicy { threshold: manifest.operating_threshold, ..fleet.evaluation.clone() };
    let new = Contender { scored: &challenger.said.scored, threshold: manifest.operating_threshold };
    let old = champion.map(|(champion, old)| Contender {
        scored: &old.said.scored,
        threshold: champion.manifest.operating_threshold,
    });
    let evaluation = meridian_evaluation::evaluate(new, old, holdout, &policy);
    let mut evaluation = evaluation.map_err(|error| Fault::Release(RejectedFor::Content, of_comparison(&error)))?;
    for answers in champion.into_iter().map(|(_, old)| old).chain([challenger]) {
        evaluation.remarks.extend_from_slice(&answers.remarks);
    }
    Ok(evaluation)
}

/// What serves in home, by its own chain; `None` before the first release.
async fn champion(
    ports: &impl Artifacts,
    home: &RegionName,
    history: &RegionHistory,
) -> Result<Option<Champion>, HandlerError> {
    let Some(serving) = &history.serving else { return Ok(None) };
    let release = serving.target.release;
    let manifest = files::manifest(ports, home, release).await?;
    Ok(Some(Champion { release, manifest }))
}

/// A file of the release itself: missing or wrong, it is the release that is bad.
fn own_fault(home: &RegionName, file: &File, error: FileError) -> Fault {
    match error {
        FileError::Unusable(fault) => Fault::Release(RejectedFor::Bytes, fault.into()),
        error if error.is_missing() => {
            let fault = FileFault::Missing { file: file.key.clone(), region: home.clone() };
            Fault::Release(RejectedFor::Bytes, fault.into())
        }
        error => Fault::Other(error.into()),
    }
}

/// The fleet's hold-out was read for the challenger, and does not do for the champion.
fn without_champions_columns(champion: &Manifest, error: &HoldoutError) -> Fault {
    wanting(ModelRole::Champion, champion, misfit(error))
}

fn wanting(role: ModelRole, manifest: &Manifest, misfit: Misfit) -> Fault {
    let version = manifest.version.clone();
    Fault::Release(RejectedFor::Content, EvaluationReason::Columns { role, version, misfit })
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

fn unwritable(error: &serde_json::Error) -> HandlerError {
    Failure::Unwritable { line: error.line() as u64 }.into()
}
