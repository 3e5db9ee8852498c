//! What the commands share that write: a last question. And those that write an operator's word into a ledger: who and why, and
//! which region.

use crate::aws::{Place, Session};
use crate::terminal;
use jiff::Timestamp;
use meridian_aws::AwsPorts;
use meridian_domain::{Actor, Chain, Fleet, FleetName, RegionName};
use meridian_handlers::operator_ports::OperatorPorts;
use meridian_messages::operator as sentences;
use serde::Serialize;
use std::error::Error;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

/// Version of the document.
const SCHEMA: u32 = 1;
/// A person at the terminal said no.
pub const DECLINED: u8 = 1;

/// How a command that writes is confirmed.
#[derive(Debug, clap::Args)]
pub struct Consent {
    /// Say what would be written, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation at a terminal.
    #[arg(long, short = 'y')]
    yes: bool,
}

/// How far a command went, with what it did or would do.
#[derive(Debug)]
pub enum Went<T> {
    /// It wrote nothing: nobody wanted that, or there is nothing to write.
    Tried(T),
    /// A person at the terminal said no to it.
    Declined(T),
    /// It was carried out.
    Done(T),
}

impl Consent {
    /// Whether anything was said of what would be written.
    pub fn is_said(&self) -> bool {
        self.dry_run || self.yes
    }

    /// Carries a command out, which is told whether it writes. What a dry run tells, and what a person at a terminal is asked, is what
    /// it does where it does not. `question` has none where there is nothing to write.
    ///
    /// # Errors
    /// The terminal is closed. The command's own error stands within.
    pub fn carry_out<T, E>(
        &self,
        command: impl Fn(bool) -> Result<T, E>,
        question: impl Fn(&T) -> Option<String>,
    ) -> io::Result<Result<Went<T>, E>> {
        let asks = !self.yes && io::stdin().is_terminal() && io::stderr().is_terminal();
        if self.dry_run || asks {
            let will = match command(false) {
                Ok(will) => will,
                Err(error) => return Ok(Err(error)),
            };
            let Some(question) = question(&will).filter(|_| !self.dry_run) else { return Ok(Ok(Went::Tried(will))) };
            if !terminal::ask(&question)? {
                return Ok(Ok(Went::Declined(will)));
            }
        }
        Ok(command(true).map(Went::Done))
    }
}

/// Who gives an operator command, why, where, and how it is confirmed and told.
#[derive(Debug, clap::Args)]
pub struct Operator {
    /// The reason, for the ledger: pages, plans and reports quote it.
    #[arg(long, value_name = "TEXT", value_parser = terminal::why)]
    pub why: String,
    /// Who gives this command, for the ledger.
    #[arg(long, value_name = "NAME")]
    pub who: Actor,
    #[command(flatten)]
    consent: Consent,
    /// One JSON document instead of sentences.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub place: Place,
}

/// What a command did, or would do.
#[derive(Debug, Serialize)]
pub struct CommandEffect<'a> {
    /// The command's name, such as `halt`.
    pub command: &'a str,
    /// The region that it names; null for home's chain or every region.
    pub region: Option<&'a RegionName>,
    /// The end of what it says, if that has one.
    pub until: Option<Timestamp>,
    /// The same in words.
    pub words: String,
    /// False where it is so already.
    #[serde(skip)]
    pub changes: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    /// False where nothing was written.
    changed: bool,
    /// True where the words say what would be written.
    dry_run: bool,
    who: &'a Actor,
    why: &'a str,
    #[serde(flatten)]
    told: &'a CommandEffect<'a>,
}

impl Operator {
    /// The fleet with home where it is by now, and ports with credentials behind them.
    ///
    /// # Errors
    /// The policy cannot be read, or there is nothing to ask AWS with.
    pub fn session(&self) -> Result<Session, Box<dyn Error>> {
        self.session_by_policy().map(Session::at_home)
    }

    /// The same, with the home that policy names.
    ///
    /// # Errors
    /// As [`Operator::session`].
    pub fn session_by_policy(&self) -> Result<Session, Box<dyn Error>> {
        let session = Session::open(&self.place)?;
        session.with_credentials()?;
        Ok(session)
    }

