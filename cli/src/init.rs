//! `meridian init`: the files of a new fleet.

mod places;
mod policy;

use crate::terminal;
use meridian_deployment::Settings;
use meridian_domain::signing::PublicKey;
use meridian_domain::{Fleet, FleetName, KeyId, RegionName};
use meridian_messages::layout::{Cells, columns};
use policy::{Draft, Place, SignedWith, base64};
use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Stage1 to Stage6 of template.yaml.
const MOST_REGIONS: usize = 6;
/// Of FleetBuckets, which roles are given in every bucket of the account that it matches: a few letters and a star would match
/// anybody's.
const SHORTEST_PATTERN: usize = 6;

/// Arguments of `meridian init`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code: 0 the files are written; 2 wrong input, and nothing was written.\n\n\
    Contacts no account. What is not given is asked for at a terminal. Every number that it chooses stands in fleet.toml with its \
    reason, and is yours to change.\n\n\
    Example:\n  meridian init --name credit --account 999999999999 \\\n      \
    --public-key training.pub.pem --out my-fleet \\\n      \
    --region us-east-1=400 --region eu-central-1=150\n  \
    meridian night --fleet my-fleet/fleet.toml --scenario tokyo-dark")]
pub struct Arguments {
    /// What the fleet is called: the regions that serve one model.
    #[arg(long, value_name = "NAME")]
    name: Option<FleetName>,
    /// The AWS account, twelve digits.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// A region with its requests a second at the daily peak, home first: us-east-1=400, or with more,
    /// us-east-1=400,title=US,bucket=models-us,time-zone=America/New_York. Once for each, in the order of promotion.
    #[arg(long = "region", value_name = "NAME=RPS")]
    regions: Vec<Place>,
    /// The public half of the key that training signs with: SPKI as PEM, as openssl pkey -pubout writes it.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// What the key is called.
    #[arg(long, value_name = "NAME", default_value = "training")]
    key_id: KeyId,
    /// The public half of the key that must sign fleet.toml, PolicyKey of template.yaml: functions then start with no other
    /// policy [default: the right to deploy is proof enough].
    #[arg(long, value_name = "FILE")]
    policy_key: Option<PathBuf>,
    /// The endpoints' instances.
    #[arg(long, value_name = "TYPE", default_value = "ml.m6i.xlarge")]
    instance_type: String,
    /// Requests a second that one instance is meant to carry.
    #[arg(long, value_name = "RPS", default_value_t = 250.0)]
    requests_per_instance: f64,
    /// When training publishes, UTC: canaries last as long as the traffic of that hour needs.
    #[arg(long, value_name = "TIME", default_value = "03:00")]
    wave: jiff::civil::Time,
    /// Folder for fleet.toml and samconfig.toml; made where it is missing.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
}

