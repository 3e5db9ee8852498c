//! What may cross the border of a residency zone: a ledger entry may, for it holds names, digests, times, counts, verdicts
//! and words. Whoever adds a record, a field or a type must come by here, for none of this compiles without.

use crate::night::{EU, Night, good, slow};
use crate::plans::Says;
use meridian_domain::Compared;
use meridian_domain::WorseThanBefore;
use meridian_domain::failover::FailoverStep;
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::lost_home::HomeSeen;
use meridian_domain::plan::{Act, Bake, Next, WaveOrder};
use meridian_domain::quarantine::Object;
use meridian_domain::reason::{Fault, JobFailure, WaveEnd};
use meridian_domain::{
    Actor, Advice, Binding, Cause, Chain, Decision, Epoch, Floor, Holdout, ProbationAction, Reason, Record, RegionName,
    ReleaseId, Resumed, Rule, Sha256, Target, Verdict, Version,
};
use meridian_judge::{CapturedJudgement, Judgement, Tally};

/// Says nothing of a customer.
trait MayCross {}

macro_rules! may_cross {
    ($($type:ty),* $(,)?) => {$(impl MayCross for $type {})*};
}

// Names and digests, times and generations, counts and verdicts, and reasons that are made of these. A text is a name, or what
// a service or a person said; a container's words are left out before (I12).
may_cross!(
    Actor,
    RegionName,
    ReleaseId,
    Version,
    Sha256,
    Target,
    Epoch,
    jiff::Timestamp,
    u32,
    bool,
    Verdict,
    Decision,
    Cause,
    Rule,
    WaveOrder,
    Resumed,
    ProbationAction,
    WorseThanBefore,
    Bake,
    Floor,
    Holdout,
    Judgement,
    CapturedJudgement,
    Tally,
    Compared,
    Reason,
    Fault,
    WaveEnd,
    Advice,
    String,
    Object,
    Chain,
    KeptHead,
    Departure,
    JobFailure,
);
impl<T: MayCross> MayCross for Option<T> {}
impl<T: MayCross> MayCross for Vec<T> {}
impl<T: MayCross> MayCross for Box<T> {}
impl<T: MayCross> MayCross for &T {}
impl<A: MayCross, B: MayCross> MayCross for (A, B) {}

macro_rules! crosses {
    ($($field:ident),*) => {{ fn may<T: MayCross>(_: &T) {} $(may($field);)* }};
}

