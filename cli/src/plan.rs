//! `meridian plan`: what the next wave would do, and why, before it does.

mod failover;
mod page;

use crate::aws::whole_second;
use crate::{operator, terminal};
use jiff::Timestamp;
use meridian_aws::AwsClock;
use meridian_domain::edge;
use meridian_domain::plan::{Dispersion, Forecast, Hour, dispersions, forecast, last_hours};
use meridian_domain::replay;
use meridian_domain::{Fleet, RegionName};
use meridian_handlers::ports::Clock;
use meridian_judge::MetricName;
use meridian_messages::Voice;
use serde::Serialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Version of the document.
const SCHEMA: u32 = 3;

/// Arguments of `meridian plan`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    meridian plan\n  \
    meridian plan --policy my-fleet/fleet.toml --at 2026-11-20T03:02:00Z\n  \
    meridian plan --counts last-days.jsonl --json\n  \
    meridian plan --failover --from EU\n\n\
    Exit code: 0 the plan is printed, warnings included; 2 wrong input.\n\n\
    Contacts no account: it knows the policy, the regions' usual traffic and, with --counts, what was measured.")]
pub struct Arguments {
    /// The fleet's policy.
    #[arg(long, value_name = "FILE", default_value = "fleet.toml")]
    policy: PathBuf,
    /// When the wave's first region may start, such as 2026-11-20T03:02:00Z [default: now].
    #[arg(long, value_name = "TIME", value_parser = edge::moment)]
    at: Option<Timestamp>,
    /// Counts of past days as JSON lines, in meridian judge's format; - for standard input. Their last hour takes the place of
    /// the usual traffic and base rates, and blue's minutes propose each metric's dispersion.
    #[arg(long, value_name = "FILE")]
    counts: Option<PathBuf>,
    /// Reckon what it costs to lose a region, by the usual traffic of the day from --at on: who could carry its customers, from when
    /// on, and how many requests are lost.
    #[arg(long, conflicts_with = "counts")]
    failover: bool,
    /// The region that is lost, by its title or AWS's name [default: each of them].
    #[arg(long, value_name = "REGION", requires = "failover")]
    from: Option<String>,
    /// Print the document for machines instead of a page.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: u32,
    fleet: &'a str,
    #[serde(flatten)]
    forecast: &'a Forecast,
    /// The order's reason and the warnings in words.
    words: Words,
    dispersion: &'a [Proposal],
}

#[derive(Debug, Serialize)]
struct Words {
    order: String,
    warnings: Vec<String>,
}

impl Words {
    fn of(fleet: &Fleet, forecast: &Forecast) -> Self {
        let voice = Voice::of(fleet);
        let warnings = forecast.warnings.iter().map(|warning| voice.forecast_warning(warning)).collect();
        Self { order: voice.order(&forecast.order.why), warnings }
    }
}

/// A metric's scatter in one region, beside what policy declares.
#[derive(Debug, Serialize)]
pub struct Proposal {
    region: RegionName,
    metric: MetricName,
    #[serde(flatten)]
    dispersion: Dispersion,
    /// What policy declares; none for a metric that it does not know.
    declared: Option<f64>,
}

/// Plans, and prints the plan.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let fleet = fleet(&arguments.policy)?;
    let at = arguments.at.unwrap_or_else(|| whole_second(AwsClock::new(None).now()));
    if arguments.failover {
        let lost = arguments.from.as_ref().map(|from| operator::region(&fleet, from)).transpose()?;
        return failover::run(&fleet, at, lost.as_ref(), arguments.json);
    }
    let (hours, dispersion) = match &arguments.counts {
        Some(path) => measured(&fleet, path)?,
        None => Default::default(),
    };
    let forecast = forecast(&fleet, at, &hours);
    if arguments.json {
        let (words, fleet) = (Words::of(&fleet, &forecast), fleet.name.as_str());
        let document = Document { schema: SCHEMA, fleet, forecast: &forecast, words, dispersion: &dispersion };
        terminal::document(&document)?;
    } else if quiet {
        page::outcome(&mut terminal::stdout(), &fleet, &forecast)?;
    } else {
        page::write(&mut terminal::stdout(), &fleet, &forecast, &dispersion)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn fleet(path: &Path) -> Result<Fleet, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Fleet::parse(&text).map_err(|error| {
        let line = error.line.map(|line| format!(", line {line}")).unwrap_or_default();
        format!("{}{line}: {}", path.display(), error.problem).into()
    })
}

type Measured = (BTreeMap<RegionName, Hour>, Vec<Proposal>);

fn measured(fleet: &Fleet, path: &Path) -> Result<Measured, Box<dyn Error>> {
    let place = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map_err(|error| place(&error))?;
    } else {
        text = std::fs::read_to_string(path).map_err(|error| place(&error))?;
    }
    let rows = replay::read(&text).map_err(|error| place(&error))?;
    if let Some(row) = rows.iter().find(|row| fleet.region(&row.region).is_none()) {
        let what = format!("line {}: {} is not a region of fleet {}", row.line, row.region, fleet.name);
        return Err(place(&what).into());
    }
    let proposal = |(region, metric, dispersion): (RegionName, MetricName, Dispersion)| {
        let declared = fleet.judge.gauge(&metric).map(|gauge| gauge.dispersion);
        Proposal { region, metric, dispersion, declared }
    };
    Ok((last_hours(&rows), dispersions(&rows).into_iter().map(proposal).collect()))
}
