//! Models judged on held-out records at a desk, as the pipeline judges them: what `evaluate` and `compare` share.

use crate::exam::Exam;
use crate::features;
use crate::models::{FileError, ModelFile, Serving, open};
use crate::progress::Progress;
use crate::reference;
use meridian_domain::{EvaluationPolicy, Sha256, evaluation_policy};
use meridian_evaluation::{
    Columns, Contender, Costs, Digesting, Digests, DriftReference, Evaluation, HeldOut, Named, Prices, Provenance,
    Remark, TrainedOn, evaluate_after_training,
};
use meridian_xgboost::{Image, ModelAnswer, ModelFeatures, Sample};
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The callers' feature list, and the file that holds it.
type Callers = (PathBuf, Vec<String>);

/// The built-in policy, unless a file is named: none is ever looked for.
fn policy(path: Option<&Path>) -> Result<EvaluationPolicy, Box<dyn Error>> {
    let Some(path) = path else { return Ok(EvaluationPolicy::default()) };
    let text = fs::read_to_string(path).map_err(|source| FileError::Open { path: path.to_owned(), source })?;
    evaluation_policy(&text).map_err(|error| {
        let line = error.line.map(|line| format!(", line {line}")).unwrap_or_default();
        format!("{}{line}: {}", path.display(), error.problem).into()
    })
}

fn callers(serving: &Serving) -> Result<Option<Callers>, features::FeaturesError> {
    let Some(path) = &serving.features else { return Ok(None) };
    Ok(Some((path.clone(), features::read(path)?)))
}

/// A judge of models, and what it was told.
#[derive(Debug)]
pub struct Desk<'a> {
    exam: &'a Exam,
    policy: EvaluationPolicy,
    progress: Progress,
    callers: Option<Callers>,
}

/// The files that one evaluation compares, and what is asked of them.
#[derive(Clone, Copy, Debug)]
pub struct Contest<'a> {
    /// The models to be judged, by file.
    pub challengers: &'a [PathBuf],
    /// The model that serves now.
    pub champion: Option<&'a Path>,
    /// The rows that challengers were trained on: no file, one for all of them, or one for each in their order.
    pub training_rows: &'a [PathBuf],
    /// What a miss and a false alarm cost, for whoever asks what the alerts cost.
    pub prices: Option<Prices>,
    /// Columns by whose values the models are shown.
    pub slices: &'a [String],
}

impl<'a> Contest<'a> {
    /// The file of the rows that the challenger at this place was trained on.
    pub(crate) fn rows_of(&self, place: usize) -> Option<&'a Path> {
        let file = if let [all] = self.training_rows { Some(all) } else { self.training_rows.get(place) };
        file.map(PathBuf::as_path)
    }

    /// Whether each challenger has its file of training rows, or none has.
    fn check_training_rows(&self) -> Result<(), String> {
        let (files, challengers) = (self.training_rows.len(), self.challengers.len());
        if files <= 1 || files == challengers {
            return Ok(());
        }
        Err(format!(
            "--training-rows names {files} files for {challengers} challengers: name one for all of them, or one for each in \
             their order"
        ))
    }
}

/// What came of one challenger.
#[derive(Debug)]
pub struct Judged {
    /// The gates, and what they say together.
    pub evaluation: Evaluation,
    /// What was read, and how to repeat it.
    pub provenance: Provenance,
}

/// A model's file, and its features in the order in which they are served.
struct Candidate<'a> {
    file: ModelFile<'a>,
    features: Vec<String>,
}

/// What a model said, and its digest.
type Answer = (ModelAnswer, Named);

impl<'a> Desk<'a> {
    /// Reads the policy and the callers' features.
    ///
    /// # Errors
    /// One of the files cannot be read, or is none of its kind.
    pub fn open(exam: &'a Exam, progress: Progress) -> Result<Self, Box<dyn Error>> {
        let mut policy = policy(exam.policy.as_deref())?;
        policy.threshold = exam.threshold.unwrap_or(policy.threshold);
        Ok(Desk { exam, policy, progress, callers: callers(&exam.serving)? })
    }