    /// Carries a command out as [`Consent::carry_out`] does: `command` does it, over the ports that it is passed. `is_input` says of an
    /// error whether asking otherwise helps, or a service is to blame.
    ///
    /// # Errors
    /// The input is wrong, or the terminal is closed.
    pub fn carry_out<'a, E: Error + 'static>(
        &self,
        session: &Session,
        is_input: fn(&E) -> bool,
        command: impl Fn(&OperatorPorts<'_, AwsPorts>) -> Result<CommandEffect<'a>, E>,
    ) -> Result<ExitCode, Box<dyn Error>> {
        let command = |writes| command(&OperatorPorts { ports: &session.ports, writes });
        let question =
            |will: &CommandEffect<'a>| will.changes.then(|| sentences::question(&will.words, &self.why, &self.who));
        match self.consent.carry_out(command, question)? {
            Ok(Went::Tried(will)) if will.changes => {
                self.say(&will, false, &sentences::would_be_written(&will.words))?
            }
            Ok(Went::Tried(will)) => self.say(&will, false, &sentences::nothing_to_write(&will.words))?,
            Ok(Went::Declined(will)) => {
                self.say(&will, false, &sentences::not_done(&will.words))?;
                return Ok(ExitCode::from(DECLINED));
            }
            Ok(Went::Done(done)) => self.say(&done, done.changes, &done.words)?,
            Err(error) => return failed(session, error, is_input),
        }
        Ok(ExitCode::SUCCESS)
    }

    fn say(&self, told: &CommandEffect<'_>, changed: bool, sentence: &str) -> io::Result<()> {
        if !self.json {
            return terminal::say(sentence);
        }
        let dry_run = self.consent.dry_run;
        let document = Document { schema: SCHEMA, changed, dry_run, who: &self.who, why: &self.why, told };
        terminal::document(&document)
    }
}

fn failed<E: Error + 'static>(
    session: &Session,
    error: E,
    is_input: fn(&E) -> bool,
) -> Result<ExitCode, Box<dyn Error>> {
    if is_input(&error) {
        return Err(error.into());
    }
    session.with_credentials()?;
    Ok(session.failed(&error))
}

/// The chain that a person names: `home`, or a region's own by the region's title or name.
///
/// # Errors
/// The fleet has no such region.
pub fn chain(fleet: &Fleet, asked: &str) -> Result<Chain, UnknownRegion> {
    if asked == "home" { Ok(Chain::Home) } else { region(fleet, asked).map(Chain::Region) }
}

/// The region, if it is one's own chain. Home's is the whole fleet's.
pub fn region_of(chain: &Chain) -> Option<&RegionName> {
    match chain {
        Chain::Home => None,
        Chain::Region(region) => Some(region),
    }
}

/// A region that the fleet does not have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("--region {asked}: fleet {fleet} has no such region: it has {}", listed(.known))]
pub struct UnknownRegion {
    asked: String,
    fleet: FleetName,
    /// The regions that may be named, by their titles and names.
    known: Vec<(String, RegionName)>,
}

fn listed(known: &[(String, RegionName)]) -> String {
    known.iter().map(|(title, name)| format!("{title} ({name})")).collect::<Vec<_>>().join(", ")
}

/// A region by its title or AWS's name, whatever the case.
///
/// # Errors
/// The fleet has no such region.
pub fn region(fleet: &Fleet, asked: &str) -> Result<RegionName, UnknownRegion> {
    let is = |name: &str| name.eq_ignore_ascii_case(asked);
    let found = fleet.regions.iter().find(|region| is(&region.title) || is(region.name.as_str()));
    found.map(|region| region.name.clone()).ok_or_else(|| {
        let known = fleet.regions.iter().map(|region| (region.title.clone(), region.name.clone())).collect();
        UnknownRegion { asked: asked.to_owned(), fleet: fleet.name.clone(), known }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet() -> Fleet {
        Fleet::parse(include_str!("../../local/fleets/reference/fleet.toml")).unwrap()
    }

    #[test]
    fn a_region_is_named_by_its_title_or_its_name_in_any_case() {
        let tokyo = Ok(Chain::Region("ap-northeast-1".parse().unwrap()));
        for text in ["JP", "jp", "ap-northeast-1", "AP-NORTHEAST-1"] {
            assert_eq!(chain(&fleet(), text), tokyo, "{text}");
        }
        assert_eq!(chain(&fleet(), "home"), Ok(Chain::Home));
    }

    #[test]
    fn an_unknown_region_is_refused_with_the_fleets_regions() {
        let error = chain(&fleet(), "Tokio").unwrap_err().to_string();
        assert!(error.contains("Tokio") && error.contains("JP (ap-northeast-1)"), "{error}");
    }
}
