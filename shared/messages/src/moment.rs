//! What the ledger says of a moment: `meridian history`.

use crate::layout::day;
use crate::ledger::{Phrasebook, Tone, subject, who};
use crate::{Voice, interrupted};
use jiff::{Timestamp, tz::TimeZone};
use meridian_domain::account::{Account, Answer, Canary, Phase, Proof, Share, State, Underway};
use meridian_domain::{Chain, Decision, Entry, Fleet, RegionName, Target};

/// Everything else that a ledger says of a moment: what each sentence is about, and the sentence. One without a subject goes on
/// about the one before.
pub fn details<'a>(account: &'a Account, clock: &Clock, fleet: &Fleet, words: &Phrasebook) -> Vec<(&'a str, String)> {
    let voice = Voice::of(fleet);
    let mut said = Vec::new();
    for answer in &account.answers {
        said.push((answer.target.version.as_str(), self::answer(answer, clock)));
        said.push(("", proof(&answer.proof, clock, voice)));
        said.extend(answer.interrupted.as_ref().map(|own| ("", interrupted(own))));
    }
    if let Some(unknown) = &account.unknown {
        said.push(("unknown", format!("since {}: {}", clock.of(unknown.since), voice.fault(&unknown.why))));
    }
    if let Some(update) = &account.update {
        said.push(("update", self::update(update, clock, fleet, words)));
    }
    let back = account.way_back.as_ref().map(|back| format!("{}, {}", back.version, back.config));
    said.push(("way back", back.unwrap_or_else(|| "none on record".to_owned())));
    if let Some(ill) = &account.ill {
        let (since, by, why) = (clock.of(ill.since), who(ill.wave.as_str()), voice.why(&ill.why));
        said.push(("ill", format!("its control plane had not answered {by} since {since} ({why})")));
    }
    if let Some(left) = &account.deferred {
        let (since, by, release) = (clock.of(left.at), who(left.wave.as_str()), words.version(&left.release));
        let why = voice.was_left_behind(&left.why);
        said.push(("deferred", format!("{by} had gone on to {release} without it since {since}: {why}")));
    }
    for halt in &account.halts {
        let (place, since) = (if halt.fleet { "the whole fleet" } else { "here" }, clock.of(halt.at));
        let (by, why) = (who(halt.by.as_str()), voice.why(&halt.why));
        said.push(("halt", format!("{place}, since {since} by {by}: {why}")));
    }
    if !account.hub_known {
        let missing = "approval, deferral and the fleet's halt: the hub's chain cannot be read";
        said.push(("unknown", missing.to_owned()));
    }
    said
}

/// The region that an entry is about.
pub fn place<'a>(fleet: &'a Fleet, chain: &'a Chain, entry: &'a Entry) -> &'a RegionName {
    let own = match chain {
        Chain::Home => &fleet.home,
        Chain::Region(region) => region,
    };
    subject(&entry.record).unwrap_or(own)
}

/// Times beside a moment: those of its day without their date.
#[derive(Clone, Copy, Debug)]
pub struct Clock(pub Timestamp);

