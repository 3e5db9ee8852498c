//! What a chain adds up to is kept and read back as it was, and only the chain can say which of what is kept counts.

use crate::night::{AU, BR, EU, JP, Night, actor, at, bytes_unknown, good, name, order_reason, release, said, version};
use crate::sights;
use jiff::SignedDuration;
use meridian_domain::WorseThanBefore;
use meridian_domain::checkpoint::{FORM, misnamed, record};
use meridian_domain::failover::FailoverStep;
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::lost_home::HomeSeen;
use meridian_domain::plan::{Bake, WaveOrder};
use meridian_domain::quarantine::Object;
use meridian_domain::reason::{JobFailure, WaveEnd};
use meridian_domain::{
    Advice, Binding, Cause, Chain, Checkpoint, Decision, Epoch, Floor, Head, Holdout, HubHistory, ProbationAction,
    Projection, Record, RegionHistory, Rule, ServingRole, Sha256, StepKind, Stored, Target, Verdict, Violation,
};
use meridian_judge::{CapturedCounts, CapturedJudgement, Judgement, MetricEvidence, RegionEvidence, Tally};
use proptest::prelude::*;

fn read_back<H: Projection + PartialEq + std::fmt::Debug>(history: H, next: u64) {
    let checkpoint = Checkpoint { head: Head { next, prev: Sha256::of(b"before"), written: at("03:00:00") }, history };
    let bytes = checkpoint.to_bytes();
    let read = Checkpoint::from_bytes(&bytes).unwrap();
    assert_eq!(read, checkpoint);
    assert_eq!(read.to_bytes(), bytes);
}

proptest! {
    #[test]
    fn what_is_kept_reads_back_as_it_was(hub in sights::hub(), region in sights::history(), next: u64) {
        read_back(hub, next);
        read_back(region, next);
    }
}

/// A chain whose last entry says `record` of what the one before it adds up to.
fn named(record: impl Fn(Checkpoint<HubHistory>) -> Record) -> Vec<Stored> {
    let (mut head, mut history) = (Head::default(), HubHistory::default());
    let first = head.entry(at("03:00:00"), actor("maria"), Record::Halted { why: said("a look at EU") });
    head.follow(&first).unwrap();
    history.apply(&first);
    let record = record(Checkpoint { head: head.clone(), history });
    let second = head.entry(at("03:01:00"), actor("replication.eu-west-1"), record);
    [first, second]
        .map(|entry| {
            let at = entry.written;
            Stored::new(entry, at)
        })
        .into()
}

#[test]
fn a_checkpoint_that_differs_from_its_entries_is_found() {
    let found = |record: &dyn Fn(Checkpoint<HubHistory>) -> Record| misnamed::<HubHistory>(&named(record));
    assert_eq!(found(&|own| record(&own.to_bytes())), None);
    // Another history, another place; and what another form means, only its own code can say.
    assert_eq!(found(&|own| record(&Checkpoint { history: HubHistory::default(), ..own }.to_bytes())), Some(1));
    assert_eq!(found(&|own| record(&Checkpoint { head: Head::default(), ..own }.to_bytes())), Some(1));
    assert_eq!(found(&|_| Record::Checkpointed { form: FORM + 1, history: Sha256::of(b"") }), None);
}

/// Saying that a chain was added up adds nothing.
#[test]
fn a_checkpoint_changes_no_history() {
    let record = record(b"");
    let mut night = Night::baking(AU);
    let (region, hub) = (night.history(AU).clone(), night.sight.hub.clone());
    night.tell(AU, record.clone());
    assert_eq!(*night.history(AU), region);
    let mut after = (*hub).clone();
    after.apply(&Head::default().entry(at("03:00:00"), actor("wave-1"), record));
    assert_eq!(after, *hub);
}

/// What a chain adds up to after each of `records` in turn, in one digest.
fn summed<H: Projection + PartialEq + std::fmt::Debug>(records: Vec<Record>) -> Sha256 {
    let (mut head, mut history, mut all) = (Head::default(), H::default(), Vec::new());
    for (minute, record) in records.into_iter().enumerate() {
        let entry = head.entry(at(&format!("03:{minute:02}:00")), actor("wave-1"), record);
        head.follow(&entry).unwrap();
        history.apply(&entry);
        let checkpoint = Checkpoint { head: head.clone(), history: history.clone() };
        let bytes = checkpoint.to_bytes();
        assert_eq!(Checkpoint::from_bytes(&bytes).unwrap(), checkpoint);
        all.extend(bytes);
    }
    Sha256::of(&all)
}