    /// Judges every challenger, in the order given. Each model is read once, one after the other, and only what it says is held
    /// of it.
    ///
    /// # Errors
    /// A file cannot be read ([`FileError`]), or is refused: the text says which, why, and what to do.
    pub fn judge(&self, contest: Contest<'_>) -> Result<Vec<Judged>, Box<dyn Error>> {
        contest.check_training_rows()?;
        let image = self.exam.serving.image;
        let (mut challengers, mut noticed) = (Vec::new(), Vec::new());
        for path in contest.challengers {
            challengers.push(self.candidate(path, image, None)?);
        }
        let image = self.exam.champion_image.unwrap_or(image);
        let champion = contest.champion.map(|path| self.candidate(path, image, Some(&mut noticed))).transpose()?;
        let every = challengers.iter().chain(&champion).flat_map(|candidate| &candidate.features).collect();
        self.exam.check_ignored(&every)?;
        // Read first and counted: its records are gone when the held-out ones are read.
        let mut reference = self.reference(&every, contest.slices)?;
        let (mut records, mut old): (Option<HeldOut>, Option<Answer>) = (None, None);
        let mut judged = Vec::new();
        for (place, challenger) in challengers.iter().enumerate() {
            // A challenger is judged as it is by itself: on its own and the champion's columns.
            let lists = [Some(challenger), champion.as_ref()].into_iter().flatten();
            let features = Columns::union(lists.map(|it| it.features.as_slice()));
            let known = records.take().filter(|records| records.features() == features);
            let holdout = known.map_or_else(|| self.read(&features, &every, contest.slices), Ok)?;
            if let Some(reference) = &mut reference {
                reference.compare(&holdout);
            }
            let (trained, training_rows) = self.trained_on(contest.rows_of(place), challenger, &holdout)?.unzip();
            let new = self.ask(challenger, &holdout)?;
            if let (None, Some(champion)) = (&old, &champion) {
                old = Some(self.ask(champion, &holdout)?);
            }
            let mut evaluation = self.compare(&new, old.as_ref(), &holdout, trained, contest.prices)?;
            evaluation.remarks.extend(noticed.iter().cloned());
            let order = champion.as_ref().and_then(|champion| order_changed(&challenger.features, &champion.features));
            evaluation.remarks.extend(order);
            evaluation.remarks.extend([Some(&new), old.as_ref()].into_iter().flatten().flat_map(caveats));
            let inputs = Digests {
                challenger: new.1,
                champion: old.as_ref().map(|(_, named)| named.clone()),
                feature_files: Vec::new(),
                champion_feature_files: Vec::new(),
                holdout: named(&self.exam.holdout, holdout.sha256()),
                reference: reference
                    .as_ref()
                    .zip(self.exam.reference.as_ref())
                    .map(|(it, path)| named(path, it.sha256())),
                training_rows,
                holdout_approval: None,
            };
            let repeat = vec![self.exam.command(challenger.file.path, place, contest).line()];
            judged.push(Judged { evaluation, provenance: Provenance { inputs, repeat } });
            records = Some(holdout);
        }
        let drift = reference.map(DriftReference::drift);
        judged.iter_mut().for_each(|one| one.evaluation.drift.clone_from(&drift));
        Ok(judged)
    }

    /// What the reference's columns hold, where somebody gave one.
    fn reference(
        &self,
        every: &BTreeSet<&String>,
        slices: &[String],
    ) -> Result<Option<DriftReference>, Box<dyn Error>> {
        let Exam { reference, holdout, label, region_column, ignore, .. } = self.exam;
        let Some(path) = reference else { return Ok(None) };
        let features: Vec<String> = every.iter().map(|name| (*name).clone()).collect();
        let others = std::iter::once(label).chain(region_column).chain(ignore).chain(slices);
        let others: Vec<String> = others.filter(|name| !every.contains(name)).cloned().collect();
        let file = self.progress.reading(&format!("reading {}", path.display()), open(path)?);
        let read = DriftReference::read(file, &features, &others);
        Ok(Some(read.map_err(|error| reference::explain(path, holdout, &error))?))
    }

    fn compare(
        &self,
        (new, _): &Answer,
        old: Option<&Answer>,
        holdout: &HeldOut,
        trained: Option<TrainedOn>,
        prices: Option<Prices>,
    ) -> Result<Evaluation, Box<dyn Error>> {
        self.progress.say("comparing");
        let threshold = self.policy.threshold;
        let champion_threshold = self.exam.champion_threshold.unwrap_or(threshold);
        let challenger = Contender { scored: &new.scored, threshold };
        let champion = old.map(|(old, _)| Contender { scored: &old.scored, threshold: champion_threshold });
        let evaluation = evaluate_after_training(challenger, champion, holdout, trained, &self.policy)?;
        let costs = prices.and_then(|prices| Costs::of(challenger, champion, holdout, prices));
        Ok(Evaluation { costs, ..evaluation })
    }

