//! Models judged on held-out records at a desk, as the pipeline judges them: what `evaluate` and `compare` share.

use crate::features;
use crate::models::{ModelFile, Serving, open};
use crate::progress::Progress;
use crate::reference;
use meridian_domain::{EvaluationPolicy, Sha256, evaluation_policy};
use meridian_evaluation::{
    Columns, Contender, Costs, Digesting, Digests, DriftReference, EvaluateCommand, Evaluation, HeldOut, HoldoutError,
    Named, Prices, Provenance, Remark, TrainedOn, evaluate_after_training, shell_line,
};
use meridian_local::night::or_rather;
use meridian_xgboost::{Image, ModelFeatures, Said, Sample};
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// On which records models are judged, and how.
#[derive(Debug, clap::Args)]
pub struct Exam {
    /// Labelled records that no model was trained on: CSV or Parquet, plain or gzip, columns in any order.
    #[arg(long, value_name = "FILE")]
    holdout: PathBuf,
    /// The column with 0 or 1.
    #[arg(long, value_name = "NAME")]
    label: String,
    /// The column with the customer's region: every gate is asked again for each.
    #[arg(long, value_name = "NAME")]
    region_column: Option<String>,
    /// Columns that are no features, such as ids and dates: they are left out. May be repeated.
    #[arg(long, value_name = "COL,COL", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Other records with the same columns, such as those of training, with or without the label: tells which features moved
    /// since. Counts for no verdict.
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
    /// The fleet.toml whose [evaluation] table holds the bounds and the operating threshold [default: built-in bounds,
    /// threshold 0.5].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Score, as a probability, at and above which a record is an alert [default: the policy's].
    #[arg(long, value_name = "SCORE", value_parser = threshold)]
    threshold: Option<f64>,
    /// The champion's, where it is deployed with another [default: --threshold].
    #[arg(long, value_name = "SCORE", value_parser = threshold, requires = "champion")]
    champion_threshold: Option<f64>,
    /// The image that serves the champion, where it is another [default: --image].
    #[arg(long, value_name = "TAG", requires = "champion")]
    champion_image: Option<Image>,
    #[command(flatten)]
    serving: Serving,
}

impl Exam {
    /// What repeats this evaluation. Threads and the form of the answer change nothing in it.
    fn command(&self, challenger: &Path, contest: Contest<'_>) -> EvaluateCommand {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        EvaluateCommand {
            challenger: text(challenger),
            champion: contest.champion.map(text),
            holdout: text(&self.holdout),
            label: self.label.clone(),
            region_column: self.region_column.clone(),
            ignore: self.ignore.clone(),
            slices: contest.slices.unwrap_or_default().to_vec(),
            features: self.serving.features.as_deref().map(text),
            image: Some(self.serving.image.to_string()),
            champion_image: self.champion_image.map(|image| image.to_string()),
            policy: self.policy.as_deref().map(text),
            threshold: self.threshold,
            champion_threshold: self.champion_threshold,
            prices: contest.prices,
            reference: self.reference.as_deref().map(text),
            training_rows: contest.training_rows.map(text),
        }
    }

    /// A column has one part: what is left out cannot be needed.
    fn check_ignored(&self, features: &BTreeSet<&String>) -> Result<(), String> {
        for column in &self.ignore {
            let needed = match column {
                label if *label == self.label => "it is the label",
                region if Some(region) == self.region_column.as_ref() => "it is the column of customer regions",
                feature if features.contains(feature) => "it is a feature of a model that is evaluated",
                _ => continue,
            };
            return Err(format!("--ignore {column}: {needed}, and cannot be left out"));
        }
        Ok(())
    }

    /// What is wrong with the records, and which option mends it.
    fn explain(&self, error: &HoldoutError, features: &[String], has_slices: bool) -> String {
        let hint = match error {
            HoldoutError::Columns { extra, .. } if !extra.is_empty() => self.uses_of(extra, has_slices),
            HoldoutError::NoSuchColumn { column, there } => {
                let option = if self.ignore.contains(column) { "--ignore" } else { "--slice" };
                let slices = if option == "--slice" { features } else { &[] };
                let known: Vec<&str> = there.iter().chain(slices).map(String::as_str).collect();
                format!(": correct {option} {column}, or leave it out{}", or_rather(column, &known))
            }
            _ => String::new(),
        };
        format!("{}: {error}{hint}", self.holdout.display())
    }

    /// What can be done with columns that are no features.
    fn uses_of(&self, columns: &[String], has_slices: bool) -> String {
        let named = if columns.len() > MOST_NAMED { "COL,COL".to_owned() } else { columns.join(",") };
        let ignore = shell_line(["--ignore", &named]);
        let slice = if has_slices { ", --slice COLUMN shows the models by its values" } else { "" };
        let region = match self.region_column {
            None => ", --region-column NAME says that one is the customer's region",
            Some(_) => "",
        };
        format!(" ({ignore} leaves them out{slice}{region})")
    }
}

/// Columns too many that the line which leaves them out is written for.
const MOST_NAMED: usize = 10;

