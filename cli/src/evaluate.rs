//! `meridian evaluate`: what the pipeline will say of a model, at a data scientist's desk.

use crate::features;
use crate::models::{Loaded, Serving, open};
use crate::progress::Progress;
use crate::summary;
use crate::terminal::{self, Leaving};
use meridian_domain::Verdict;
use meridian_scoring::{
    Attributions, Columns, Contender, Digests, EvaluateCommand, Evaluation, EvaluationPolicy, HeldOut, HoldoutError,
    Matrix, Named, Provenance, Scored, ShapForest, evaluate, html, json, sample_rows,
};
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Records whose reasons are compared.
const EXPLAINED: usize = 64;
/// Exit code of a challenger that is worse.
const FAIL: u8 = 1;
/// Exit code where the records say too little.
const INCONCLUSIVE: u8 = 3;

/// What `meridian evaluate` is asked.
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
    let policy = policy(arguments.policy.as_deref())?;
    let desk = Desk { arguments, policy, progress: Progress::new(), callers: callers(&arguments.serving)? };
    let (evaluation, digests) = desk.evaluate()?;
    drop(desk);
    let provenance = Provenance { inputs: digests, repeat: vec![command(arguments).line()] };
    let document = json(&evaluation, &provenance)?;
    if let Some(folder) = &arguments.out {
        write_reports(folder, &document, &html(&evaluation, &provenance))?;
    }
    evaluation.warnings.iter().for_each(|warning| terminal::warning(warning));
    if arguments.json {
        let mut stdout = Leaving(std::io::stdout().lock());
        stdout.write_all(document.as_bytes())?;
        stdout.flush()?;
    } else {
        summary::write(&mut Leaving(anstream::stdout().lock()), &evaluation, arguments.out.as_deref())?;
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
        policy: arguments.policy.as_ref().map(text),
    }
}

/// The callers' feature list, and the file that holds it.
type Callers = (PathBuf, Vec<String>);

