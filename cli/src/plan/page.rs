//! The plan as a person reads it.

use super::Proposal;
use crate::terminal;
use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use meridian_domain::Fleet;
use meridian_domain::plan::{BakePlan, Finding, Forecast, Turn};
use meridian_messages::layout::{self, Cells, columns, thousands};
use meridian_messages::{Voice, forecast as sentences};
use std::io::{self, Write};

const HEADERS: [&str; 9] =
    ["", "starts", "traffic", "canary", "compares", "alone finds", "with those before", "decides", "on it"];

const HARM_HEADERS: [&str; 7] =
    ["", "passes", "of a fault in", "not ruled out", "lets through", "a day", "with a neighbour's customers"];

/// Writes the page.
///
/// # Errors
/// The stream is closed.
pub fn write(out: &mut impl Write, fleet: &Fleet, forecast: &Forecast, proposals: &[Proposal]) -> io::Result<()> {
    let bold = Style::new().bold();
    let start = forecast.starts.strftime("%A %Y-%m-%d %H:%M UTC");
    writeln!(out, "{bold}The next wave of {}, if its release is approved by {start}{bold:#}\n", fleet.name)?;
    paragraph(out, &format!("Order: {}.", Voice::of(fleet).order(&forecast.order.why)), 0)?;
    writeln!(out)?;
    if !forecast.turns.is_empty() {
        table(out, forecast)?;
    }
    frozen(out, forecast)?;
    writeln!(out)?;
    outcome(out, fleet, forecast)?;
    if forecast.turns.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    passes(out, fleet, forecast)?;
    writeln!(out)?;
    dimmed(out, &sentences::meaning(fleet, forecast))?;
    let yellow = AnsiColor::Yellow.on_default();
    for warning in &forecast.warnings {
        write!(out, "\n{yellow}warning:{yellow:#} ")?;
        paragraph(out, &Voice::of(fleet).forecast_warning(warning), "warning: ".len())?;
    }
    dispersion(out, proposals)
}

/// Writes how many regions the wave reaches, and by when.
///
/// # Errors
/// The stream is closed.
pub fn outcome(out: &mut impl Write, fleet: &Fleet, forecast: &Forecast) -> io::Result<()> {
    let bold = Style::new().bold();
    let (first, rest) = sentences::outcome(fleet, forecast);
    writeln!(out, "{bold}{first}{bold:#}{rest}")
}

/// Who is left as it is, and until when.
fn frozen(out: &mut impl Write, forecast: &Forecast) -> io::Result<()> {
    let yellow = AnsiColor::Yellow.on_default();
    for left in &forecast.frozen {
        write!(out, "{yellow}{}{yellow:#}  ", left.title)?;
        paragraph(out, &sentences::frozen(left), 4)?;
    }
    Ok(())
}

/// How likely a release as good as the champion arrives, and what a fault that no canary shows may cost.
fn passes(out: &mut impl Write, fleet: &Fleet, forecast: &Forecast) -> io::Result<()> {
    paragraph(out, &sentences::chance(fleet, forecast), 0)?;
    if forecast.turns.iter().all(|turn| turn.harm.is_empty()) {
        return Ok(());
    }
    writeln!(out)?;
    let rows = forecast.turns.iter().flat_map(harm_cells);
    let lines = columns(std::iter::once(HARM_HEADERS.map(str::to_owned)).chain(rows), Cells::Words);
    terminal::styled(out, std::iter::once(Style::new().dimmed()).chain(std::iter::repeat(Style::new())), &lines)?;
    writeln!(out)?;
    dimmed(out, &sentences::harm_meaning(forecast))
}

/// A row for each metric; the region stands in the first.
fn harm_cells(turn: &Turn) -> impl Iterator<Item = [String; 7]> {
    turn.harm.iter().enumerate().map(|(place, own)| {
        let first = |words: String| if place == 0 { words } else { String::new() };
        [
            first(turn.title.clone()),
            first(sentences::passes(turn)),
            own.metric.to_string(),
            thousands(own.answers),
            thousands(own.let_through),
            thousands(own.a_day),
            thousands(own.failover),
        ]
    })
}

fn dimmed(out: &mut impl Write, text: &str) -> io::Result<()> {
    let dim = Style::new().dimmed();
    write!(out, "{dim}")?;
    paragraph(out, text, 0)?;
    write!(out, "{dim:#}")
}

fn table(out: &mut impl Write, forecast: &Forecast) -> io::Result<()> {
    let rows = forecast.turns.iter().map(cells);
    let lines = columns(std::iter::once(HEADERS.map(str::to_owned)).chain(rows), Cells::Words);
    let styles =
        forecast.turns.iter().map(|turn| if turn.plan.enough { Style::new() } else { AnsiColor::Yellow.on_default() });
    terminal::styled(out, std::iter::once(Style::new().dimmed()).chain(styles), &lines)
}

fn cells(turn: &Turn) -> [String; 9] {
    let plan = &turn.plan;
    let measured = if plan.measured { ", measured" } else { "" };
    [
        turn.title.clone(),
        format!("{} ({} there)", clock(turn.starts), turn.local_clock),
        format!("{:.0}/s, {:.0} % of peak{measured}", plan.rps, 100.0 * plan.rps / turn.peak_rps),
        format!("{} of {} ({} %) for {:#}", plan.size.instances, plan.size.of, plan.bake.percent, plan.bake.wait),
        compared(plan),
        found(plan, |finding| finding.alone),
        found(plan, |finding| finding.pooled),
        clock(turn.decides),
        clock(turn.on_release),
    ]
}

fn compared(plan: &BakePlan) -> String {
    format!("{} min, {} requests", plan.minutes, thousands(plan.green))
}

fn found(plan: &BakePlan, which: impl Fn(&Finding) -> Option<f64>) -> String {
    let each = plan.findings.iter().map(|finding| {
        let ratio = which(finding).map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.1}x"));
        format!("{} {ratio}", finding.metric)
    });
    each.collect::<Vec<_>>().join(", ")
}

fn paragraph(out: &mut impl Write, text: &str, indent: usize) -> io::Result<()> {
    writeln!(out, "{}", layout::paragraph(text, terminal::width(), indent))
}

fn dispersion(out: &mut impl Write, proposals: &[Proposal]) -> io::Result<()> {
    if proposals.is_empty() {
        return Ok(());
    }
    let (bold, yellow) = (Style::new().bold(), AnsiColor::Yellow.on_default());
    writeln!(
        out,
        "\n{bold}Dispersion{bold:#} (variance over mean of blue's minutes; declare the largest proposal of a metric)"
    )?;
    let head =
        ["  region", "metric", "estimate", "at most", "proposed", "declared", "pairs of minutes"].map(str::to_owned);
    let rows = proposals.iter().map(|Proposal { region, metric, dispersion, declared }| {
        let declared = declared.map_or_else(|| "none".to_owned(), |declared| format!("{declared:.1}"));
        let [estimate, upper] = [dispersion.estimate, dispersion.upper].map(|value| format!("{value:.2}"));
        let proposed = format!("{:.1}", dispersion.proposed);
        [
            format!("  {region}"),
            metric.to_string(),
            estimate,
            upper,
            proposed,
            declared,
            thousands(dispersion.pairs.into()),
        ]
    });
    let lines = columns(std::iter::once(head).chain(rows), Cells::Words);
    let over = |own: &Proposal| own.declared.is_some_and(|declared| own.dispersion.proposed > declared);
    let styles = proposals.iter().map(|own| if over(own) { yellow } else { Style::new() });
    terminal::styled(out, std::iter::once(Style::new().dimmed()).chain(styles), &lines)
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}
