//! A reference whose columns are not those of the hold-out that is compared with it.

use meridian_evaluation::HoldoutError;
use meridian_xgboost::short_name;
use std::path::Path;

/// Names of columns that are written out.
const MOST_NAMED: usize = 10;

/// What is wrong with the reference. What an unrecognised first row holds is never shown: it may be a customer's record.
pub fn explain(reference: &Path, holdout: &Path, error: &HoldoutError) -> String {
    let (lacks, has): (&[String], &[String]) = match error {
        HoldoutError::Columns { missing, extra, .. } => (missing, extra),
        HoldoutError::Unrecognised { missing, .. } => (missing, &[]),
        _ => (&[], &[]),
    };
    if lacks.is_empty() && has.is_empty() {
        return format!("--reference {}: {error}", reference.display());
    }
    let parts = [("it lacks", lacks), ("it also has", has)];
    let parts = parts.iter().filter(|(_, names)| !names.is_empty());
    let parts: Vec<String> = parts.map(|(what, names)| format!("{what} {}", named(names))).collect();
    format!(
        "--reference {}: its columns are not those that --holdout {} is evaluated with: {}; write both files with the same \
         columns",
        reference.display(),
        holdout.display(),
        parts.join(", and ")
    )
}

fn named(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MOST_NAMED).map(|name| format!("`{}`", short_name(name))).collect();
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
