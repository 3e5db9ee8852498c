//! `meridian evaluate`: what the pipeline will say of a model, at a data scientist's desk.

use crate::features;
use crate::models::{ModelFile, Serving, open};
use crate::progress::Progress;
use crate::summary;
use crate::terminal::{self, Leaving, Legible};
use meridian_domain::{EvaluationPolicy, Sha256, Verdict, evaluation_policy};
use meridian_evaluation::{
    Columns, Contender, Digests, EvaluateCommand, Evaluation, HeldOut, HoldoutError, Named, Provenance, Remark,
    evaluate, html, json,
};
use meridian_xgboost::{Image, ModelFeatures, Said, Sample};
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exit code of a challenger that is worse.
const FAIL: u8 = 1;
/// Exit code if the records are too few.
const INCONCLUSIVE: u8 = 3;

/// Arguments of `meridian evaluate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code: 0 pass; 1 fail; 3 inconclusive; 2 wrong input, and nothing was evaluated.")]
pub struct Arguments {
    /// The model to be judged: model.tar.gz, or a bare model file (UBJSON, JSON or legacy binary).
    #[arg(long, value_name = "FILE")]
    challenger: PathBuf,
    /// The model that serves now; without one, the challenger is held to absolute bounds.
    #[arg(long, value_name = "FILE")]
    champion: Option<PathBuf>,
    /// Labelled records that neither model was trained on: CSV or Parquet, plain or gzip, columns in any order.
    #[arg(long, value_name = "FILE")]
    holdout: PathBuf,
    /// The column with 0 or 1.
    #[arg(long, value_name = "NAME")]
    label: String,
    /// The column with the customer's region: every gate is asked again for each.
    #[arg(long, value_name = "NAME")]
    region_column: Option<String>,
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
    /// Folder for evaluation.json and evaluation.html; made where it is missing.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print evaluation.json instead of a summary.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    serving: Serving,
}

/// Evaluates; prints and writes what came of it.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut policy = policy(arguments.policy.as_deref())?;
    policy.threshold = arguments.threshold.unwrap_or(policy.threshold);
    let desk = Desk { arguments, policy, progress: Progress::new(), callers: callers(&arguments.serving)? };
    let (evaluation, digests) = desk.evaluate()?;
    drop(desk);
    let provenance = Provenance { inputs: digests, repeat: vec![command(arguments).line()] };
    let document = json(&evaluation, &provenance)?;
    if let Some(folder) = &arguments.out {
        write_reports(folder, &document, &html(&evaluation, &provenance))?;
    }
    evaluation.warnings().iter().for_each(|warning| terminal::warning(&warning.to_string()));
    if arguments.json {
        let mut stdout = Leaving(std::io::stdout().lock());
        stdout.write_all(document.as_bytes())?;
        stdout.flush()?;
    } else {
        summary::write(&mut Legible(Leaving(anstream::stdout().lock())), &evaluation, arguments.out.as_deref())?;
    }
    Ok(match evaluation.verdict {
        Verdict::Pass => ExitCode::SUCCESS,
        Verdict::Fail => ExitCode::from(FAIL),
        Verdict::Inconclusive => ExitCode::from(INCONCLUSIVE),
    })
}

/// What repeats this evaluation. Threads and the form of the answer change nothing in it.
fn command(arguments: &Arguments) -> EvaluateCommand {
    let text = |path: &PathBuf| path.to_string_lossy().into_owned();
    EvaluateCommand {
        challenger: text(&arguments.challenger),
        champion: arguments.champion.as_ref().map(text),
        holdout: text(&arguments.holdout),
        label: arguments.label.clone(),
        region_column: arguments.region_column.clone(),
        features: arguments.serving.features.as_ref().map(text),
        image: Some(arguments.serving.image.to_string()),
        champion_image: arguments.champion_image.map(|image| image.to_string()),
        policy: arguments.policy.as_ref().map(text),
        threshold: arguments.threshold,
        champion_threshold: arguments.champion_threshold,
    }
}

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

struct Desk<'a> {
    arguments: &'a Arguments,
    policy: EvaluationPolicy,
    progress: Progress,
    callers: Option<Callers>,
}

/// A model's file, and its features in the order in which they are served.
struct Candidate<'a> {
    file: ModelFile<'a>,
    features: Vec<String>,
}