/// A region's chain in which everything is said that one can say. Nothing of it hangs on a policy.
pub fn of_a_region() -> Vec<Record> {
    let wave = || actor("wave-1");
    let target = |text: &str| Target {
        release: release(text),
        version: version(text),
        model: format!("fraud-{text}").parse().unwrap(),
        config: format!("fraud-{text}").parse().unwrap(),
        role: ServingRole::First,
    };
    let (new, old) = (|| target("v427"), || target("v426"));
    let intent = |target, back, epoch| {
        let bake = Some(Bake { wait: SignedDuration::from_mins(8), percent: 25 });
        Record::UpdateIntended { target, back: Some(back), execution: wave(), epoch, bake }
    };
    let decided = |decision, cause, judgement| Record::Decided {
        execution: wave(),
        decision,
        why: said("because"),
        judgement,
        cause,
    };
    let shown = RegionEvidence { metrics: [("5xx".parse().unwrap(), MetricEvidence::default())].into() };
    vec![
        Record::Attested { release: release("v426"), version: version("v426") },
        Record::Refused { release: release("v427"), why: said("other bytes"), last: true },
        Record::ChainDeparted {
            chain: Chain::Region(name(JP)),
            kept: KeptHead { seq: 7, hash: Sha256::of(b"entry") },
            departure: Departure::Missing,
        },
        Record::NotReplicated { objects: vec![("releases/x".to_owned(), "fraud-models-jp".to_owned())] },
        intent(old(), new(), None),
        Record::Confirmed { target: old(), execution: actor("wave-0"), golden: 10 },
        Record::Settled { target: old(), execution: actor("wave-0") },
        Record::Attested { release: release("v427"), version: version("v427") },
        Record::Shadowed {
            release: release("v427"),
            version: version("v427"),
            champion: release("v426"),
            judgement: CapturedJudgement::of(CapturedCounts::default(), Vec::new(), 2),
        },
        Record::ScalingIntended {
            execution: wave(),
            floor: Floor { least: 3, most: 6, terms: "0a".to_owned(), failover: true },
        },
        Record::ScalingSet { execution: wave() },
        Record::InstancesAwaited { execution: wave(), there: true },
        Record::Failover(FailoverStep::Missed { region: name(EU) }),
        Record::Failover(FailoverStep::Answers { region: name(AU) }),
        Record::Failover(FailoverStep::Asked { from: name(EU), why: "network".to_owned() }),
        Record::Failover(FailoverStep::Ready { least: Some(3), golden: 10 }),
        Record::Failover(FailoverStep::Over { why: "done".to_owned() }),
        Record::Failover(FailoverStep::Evacuated { to: name(JP), why: "network".to_owned() }),
        Record::Failover(FailoverStep::Readmitted { why: "done".to_owned() }),
        Record::Kept { target: old(), execution: actor("wave-0") },
        Record::EndpointIntended { target: old(), execution: actor("rollback") },
        Record::JudgeReplaced { execution: actor("wave-0") },
        home_seen(HomeSeen::Silent),
        home_seen(HomeSeen::Asked { with: vec![name(BR)] }),
        home_seen(HomeSeen::Answers),
        intent(new(), old(), Some(Epoch(1))),
        Record::UpdateStarted { execution: wave() },
        Record::CanaryStarted { execution: wave(), from: at("03:10:00"), ends: at("03:18:00") },
        decided(Decision::Proceed, None, Some(Judgement { evidence: shown, ..good() })),
        Record::Confirmed { target: new(), execution: wave(), golden: 10 },
        Record::FullLoadJudged { target: new(), execution: wave(), why: said("fine"), judgement: None },
        Record::Halted { why: said("its alarm rings") },
        decided(Decision::Revert, Some(Cause::Release), None),
        Record::BytesUnknown { execution: wave(), why: bytes_unknown(), paged: Some(name(JP)) },
        Record::PageOwed { why: said("unknown"), advice: Advice::LookAtEndpoint },
        Record::PageOwed { why: said("back"), advice: Advice::WaitForSoak },
        Record::PageSent { why: said("back") },
        Record::Reverted { from: new(), to: old(), why: said("because") },
        Record::ClientErrors { target: new(), compared: None },
        Record::Confirmed { target: new(), execution: actor("wave-2"), golden: 10 },
        Record::ProbationFound { region: name(JP), target: new(), worse: worse(), action: ProbationAction::Tell },
        Record::Lifted { why: "seen".to_owned() },
    ]
}

