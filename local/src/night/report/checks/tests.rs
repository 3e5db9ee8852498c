use super::*;
use crate::night::{Scenario, Site};
use crate::services::sagemaker::EndpointStatus;
use meridian_domain::{Actor, Entry, Epoch, ReleaseId, ServingRole, Sha256, Target};

fn at(time: &str) -> Timestamp {
    format!("2026-11-20T{time}Z").parse().unwrap()
}

/// An endpoint reaches a stage on its way to another configuration.
fn stage(region: &str, time: &str, stage: Stage) -> WorldEvent {
    let what = What::EndpointStage {
        endpoint: "fraud".to_owned(),
        stage,
        status: EndpointStatus::Updating,
        old_config: None,
        new_config: "fraud-v427".to_owned(),
        percent: 25,
        reason: None,
    };
    WorldEvent { at: at(time), region: region.parse().unwrap(), what }
}

/// An update is intended: by a wave, or by the region itself.
fn intent(time: &str, wave: bool) -> Entry {
    let target = Target {
        release: ReleaseId(Sha256::of(b"v427")),
        version: "v427".parse().unwrap(),
        model: "fraud-v427".parse().unwrap(),
        config: "fraud-v427".parse().unwrap(),
        role: ServingRole::First,
    };
    let actor: Actor = "wave-1".parse().unwrap();
    let (execution, epoch) = (actor.clone(), wave.then_some(Epoch(1)));
    let record = Record::UpdateIntended { target, back: None, execution, epoch, bake: None };
    let (at, caller) = (at(time), meridian_domain::Caller::Unverified);
    Entry { seq: 0, at, written: at, prev: Sha256::of(b""), actor, caller, record }
}

/// What I1 says of a night in which Sydney moves from 03:10 to 03:20, and Tokyo is intended at 03:15 and moves a minute later.
fn said(sydney_by_wave: bool, tokyo_by_wave: bool) -> Vec<Unexpected> {
    let scenario = Scenario::load("good-night").unwrap();
    let site = Site::of_scenario(&scenario).unwrap();
    let chain = |region: &str, entry| (Chain::Region(region.parse().unwrap()), vec![entry]);
    let (sydney, tokyo) = ("ap-southeast-2", "ap-northeast-1");
    let ledger = [chain(sydney, intent("03:05:00", sydney_by_wave)), chain(tokyo, intent("03:15:00", tokyo_by_wave))];
    let log = [
        stage(sydney, "03:10:00", Stage::Shifting),
        stage(tokyo, "03:16:00", Stage::Canary),
        stage(sydney, "03:20:00", Stage::InService),
    ];
    let (ledger, evaluations) = (ledger.into(), Vec::new());
    let night = Remains { scenario: &scenario, fleet: &site.fleet, seed: 7, ledger, evaluations };
    night.two_mid_shift(&log).into_iter().chain(night.started_beside(&log)).collect()
}

#[test]
fn regions_may_roll_back_together_but_no_wave_starts_beside_one() {
    assert!(said(false, false).is_empty(), "both by themselves (I6)");
    let [tokyo, sydney] = ["ap-northeast-1", "ap-southeast-2"].map(|region| region.parse::<RegionName>().unwrap());
    let (region, other) = (tokyo.clone(), sydney.clone());
    let beside = Unexpected::StartedBeside { region, other, at: at("03:15:00") };
    assert_eq!(said(false, true), std::slice::from_ref(&beside));
    let together = Unexpected::MidShiftTogether { regions: vec![tokyo, sydney], at: at("03:16:00") };
    assert_eq!(said(true, true), [together, beside], "a wave moves both");
    assert!(said(true, false).is_empty(), "Tokyo rolls back beside a wave's canary");
}
