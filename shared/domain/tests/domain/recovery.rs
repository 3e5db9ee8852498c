//! What a region's loss costs, reckoned beforehand.

use crate::night::{AU, BR, EU, JP, name};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::recovery::{Capacity, Recovery, recoveries};
use meridian_domain::{Fleet, Kind};

const FLEET: &str = include_str!("../../../../local/fleets/reference/fleet.toml");

fn day() -> Timestamp {
    "2026-11-20T00:00:00Z".parse().unwrap()
}

fn of(text: &str, lost: &str, to: &str) -> Recovery {
    let fleet = Fleet::parse(text).unwrap();
    let is_asked = |own: &Recovery| (&own.lost, &own.to) == (&name(lost), &name(to));
    recoveries(&fleet, day()).into_iter().find(is_asked).unwrap()
}

/// Brazil's own lines of the delivered fleet with others in place of its instances.
fn brazil(lines: &str) -> String {
    let (head, own) = FLEET.split_once("name = \"sa-east-1\"").unwrap();
    let own = own.replacen("instances = 2\nmost_instances = 6", lines, 1);
    format!("{head}name = \"sa-east-1\"{own}")
}

#[test]
fn each_active_regions_loss_is_reckoned_with_each_other_region() {
    let fleet = Fleet::parse(&brazil("kind = \"warm-standby\"\ninstances = 2\nmost_instances = 6")).unwrap();
    let pairs: Vec<_> = recoveries(&fleet, day()).into_iter().map(|own| (own.lost, own.to, own.kind)).collect();
    // A standby has no customers to lose.
    assert!(pairs.iter().all(|(lost, ..)| *lost != name(BR)), "{pairs:?}");
    let [active, warm] = [Kind::Active, Kind::WarmStandby];
    let eu = [(AU, active), (JP, active), (BR, warm)].map(|(to, kind)| (name(EU), name(to), kind));
    assert_eq!((pairs.len(), &pairs[..3]), (9, &eu[..]));
}

/// By day three instances are needed where two run; by night two are enough: the day's worst quarter of an hour counts.
#[test]
fn the_hour_counts_in_which_a_region_is_the_shortest_of_instances() {
    let own = of(FLEET, EU, BR);
    assert_eq!((own.runs, own.needed), (2, Some(3)));
    assert!(own.load > 2.0 * 250.0 && own.lost_rps < own.load, "{own:?}");
    let span = own.time().unwrap();
    assert_eq!(own.capacity, Capacity::Comes(span));
    assert!(span.usual > own.elsewhere.usual + SignedDuration::from_mins(3) && span.worst > span.usual, "{span:?}");
    // Japan has the instances for Brazil's customers at every hour: then they are only to be led there.
    let runs = of(FLEET, BR, JP);
    assert_eq!((runs.capacity, runs.time(), runs.at_risk()), (Capacity::Runs, Some(runs.elsewhere), Some(0)));
}

#[test]
fn requests_are_lost_until_names_lead_elsewhere_and_are_at_risk_until_instances_are_there() {
    let own = of(FLEET, EU, BR);
    let seconds = [own.elsewhere.usual, own.elsewhere.worst].map(|time| time.as_secs_f64());
    assert_eq!(own.unanswered(), seconds.map(|time| (own.lost_rps * time) as u64));
    let waited = own.time().unwrap().worst - own.elsewhere.usual;
    assert_eq!(own.at_risk(), Some((own.load * waited.as_secs_f64()) as u64));
}

#[test]
fn a_region_that_may_not_have_the_instances_never_answers_all() {
    let own = of(&brazil("instances = 2\nmost_instances = 2"), EU, BR);
    assert_eq!((own.capacity, own.time(), own.at_risk()), (Capacity::Never { most: 2 }, None, None));
    assert_eq!(own.ready, None);
}

/// By day Sydney's own customers nearly fill it; by Dublin's day it is three instances short, and gets them.
#[test]
fn an_hour_that_is_never_carried_comes_before_one_that_is_shorter_for_a_while() {
    let sydney =
        FLEET.replacen("peak_rps = 200", "peak_rps = 2000", 1).replacen("most_instances = 6", "most_instances = 8", 1);
    let own = of(&sydney, EU, AU);
    assert_eq!((own.capacity, own.needed), (Capacity::Never { most: 8 }, Some(9)), "{own:?}");
}

#[test]
fn what_policy_does_not_say_is_unknown_and_a_joining_region_carries_nobody() {
    let (head, rest) = FLEET.split_once("[scaling]").unwrap();
    let (_, rest) = rest.split_once("[judge]").unwrap();
    let strip = |line: &&str| !line.starts_with("most_instances") && !line.starts_with("night_instances");
    let unscaled = format!("{head}[judge]{rest}").lines().filter(strip).collect::<Vec<_>>().join("\n");
    let own = of(&unscaled, EU, BR);
    assert_eq!((own.capacity, own.needed, own.time(), own.ready), (Capacity::Unknown, None, None, None));
    let fleet = Fleet::parse(&brazil("kind = \"joining\"\ninstances = 2\nmost_instances = 6")).unwrap();
    assert!(recoveries(&fleet, day()).iter().all(|own| own.to != name(BR)));
}

#[test]
fn a_hot_standby_runs_what_is_needed_at_every_hour() {
    let own = of(&brazil("kind = \"hot-standby\"\ninstances = 3\nmost_instances = 6"), EU, BR);
    assert_eq!((own.kind, own.capacity), (Kind::HotStandby, Capacity::Runs));
}

/// Nothing runs there: from the command on its instances come, then names lead to it, and until then nobody answers.
#[test]
fn a_pilot_light_answers_once_somebody_has_asked_it_and_its_instances_are_there() {
    let own = of(&brazil("kind = \"pilot-light\"\ninstances = 3\nmost_instances = 6"), EU, BR);
    let (ready, time) = (own.ready.unwrap(), own.time().unwrap());
    assert_eq!((own.runs, own.needed, own.capacity), (0, Some(3), Capacity::Comes(time)));
    assert!(time.usual > ready.usual && time == own.elsewhere, "{own:?}");
    assert_eq!(own.at_risk(), Some(0));
    // With fewer at first it scales after that.
    let few = of(&brazil("kind = \"pilot-light\"\ninstances = 2\nmost_instances = 6"), EU, BR);
    assert!(few.ready.unwrap().usual > ready.usual, "{few:?}");
    let never = of(&brazil("kind = \"pilot-light\"\ninstances = 2\nmost_instances = 2"), EU, BR);
    assert_eq!((never.capacity, never.ready), (Capacity::Never { most: 2 }, None));
}
