//! The judgement for people: the verdict first, then a line for each region and metric.

use crate::terminal;
use anstyle::Style;
use meridian_domain::replay::{RegionVerdict, Replay};
use meridian_domain::{Fleet, Verdict};
use meridian_judge::{MetricJudgement, PooledJudgement, Tally};
use meridian_messages::judging;
use meridian_messages::layout::{Cells, columns};
use std::io::{self, Write};

const HEADERS: [&str; 10] =
    ["region", "metric", "verdict", "at most", "green", "blue", "ratio", "not ruled out", "e-value", "detects"];

/// A line of the table and its verdict's colour.
type Row = (Verdict, [String; 10]);

/// Writes the summary.
///
/// # Errors
/// The stream is closed.
pub fn write(out: &mut impl Write, replay: &Replay, fleet: Option<&Fleet>) -> io::Result<()> {
    let wave = &replay.wave;
    verdict(out, replay)?;
    writeln!(out, "  - {}", judging::wave(&wave.grounds))?;
    writeln!(out)?;
    let regions = replay.regions.iter().flat_map(|region| lines(region, title(region, fleet)));
    let rows: Vec<Row> = regions.chain(wave.pooled.iter().map(pooled)).collect();
    table(out, &rows)?;
    writeln!(out)?;
    for region in &replay.regions {
        writeln!(out, "{}: {}", title(region, fleet), region.judgement.verdict)?;
        for metric in &region.judgement.metrics {
            writeln!(out, "  - {}", judging::metric(metric))?;
        }
    }
    Ok(())
}

/// Writes the verdict and what it means.
///
/// # Errors
/// The stream is closed.
pub fn verdict(out: &mut impl Write, replay: &Replay) -> io::Result<()> {
    let wave = &replay.wave;
    let style = terminal::verdict(wave.verdict).bold();
    let word = wave.verdict.to_string().to_uppercase();
    writeln!(out, "{style}{word}{style:#}  {}", judging::decided(wave))
}

fn title(region: &RegionVerdict, fleet: Option<&Fleet>) -> String {
    fleet.map_or_else(|| region.region.to_string(), |fleet| fleet.title(&region.region).to_owned())
}

fn lines(region: &RegionVerdict, title: String) -> impl Iterator<Item = Row> {
    region.judgement.metrics.iter().map(move |metric| {
        let left_out = if metric.left_out.is_some() { " (left out)" } else { "" };
        let MetricJudgement { verdict, green, blue, effect, interval, e_value, harm, .. } = metric;
        let row = [
            title.clone(),
            metric.metric.to_string(),
            format!("{verdict}{left_out}"),
            harm.map_or_else(|| "-".to_owned(), |harm| harm.answers.to_string()),
            share(green),
            share(blue),
            ratio(*effect),
            between(Some(*interval)),
            value(*e_value),
            ratio(metric.smallest_detectable_effect),
        ];
        (*verdict, row)
    })
}

fn pooled(pooled: &PooledJudgement) -> Row {
    let nothing = String::new;
    let row = [
        "together".to_owned(),
        pooled.metric.to_string(),
        pooled.verdict.to_string(),
        nothing(),
        nothing(),
        nothing(),
        ratio(pooled.effect),
        between(pooled.interval),
        value(pooled.e_value),
        ratio(pooled.smallest_detectable_effect),
    ];
    (pooled.verdict, row)
}

fn share(tally: &Tally) -> String {
    tally.rate().map_or_else(|| "missing".to_owned(), |_| format!("{} of {}", tally.bad, tally.total))
}

fn ratio(number: Option<f64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.2}"))
}

fn between(interval: Option<(f64, Option<f64>)>) -> String {
    match interval {
        None => "-".to_owned(),
        Some((low, None)) => format!("{low:.2} or more"),
        Some((low, Some(high))) => format!("{low:.2} to {high:.2}"),
    }
}

fn value(e_value: f64) -> String {
    if (0.01..10_000.0).contains(&e_value) { format!("{e_value:.2}") } else { format!("{e_value:.1e}") }
}

fn table(out: &mut impl Write, rows: &[Row]) -> io::Result<()> {
    let head = HEADERS.map(str::to_owned);
    let lines = columns(std::iter::once(&head).chain(rows.iter().map(|(_, cells)| cells)), Cells::Words);
    let styles = rows.iter().map(|(verdict, _)| terminal::verdict(*verdict));
    terminal::styled(out, std::iter::once(Style::new().dimmed()).chain(styles), &lines)
}
