//! `meridian judge`: what the judge says of a wave's counts.

mod document;
mod table;

use crate::terminal;
use document::Document;
use meridian_domain::replay::{Setting, read, replay};
use meridian_domain::stakes::Exposure;
use meridian_domain::{Fleet, JudgePolicy, Verdict};
use meridian_messages::replay_warning;
use std::error::Error;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exit code of a release that is worse.
const FAIL: u8 = 1;
/// Exit code if there is too little data.
const INCONCLUSIVE: u8 = 3;
/// Minutes of warm-up where no policy says.
const WARM_UP: i64 = 1;

/// Arguments of `meridian judge`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    meridian judge --counts wave.jsonl --policy fleet.toml\n  \
    meridian judge --counts - --json < wave.jsonl\n\n\
    Exit code: 0 pass; 1 fail; 3 inconclusive; 2 wrong input, and nothing was judged.\n\n\
    A line of counts: {\"minute\":0,\"region\":\"eu-west-1\",\"metric\":\"5xx\",\"green\":{\"total\":3600,\"bad\":4},\
    \"blue\":{\"total\":32400,\"bad\":33}}")]
pub struct Arguments {
    /// Counts by minute, one JSON object a line, in order of time; - for standard input.
    #[arg(long, value_name = "FILE")]
    counts: PathBuf,
    /// The fleet.toml whose [judge], [guardrail] and regions hold [default: built-in bounds, the file's regions].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print the document for machines instead of a table.
    #[arg(long)]
    json: bool,
}

/// Judges, and prints the verdict.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let fleet = arguments.policy.as_deref().map(fleet).transpose()?;
    let built_in = JudgePolicy::default();
    let setting = match &fleet {
        Some(fleet) => Setting {
            policy: &fleet.judge,
            regions: fleet.regions.iter().map(|region| region.name.clone()).collect(),
            warm_up: fleet.regions.first().map_or(WARM_UP, |region| fleet.guardrail.watch(region.bake).warm_up),
            exposure: Exposure::of(&fleet.guardrail),
        },
        None => Setting { policy: &built_in, regions: Vec::new(), warm_up: WARM_UP, exposure: Exposure::default() },
    };
    let place = |error| format!("{}, {error}", arguments.counts.display());
    let rows = read(&text(&arguments.counts)?).map_err(place)?;
    let replay = replay(&setting, &rows).map_err(place)?;
    if !quiet {
        replay.warnings.iter().for_each(|warning| terminal::warning(&replay_warning(warning)));
    }
    if arguments.json {
        terminal::document(&Document::of(&replay, setting.policy))?;
    } else if quiet {
        table::verdict(&mut terminal::stdout(), &replay)?;
    } else {
        table::write(&mut terminal::stdout(), &replay, fleet.as_ref())?;
    }
    Ok(match replay.wave.verdict {
        Verdict::Pass => ExitCode::SUCCESS,
        Verdict::Fail => ExitCode::from(FAIL),
        Verdict::Inconclusive => ExitCode::from(INCONCLUSIVE),
    })
}

fn fleet(path: &Path) -> Result<Fleet, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Fleet::parse(&text).map_err(|error| {
        let line = error.line.map(|line| format!(", line {line}")).unwrap_or_default();
        format!("{}{line}: {}", path.display(), error.problem).into()
    })
}

fn text(path: &Path) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map(|_| ())
    } else {
        fs::read_to_string(path).map(|whole| text = whole)
    };
    read.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text)
}