    /// `champions` is where what is noticed of a champion goes; a challenger has none.
    fn candidate<'b>(
        &'b self,
        path: &'b Path,
        image: Image,
        champions: Option<&mut Vec<Remark>>,
    ) -> Result<Candidate<'b>, Box<dyn Error>> {
        let options = self.exam.serving.options(image);
        let file = ModelFile { path, options, progress: &self.progress };
        let head = file.head()?;
        let callers = self.callers.as_ref().map(|(path, names)| (path.as_path(), names.as_slice()));
        let features = match (file.features(&head, callers), champions) {
            // What callers send is to change with the challenger: the champion is scored as it was served until now.
            (Err(FileError::Mismatch { path, list, source: fault }), Some(remarks))
                if matches!(head, ModelFeatures::Named(_)) =>
            {
                let (model, list) = (path.display().to_string(), list.display().to_string());
                remarks.push(Remark::ChampionsOwnFeatures { model, list, fault });
                file.features(&head, None)
            }
            (features, _) => features,
        };
        Ok(Candidate { file, features: features? })
    }

    /// The records with `features`; those of the other models may be there.
    fn read(
        &self,
        features: &[String],
        every: &BTreeSet<&String>,
        slices: &[String],
    ) -> Result<HeldOut, Box<dyn Error>> {
        let own: BTreeSet<&String> = features.iter().collect();
        let columns = Columns {
            label: self.exam.label.clone(),
            region: self.exam.region_column.clone(),
            features: features.to_vec(),
            ignore: every.difference(&own).map(|name| (*name).clone()).collect(),
            left_out: self.exam.ignore.clone(),
            slices: slices.to_vec(),
        };
        let path = &self.exam.holdout;
        let file = self.progress.reading(&format!("reading {}", path.display()), open(path)?);
        Ok(HeldOut::read(file, &columns).map_err(|error| self.exam.explain(&error, features))?)
    }

    /// How many held-out records training saw, where a file lists its rows.
    fn trained_on(
        &self,
        path: Option<&Path>,
        challenger: &Candidate<'_>,
        holdout: &HeldOut,
    ) -> Result<Option<(TrainedOn, Named)>, Box<dyn Error>> {
        let Some(path) = path else { return Ok(None) };
        let file = self.progress.reading(&format!("reading {}", path.display()), open(path)?);
        let mut file = Digesting::new(file);
        let trained = TrainedOn::count(&mut file, holdout.records(), &challenger.features);
        let trained = trained.map_err(|error| format!("{}: {error}", path.display()))?;
        let sha256 = file.finish().map_err(|source| FileError::Open { path: path.to_owned(), source })?;
        Ok(Some((trained, named(path, sha256))))
    }

    /// What a model says of the held-out set. The file is read once; twice, where its reasons need that.
    fn ask(&self, candidate: &Candidate<'_>, holdout: &HeldOut) -> Result<Answer, Box<dyn Error>> {
        let Candidate { file, features } = candidate;
        let projection = holdout.matrix_for(features)?;
        let sample = Sample::of(projection.matrix(), features, holdout.labels());
        let (served, sha256) = file.read(Some(&sample))?;
        let named = Named { name: file.name(), sha256: sha256.to_string() };
        self.progress.say(&format!("scoring {}", named.name));
        let (mut said, open) = served.answer(projection.matrix(), features, self.exam.serving.threads())?;
        if let Some(explainer) = open {
            said.scored.attributions = Some(file.explain(explainer)?);
        }
        Ok((said, named))
    }
}

/// What a model's reader says of it, in its name.
fn caveats((said, named): &Answer) -> impl Iterator<Item = Remark> {
    said.caveats.iter().map(|caveat| Remark::Model { model: named.name.clone(), caveat: *caveat })
}

fn named(path: &Path, sha256: [u8; 32]) -> Named {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Named { name, sha256: Sha256::from_bytes(sha256).to_string() }
}

/// The same features in another order: by position, callers of one would get nonsense from the other.
fn order_changed(new: &[String], old: &[String]) -> Option<Remark> {
    let place = new.iter().zip(old).position(|(new, old)| new != old)?;
    let name = |list: &[String]| list.get(place).cloned().unwrap_or_default();
    Some(Remark::OtherFeatures { place: place as u64, challenger: name(new), champion: name(old) })
}
