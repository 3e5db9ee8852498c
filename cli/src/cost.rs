//! `meridian cost`: what the fleet costs in a month, against one region, and what less, another front or another routing would
//! save.

use crate::terminal;
use anstyle::Style;
use meridian_cost::{CostReport, FrontKind, Mark, PriceTable, Routing, Way, report};
use meridian_domain::Fleet;
use meridian_local::night::Tone;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `meridian cost`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    meridian cost\n  \
    meridian cost --front proxy --routing geolocation\n\n\
    Exit code: 0 the forecast is printed; 2 wrong input. What the table has no price for is left out of the amounts that say \
    ?, and named with the row to add.\n\n\
    Asks no account: list prices from a table with its date, the regions' usual traffic, and stated assumptions. \
    docs/cost.md says what is counted.")]
pub struct Arguments {
    /// The fleet's policy.
    #[arg(long, value_name = "FILE", default_value = "fleet.toml")]
    policy: PathBuf,
    /// Prices of your own beside those of the repository's prices.toml, which are built in; a date and a whole [usage] of its own replace
    /// those there.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// What stands before each region's endpoint, FrontKind of template.yaml: api or proxy.
    #[arg(long, value_name = "KIND", default_value_t)]
    front: FrontKind,
    /// How a region is picked for a customer, Routing of template.yaml: none, latency, geolocation, failover, weighted,
    /// global-accelerator or cloudfront.
    #[arg(long, value_name = "WAY", default_value_t)]
    routing: Routing,
    /// Print the document for machines instead of a page.
    #[arg(long)]
    json: bool,
}

/// Reckons; prints the forecast.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let way = Way::new(arguments.front, arguments.routing)?;
    let fleet = fleet(&arguments.policy)?;
    let mut table = PriceTable::built_in()?;
    if let Some(path) = &arguments.prices {
        table = table.with(&read(path)?).map_err(|error| match error.line {
            Some(line) => format!("{}, line {line}: {}", path.display(), error.problem),
            None => format!("{}: {}", path.display(), error.problem),
        })?;
    }
    let report = report(&fleet, &table, way);
    if arguments.json {
        terminal::document(&report)?;
    } else if quiet {
        terminal::say(&report.sum())?;
    } else {
        page(&report)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The page with its tables' heads dimmed, its sums bold, and what it warns of as warnings are.
fn page(report: &CostReport) -> std::io::Result<()> {
    let page = report.page(terminal::width()).into_iter().map(|line| (style(line.mark), line.text));
    let (styles, lines): (Vec<Style>, Vec<String>) = page.unzip();
    terminal::styled(&mut terminal::stdout(), styles, &lines)
}

fn style(mark: Mark) -> Style {
    match mark {
        Mark::Plain => Style::new(),
        Mark::Head => Style::new().dimmed(),
        Mark::Total => Style::new().bold(),
        Mark::Warning => terminal::style(Tone::Warn),
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn fleet(path: &Path) -> Result<Fleet, Box<dyn Error>> {
    Fleet::parse(&read(path)?).map_err(|error| {
        let line = error.line.map(|line| format!(", line {line}")).unwrap_or_default();
        format!("{}{line}: {}", path.display(), error.problem).into()
    })
}
