//! On which records models are judged, and how: the options that `evaluate` and `compare` share.

use crate::judging::Contest;
use crate::models::Serving;
use meridian_evaluation::{EvaluateCommand, HoldoutError, Prices, shell_line};
use meridian_messages::or_rather;
use meridian_xgboost::Image;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// On which records models are judged, and how.
#[derive(Debug, clap::Args)]
pub struct Exam {
    /// Labelled records that no model was trained on: CSV or Parquet, plain or gzip, columns in any order.
    #[arg(long, value_name = "FILE")]
    pub holdout: PathBuf,
    /// The column with 0 or 1.
    #[arg(long, value_name = "NAME")]
    pub label: String,
    /// The column with the customer's region: every gate is asked again for each.
    #[arg(long, value_name = "NAME")]
    pub region_column: Option<String>,
    /// Columns that are no features, such as ids and dates: they are left out. May be repeated.
    #[arg(long, value_name = "COL,COL", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Other records with the same columns, such as those of training, with or without the label: tells which features moved
    /// since. Counts for no verdict.
    #[arg(long, value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// The fleet.toml whose [evaluation] table holds the bounds and the operating threshold [default: built-in bounds,
    /// threshold 0.5].
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Score, as a probability, at and above which a record is an alert [default: the policy's].
    #[arg(long, value_name = "SCORE", value_parser = threshold)]
    pub threshold: Option<f64>,
    /// The champion's, where it is deployed with another [default: --threshold].
    #[arg(long, value_name = "SCORE", value_parser = threshold, requires = "champion")]
    pub champion_threshold: Option<f64>,
    /// The image that serves the champion, where it is another [default: --image].
    #[arg(long, value_name = "TAG", requires = "champion")]
    pub champion_image: Option<Image>,
    /// How models are served.
    #[command(flatten)]
    pub serving: Serving,
}

/// What is shown of models beside their gates. It counts for no verdict.
#[derive(Debug, clap::Args)]
pub struct Extras {
    /// Show the models on the records of each value of this column, such as country. It may be a feature; its values count
    /// for no verdict. May be repeated.
    #[arg(long, value_name = "COLUMN")]
    pub slice: Vec<String>,
    /// What a fraud without an alert costs, in any unit: shows what the models cost by threshold, and which threshold costs least.
    #[arg(long, value_name = "COST", value_parser = cost, requires = "cost_false_alarm")]
    pub cost_miss: Option<f64>,
    /// What an alert on an honest payment costs, in the same unit.
    #[arg(long, value_name = "COST", value_parser = cost, requires = "cost_miss")]
    pub cost_false_alarm: Option<f64>,
}

impl Extras {
    /// What a miss and a false alarm cost, where both are told.
    pub fn prices(&self) -> Option<Prices> {
        self.cost_miss.zip(self.cost_false_alarm).map(|(miss, false_alarm)| Prices { miss, false_alarm })
    }
}

impl Exam {
    /// What repeats the evaluation of the challenger at this place. Threads and the form of the answer change nothing in it.
    pub(crate) fn command(&self, challenger: &Path, place: usize, contest: Contest<'_>) -> EvaluateCommand {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        EvaluateCommand {
            challenger: text(challenger),
            champion: contest.champion.map(text),
            holdout: text(&self.holdout),
            label: self.label.clone(),
            region_column: self.region_column.clone(),
            ignore: self.ignore.clone(),
            slices: contest.slices.to_vec(),
            features: self.serving.features.as_deref().map(text),
            image: Some(self.serving.image.to_string()),
            champion_image: self.champion_image.map(|image| image.to_string()),
            policy: self.policy.as_deref().map(text),
            threshold: self.threshold,
            champion_threshold: self.champion_threshold,
            prices: contest.prices,
            reference: self.reference.as_deref().map(text),
            training_rows: contest.rows_of(place).map(text),
        }
    }

    /// A column has one part: what is left out cannot be needed.
    pub(crate) fn check_ignored(&self, features: &BTreeSet<&String>) -> Result<(), String> {
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
    pub(crate) fn explain(&self, error: &HoldoutError, features: &[String]) -> String {
        let hint = match error {
            HoldoutError::Columns { missing, extra, .. } => self.misfit(missing, extra),
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

    /// Which option names a column that is not there; where none does, what can be done with columns that are no features.
    fn misfit(&self, missing: &[String], extra: &[String]) -> String {
        let known: Vec<&str> = extra.iter().map(String::as_str).collect();
        let named = [("--label", Some(&self.label)), ("--region-column", self.region_column.as_ref())];
        let absent = named.into_iter().filter_map(|(option, column)| {
            let column = column.filter(|column| missing.contains(column))?;
            Some(format!(": correct {option} {column}{}", or_rather(column, &known)))
        });
        let corrections: Vec<String> = absent.collect();
        if corrections.is_empty() && !extra.is_empty() { self.uses_of(extra) } else { corrections.concat() }
    }

    /// What can be done with columns that are no features.
    fn uses_of(&self, columns: &[String]) -> String {
        let named = if columns.len() > MOST_NAMED { "COL,COL".to_owned() } else { columns.join(",") };
        let ignore = shell_line(["--ignore", &named]);
        let region = match self.region_column {
            None => ", --region-column NAME says that one is the customer's region",
            Some(_) => "",
        };
        format!(" ({ignore} leaves them out, --slice COLUMN shows the models by its values{region})")
    }
}

/// Columns too many that the line which leaves them out is written for.
const MOST_NAMED: usize = 10;

/// A threshold as somebody gives it.
///
/// # Errors
/// No probability above 0 and below 1.
pub fn threshold(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| *number > 0.0 && *number < 1.0);
    number.ok_or_else(|| "expected a probability above 0 and below 1".to_owned())
}

/// What a miss or a false alarm costs, as somebody gives it.
///
/// # Errors
/// No number above 0.
pub fn cost(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|cost: &f64| *cost > 0.0 && cost.is_finite());
    number.ok_or_else(|| "expected a number above 0".to_owned())
}
