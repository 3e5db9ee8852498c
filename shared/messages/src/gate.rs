//! What keeps a region from starting.

use crate::Voice;
use meridian_domain::Frozen;
use meridian_domain::reason::{Gate, Unseen};

impl Voice<'_> {
    pub(crate) fn gate(self, gate: &Gate) -> String {
        match gate {
            Gate::Stopped(stopped) => self.stopped(stopped),
            Gate::Frozen(frozen) => self.frozen(frozen),
            Gate::NotConfirmed { before, version } => {
                format!("{} comes first and has not confirmed {version}", self.title(before))
            }
            Gate::NotJudgedAtFullLoad { before, version } => {
                format!("{} comes first, and {version} was not judged there at full load", self.title(before))
            }
            Gate::LeftAgain { before, version } => {
                format!("{} comes first and does not serve {version} any more", self.title(before))
            }
            Gate::NoEvidence { version } => {
                format!("no active region has shown evidence for {version}, and it has none of its own")
            }
            Gate::MidShift { version, wave } => format!("{wave}'s update to {version} has not come to its end"),
            Gate::Unseen(unseen) => self.unseen(unseen),
            Gate::RegistryUnseen { error } => format!("the model registry cannot be read: {error}"),
            Gate::NotApproved { version } => format!("{version} is not Approved in the model registry"),
            Gate::ApprovedOutsideLedger { version } => format!(
                "the registry says Approved for {version} but the ledger has no approval: somebody overrode the gate"
            ),
            Gate::RollbackOpen { region } => format!("{}'s rollback has not come to its end", self.title(region)),
            Gate::OwnWayBack { region } => format!("{} rolls back by its own means first", self.title(region)),
            Gate::BytesUnknown { region, why } => {
                format!("{}: serving release unknown: {}", self.title(region), self.fault(why))
            }
            Gate::NotAttested { region, version } => format!("{} has not attested {version} yet", self.title(region)),
            Gate::AlarmsUnseen { error } => format!("the alarms cannot be read: {error}"),
            Gate::NoRollbackAlarm { alarm } => format!("the rollback alarm {alarm} does not exist; deploy the stack"),
            Gate::RollbackAlarmRings { alarm } => {
                format!("the rollback alarm {alarm} is in ALARM before the start")
            }
            Gate::GuardRings { alarm } => format!("the guard {alarm} is still in ALARM from before"),
            Gate::NoProvedWayBack { region, config } => format!(
                "{} serves configuration {config}, which its ledger did not confirm: there is no proved way back",
                self.title(region)
            ),
            Gate::LeftoverUnproved { version } => {
                format!("it does not answer as {version}, which its endpoint names")
            }
            Gate::GoldenUnasked { error } => format!("golden records cannot be asked: {error}"),
            Gate::EndpointGone { version, endpoint, config } => format!(
                "its ledger says that {version} serves, and there is no endpoint {endpoint}: create it with configuration {config}"
            ),
            Gate::EndpointGoneSince { endpoint } => {
                format!("its ledger confirmed a release before, and there is no endpoint {endpoint}")
            }
            Gate::NotTaken => "its update was asked for and is not taken".to_owned(),
            Gate::WentBackWithoutWay => "its update went back although it had no way back".to_owned(),
        }
    }

    pub(crate) fn unseen(self, unseen: &Unseen) -> String {
        match unseen {
            Unseen::Error(error) => error.clone(),
            Unseen::Ledger(error) => format!("its ledger cannot be seen: {error}"),
            Unseen::LedgerNotRead => "its ledger was not read".to_owned(),
            Unseen::EndpointNotRead => "its endpoint was not looked at".to_owned(),
        }
    }

    pub(crate) fn frozen(self, frozen: &Frozen) -> String {
        let until = frozen.until.strftime("%Y-%m-%d %H:%M UTC");
        format!("frozen by {:?} until {until} ({})", frozen.name, frozen.why)
    }
}
