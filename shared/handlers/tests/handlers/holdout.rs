//! Held-out records that the fleet's people approve.

use crate::world::{Fault, World, fleet, run};
use bytes::Bytes;
use meridian_domain::{Chain, HubHistory, Sha256};
use meridian_evaluation::{HoldoutError, Unfit};
use meridian_handlers::holdout::{Approval, ApprovalError, approve};
use meridian_handlers::journal::Journal;
use meridian_handlers::ports::ErrorKind;
use std::fmt::Write;

fn features() -> Vec<String> {
    vec!["amount".to_owned(), "age".to_owned()]
}

/// So many records, of which every tenth is fraud, with one value of `repeat` in a row.
fn records(rows: usize, every: usize, repeat: usize) -> Bytes {
    let mut text = "label,customer_region,amount,age,left_over\n".to_owned();
    for row in 0..rows {
        let _ = writeln!(text, "{},eu,{},{},1", u8::from(row % every == 0), row / repeat, row % 2);
    }
    Bytes::from(text)
}

fn ask(world: &World, records: Bytes) -> Result<Approval, ApprovalError> {
    let who = "ana".parse().unwrap();
    run(approve(world, &fleet(), &who, records, &features(), "drawn in May".to_owned()))
}

fn hub(world: &World) -> HubHistory {
    run(Journal::<HubHistory>::open(world, &fleet().home, Chain::Home)).unwrap().history().clone()
}

#[test]
fn an_approval_is_on_record_once_with_who_and_why() {
    let world = World::default();
    let bytes = records(2000, 10, 1);
    let Ok(Approval::Recorded(holdout)) = ask(&world, bytes.clone()) else { panic!("not recorded") };
    assert_eq!((holdout.rows, holdout.positives, holdout.sha256), (2000, 200, Sha256::of(&bytes)));
    assert!(world.object(&fleet().home, &holdout.file().key).is_some());
    assert!(matches!(ask(&world, bytes), Ok(Approval::Stood(approved)) if approved.by.as_str() == "ana"));
    let hub = hub(&world);
    assert_eq!(hub.holdouts.len(), 1);
    assert_eq!(hub.holdout(world.now()).unwrap().why, "drawn in May");
    assert_eq!(hub.holdout(world.now() - jiff::SignedDuration::from_secs(1)), None);
}

#[test]
fn records_that_say_too_little_are_refused_and_not_stored() {
    let (world, policy) = (World::default(), fleet().evaluation);
    let (least, most) = (policy.min_label_rate, policy.max_label_rate);
    for (bytes, expected) in [
        (records(500, 10, 1), Unfit::Rows { rows: 500, least: 1000 }),
        (records(2000, 100, 1), Unfit::Classes { positives: 20, negatives: 1980, least: 50 }),
        (records(2000, 10, 4), Unfit::Repeated { repeated: 1000, rows: 2000, most: policy.max_repeated }),
        (records(2000, 1, 1), Unfit::Classes { positives: 2000, negatives: 0, least: 50 }),
        (records(200_000, 2000, 1), Unfit::LabelRate { rate: 0.0005, least, most }),
    ] {
        let error = ask(&world, bytes).unwrap_err();
        assert!(error.is_input(), "{error}");
        assert!(matches!(&error, ApprovalError::Unfit(unfit) if unfit.contains(&expected)), "{error}");
    }
    let error = ask(&world, Bytes::from_static(b"label,customer_region,amount\n1,eu,2\n")).unwrap_err();
    assert!(error.is_input(), "{error}");
    let ApprovalError::Records(HoldoutError::Columns { missing, .. }) = error else { panic!("{error}") };
    assert_eq!(missing, ["age"]);
    assert!(world.files(&fleet().home).is_empty() && hub(&world).holdouts.is_empty());
    world.fault("PutObject", Fault::Fails(ErrorKind::Unreachable));
    assert!(!ask(&world, records(2000, 10, 1)).unwrap_err().is_input());
}