impl Clock {
    /// Another moment in words.
    pub fn of(&self, at: Timestamp) -> String {
        let same = day(at) == day(self.0);
        at.to_zoned(TimeZone::UTC).strftime(if same { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
    }
}

/// Who served, in some words.
pub fn headline(account: Option<&Account>) -> (Tone, String) {
    let Some(account) = account else {
        return (Tone::Bad, "UNKNOWN: its ledger cannot be read, or is altered".to_owned());
    };
    let versions: Vec<&str> = account.answers.iter().map(|own| own.target.version.as_str()).collect();
    let either = versions.join(" or ");
    match (account.state, &account.update) {
        (State::Nothing, _) => (Tone::Plain, nothing(account.kept.as_ref())),
        (State::Unknown, _) => (Tone::Bad, format!("UNKNOWN: {either}, or both: the serving release was unknown")),
        (State::One, None) => (Tone::Good, either),
        (State::One, Some(update)) => (Tone::Good, one(&either, update)),
        (State::Two, _) => {
            (Tone::Warn, format!("{}: a canary", account.answers.iter().map(share).collect::<Vec<_>>().join(", ")))
        }
        (State::Either, update) => (Tone::Warn, uncertain(&either, update.as_ref())),
    }
}

fn nothing(kept: Option<&Target>) -> String {
    let none = || "nothing: no release had been proved here".to_owned();
    kept.map_or_else(none, |kept| format!("nothing: {} is kept for an endpoint", kept.version))
}

fn one(serving: &str, update: &Underway) -> String {
    let old = update.from.as_ref().map(|from| from.version.as_str());
    match (update.phase, old) {
        (Phase::Soak, Some(old)) => format!("{serving}; {old}'s instances may still have been warm beside it"),
        (Phase::Soak, None) => serving.to_owned(),
        _ => format!("{serving}; {} had no traffic yet", update.to.version),
    }
}

fn share(answer: &Answer) -> String {
    let percent = answer.percent.map(|percent| format!(" with {percent} % of the traffic")).unwrap_or_default();
    format!("{}{percent}", answer.target.version)
}

/// I13: two may have answered, and the page says so.
fn uncertain(either: &str, update: Option<&Underway>) -> String {
    let Some(update) = update else { return either.to_owned() };
    let (to, from) = (&update.to.version, update.from.as_ref().map_or("nothing", |from| from.version.as_str()));
    match update.phase {
        Phase::Asked => format!("{either}: whether SageMaker had taken the update to {to} is not on record"),
        Phase::Provisioning => {
            format!("{either}: {to} was on its way, and whether its canary had begun is not on record")
        }
        Phase::First => format!("{to}, if anything: its endpoint is new, and not proved yet"),
        Phase::Shifting => format!("{either}: the rest of the traffic was moving to {to}"),
        Phase::RollingBack if update.decided.is_none() => format!("{either}: the region was rolling back to {to}"),
        Phase::RollingBack => format!("{either}: the update to {to} had been ordered to roll back to {from}"),
        Phase::RolledBackUnseen => {
            format!("{either}: it left {} without a word before, and since when is not on record", left(update))
        }
        Phase::Canary => format!("{either}: the traffic was on its way, in shares that are not on record"),
        Phase::BeforeCanary | Phase::Soak => either.to_owned(),
    }
}

/// The release that a region left unseen: the one on its way, or the one that had been proved.
fn left(update: &Underway) -> &str {
    match (&update.intended, &update.from) {
        (None, Some(from)) => from.version.as_str(),
        _ => update.to.version.as_str(),
    }
}

/// A configuration that may have answered: its name, since when it was proved and by whom.
fn answer(answer: &Answer, clock: &Clock) -> String {
    let config = &answer.target.config;
    let how = match answer.share {
        Share::All => String::new(),
        Share::Part => answer.percent.map(|percent| format!("{percent} % of the traffic; ")).unwrap_or_default(),
        Share::Perhaps => "perhaps; ".to_owned(),
    };
    match (answer.since, &answer.by) {
        (Some(since), Some(by)) => format!("{how}{config}, serving since {} by {}", clock.of(since), who(by.as_str())),
        (Some(since), None) => {
            let since = clock.of(since);
            format!("{how}{config}, serving since {since} at the latest: who rolled the region back is not on record")
        }
        (None, _) => format!("{how}{config}, not proved here by then"),
    }
}

/// What proved it, in the order in which it is proved.
fn proof(proof: &Proof, clock: &Clock, voice: Voice<'_>) -> String {
    let mut said = Vec::new();
    if let Some(at) = proof.attested {
        said.push(format!("its bytes were checked here {}", clock.of(at)));
    }
    if let Some(at) = proof.approved {
        said.push(format!("approved {}", clock.of(at)));
    }
    if let Some(canary) = proof.canary {
        let (from, ends) = (clock.of(canary.from), clock.of(canary.ends));
        said.push(match canary.ends > clock.0 {
            true => format!("its canary began {from} and ends {ends}"),
            false => format!("its canary {from} to {ends}"),
        });
    }
    if let Some(golden) = proof.golden {
        said.push(format!("{0} of {0} golden records answered with its scores {1}", golden.asked, clock.of(golden.at)));
    }
    if let Some(check) = &proof.full_load {
        let verdict = check.verdict.map(|verdict| format!("{verdict}: ")).unwrap_or_default();
        said.push(format!("at full load {}: {verdict}{}", clock.of(check.at), voice.brief(&check.why)));
    }
    if let Some(at) = proof.settled {
        said.push(format!("seen in service with soak over {}", clock.of(at)));
    }
    if let Some((at, why)) = &proof.condemned {
        said.push(format!("CONDEMNED {}: {}", clock.of(*at), voice.brief(why)));
    }
    if said.is_empty() { "nothing on record".to_owned() } else { said.join("; ") }
}

/// The open update: what, by whom, its canary, what had been decided, and how it went on.
fn update(update: &Underway, clock: &Clock, fleet: &Fleet, words: &Phrasebook) -> String {
    let by = who(update.by.as_str());
    let mut said = vec![match (update.intended, &update.from) {
        (Some(at), Some(from)) => {
            format!("from {} to {}, by {by}, intended {}", from.version, update.to.version, clock.of(at))
        }
        (Some(at), None) => format!("to {}, by {by}, intended {}", update.to.version, clock.of(at)),
        (None, _) => format!("to {}: no word of it by then", update.to.version),
    }];
    if let Some(Canary { from, ends, .. }) = update.canary {
        said.push(format!("canary from {}, SageMaker's timer to {}", clock.of(from), clock.of(ends)));
    }
    if let Some((decision, why)) = &update.decided {
        let decision = match decision {
            Decision::Proceed => "PROCEED",
            Decision::Hold => "HOLD",
            Decision::Revert => "REVERT",
        };
        said.push(format!("decided {decision}: {}", Voice::of(fleet).brief(why)));
    }
    match &update.ended {
        Some(entry) => said.push(format!("afterwards, {}: {}", clock.of(entry.at), words.say_any(fleet, entry).1)),
        // Confirmed: how it went on is what serves.
        None if update.phase == Phase::Soak => {}
        None => said.push("how it went on is not on record".to_owned()),
    }
    said.join("; ")
}
