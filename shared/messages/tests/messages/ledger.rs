//! The words for entries: what a story leaves out has words too.

use crate::given::{EU, JP, actor, at, fleet, name, release, said, version};
use meridian_domain::plan::{WaveOrder, wave_order};
use meridian_domain::{Advice, Epoch, Head, Record};
use meridian_messages::Voice;
use meridian_messages::ledger::{Phrasebook, Tone, brief, subject, who};

fn words(record: Record) -> (Tone, String) {
    let mut phrasebook = Phrasebook::default();
    phrasebook.learn(&Record::Attested { release: release("v427"), version: version("v427") });
    let entry = Head::default().entry(at("03:00:00"), actor("wave-1"), record);
    assert_eq!(phrasebook.say(&fleet(), &entry), None, "a story tells it");
    phrasebook.say_any(&fleet(), &entry)
}

#[test]
fn what_a_story_leaves_out_is_told_to_those_who_ask() {
    let order = WaveOrder { regions: vec![name(JP), name(EU)], why: wave_order(&fleet(), at("03:00:00")).why };
    let walks = format!("the wave walks JP, EU: {}", Voice::of(&fleet()).order(&order.why));
    let execution = || actor("wave-1");
    for (record, tone, text) in [
        (Record::WaveOrdered { execution: execution(), order }, Tone::Quiet, walks.as_str()),
        (
            Record::Registered { release: release("v427"), package: "arn".to_owned() },
            Tone::Quiet,
            "v427 stands in the model registry",
        ),
        (
            Record::LeaseRenewed { epoch: Epoch(3), until: at("03:20:00") },
            Tone::Quiet,
            "the wave goes on holding the fleet, epoch 3, until 03:20:00",
        ),
        (Record::LeaseReleased { epoch: Epoch(3) }, Tone::Quiet, "the wave lets go of the fleet, epoch 3"),
        (
            Record::Refused { release: release("v427"), why: said("the archive was cut"), last: false },
            Tone::Bad,
            "refuses the bytes of v427: the archive was cut",
        ),
        (
            Record::NotReplicated {
                objects: vec![("a".to_owned(), "one".to_owned()), ("b".to_owned(), "two".to_owned())],
            },
            Tone::Warn,
            "S3 did not replicate a to one (and 1 more)",
        ),
        (Record::UpdateStarted { execution: execution() }, Tone::Quiet, "SageMaker has taken the update"),
        (
            Record::CanaryStarted { execution: execution(), from: at("03:13:00"), ends: at("03:21:00") },
            Tone::Quiet,
            "the canary takes traffic since 03:13:00; SageMaker's timer ends 03:21:00",
        ),
        (Record::ScalingSet { execution: execution() }, Tone::Quiet, "the number of instances is registered"),
        (
            Record::PageOwed { why: said("it went back"), advice: Advice::LookAtEndpoint },
            Tone::Warn,
            "a page did not go out: it went back",
        ),
        (Record::PageSent { why: said("it went back") }, Tone::Quiet, "the page that was owed went out: it went back"),
    ] {
        assert_eq!(words(record), (tone, text.to_owned()));
    }
}

#[test]
fn names_are_learned_and_long_ones_are_cut_for_reading() {
    let phrasebook = Phrasebook::default();
    assert_eq!(phrasebook.version(&release("v427")), release("v427").short());
    assert_eq!(phrasebook.config("fraud-v427"), "fraud-v427");
    assert_eq!(who("0dd5f4b8-52e3-4f14-8ce5-43a3b860b183"), "wave 0dd5f4b8");
    assert_eq!(who("rollback.ap-northeast-1"), "rollback.ap-northeast-1");
    assert_eq!(brief("one; two; three"), "one (and 2 more)");
    let well = Record::RegionWell { region: name(JP), execution: actor("wave-1") };
    assert_eq!(subject(&well), Some(&name(JP)));
    assert_eq!(subject(&Record::LeaseReleased { epoch: Epoch(1) }), None);
}
