//! Scores rows, and says why: each row's margin, what a container would answer, and the features that moved the margin most.
//!
//!     cargo run --release -p meridian-xgboost --example score -- MODEL [ROWS.csv]
//!
//! MODEL is model.tar.gz or a bare model file. A row is a line of the model's features in their order, without a header; an empty
//! field is a missing value. Without a file, rows are read from standard input.

use meridian_xgboost::{Matrix, Model, ReadOptions, ShapForest, read_csv_row, short_name, top_reasons};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;

/// Features that are named for each row.
const REASONS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: score MODEL [ROWS.csv]")?;
    let text = arguments.next().map_or_else(|| io::read_to_string(io::stdin()), fs::read_to_string)?;

    // The model scores; the same file in its other form gives reasons.
    let options = ReadOptions::default();
    let model = Model::read(File::open(&file)?, &options)?;
    let forest = ShapForest::read(File::open(&file)?, &options)?;
    let width = model.n_features();
    eprintln!("{} trees over {width} features", model.n_trees());

    let mut values = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        read_csv_row(line.as_bytes(), width, &mut values).map_err(|error| format!("line {number}: {error}"))?;
    }
    let rows = Matrix::new(&values, width).ok_or("the model takes no features")?;
    let margins = model.matrix_margins(rows, NonZeroUsize::MIN)?;
    let contributions = forest.contributions(rows, 1)?;

    let mut out = BufWriter::new(io::stdout().lock());
    for (margin, contributions) in margins.into_iter().zip(contributions.chunks_exact(width)) {
        let reasons = top_reasons(contributions, REASONS).into_iter().map(|reason| {
            // A model that was trained without names has none.
            let name = model.feature_names().get(reason.feature);
            let name = name.map_or_else(|| format!("feature {}", reason.feature), |name| short_name(name));
            format!("{name} {:+.3}", reason.contribution)
        });
        let (answer, reasons) = (model.objective().answer(margin), reasons.collect::<Vec<_>>().join(", "));
        writeln!(out, "margin {margin}, answer {answer}: {reasons}")?;
    }
    Ok(out.flush()?)
}
