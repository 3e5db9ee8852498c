//! What an audit found, in words.

use crate::Voice;
use meridian_domain::{StepKind, Violation};

impl Voice<'_> {
    /// A step as a log line names it: "Update in eu-west-1".
    pub fn step_kind(self, step: &StepKind) -> String {
        match step {
            StepKind::TakeLease { epoch } => format!("acquire the lease, epoch {epoch}"),
            StepKind::TellHub => "write to the hub's ledger".to_owned(),
            StepKind::TellRegion { region } => format!("write to {region}'s ledger"),
            StepKind::Act { act, region } => format!("{act:?} in {region}"),
            StepKind::Page => "page".to_owned(),
            StepKind::Advise => "advise".to_owned(),
            StepKind::Wait => "wait".to_owned(),
            StepKind::Finish { how } => format!("finish: {how:?}"),
        }
    }

    /// What a step would break, behind the invariant's name: "I1: eu-west-1 is mid-shift".
    pub fn violation(self, violation: &Violation) -> String {
        format!("{}: {}", violation.invariant(), self.broken(violation))
    }

    /// Everything that a step would break, on one line.
    pub fn violations(self, violations: &[Violation]) -> String {
        violations.iter().map(|own| self.violation(own)).collect::<Vec<_>>().join("; ")
    }

    /// Why a wave's action fails at a step that was refused: what the people on call read.
    pub fn refused_step(self, step: &StepKind, violations: &[Violation]) -> String {
        let (step, list) = (self.step_kind(step), self.violations(violations));
        format!("the audit refused a step ({step}), a defect of the planner: {list}")
    }

    fn broken(self, violation: &Violation) -> String {
        match violation {
            Violation::MidShift { region } => format!("{region} is mid-shift"),
            Violation::NotAttested { region, version } => format!("{region} has not attested {version}"),
            Violation::ShadowNotPassed { region, version } => {
                format!("{region}'s captured requests do not let {version} start")
            }
            Violation::NotApproved { version } => format!("{version} is not approved"),
            Violation::OrderNotOnRecord => "the wave's order is not on record, or lacks a region".to_owned(),
            Violation::NoEvidence { region, version } => format!("{region} has no evidence for {version}"),
            Violation::FailedAtFullLoad { region } => {
                format!("{region} failed at full load and would count as evidence")
            }
            Violation::NotProvedToServe { region, version } => format!("{region} is not proved to serve {version}"),
            Violation::TooFarBehind { region } => format!("{region} would be too far behind, and nobody was paged"),
            Violation::Frozen { region } => format!("{region} is frozen, and no override is on record"),
            Violation::GoldenNotAnswered { region } => {
                format!("{region}'s golden records were not all answered correctly")
            }
            Violation::NotInService { region, config } => format!("{region} is not in service on {config}"),
            Violation::AnswersNotProved { region, version } => {
                format!("{region} was not proved to answer as {version}")
            }
            Violation::CountedAsDone { region } => {
                format!("{region} would be counted as done, and does not serve the release")
            }
            Violation::NoWayBack => "an update would start without a rollback target".to_owned(),
            Violation::WayBackNotServed { region } => {
                format!("{region} is not proved to serve its rollback target")
            }
            Violation::NotNew { region } => format!("{region} is not new, and would have no rollback target"),
            Violation::OwnRollbackReplaced { region } => {
                format!("{region}'s own rollback would be replaced in its ledger")
            }
            Violation::AlreadyDeferred { region } => format!("{region} is deferred in this wave"),
            Violation::HaltStands => "a halt is set".to_owned(),
            Violation::Barred { version, by } => format!("{version} {}", self.barred(by)),
            Violation::EvidenceAgainst { region, version } => {
                format!("{}'s evidence says that {version} is worse", self.title(region))
            }
            Violation::ReleaseFaultDeferred { region } => {
                format!("{region} would be deferred although the release is at fault")
            }
            Violation::CondemnedWithoutRevert { region, version } => {
                format!("{version} would be condemned without a revert in {region} that is the release's fault")
            }
            Violation::NoIntent { region, version } => format!("{region}'s ledger has no intent for {version}"),
            Violation::NoScalingIntent { region } => format!("{region}'s ledger has no intent for its scaling"),
            Violation::NoPass => "a canary would proceed without a passing verdict".to_owned(),
            Violation::RevertOverruled { region } => format!("{region} would proceed after a revert was decided"),
            Violation::RevertedIsEvidence { region } => {
                format!("{region} would count as evidence after a revert was decided")
            }
            Violation::OtherTimer { region } => {
                format!("{region}'s timer would be recorded as another one than was requested")
            }
            Violation::CanaryNotAllowed { region } => {
                format!("{region}'s canary was not planned, or is outside policy's bounds")
            }
            Violation::TriesUsedUp { region } => format!("{region} would get more canaries than policy's tries"),
            Violation::BeatWithoutDecision { region } => {
                format!("a heartbeat would extend {region}'s canary without a decision to proceed")
            }
            Violation::ShiftedWithoutDecision { region } => {
                format!("{region}'s traffic was shifted without a decision to proceed")
            }
            Violation::DisarmedWithoutDecision { region } => {
                format!("{region}'s heartbeat alarm would be disarmed without a decision to proceed")
            }
            Violation::WaveOver => "this wave has ended".to_owned(),
            Violation::LeaseNotHeld => "this wave does not hold the lease".to_owned(),
            Violation::LeaseHeld => "another wave holds the lease".to_owned(),
            Violation::OtherEpoch => "an update would be intended under another epoch than the lease's".to_owned(),
            Violation::EpochNotOurs { epoch } => format!("epoch {epoch} of the lease is not this wave's"),
            Violation::EpochOutOfTurn { epoch, last } => format!("epoch {epoch} does not follow {last}"),
            Violation::UnseenNotDeferred { region } => format!("{region} does not answer and is not deferred"),
            Violation::ServingUnknown { region } => format!("{region}: serving release unknown"),
            Violation::UnseenCalledWell { region } => {
                format!("{region} would be recorded as well, and does not answer")
            }
            Violation::UnseenCountedAsDone { region } => {
                format!("{region} would be counted as done, and does not answer")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meridian_domain::{Fleet, RegionName};

    #[test]
    fn a_violation_begins_with_its_invariant() {
        let fleet = Fleet::parse(include_str!("../../../local/fleets/reference/fleet.toml")).unwrap();
        let (voice, region) = (Voice::of(&fleet), "eu-west-1".parse::<RegionName>().unwrap());
        let step = StepKind::Act { act: meridian_domain::plan::Act::Update, region: region.clone() };
        let against = Violation::EvidenceAgainst { region: region.clone(), version: "v427".parse().unwrap() };
        let said = voice.refused_step(&step, &[Violation::MidShift { region }, against]);
        let expected = "the audit refused a step (Update in eu-west-1), a defect of the planner: \
                        I1: eu-west-1 is mid-shift; I7: EU's evidence says that v427 is worse";
        assert_eq!(said, expected);
    }
}
