//! Sentences for entries, also for those that a story leaves out.

use crate::given::{EU, JP, actor, at, fleet, name, release, said, version};
use jiff::Timestamp;
use meridian_domain::failover::FailoverStep;
use meridian_domain::plan::{WaveOrder, wave_order};
use meridian_domain::reason::{RegionState, Revert, Sign};
use meridian_domain::{Advice, Epoch, Head, Reason, Record, Rule};
use meridian_messages::Voice;
use meridian_messages::ledger::{Phrasebook, Tone, subject, who};

fn words(record: Record) -> (Tone, String) {
    let mut phrasebook = Phrasebook::default();
    phrasebook.learn(&Record::Attested { release: release("v427"), version: version("v427") });
    let entry = Head::default().entry(at("03:00:00"), actor("wave-1"), record);
    assert_eq!(phrasebook.say(&fleet(), &entry), None, "a story tells it");
    phrasebook.say_any(&fleet(), &entry)
}

#[test]
fn a_failover_is_told_in_each_regions_words() {
    let why = || "a new network".to_owned();
    for (step, tone, told) in [
        (
            FailoverStep::Asked { from: name(EU), why: why() },
            Tone::Warn,
            "FAILOVER by maria: to carry EU's customers too: a new network",
        ),
        (
            FailoverStep::Ready { least: Some(3), golden: 200 },
            Tone::Good,
            "ready to carry them: 3 instances, 200 of 200 golden records answered right",
        ),
        (
            FailoverStep::Ready { least: None, golden: 200 },
            Tone::Good,
            "ready to carry them: 200 of 200 golden records answered right",
        ),
        (
            FailoverStep::Over { why: why() },
            Tone::Good,
            "maria ends the failover, its scaling is as usual again: a new network",
        ),
        (
            FailoverStep::Evacuated { to: name(JP), why: why() },
            Tone::Warn,
            "OUT OF SERVICE by maria, JP is ready for its customers: a new network",
        ),
        (FailoverStep::Readmitted { why: why() }, Tone::Good, "maria lets its customers come back: a new network"),
    ] {
        let entry = Head::default().entry(at("03:00:00"), actor("maria"), Record::Failover(step));
        assert_eq!(Phrasebook::default().say(&fleet(), &entry), Some((tone, told.to_owned())));
    }
}

#[test]
fn an_override_that_ends_another_day_names_the_day() {
    let until = |until: Timestamp| {
        let record = Record::Overridden { what: Rule::Freeze, region: Some(name(JP)), why: "agreed".to_owned(), until };
        let entry = Head::default().entry(at("03:00:00"), actor("maria"), record);
        Phrasebook::default().say_any(&fleet(), &entry).1
    };
    assert_eq!(until(at("05:20:00")), "OVERRIDE by maria: the freeze does not apply to JP until 05:20 UTC: agreed");
    let later = until("2026-11-23T05:20:00Z".parse().unwrap());
    assert_eq!(later, "OVERRIDE by maria: the freeze does not apply to JP until 2026-11-23 05:20 UTC: agreed");
}

#[test]
fn an_entry_that_a_story_leaves_out_has_a_sentence() {
    let order = WaveOrder { regions: vec![name(JP), name(EU)], why: wave_order(&fleet(), at("03:00:00")).why };
    let walks = format!("the wave's order is JP, EU: {}", Voice::of(&fleet()).order(&order.why));
    let execution = || actor("wave-1");
    for (record, tone, text) in [
        (Record::WaveOrdered { execution: execution(), order }, Tone::Quiet, walks.as_str()),
        (
            Record::Registered { release: release("v427"), package: "arn".to_owned() },
            Tone::Quiet,
            "v427 is registered in the model registry",
        ),
        (
            Record::LeaseRenewed { epoch: Epoch(3), until: at("03:20:00") },
            Tone::Quiet,
            "lease renewed until 03:20:00, epoch 3",
        ),
        (Record::LeaseReleased { epoch: Epoch(3) }, Tone::Quiet, "lease released, epoch 3"),
        (
            Record::Refused { release: release("v427"), why: said("the archive was cut"), last: false },
            Tone::Bad,
            "does not attest v427: the archive was cut",
        ),
        (
            Record::NotReplicated {
                objects: vec![("a".to_owned(), "one".to_owned()), ("b".to_owned(), "two".to_owned())],
            },
            Tone::Warn,
            "S3 did not replicate a to one (and 1 more)",
        ),
        (Record::UpdateStarted { execution: execution() }, Tone::Quiet, "SageMaker accepted the update"),
        (
            Record::CanaryStarted { execution: execution(), from: at("03:13:00"), ends: at("03:21:00") },
            Tone::Quiet,
            "the canary has taken traffic since 03:13:00; SageMaker's timer ends 03:21:00",
        ),
        (Record::ScalingSet { execution: execution() }, Tone::Quiet, "the number of instances is registered"),
        (
            Record::PageOwed { why: said("it rolled back"), advice: Advice::LookAtEndpoint },
            Tone::Warn,
            "a page is to be sent: it rolled back",
        ),
        (
            Record::PageSent { why: said("it rolled back") },
            Tone::Quiet,
            "the outstanding page was sent: it rolled back",
        ),
    ] {
        assert_eq!(words(record), (tone, text.to_owned()));
    }
}

#[test]
fn names_are_learned_and_long_ones_are_shortened() {
    let phrasebook = Phrasebook::default();
    assert_eq!(phrasebook.version(&release("v427")), release("v427").short());
    assert_eq!(phrasebook.config("fraud-v427"), "fraud-v427");
    assert_eq!(who("0dd5f4b8-52e3-4f14-8ce5-43a3b860b183"), "wave 0dd5f4b8");
    assert_eq!(who("rollback.ap-northeast-1"), "rollback.ap-northeast-1");
    let well = Record::RegionWell { region: name(JP), execution: actor("wave-1") };
    assert_eq!(subject(&well), Some(&name(JP)));
    assert_eq!(subject(&Record::LeaseReleased { epoch: Epoch(1) }), None);
}

/// A part may have a semicolon of its own, such as what a person wrote.
#[test]
fn the_deciding_reason_is_told_and_the_others_are_counted() {
    let brief = |why: &Reason| Voice::of(&fleet()).brief(why);
    assert_eq!(brief(&said("slow; and odd")), "slow; and odd");
    let several = Reason::Several(vec![said("slow; and odd"), Reason::Several(vec![said("dark"), said("late")])]);
    assert_eq!(brief(&several), "slow; and odd (and 2 more)");
    let signs = vec![Sign::GreenGuard { alarm: "fraud-green-5xx".to_owned() }, Sign::EndpointAlarm];
    assert_eq!(brief(&Revert::Signs(signs).into()), "guardrail alarm fraud-green-5xx tripped (and 1 more)");
    let why = Box::new(Revert::TimerEnded.into());
    let left = Reason::LeftBehind { why, state: RegionState::WasMoving { version: "v427".parse().unwrap() } };
    assert_eq!(brief(&left), "the timer ended before a decision (and 1 more)");
}
