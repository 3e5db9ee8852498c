//! Why a canary proceeds or is rolled back.

use crate::Voice;
use crate::judging::findings;
use crate::unseen::words;
use crate::why::listed;
use meridian_domain::reason::{FullLoad, Proceed, Proof, Revert, Sign};

impl Voice<'_> {
    pub(crate) fn proceed(self, proceed: &Proceed) -> Vec<String> {
        match proceed {
            Proceed::Passes(found) => findings(found),
            Proceed::RelyOn(regions) => {
                let titles: Vec<String> = regions.iter().map(|region| self.title(region).to_owned()).collect();
                vec!["no canary here".to_owned(), format!("uses the evidence of {}", listed(&titles))]
            }
        }
    }

    pub(crate) fn revert(self, revert: &Revert) -> Vec<String> {
        vec![match revert {
            Revert::Worse(found) | Revert::Undecided(found) => return findings(found),
            Revert::WorseAtFullLoad(found) => return led("worse at full load: ", findings(found)),
            Revert::Signs(signs) if !signs.is_empty() => {
                return signs.iter().flat_map(|sign| self.sign(sign)).collect();
            }
            Revert::Signs(_) => "SageMaker rolled it back, and no guardrail alarm is in ALARM any more".to_owned(),
            Revert::CountsUnseen { why } => format!("the counts cannot be read: {}", words(why)),
            Revert::TimerEnded => "the timer ended before a decision".to_owned(),
            Revert::Unproved(proof) => self.proof(proof),
            Revert::Stopped(stopped) => self.stopped(stopped),
            Revert::NoEvidence { version } => format!("no active region has evidence for {version}"),
            Revert::AlarmRang(why) => {
                format!("the rollback alarm went into ALARM during the update: {}", self.way_back(why))
            }
        }]
    }

    pub(crate) fn proof(self, proof: &Proof) -> String {
        match proof {
            Proof::Wrong { right, asked, version } => {
                format!("{right} of {asked} golden records were answered as {version}")
            }
            Proof::Unasked { why } => format!("golden records cannot be asked: {}", words(why)),
        }
    }

    fn sign(self, sign: &Sign) -> Vec<String> {
        vec![match sign {
            Sign::Failed(found) => return findings(found),
            Sign::GreenGuard { alarm } | Sign::OtherGuard { alarm } => format!("guardrail alarm {alarm} tripped"),
            Sign::SilentWithOthers { silent, others } => {
                let others: Vec<&str> = others.iter().map(|other| self.title(other)).collect();
                let others = others.join(" and ");
                format!("{}, {others} unreachable too: not a single-region fault", self.silent(silent))
            }
            Sign::SilentAlone(silent) => {
                return vec![self.silent(silent), "no other region was known to be unreachable".to_owned()];
            }
            Sign::NoCapacity { reason } => format!("SageMaker has no capacity: {reason}"),
            Sign::EndpointAlarm => "the alarm over the whole endpoint is in ALARM".to_owned(),
        }]
    }

    pub(crate) fn full_load(self, found: &FullLoad) -> Vec<String> {
        let why = match found {
            FullLoad::Judged(found) => return findings(found),
            FullLoad::FirstRelease => "a first release has no old instances to compare with".to_owned(),
            FullLoad::UpdateNotOnRecord => "its update is no longer on record".to_owned(),
            FullLoad::Unseen { why } => format!("the counts cannot be read: {}", words(why)),
        };
        vec![format!("not judged: {why}")]
    }
}

/// Parts of which the first begins with these words.
fn led(words: &str, parts: Vec<String>) -> Vec<String> {
    let mut words = Some(words);
    parts.into_iter().map(|part| format!("{}{part}", words.take().unwrap_or_default())).collect()
}
