//! A region's own rollback.

use crate::Voice;
use crate::compared::{client_errors, ill_alike};
use crate::unseen::words;
use crate::why::clock;
use meridian_domain::WorseThanBefore;
use meridian_domain::alarms::{CALLS_EVERY, LeftBehind};
use meridian_domain::reason::{Quiet, Return, WayBackReason};

/// The 4xx of a region may be the release's or the callers' fault.
const CLIENT_ERRORS: &str = "its 4xx rose: the release rejects good requests, or its callers send bad ones";

/// "5xx: 512 of 340000 requests, 170 usual ...".
pub(crate) fn worse_than_before(worse: &WorseThanBefore) -> String {
    let WorseThanBefore { metric, today, expected, tolerated, days } = worse;
    let as_far_as = if *tolerated < 1.0 { "down" } else { "up" };
    format!(
        "{metric}: {} of {} requests, {expected:.0} usual by the same hours of {days} earlier days; {as_far_as} to \
         {tolerated:.2} times is usual",
        today.bad, today.total
    )
}

impl Voice<'_> {
    pub(crate) fn way_back(self, why: &WayBackReason) -> String {
        match why {
            WayBackReason::Alarm { alarm, alike } => {
                let alike = alike.map(|own| format!("; the region is ill, not a release: {}", ill_alike(&own))).unwrap_or_default();
                format!("alarm {alarm} is in ALARM{alike}")
            }
            WayBackReason::ClientErrors => CLIENT_ERRORS.to_owned(),
            WayBackReason::Undecided => "its traffic was shifted without a decision to proceed".to_owned(),
            WayBackReason::Unproved => "its golden records are not answered with the release's scores".to_owned(),
            WayBackReason::Guardrail => {
                "the guardrail rolled it back without a decision to revert: an alarm was in ALARM, or the judge heartbeat was missing"
                    .to_owned()
            }
            WayBackReason::JudgeSilent => format!(
                "the guardrail rolled it back while the judge heartbeat was missing: promote had died, or CodePipeline called it less \
                 often than every {CALLS_EVERY:#}"
            ),
            WayBackReason::JudgeUnseen => {
                "the guardrail rolled it back without a decision to revert, and CloudWatch did not say whether the judge was alive"
                    .to_owned()
            }
            WayBackReason::Unexplained => "its alarm was in ALARM, or its traffic was shifted without a decision to proceed".to_owned(),
            WayBackReason::WorseThanBefore(worse) => worse_than_before(worse),
            WayBackReason::LeftBehind(LeftBehind { wave, since }) => {
                format!("{wave} deferred the region: its ledger had not answered since {}", clock(*since))
            }
            WayBackReason::ProvedAgain(fault) => format!("{}; its golden records prove it now", self.fault(fault)),
        }
    }

    pub(crate) fn told(self, told: &Return) -> String {
        let what = self.told_headline(told);
        let why = match told {
            Return::RollsBack { why, .. } => why.as_ref().map(|why| self.why(why)),
            Return::RollsBackFrom { why, .. }
            | Return::RolledBack { why, .. }
            | Return::NowhereToGo { why, .. }
            | Return::RingsInSoak { why, .. } => Some(self.way_back(why)),
            Return::Unwritten { .. } => Some(
                "its ledger does not say why: somebody rolled it back by hand, or rollback could not write there; rollback's log tells"
                    .to_owned(),
            ),
            Return::Unread { why, unread, .. } => {
                Some(format!("{}; its ledger cannot be read ({})", self.way_back(why), words(unread)))
            }
            Return::Leaves { .. } => Some(CLIENT_ERRORS.to_owned()),
            Return::LeavesAfter { compared, .. } => {
                Some(format!("{CLIENT_ERRORS}: {}", client_errors(compared.as_ref())))
            }
            Return::WorseThanBefore { worse, .. } => Some(worse_than_before(worse)),
            Return::NotLit { .. } => Some("it is not there in time, or does not answer its golden records".to_owned()),
            Return::Broken { .. } => Some("serving release unknown".to_owned()),
            Return::Foreign { version, config, .. } => Some(format!(
                "somebody updated it to configuration {config}; its ledger says that {version} serves"
            )),
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
                return format!("callers cause its 4xx, not a release{counts}");
            }
            Quiet::TooFewDays { days, needed } => {
                return format!(
                    "the rollback alarm is OK; probation says nothing yet: {days} earlier days to compare with, {needed} needed"
                );
            }
            Quiet::LikeBefore { days } => {
                return format!("the rollback alarm is OK; no worse than the same hours of {days} earlier days");
            }
            Quiet::WorseTold { version } => {
                return format!(
                    "the rollback alarm is OK; {version} is worse than the days before, and that is on record"
                );
            }
            Quiet::DaysUnread { why } => {
                return format!("the rollback alarm is OK; the days before cannot be read: {}", words(why));
            }
            Quiet::Unseen { region, why } => {
                return format!("{} cannot be described: {}; the sweep tries again", self.title(region), words(why));
            }
            Quiet::GoldenUnasked { why } => return format!("golden records cannot be asked: {}", words(why)),
            Quiet::GoldenWrong { right, asked, version } => {
                return format!("{right} of {asked} golden records were answered as {version}; the sweep asks again");
            }
            Quiet::AlarmWithoutLedger { why } => {
                return format!("the rollback alarm is OK, and the ledger cannot be read: {}", words(why));
            }
            Quiet::WayUnseen { why } => return format!("the rollback target cannot be read either: {}", words(why)),
            Quiet::NotOnTarget { region } => {
                let title = self.title(region);
                return format!(
                    "{title} does not serve the release that it would roll back; its ledger cannot be read"
                );
            }
            Quiet::AwaitsInstances { has, least } => {
                return format!("{has} of the {least} instances for another region's customers are in service");
            }
            Quiet::Keeps { version } => return format!("nothing runs here; {version} is ready for an endpoint"),
            Quiet::Lighting { version } => return format!("the endpoint is being created, with {version}"),
            Quiet::NoEndpoint => "there is no endpoint",
            Quiet::Alarm => "the rollback alarm is OK",
            Quiet::Changing => "the endpoint is changing",
            Quiet::NothingOnRecord => "the ledger has no record of what serves",
            Quiet::Echo => "the alarm still covers minutes of the release that the region has just rolled back",
            Quiet::ForeignConfig => "the endpoint has a configuration that is not in the ledger",
            Quiet::Halted => "halted already",
            Quiet::HaltedWithoutWay => "halted already, and there is no rollback target",
            Quiet::CallersWithoutWay => "callers may cause its 4xx, and there is no rollback target",
            Quiet::FirstNotMade => "the region's first instances could not be created",
            Quiet::FirstInCreation => "the region's first instances are being created: there is no rollback target",
            Quiet::NotStarted => "the wave's update has not started",
            Quiet::EndedWell => "the wave's update has succeeded",
            Quiet::WrongWithoutWay => "its answers are wrong, and there is no rollback target",
            Quiet::Asked => "the update was requested; the sweep checks again",
            Quiet::OtherUpdate => "another update is in progress; the sweep checks again",
            Quiet::UnderWay => "the rollback is in progress",
            Quiet::UnderWayToldByWave => "the rollback is in progress, and the wave has recorded the reason",
            Quiet::UnderWayAlone => "the rollback is in progress, and nothing else is halted",
            Quiet::UnderWayUnwritten => "the rollback is in progress; the ledger's entries follow",
            Quiet::RolledBackWithoutWay => "the update was rolled back although it had no rollback target",
            Quiet::JudgeAtWork => "the wave's judge is running, and records the reason of the rollback",
            Quiet::GuardrailTold => "the guardrail alarm was set",
            Quiet::NoWayBesideAlarms => "no rollback target is stored with the verdict alarm",
            Quiet::NothingProved => "the ledger has no release that was proved to serve here",
        };
        fixed.to_owned()
    }
}
