//! What could not be seen, in words, and what a call has left to do for it.

use crate::given::{AU, fleet, name, throttled};
use meridian_domain::reason::{
    Failure, FailureDetail, Fault, FileFault, LeftUndone, OperationName, Quiet, ServiceFailure, Unseen,
};
use meridian_domain::{Chain, ChainError};
use meridian_messages::{Voice, failure, unseen};

fn ledger() -> Unseen {
    Unseen::Ledger { chain: Chain::Region(name(AU)), failure: throttled(AU, OperationName::ListObjectsV2) }
}

#[test]
fn what_a_service_said_stands_behind_who_said_it_and_where() {
    let said = "DescribeEndpoint in ap-southeast-2: throttled: ThrottlingException: Rate exceeded";
    assert_eq!(unseen::words(&throttled(AU, OperationName::DescribeEndpoint).into()), said);
    let golden = FileFault::NotGolden { file: "golden.json".to_owned(), region: name(AU), line: 1, column: 2 };
    assert_eq!(unseen::words(&golden.clone().into()), meridian_messages::files::words(&golden));
}

#[test]
fn what_a_service_did_not_word_is_worded_by_its_kind() {
    let told = |detail| {
        let detail = Box::new(detail);
        unseen::service(&ServiceFailure { detail, ..throttled(AU, OperationName::GetObject) })
    };
    let coded = |code: &str, status| told(FailureDetail::Code { code: code.to_owned(), status });
    let found = "GetObject in ap-southeast-2: throttled";
    assert_eq!(coded("ModelError", Some(424)), format!("{found}: ModelError (status 424)"));
    assert_eq!(coded("", Some(404)), format!("{found}: status 404"));
    assert_eq!(coded("", None), format!("{found}: no status"));
    let large = FailureDetail::TooLarge { key: "x".to_owned(), bytes: 12, most: 8 };
    assert_eq!(told(large), format!("{found}: x has 12 bytes, expected at most 8; it was not read"));
}

#[test]
fn a_region_whose_ledger_is_dark_or_altered_names_its_ledger() {
    let fleet = fleet();
    let told = |why: Unseen| Voice::of(&fleet).why(&Fault::Unseen(why).into());
    let dark =
        "ledger chain ap-southeast-2: ListObjectsV2 in ap-southeast-2: throttled: ThrottlingException: Rate exceeded";
    assert_eq!(told(ledger()), format!("its ledger cannot be read: {dark}"));
    let (region, chain) = (name(AU), Chain::Region(name(AU)));
    let altered = told(Unseen::Altered { region, chain, fault: ChainError::Hash { seq: 7 } });
    assert!(
        altered.starts_with("its ledger cannot be read: ledger chain ap-southeast-2 in ap-southeast-2: ledger entry 7")
    );
    assert!(
        altered.ends_with("until a person has compared the entries with the bucket's object versions"),
        "{altered}"
    );
    let endpoint = throttled(AU, OperationName::DescribeEndpoint);
    assert_eq!(told(endpoint.clone().into()), unseen::service(&endpoint));
}

#[test]
fn what_a_watch_has_left_to_do_names_what_it_could_not_see() {
    let fleet = fleet();
    let left = |left| Voice::of(&fleet).unfinished(&Quiet::Alarm.into(), &left);
    let alarms = throttled(AU, OperationName::DescribeAlarms);
    let missing = Unseen::NoAlarm { alarm: "fraud-rollback".to_owned() };
    assert_eq!(left(LeftUndone::Alarm(missing)), "rollback alarm fraud-rollback does not exist or cannot be read");
    let unread = left(LeftUndone::Alarm(alarms.clone().into()));
    assert_eq!(unread, format!("the rollback alarm cannot be read: {}", unseen::service(&alarms)));
    let done = "nothing to do: the rollback alarm is OK";
    assert_eq!(left(LeftUndone::Ledger(ledger())), format!("{done}; {}", unseen::words(&ledger())));
    let scaling = throttled(AU, OperationName::RegisterScalableTarget);
    assert_eq!(
        left(LeftUndone::Scaling(scaling.clone().into())),
        format!("{done}; its automatic scaling could not be registered: {}", unseen::service(&scaling))
    );
    let page = throttled(AU, OperationName::Publish);
    assert_eq!(
        left(LeftUndone::Page(page.clone())),
        format!("{done}; the page was not sent: {}", unseen::service(&page))
    );
}

#[test]
fn an_unknown_region_is_told_with_those_of_the_fleet() {
    let (region, fleet) = (name("us-east-1"), "fraud".parse().unwrap());
    let told = failure::words(&Failure::NoSuchRegion { region, fleet, regions: vec![name("eu-west-1"), name(AU)] });
    assert!(told.starts_with("region us-east-1 is not in fleet fraud (it has eu-west-1, ap-southeast-2)"), "{told}");
}