/// Writes the files of a fleet, and says what comes next.
pub fn run(arguments: &Arguments, quiet: bool) -> Result<ExitCode, Box<dyn Error>> {
    let files = ["fleet.toml", "samconfig.toml"].map(|name| arguments.out.join(name));
    if let Some(there) = files.iter().find(|path| path.exists() && !arguments.force) {
        return Err(
            format!("{} is there already: --force replaces it, --out names another folder", there.display()).into()
        );
    }
    let draft = draft(arguments)?;
    let (text, fleet) = draft.fleet()?;
    let mut settings = Settings::of_fleet(&fleet);
    if let Some(path) = &arguments.policy_key {
        let key = base64(&public_key(path)?);
        for own in settings.environments.values_mut() {
            own.parameters.insert("PolicyKey".to_owned(), key.clone());
        }
    }
    deployable(&fleet, &settings)?;
    let samconfig = settings.samconfig(&fleet);
    fs::create_dir_all(&arguments.out).map_err(|error| format!("{}: {error}", arguments.out.display()))?;
    for (path, text) in files.iter().zip([&text, &samconfig]) {
        fs::write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    let [policy, samconfig] = files.each_ref().map(|path| path.display());
    terminal::say(&format!("Wrote {policy} and {samconfig}."))?;
    if !quiet {
        next_steps(&mut terminal::stdout(), &fleet, routing(&settings), arguments)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn draft(arguments: &Arguments) -> Result<Draft, Box<dyn Error>> {
    let missing = [
        ("--name", arguments.name.is_none()),
        ("--account", arguments.account.is_none()),
        ("--region", arguments.regions.is_empty()),
        ("--public-key", arguments.public_key.is_none()),
    ];
    let missing: Vec<&str> = missing.iter().filter(|(_, missing)| *missing).map(|(name, _)| *name).collect();
    let can_ask = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !missing.is_empty() && !can_ask {
        return Err(format!("give {}: there is no terminal to ask at", missing.join(", ")).into());
    }
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => answer("What is the fleet called? It names stacks, endpoint and pipeline (fraud)", |own| {
            own.parse::<FleetName>().map_err(|error| error.to_string())
        })?,
    };
    let account = match &arguments.account {
        Some(account) => account.clone(),
        None => answer("In which AWS account is it? Twelve digits", account)?,
    };
    let regions = if arguments.regions.is_empty() { asked_regions()? } else { arguments.regions.clone() };
    let public_key = match &arguments.public_key {
        Some(path) => public_key(path)?,
        None => answer(
            "Which file holds the public key that verifies training's signatures? docs/signing.md says how a key is made",
            |own| public_key(Path::new(own)),
        )?,
    };
    Ok(Draft {
        name,
        account,
        regions,
        key: SignedWith { id: arguments.key_id.clone(), public_key },
        instance_type: arguments.instance_type.clone(),
        requests_per_instance: arguments.requests_per_instance,
        wave: arguments.wave,
    })
}

/// Asks until the answer is one.
fn answer<T>(question: &str, read: impl Fn(&str) -> Result<T, String>) -> io::Result<T> {
    loop {
        match read(&terminal::asked(question)?) {
            Ok(answer) => return Ok(answer),
            Err(error) => terminal::warning(&error),
        }
    }
}

fn account(text: &str) -> Result<String, String> {
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_account.then(|| text.to_owned()).ok_or_else(|| "expected an AWS account, twelve digits".to_owned())
}

/// Home first, until a line is empty.
fn asked_regions() -> Result<Vec<Place>, Box<dyn Error>> {
    let mut regions: Vec<Place> = Vec::new();
    loop {
        let which = if regions.is_empty() {
            "Which region is home, with how many requests a second at its daily peak? (us-east-1=400)"
        } else {
            "The next one in the order of promotion? Nothing ends the list"
        };
        let answer = terminal::asked(which)?;
        if answer.is_empty() && !regions.is_empty() {
            return Ok(regions);
        }
        match answer.parse() {
            Ok(place) => regions.push(place),
            Err(error) => terminal::warning(&error),
        }
    }
}

fn public_key(path: &Path) -> Result<PublicKey, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    PublicKey::try_from(text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Refuses what is a fleet and what template.yaml has no parameters for.
fn deployable(fleet: &Fleet, settings: &Settings) -> Result<(), String> {
    let regions = fleet.regions.len();
    if regions > MOST_REGIONS {
        return Err(format!("template.yaml has parameters for {MOST_REGIONS} regions, and this fleet has {regions}"));
    }
    let mut patterns = settings.environments.values().filter_map(|own| own.parameters.get("FleetBuckets"));
    if let Some(pattern) = patterns.find(|own| own.ends_with('*') && own.len() < SHORTEST_PATTERN) {
        return Err(format!(
            "the buckets' names must begin alike: roles are given the buckets that {pattern} matches (FleetBuckets), which must \
             be the fleet's alone; bucket= of a region names another one"
        ));
    }
    Ok(())
}

/// Routing of template.yaml as samconfig.toml has it, the same in every region.
fn routing(settings: &Settings) -> Option<&str> {
    settings.environments.values().find_map(|own| own.parameters.get("Routing")).map(String::as_str)
}

fn next_steps(out: &mut impl Write, fleet: &Fleet, routing: Option<&str>, arguments: &Arguments) -> io::Result<()> {
    let routing = routing.map(|way| format!(" --routing {way}")).unwrap_or_default();
    let file = arguments.out.join("fleet.toml");
    let file = file.display();
    let home = |region: &RegionName| if *region == fleet.home { ", home" } else { "" };
    let rows = fleet.regions.iter().map(|region| {
        let instances = format!("{} instances of {}", region.instances, fleet.instance_type);
        let canary = format!("a canary of {:#}{}", region.bake, home(&region.name));
        [region.title.to_string(), region.name.to_string(), instances, canary]
    });
    writeln!(out)?;
    columns(rows, Cells::Words).iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    writeln!(out, "\nNext:")?;
    if arguments.policy_key.is_some() {
        writeln!(
            out,
            "  openssl pkeyutl -sign -rawin -inkey KEY.pem -in {file} -out {file}.sig    sign it, after each change: functions start \
             with no other"
        )?;
    }
    writeln!(
        out,
        "  meridian plan --policy {file}                          what a wave will do, and what it cannot find\n  \
         meridian night --fleet {file} --scenario good-night    rehearse it on this machine; --list names the others\n  \
         meridian cost --policy {file}{routing:<22}    what it costs\n\
         then docs/deploying.md: the containers' images, the callers' token or name, who may publish."
    )
}