/// The built-in policy, unless a file is named: none is ever looked for.
fn policy(path: Option<&Path>) -> Result<EvaluationPolicy, Box<dyn Error>> {
    let Some(path) = path else { return Ok(EvaluationPolicy::default()) };
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    EvaluationPolicy::from_toml(&text).map_err(|error| format!("{}: {error}", path.display()).into())
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

/// A model, and its features in the order in which they are served.
struct Candidate {
    loaded: Loaded,
    features: Vec<String>,
}

impl Desk<'_> {
    /// One model at a time is held where the held-out set fits the challenger alone; both where it has more columns, which
    /// may be the champion's.
    fn evaluate(&self) -> Result<(Evaluation, Digests), Box<dyn Error>> {
        let mut warnings = Vec::new();
        let challenger = self.load(&self.arguments.challenger, true, &mut warnings)?;
        let champion_path = self.arguments.champion.as_deref();
        let mut champion = None;
        let mut read = self.read(&[&challenger.features]);
        if let (Err(HoldoutError::Columns { extra, .. }), Some(path)) = (&read, champion_path)
            && !extra.is_empty()
        {
            let loaded = self.load(path, false, &mut warnings)?;
            read = self.read(&[&challenger.features, &loaded.features]);
            champion = Some(loaded);
        }
        let holdout = read.map_err(|error| self.explain(&error))?;

        let new = self.score(challenger, &holdout, &mut warnings)?;
        let champion = match (champion, champion_path) {
            (None, Some(path)) => Some(self.load(path, false, &mut warnings)?),
            (champion, _) => champion,
        };
        let old = champion.map(|champion| self.score(champion, &holdout, &mut warnings)).transpose()?;
        if let Some(old) = &old {
            warnings.extend(order_warning(&new.features, &old.features));
        }
        self.progress.say("comparing");
        let threshold = self.policy.threshold;
        let mut evaluation = evaluate(
            Contender { scored: &new.scored, threshold },
            old.as_ref().map(|old| Contender { scored: &old.scored, threshold }),
            &holdout,
            &self.policy,
        )?;
        evaluation.warnings.extend(warnings);
        let digests = Digests {
            challenger: new.named,
            champion: old.map(|old| old.named),
            holdout: Named { name: name(&self.arguments.holdout), sha256: holdout.sha256().to_string() },
        };
        Ok((evaluation, digests))
    }

    fn load(&self, path: &Path, is_challenger: bool, warnings: &mut Vec<String>) -> Result<Candidate, Box<dyn Error>> {
        let serving = &self.arguments.serving;
        let loaded = Loaded::read(path, serving, &self.progress)?;
        let callers = self.callers.as_ref().map(|(path, names)| (path.as_path(), names.as_slice()));
        let features = match loaded.features(callers) {
            Ok(features) => features,
            // What callers send is to change with the challenger: the champion is scored as it was served until now.
            Err(error) if !is_challenger && !loaded.model().feature_names().is_empty() => {
                warnings.push(format!("{error}; the champion was scored with its own list"));
                loaded.features(None)?
            }
            Err(error) => return Err(error.into()),
        };
        warnings.extend(loaded.early_stop_warning());
        if loaded.model().feature_names().is_empty() {
            warnings.push(format!(
                "{} holds no feature names: its {} features were taken by position, and nothing can tell whether that \
                 is their order",
                loaded.name(),
                features.len()
            ));
        }
        Ok(Candidate { loaded, features })
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
        HeldOut::read(self.progress.reading(&format!("reading {}", path.display()), file), &columns)
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

    fn score(
        &self,
        candidate: Candidate,
        holdout: &HeldOut,
        warnings: &mut Vec<String>,
    ) -> Result<Said, Box<dyn Error>> {
        let Candidate { loaded, features } = candidate;
        let named = Named { name: loaded.name(), sha256: loaded.sha256.to_string() };
        let threads = self.arguments.serving.threads();
        self.progress.say(&format!("scoring {}", named.name));
        let projection = holdout.matrix_for(&features)?;
        let margins = loaded.model().matrix_margins(projection.matrix(), threads)?;
        let Loaded { path, served, .. } = loaded;
        let splits = served.splits.clone();
        drop(served);
        let attributions = self.attributions(&path, &features, projection.matrix(), holdout.labels(), warnings)?;
        Ok(Said { scored: Scored { margins, splits, attributions }, features, named })
    }

    /// The reasons of a sample. A model that does not say how much training weight its nodes saw has none.
    fn attributions(
        &self,
        path: &Path,
        features: &[String],
        matrix: Matrix<'_>,
        labels: &[bool],
        warnings: &mut Vec<String>,
    ) -> Result<Option<Attributions>, Box<dyn Error>> {
        let serving = &self.arguments.serving;
        let file = self.progress.reading(&format!("reading {} to explain", path.display()), open(path)?);
        let forest = match ShapForest::read(file, serving.image, serving.threads()) {
            Ok(forest) => forest,
            Err(error) => {
                warnings.push(format!("the reasons of {} are not compared: {error}", path.display()));
                return Ok(None);
            }
        };
        self.progress.say(&format!("explaining {}", path.display()));
        let rows = sample_rows(labels, EXPLAINED);
        let sample: Vec<f32> = rows.iter().flat_map(|row| matrix.row(*row as usize)).copied().collect();
        let Some(sample) = Matrix::new(&sample, matrix.width()) else { return Ok(None) };
        let values = forest.contributions(sample, serving.threads().get())?;
        Ok(Some(Attributions { rows, features: features.to_vec(), values, base: forest.base() }))
    }
}

/// What a model said, and its name.
struct Said {
    scored: Scored,
    features: Vec<String>,
    named: Named,
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The same features in another order: by position, callers of one would get nonsense from the other.
fn order_warning(new: &[String], old: &[String]) -> Option<String> {
    let place = new.iter().zip(old).position(|(new, old)| new != old)?;
    let name = |list: &[String]| list.get(place).map(|name| name.escape_debug().to_string()).unwrap_or_default();
    Some(format!(
        "the challenger takes other features than the champion, or the same in another order (feature {place} is `{}`, was \
         `{}`): they are served by position, so callers must change what they send in the same moment",
        name(new),
        name(old)
    ))
}

/// Both files, each whole or not at all.
fn write_reports(folder: &Path, json: &str, html: &str) -> Result<(), Box<dyn Error>> {
    let wrong = |path: &Path, error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    fs::create_dir_all(folder).map_err(|error| wrong(folder, error))?;
    for (name, text) in [("evaluation.json", json), ("evaluation.html", html)] {
        let path = folder.join(name);
        let part = folder.join(format!(".{name}.{}.part", std::process::id()));
        let written = fs::write(&part, text).and_then(|()| fs::rename(&part, &path));
        if let Err(error) = written {
            // What is left of it helps nobody; that it cannot be removed either changes nothing.
            let _ = fs::remove_file(&part);
            return Err(wrong(&path, error).into());
        }
    }
    Ok(())
}
