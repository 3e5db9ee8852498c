//! A region's own way back.

use crate::Voice;
use crate::ledger::client_errors;
use meridian_domain::reason::{Quiet, Return, WayBackReason};

/// What is said of a region whose 4xx are not shown to be its callers'.
const CLIENT_ERRORS: &str = "its 4xx rose with the release, or its callers began to send what it cannot read";

impl Voice<'_> {
    pub(crate) fn way_back(self, why: &WayBackReason) -> String {
        match why {
            WayBackReason::Alarm(reason) => reason.clone(),
            WayBackReason::ClientErrors => CLIENT_ERRORS.to_owned(),
            WayBackReason::Undecided => "it was shifted without a decision to proceed".to_owned(),
            WayBackReason::Unproved => "its golden records are not answered with the release's scores".to_owned(),
            WayBackReason::Guardrail => {
                "the guardrail rolled it back and no judge had said so: the heartbeat was missing, or an alarm came first"
                    .to_owned()
            }
            WayBackReason::Unexplained => "its alarm rang, or it was shifted without a decision to proceed".to_owned(),
            WayBackReason::ProvedAgain(fault) => format!("{}; its golden records prove it now", self.fault(fault)),
        }
    }

    pub(crate) fn told(self, told: &Return) -> String {
        let what = self.told_headline(told);
        let why = match told {
            Return::GoesBack { why, .. } => why.as_ref().map(|why| self.why(why)),
            Return::GoesBackFrom { why, .. }
            | Return::WentBack { why, .. }
            | Return::NowhereToGo { why, .. }
            | Return::RingsInSoak { why, .. } => Some(self.way_back(why)),
            Return::Unwritten { .. } => Some("its ledger could not be written then".to_owned()),
            Return::Unread { why, error, .. } => {
                Some(format!("{}; its ledger cannot be read ({error})", self.way_back(why)))
            }
            Return::Leaves { .. } => Some(CLIENT_ERRORS.to_owned()),
            Return::LeavesAfter { compared, .. } => {
                Some(format!("{CLIENT_ERRORS}: {}", client_errors(compared.as_ref())))
            }
            Return::Broken { .. } => Some("which bytes serve is unknown".to_owned()),
            Return::BytesUnknown { status, .. } => {
                Some(format!("its endpoint is {status:?}, and instances of two releases may answer"))
            }
            Return::Stays { .. } | Return::GoesToProved { .. } | Return::UnderWay => None,
        };
        why.map_or_else(|| what.clone(), |why| format!("{what}: {why}"))
    }

    pub(crate) fn quiet(self, quiet: &Quiet) -> String {
        let fixed = match quiet {
            Quiet::Callers { compared } => {
                let counts = compared.map(|own| format!(": {}", client_errors(Some(&own)))).unwrap_or_default();
                return format!("its 4xx are its callers', and no release's{counts}");
            }
            Quiet::Unseen { region, error } => {
                return format!("{} cannot be seen: {error}; the sweep looks again", self.title(region));
            }
            Quiet::GoldenUnasked { error } => return format!("golden records cannot be asked: {error}"),
            Quiet::GoldenWrong { right, asked, version } => {
                return format!("{right} of {asked} golden records were answered as {version}; the sweep asks again");
            }
            Quiet::AlarmWithoutLedger { error } => {
                return format!("the rollback alarm is quiet, and the ledger cannot be read: {error}");
            }
            Quiet::WayUnseen { error } => return format!("the way back cannot be read either: {error}"),
            Quiet::NotOnTarget { region } => {
                let title = self.title(region);
                return format!("{title} is not on what it would go back from; its ledger cannot be read");
            }
            Quiet::NoEndpoint => "there is no endpoint",
            Quiet::Alarm => "the rollback alarm is quiet",
            Quiet::Changing => "the endpoint is changing",
            Quiet::NothingOnRecord => "the ledger does not know what serves",
            Quiet::Echo => "the alarm still looks at minutes of the release that the region has just left",
            Quiet::ForeignConfig => "the endpoint names a configuration that the ledger does not know",
            Quiet::Halted => "halted already",
            Quiet::HaltedWithoutWay => "halted already, and there is no way back",
            Quiet::CallersWithoutWay => "its 4xx may be its callers', and there is no way back",
            Quiet::FirstNotMade => "the region's first fleet could not be made",
            Quiet::FirstInCreation => "the region's first fleet is being made: there is nothing to go back to",
            Quiet::NotStarted => "the wave's update has not started",
            Quiet::EndedWell => "the wave's update has ended well",
            Quiet::WrongWithoutWay => "it answers wrong, and there is no way back",
            Quiet::Asked => "the update was asked for; the sweep looks again",
            Quiet::OtherUpdate => "another update is running; the sweep looks again",
            Quiet::UnderWay => "the way back is under way",
            Quiet::UnderWayToldByWave => "the way back is under way, and the wave has said why",
            Quiet::UnderWayAlone => "the way back is under way, and nothing else is halted",
            Quiet::UnderWayUnwritten => "the way back is under way; the ledger's entries follow",
            Quiet::WentBackWithoutWay => "the update went back although it had no way back",
            Quiet::JudgeAtWork => "the wave's judge is at work, and says why it went back",
            Quiet::GuardrailTold => "the guardrail was told",
            Quiet::NoWayBesideAlarms => "no way back is written beside the alarms",
            Quiet::NothingProved => "the ledger knows of nothing that was proved to serve here",
        };
        fixed.to_owned()
    }
}