impl Desk<'_> {
    /// Each model is read once, one after the other, and only what it says is held of it.
    fn evaluate(&self) -> Result<(Evaluation, Digests), Box<dyn Error>> {
        let Arguments { champion, champion_image, champion_threshold, serving, .. } = self.arguments;
        let mut remarks = Vec::new();
        let challenger = self.candidate(&self.arguments.challenger, serving.image, true, &mut remarks)?;
        let image = champion_image.unwrap_or(serving.image);
        let champion = champion.as_ref().map(|path| self.candidate(path, image, false, &mut remarks)).transpose()?;
        if let Some(champion) = &champion {
            remarks.extend(order_changed(&challenger.features, &champion.features));
        }
        let lists: Vec<&[String]> =
            [Some(&challenger), champion.as_ref()].into_iter().flatten().map(|it| it.features.as_slice()).collect();
        let holdout = self.read(&lists).map_err(|error| self.explain(&error))?;

        let (new, named) = self.ask(&challenger, &holdout, &mut remarks)?;
        let old = champion.map(|champion| self.ask(&champion, &holdout, &mut remarks)).transpose()?;
        self.progress.say("comparing");
        let threshold = self.policy.threshold;
        let champion_threshold = champion_threshold.unwrap_or(threshold);
        let mut evaluation = evaluate(
            Contender { scored: &new.scored, threshold },
            old.as_ref().map(|(old, _)| Contender { scored: &old.scored, threshold: champion_threshold }),
            &holdout,
            &self.policy,
        )?;
        evaluation.remarks.extend(remarks);
        let digests = Digests {
            challenger: named,
            champion: old.map(|(_, named)| named),
            holdout: Named {
                name: name(&self.arguments.holdout),
                sha256: Sha256::from_bytes(holdout.sha256()).to_string(),
            },
            holdout_approval: None,
        };
        Ok((evaluation, digests))
    }

    fn candidate<'a>(
        &'a self,
        path: &'a Path,
        image: Image,
        is_challenger: bool,
        remarks: &mut Vec<Remark>,
    ) -> Result<Candidate<'a>, Box<dyn Error>> {
        let options = self.arguments.serving.options(image);
        let file = ModelFile { path, options, progress: &self.progress };
        let head = file.head()?;
        let callers = self.callers.as_ref().map(|(path, names)| (path.as_path(), names.as_slice()));
        let features = match file.features(&head, callers) {
            // What callers send is to change with the challenger: the champion is scored as it was served until now.
            Err(error) if !is_challenger && matches!(head, ModelFeatures::Named(_)) => {
                remarks.push(Remark::ChampionsOwnFeatures { error: error.to_string() });
                file.features(&head, None)
            }
            features => features,
        };
        Ok(Candidate { file, features: features? })
    }

    fn read(&self, lists: &[&[String]]) -> Result<HeldOut, HoldoutError> {
        let columns = Columns {
            label: self.arguments.label.clone(),
            region: self.arguments.region_column.clone(),
            features: Columns::union(lists.iter().copied()),
            ignore: Vec::new(),
        };
        let path = &self.arguments.holdout;
        let file = open(path).map_err(|error| HoldoutError::Unreadable { problem: error.to_string() })?;
        let file = self.progress.reading(&format!("reading {}", path.display()), file);
        HeldOut::read(file, &columns)
    }

    fn explain(&self, error: &HoldoutError) -> String {
        let hint = match error {
            HoldoutError::Columns { extra, .. } if !extra.is_empty() && self.arguments.region_column.is_none() => {
                " (is one of them the region? Name it with --region-column)"
            }
            _ => "",
        };
        format!("{}: {error}{hint}", self.arguments.holdout.display())
    }

    /// What a model says of the held-out set. The file is read once; twice, where its reasons need that.
    fn ask(
        &self,
        candidate: &Candidate<'_>,
        holdout: &HeldOut,
        remarks: &mut Vec<Remark>,
    ) -> Result<(Said, Named), Box<dyn Error>> {
        let Candidate { file, features } = candidate;
        let projection = holdout.matrix_for(features)?;
        let sample = Sample::of(projection.matrix(), features, holdout.labels());
        let (served, sha256) = file.read(Some(&sample))?;
        let named = Named { name: file.name(), sha256: sha256.to_string() };
        self.progress.say(&format!("scoring {}", named.name));
        let (mut said, open) = served.answer(projection.matrix(), features, self.arguments.serving.threads())?;
        if let Some(explainer) = open {
            said.scored.attributions = Some(file.explain(explainer)?);
        }
        let remark = |note: &String| Remark::Model { model: named.name.clone(), note: note.clone() };
        remarks.extend(said.notes.iter().map(remark));
        Ok((said, named))
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The same features in another order: by position, callers of one would get nonsense from the other.
fn order_changed(new: &[String], old: &[String]) -> Option<Remark> {
    let place = new.iter().zip(old).position(|(new, old)| new != old)?;
    let name = |list: &[String]| list.get(place).cloned().unwrap_or_default();
    Some(Remark::OtherFeatures { place: place as u64, challenger: name(new), champion: name(old) })
}

fn unwritable(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be written: {error}", path.display())
}

/// Both files, each whole or not at all.
fn write_reports(folder: &Path, json: &str, html: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    for (name, text) in [("evaluation.json", json), ("evaluation.html", html)] {
        let path = folder.join(name);
        let part = folder.join(format!(".{name}.{}.part", std::process::id()));
        let written = fs::write(&part, text).and_then(|()| fs::rename(&part, &path));
        if let Err(error) = written {
            // What is left of it helps nobody; that it cannot be removed either changes nothing.
            let _ = fs::remove_file(&part);
            return Err(unwritable(&path, &error).into());
        }
    }
    Ok(())
}
