//! What alarms say of themselves, and the way back that stands in the verdict alarm's description.

use crate::given::{AU, actor, fleet, name, release, resource, version};
use meridian_domain::alarms::{LeftBehind, WayBack, guards, verdict_name};
use meridian_domain::{AlarmSpec, ServingRole, Target};
use meridian_messages::alarm_description;

/// A target whose names are as long as SageMaker takes them.
fn named(letter: &str) -> Target {
    Target {
        release: release("v427"),
        version: version(&letter.repeat(20)),
        model: resource(&letter.repeat(63)),
        config: resource(&letter.repeat(63)),
        role: ServingRole::InTurn,
    }
}

fn written() -> (WayBack, Vec<AlarmSpec>) {
    let (fleet, way) = (fleet(), WayBack { target: named("a"), back: named("b"), left: None });
    let region = fleet.region(&name(AU)).unwrap();
    let alarms = way.noted(&fleet, guards(&fleet, region, &way.target.config, Some(&way.back.config)));
    (way, alarms)
}

#[test]
fn an_alarm_says_what_it_is_for() {
    let (way, alarms) = written();
    let told: Vec<String> = alarms.iter().map(alarm_description).collect();
    let verdict = format!("{}\nMeridian says revert.", way.written());
    assert_eq!(verdict.lines().count(), 2, "{verdict}");
    let expected = [
        "Green's ModelLatency broke its bound.",
        "Green's Invocation4XXErrors, less blue's, broke its bound.",
        "Green's Invocation5XXErrors, less blue's, broke its bound.",
        &verdict,
        "The judge heartbeat is missing: SageMaker rolls back.",
    ];
    assert_eq!(told, expected);
    let fleet = fleet();
    let alone = guards(&fleet, fleet.region(&name(AU)).unwrap(), &way.target.config, None);
    assert_eq!(alarm_description(&alone[1]), "Green's Invocation4XXErrors broke its bound.");
    assert_eq!(alarm_description(&alone[3]), "Meridian says revert.");
}

#[test]
fn the_way_back_is_read_from_the_alarm_that_it_was_written_to() {
    let (way, alarms) = written();
    let found: Vec<(&str, WayBack)> = alarms
        .iter()
        .filter_map(|alarm| Some((alarm.name.as_str(), WayBack::read(&alarm_description(alarm))?)))
        .collect();
    assert_eq!(found, [(verdict_name(&fleet()).as_str(), way)]);
}

/// CloudWatch takes 1,024 characters, and cuts nothing.
#[test]
fn the_longest_way_back_and_deferral_fit_the_alarm() {
    let since = "2026-11-20T03:47:00.123456789Z".parse().unwrap();
    let left = LeftBehind { wave: actor(&"w".repeat(100)), since };
    let (way, _) = written();
    let noted = way.clone().with_deferral(&fleet(), left.clone());
    let [alarm] = &noted[..] else { panic!("{noted:?}") };
    let told = alarm_description(alarm);
    assert!(told.len() <= 1024, "{}", told.len());
    assert_eq!(WayBack::read(&told), Some(WayBack { left: Some(left), ..way }));
}