fn threshold(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| *number > 0.0 && *number < 1.0);
    number.ok_or_else(|| "expected a probability above 0 and below 1".to_owned())
}

/// The callers' feature list, and the file that holds it.
type Callers = (PathBuf, Vec<String>);

/// The built-in policy, unless a file is named: none is ever looked for.
fn policy(path: Option<&Path>) -> Result<EvaluationPolicy, Box<dyn Error>> {
    let Some(path) = path else { return Ok(EvaluationPolicy::default()) };
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    evaluation_policy(&text).map_err(|error| {
        let line = error.line.map(|line| format!(", line {line}")).unwrap_or_default();
        format!("{}{line}: {}", path.display(), error.message).into()
    })
}

fn callers(serving: &Serving) -> Result<Option<Callers>, features::FeaturesError> {
    let Some(path) = &serving.features else { return Ok(None) };
    Ok(Some((path.clone(), features::read(path)?)))
}

/// A judge of models, and what it was told.
pub struct Desk<'a> {
    exam: &'a Exam,
    policy: EvaluationPolicy,
    progress: Progress,
    callers: Option<Callers>,
}

/// What is judged.
#[derive(Clone, Copy)]
pub struct Contest<'a> {
    pub challengers: &'a [PathBuf],
    pub champion: Option<&'a Path>,
    /// The rows that the challenger was trained on.
    pub training_rows: Option<&'a Path>,
    /// What a miss and a false alarm cost, for whoever asks what the alerts cost.
    pub prices: Option<Prices>,
    /// Columns by whose values the models are shown; none where the command shows none.
    pub slices: Option<&'a [String]>,
}

/// What came of one challenger.
pub struct Judged {
    pub evaluation: Evaluation,
    pub provenance: Provenance,
}

/// A model's file, and its features in the order in which they are served.
struct Candidate<'a> {
    file: ModelFile<'a>,
    features: Vec<String>,
}

/// What a model said, and its digest.
type Answer = (Said, Named);

impl<'a> Desk<'a> {
    /// Reads the policy and the callers' features.
    pub fn open(exam: &'a Exam, quiet: bool) -> Result<Self, Box<dyn Error>> {
        let mut policy = policy(exam.policy.as_deref())?;
        policy.threshold = exam.threshold.unwrap_or(policy.threshold);
        Ok(Desk { exam, policy, progress: Progress::new(quiet), callers: callers(&exam.serving)? })
    }

    /// Judges every challenger, in the order given. Each model is read once, one after the other, and only what it says is held
    /// of it.
    pub fn judge(&self, contest: Contest<'_>) -> Result<Vec<Judged>, Box<dyn Error>> {
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
        for challenger in &challengers {
            // A challenger is judged as it is by itself: on its own and the champion's columns.
            let lists = [Some(challenger), champion.as_ref()].into_iter().flatten();
            let features = Columns::union(lists.map(|it| it.features.as_slice()));
            let known = records.take().filter(|records| records.features() == features);
            let holdout = known.map_or_else(|| self.read(&features, &every, contest.slices), Ok)?;
            if let Some(reference) = &mut reference {
                reference.compare(&holdout);
            }
            let (trained, training_rows) = self.trained_on(contest.training_rows, challenger, &holdout)?.unzip();
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
                holdout: named(&self.exam.holdout, holdout.sha256()),
                reference: reference
                    .as_ref()
                    .zip(self.exam.reference.as_ref())
                    .map(|(it, path)| named(path, it.sha256())),
                training_rows,
                holdout_approval: None,
            };
            let repeat = vec![self.exam.command(challenger.file.path, contest).line()];
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
        slices: Option<&[String]>,
    ) -> Result<Option<DriftReference>, Box<dyn Error>> {
        let Exam { reference, holdout, label, region_column, ignore, .. } = self.exam;
        let Some(path) = reference else { return Ok(None) };
        let features: Vec<String> = every.iter().map(|name| (*name).clone()).collect();
        let others = std::iter::once(label).chain(region_column).chain(ignore).chain(slices.unwrap_or_default());
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
            (Err(error), Some(remarks)) if matches!(head, ModelFeatures::Named(_)) => {
                remarks.push(Remark::ChampionsOwnFeatures { error: error.to_string() });
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
        slices: Option<&[String]>,
    ) -> Result<HeldOut, Box<dyn Error>> {
        let own: BTreeSet<&String> = features.iter().collect();
        let columns = Columns {
            label: self.exam.label.clone(),
            region: self.exam.region_column.clone(),
            features: features.to_vec(),
            ignore: every.difference(&own).map(|name| (*name).clone()).collect(),
            left_out: self.exam.ignore.clone(),
            slices: slices.unwrap_or_default().to_vec(),
        };
        let path = &self.exam.holdout;
        let file = self.progress.reading(&format!("reading {}", path.display()), open(path)?);
        Ok(HeldOut::read(file, &columns).map_err(|error| self.exam.explain(&error, features, slices.is_some()))?)
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
        let sha256 = file.finish().map_err(|error| format!("{}: {error}", path.display()))?;
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
