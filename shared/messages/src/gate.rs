//! What keeps a region from starting.

use crate::Voice;
use crate::captured::findings;
use crate::unseen::{of_region, words};
use meridian_domain::Frozen;
use meridian_domain::reason::Gate;
use meridian_judge::CapturedVerdict;

impl Voice<'_> {
    pub(crate) fn gate(self, gate: &Gate) -> String {
        match gate {
            Gate::Stopped(stopped) => self.stopped(stopped),
            Gate::Frozen(frozen) => self.frozen(frozen),
            Gate::Lights { region } => format!("{} makes its endpoint itself", self.title(region)),
            Gate::InFailover { region } => {
                format!(
                    "a failover is on record in {}: its customers, or another region's, are moved",
                    self.title(region)
                )
            }
            Gate::NotConfirmed { before, version } => {
                format!("{} comes first and has not confirmed {version}", self.title(before))
            }
            Gate::NotJudgedAtFullLoad { before, version } => {
                format!("{} comes first and has not judged {version} at full load", self.title(before))
            }
            Gate::LeftAgain { before, version } => {
                format!("{} comes first and no longer serves {version}", self.title(before))
            }
            Gate::NoEvidence { version } => {
                format!("no active region has evidence for {version}, and this region has none either")
            }
            Gate::MidShift { version, wave } => format!("{wave}'s update to {version} has not ended"),
            Gate::Unseen(why) => of_region(why),
            Gate::RegistryUnseen { why } => format!("the model registry cannot be read: {}", words(why)),
            Gate::NotApproved { version } => format!("{version} is not Approved in the model registry"),
            Gate::ApprovedOutsideLedger { version } => format!(
                "{version} is Approved in the model registry and not in the ledger: the approval bypassed Meridian"
            ),
            Gate::RollbackOpen { region } => format!("{}'s rollback has not ended", self.title(region)),
            Gate::OwnWayBack { region } => format!("{} completes its own rollback first", self.title(region)),
            Gate::BytesUnknown { region, why } => {
                format!("{}: serving release unknown: {}", self.title(region), self.fault(why))
            }
            Gate::NotAttested { region, version } => format!("{} has not attested {version} yet", self.title(region)),
            Gate::NotShadowed { region, version } => {
                format!("{} has not scored {version} on its captured requests yet", self.title(region))
            }
            Gate::ShadowShort { region, verdict: CapturedVerdict::NothingCaptured, version, .. } => {
                format!("{} has captured no request to score {version} on", self.title(region))
            }
            Gate::ShadowShort { region, version, records, .. } => {
                format!("{} has captured too few different requests to judge {version}: {records}", self.title(region))
            }
            Gate::ShadowFailed { region, version, failed } => {
                format!("{version} fails on {}'s captured requests: {}", self.title(region), findings(failed))
            }
            Gate::AlarmsUnseen { why } => format!("the alarms cannot be read: {}", words(why)),
            Gate::NoRollbackAlarm { alarm } => format!("rollback alarm {alarm} does not exist: deploy the stack"),
            Gate::RollbackAlarmRings { alarm } => {
                format!("rollback alarm {alarm} is in ALARM before the start")
            }
            Gate::GuardRings { alarm } => format!("guardrail alarm {alarm} is in ALARM before the start"),
            Gate::NoProvedWayBack { region, config } => format!(
                "{} serves configuration {config}, which its ledger has not confirmed: no proved rollback target",
                self.title(region)
            ),
            Gate::LeftoverUnproved { version } => {
                format!("its endpoint names {version}, and its answers are not that release's")
            }
            Gate::GoldenUnasked { why } => format!("golden records cannot be asked: {}", words(why)),
            Gate::EndpointGone { version, endpoint, config } => format!(
                "endpoint {endpoint} does not exist, and its ledger says that {version} serves: create it with configuration {config}"
            ),
            Gate::EndpointGoneSince { endpoint } => {
                format!("endpoint {endpoint} does not exist, and its ledger has confirmed a release")
            }
            Gate::NotTaken => "its update was requested, and SageMaker has not accepted it".to_owned(),
            Gate::StillRegistered { why } => {
                format!("its instance type changes, and automatic scaling could not be removed first: {}", words(why))
            }
            Gate::RolledBackWithoutWay => "its update was rolled back although it had no rollback target".to_owned(),
        }
    }

    pub(crate) fn frozen(self, frozen: &Frozen) -> String {
        let until = frozen.until.strftime("%Y-%m-%d %H:%M UTC");
        format!("frozen by {:?} until {until} ({})", frozen.name, frozen.why)
    }
}