/// Every field of every record, by name: nothing is left out with `..`.
fn crosses_the_border(record: &Record) {
    match record {
        Record::WaveStarted { release, version, execution, late, order, resumes, policy } => {
            crosses!(release, version, execution, late, order, resumes, policy)
        }
        Record::WaveOrdered { execution, order } => crosses!(execution, order),
        Record::HoldoutApproved { holdout, why } => crosses!(holdout, why),
        Record::HomeMoved { from, to, lost, why, binding: Binding } => crosses!(from, to, lost, why),
        Record::Registered { release, package } => crosses!(release, package),
        Record::Evaluated { release, champion, holdout, verdict, why, golden } => {
            crosses!(release, champion, holdout, verdict, why, golden)
        }
        Record::Approved { release, created } => crosses!(release, created),
        Record::Rejected { release, why } => crosses!(release, why),
        Record::LeaseTaken { epoch, until } => crosses!(epoch, until),
        Record::LeaseRenewed { epoch, until } => crosses!(epoch, until),
        Record::LeaseReleased { epoch } => crosses!(epoch),
        Record::RegionIll { region, execution, why } => crosses!(region, execution, why),
        Record::RegionWell { region, execution } => crosses!(region, execution),
        Record::Deferred { region, execution, release, why, paged } => {
            crosses!(region, execution, release, why, paged)
        }
        Record::Condemned { release, region, why } => crosses!(release, region, why),
        Record::Overridden { what, region, why, until } => crosses!(what, region, why, until),
        Record::Quarantined { object, releases, why } => crosses!(object, releases, why),
        Record::QuarantineLifted { object, why } => crosses!(object, why),
        Record::SkewTold { region, newest, why } => crosses!(region, newest, why),
        Record::CallersTold { execution, region, green, blue } => crosses!(execution, region, green, blue),
        Record::JobFailed { execution, why } => crosses!(execution, why),
        Record::WaveEnded { release, execution, lagging, page, cleared, again } => {
            crosses!(release, execution, lagging, page, cleared, again)
        }
        // Never written by this code.
        Record::Newer(_) => {}
        Record::Checkpointed { form, history } => crosses!(form, history),
        Record::Attested { release, version } => crosses!(release, version),
        Record::Shadowed { release, version, champion, judgement } => crosses!(release, version, champion, judgement),
        Record::Refused { release, why, last } => crosses!(release, why, last),
        Record::ChainDeparted { chain, kept, departure } => crosses!(chain, kept, departure),
        Record::NotReplicated { objects } => crosses!(objects),
        Record::UpdateIntended { target, back, execution, epoch, bake } => {
            crosses!(target, back, execution, epoch, bake)
        }
        Record::UpdateStarted { execution } | Record::JudgeReplaced { execution } => crosses!(execution),
        Record::CanaryStarted { execution, from, ends } => crosses!(execution, from, ends),
        Record::Decided { execution, decision, why, judgement, cause } => {
            crosses!(execution, decision, why, judgement, cause)
        }
        Record::Confirmed { target, execution, golden } => crosses!(target, execution, golden),
        Record::FullLoadJudged { target, execution, why, judgement } => crosses!(target, execution, why, judgement),
        Record::Settled { target, execution }
        | Record::Kept { target, execution }
        | Record::EndpointIntended { target, execution } => crosses!(target, execution),
        Record::ScalingIntended { execution, floor } => crosses!(execution, floor),
        Record::ScalingSet { execution } => crosses!(execution),
        Record::InstancesAwaited { execution, there } => crosses!(execution, there),
        Record::Failover(step) => match step {
            FailoverStep::Asked { from, why } => crosses!(from, why),
            FailoverStep::Ready { least, golden } => crosses!(least, golden),
            FailoverStep::Over { why } | FailoverStep::Readmitted { why } => crosses!(why),
            FailoverStep::Missed { region } | FailoverStep::Answers { region } => crosses!(region),
            FailoverStep::Evacuated { to, why } => crosses!(to, why),
        },
        Record::HomeSeen { home, seen } => match seen {
            HomeSeen::Asked { with } => crosses!(home, with),
            HomeSeen::Silent | HomeSeen::Answers => crosses!(home),
        },
        Record::Reverted { from, to, why } => crosses!(from, to, why),
        Record::ClientErrors { target, compared } => crosses!(target, compared),
        Record::ProbationFound { region, target, worse, action } => crosses!(region, target, worse, action),
        Record::BytesUnknown { execution, why, paged } => crosses!(execution, why, paged),
        Record::PageOwed { why, advice } => crosses!(why, advice),
        Record::PageSent { why } => crosses!(why),
        Record::Halted { why } => crosses!(why),
        Record::Lifted { why } => crosses!(why),
    }
}

/// The longest list of numbers in a value.
fn longest_list(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(all) => {
            let numbers = all.iter().filter(|own| own.is_number()).count();
            all.iter().map(longest_list).max().unwrap_or_default().max(numbers)
        }
        serde_json::Value::Object(fields) => fields.values().map(longest_list).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Fewer numbers in a row than a payment's record has (hundreds): sums and test statistics, never rows.
const LONGEST: usize = 100;

#[test]
fn a_record_holds_nothing_of_a_customer() {
    for judgement in [good(), slow()] {
        let mut night = Night::baking(EU);
        night.due(EU);
        assert!(night.next(EU).does(Act::Look));
        night.looked(judgement);
        let Next::TellRegion(_, record) = night.plan(EU).next else { panic!("{:?}", night.plan(EU)) };
        assert!(matches!(record, Record::Decided { judgement: Some(_), .. }), "{record:?}");
        crosses_the_border(&record);
        let value = serde_json::to_value(&record).unwrap();
        assert!(longest_list(&value) < LONGEST, "{value}");
    }
}
