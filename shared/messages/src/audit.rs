//! What an audit found, in words.

use crate::Voice;
use meridian_domain::{StepKind, Violation};

impl Voice<'_> {
    /// A step as a log line names it: "Update in eu-west-1".
    pub fn step_kind(self, step: &StepKind) -> String {
        match step {
            StepKind::TakeLease { epoch } => format!("take the lease, epoch {epoch}"),
            StepKind::TellHub => "tell the hub's ledger".to_owned(),
            StepKind::TellRegion { region } => format!("tell {region}'s ledger"),
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
            Violation::NotApproved { version } => format!("{version} is not approved"),
            Violation::OrderNotOnRecord => "the wave's order is not on record, or leaves a region out".to_owned(),
            Violation::NoEvidence { region, version } => format!("{region} has no evidence for {version}"),
            Violation::FailedAtFullLoad { region } => format!("{region} failed at full load and would be evidence"),
            Violation::NotProvedToServe { region, version } => format!("{region} is not proved to serve {version}"),
            Violation::TooFarBehind { region } => format!("{region} would be too far behind, untold"),
            Violation::Frozen { region } => format!("{region} is frozen, and nobody has overridden that"),
            Violation::GoldenNotAnswered { region } => format!("{region}'s golden records were not all answered right"),
            Violation::NotInService { region, config } => format!("{region} is not in service on {config}"),
            Violation::AnswersNotProved { region, version } => {
                format!("{region} was not proved to answer as {version}")
            }
            Violation::CountedAsDone { region } => {
                format!("{region} would be counted as done, and does not serve the release")
            }
            Violation::NoWayBack => "an update would start without a way back".to_owned(),
            Violation::WayBackNotServed { region } => {
                format!("{region} does not serve, proved, what it would go back to")
            }
            Violation::NotNew { region } => format!("{region} is not new, and would have no way back"),
            Violation::OwnRollbackReplaced { region } => {
                format!("{region}'s own way back would be taken from its ledger")
            }
            Violation::AlreadyDeferred { region } => format!("{region} is deferred in this wave"),
            Violation::HaltStands => "a halt stands".to_owned(),
            Violation::Barred { version, by } => format!("{version} {}", self.barred(by)),
            Violation::EvidenceAgainst { region, version } => {
                format!("{}'s evidence is against {version}", self.title(region))
            }
            Violation::ReleaseFaultDeferred { region } => {
                format!("{region} would be deferred for a fault of the release")
            }
            Violation::CondemnedWithoutRevert { region, version } => {
                format!("{version} would be condemned, and no revert in {region} says so")
            }
            Violation::NoIntent { region, version } => format!("no intent for {version} stands in {region}'s ledger"),
            Violation::NoScalingIntent { region } => format!("no intent for its scaling stands in {region}'s ledger"),
            Violation::NoPass => "a canary would proceed without a passing verdict".to_owned(),
            Violation::RevertOverruled { region } => format!("{region} would proceed after a revert was decided"),
            Violation::RevertedIsEvidence { region } => {
                format!("{region} would be evidence after a revert was decided")
            }
            Violation::OtherTimer { region } => {
                format!("{region}'s timer would be taken for another one than the one that was asked for")
            }
            Violation::CanaryNotAllowed { region } => {
                format!("{region}'s canary was not planned, or is outside of policy's bounds")
            }
            Violation::BeatWithoutDecision { region } => {
                format!("a heartbeat would keep {region}'s canary alive that nobody let through")
            }
            Violation::ShiftedWithoutDecision { region } => {
                format!("{region} was shifted without a decision to proceed")
            }
            Violation::DisarmedWithoutDecision { region } => {
                format!("{region}'s heartbeat alarm would be disarmed, and nobody let its canary through")
            }
            Violation::WaveOver => "this wave has ended".to_owned(),
            Violation::LeaseNotHeld => "the fleet's lease is not held by this wave".to_owned(),
            Violation::LeaseHeld => "the fleet's lease is held".to_owned(),
            Violation::OtherEpoch => "an update would be intended under another epoch than the lease's".to_owned(),
            Violation::EpochNotOurs { epoch } => format!("epoch {epoch} of the lease is not this wave's"),
            Violation::EpochOutOfTurn { epoch, last } => format!("epoch {epoch} does not follow {last}"),
            Violation::UnseenNotDeferred { region } => format!("{region} cannot be seen and is not deferred"),
            Violation::ServingUnknown { region } => format!("nobody knows which bytes {region} serves"),
            Violation::UnseenCalledWell { region } => format!("{region} would be called well, and cannot be seen"),
            Violation::UnseenCountedAsDone { region } => {
                format!("{region} would be counted as done, and cannot be seen")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meridian_domain::{Fleet, RegionName};

    #[test]
    fn a_violation_is_said_behind_its_invariant() {
        let fleet = Fleet::parse(include_str!("../../../fleet.toml")).unwrap();
        let (voice, region) = (Voice::of(&fleet), "eu-west-1".parse::<RegionName>().unwrap());
        let step = StepKind::Act { act: meridian_domain::plan::Act::Update, region: region.clone() };
        let against = Violation::EvidenceAgainst { region: region.clone(), version: "v427".parse().unwrap() };
        let said = voice.refused_step(&step, &[Violation::MidShift { region }, against]);
        let expected = "the audit refused a step (Update in eu-west-1), a defect of the planner: \
                        I1: eu-west-1 is mid-shift; I7: EU's evidence is against v427";
        assert_eq!(said, expected);
    }
}