fn home_seen(seen: HomeSeen) -> Record {
    Record::HomeSeen { home: name(EU), seen }
}

fn worse() -> WorseThanBefore {
    let today = Tally { total: 1000, bad: 25 };
    WorseThanBefore { metric: "5xx".parse().unwrap(), today, expected: 10.5, tolerated: 1.25, days: 14 }
}

/// The hub's, likewise.
pub fn of_the_hub() -> Vec<Record> {
    let (wave, until) = (|| actor("wave-1"), at("04:00:00"));
    let (eu, jp) = (|| name(EU), || name(JP));
    let order = || WaveOrder { regions: vec![eu(), jp()], why: order_reason() };
    vec![
        Record::HoldoutApproved {
            holdout: Holdout { sha256: Sha256::of(b"records"), bytes: 7, rows: 2, positives: 1 },
            why: "the first".to_owned(),
        },
        Record::Registered { release: release("v427"), package: "arn".to_owned() },
        Record::Evaluated {
            release: release("v427"),
            champion: None,
            holdout: Sha256::of(b"records"),
            verdict: Verdict::Pass,
            why: said("better"),
            golden: Some(Sha256::of(b"golden")),
        },
        Record::Approved { release: release("v427"), created: at("03:00:00") },
        Record::Rejected { release: release("v428"), why: said("worse") },
        Record::WaveStarted {
            release: release("v427"),
            version: version("v427"),
            execution: wave(),
            late: vec![name(BR)],
            order: None,
            resumes: None,
            policy: Some(Sha256::of(b"fleet.toml")),
        },
        Record::WaveOrdered { execution: wave(), order: order() },
        Record::LeaseTaken { epoch: Epoch(3), until },
        Record::LeaseRenewed { epoch: Epoch(3), until: until + SignedDuration::from_mins(10) },
        Record::Overridden { what: Rule::Skew, region: Some(jp()), why: "quakes".to_owned(), until },
        Record::Quarantined {
            object: Object::Release(release("v425")),
            releases: vec![release("v425")],
            why: "unsigned".to_owned(),
        },
        Record::Quarantined { object: Object::Key("x".to_owned()), releases: vec![], why: "unknown".to_owned() },
        Record::QuarantineLifted { object: Object::Key("x".to_owned()), why: "known".to_owned() },
        Record::SkewTold { region: jp(), newest: release("v427"), why: said("two nights") },
        Record::CallersTold {
            execution: wave(),
            region: jp(),
            green: Tally { total: 1000, bad: 25 },
            blue: Tally { total: 9000, bad: 220 },
        },
        Record::RegionIll { region: jp(), execution: wave(), why: said("silent") },
        Record::Deferred {
            region: jp(),
            execution: wave(),
            release: release("v427"),
            why: said("silent"),
            paged: true,
        },
        Record::RegionWell { region: jp(), execution: wave() },
        Record::JobFailed {
            execution: wave(),
            why: Box::new(JobFailure::StepRefused { step: StepKind::TellHub, violations: vec![Violation::WaveOver] }),
        },
        Record::Condemned { release: release("v427"), region: eu(), why: said("slow") },
        Record::LeaseReleased { epoch: Epoch(3) },
        Record::WaveEnded {
            release: release("v427"),
            execution: wave(),
            lagging: vec![jp()],
            page: Some(Box::new(WaveEnd::NotOn {
                region: jp(),
                version: version("v427"),
                why: Box::new(said("silent")),
            })),
            cleared: vec![(Chain::Home, until)],
            again: false,
        },
        Record::Halted { why: said("enough") },
        Record::Lifted { why: "seen".to_owned() },
        Record::HomeMoved { binding: Binding, lost: false, from: eu(), to: jp(), why: "a drill".to_owned() },
        Record::Checkpointed { form: FORM, history: Sha256::of(b"") },
    ]
}

/// Checkpoints that lie in buckets are what the code of their day made of the chains. Where the same entries add up to
/// something else now, or are written otherwise, none of them may be taken for today's.
#[test]
fn what_entries_add_up_to_changes_only_with_the_form() {
    let sums = [summed::<RegionHistory>(of_a_region()), summed::<HubHistory>(of_the_hub())];
    let known = (FORM, sums.map(|sum| sum.short()));
    let expected = (24, ["2e3c1c8a1480".to_owned(), "aeb6d30df751".to_owned()]);
    assert_eq!(known, expected, "raise FORM in checkpoint.rs, then name the new digests here");
}
