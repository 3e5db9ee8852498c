use super::*;
use meridian_domain::Fleet;

const GOOD: &str = include_str!("../../../scenarios/bad-model.toml");

/// Nights that were begun before, and panicked at the ends of time, stood still for ever, or wrote outside of their folder.
#[test]
fn no_impossible_night_is_begun() {
    assert!(Scenario::parse("good", GOOD).is_ok());
    let top = |line: &str| format!("{line}\n{GOOD}");
    let below = |lines: &str| format!("{GOOD}\n{lines}\n");
    let behaviour = |line: &str| below(&format!("[[behaviour]]\nrelease = \"v427\"\n{line}"));
    let changed = |from: &str, to: &str| {
        let at = GOOD.lines().find(|line| line.starts_with(from)).unwrap();
        GOOD.replacen(at, to, 1)
    };
    for text in [
        changed("start", "start = \"9999-12-30T22:00:00Z\""),
        changed("start", "start = \"-009998-01-02T00:00:00Z\""),
        changed("lasts", "lasts = \"2500000000000h\""),
        changed("lasts", "lasts = \"-1h\""),
        changed("lasts", "lasts = \"8000h\""),
        top("name = \"../../../outside\""),
        top("name = \"/outside\""),
        top("name = \"..\""),
        top("name = \"\\u001b[2J\""),
        below("[timing]\ncontinuation = \"0s\""),
        below("[timing]\nhealth_check = \"0s\""),
        below("[timing]\nprovisioning = \"-3m\""),
        below("[timing]\nmetric_delay = \"2500000000000h\""),
        below("[timing]\nreplication_min = \"9s\"\nreplication_max = \"3s\""),
        below("[timing]\nlate_share = nan"),
        behaviour("errors_5xx = 1.5"),
        behaviour("errors_4xx = -0.5"),
        behaviour("latency_factor = inf"),
        behaviour("latency_factor = 0.0"),
        behaviour("capacity_rps = nan"),
        behaviour("traffic = 2.0"),
        behaviour("from = \"9999-12-30T22:00:00Z\""),
        below("[[fault]]\nkind = \"replication-delay\"\ndelay = \"2500000000000h\""),
        below("[[fault]]\nkind = \"replication-delay\"\ndelay = \"-5m\""),
        below("[[feature]]\nfeature = \"amount_sum_pos_365d\"\nfactor = 0.0"),
        below("[[feature]]\nfeature = \"amount_sum_pos_365d\"\nfactor = inf"),
        below("[[feature]]\nfeature = \"amount_sum_pos_365\"\nfactor = 100.0"),
        below("[before]\ndays = 4000000"),
        below("[before]\ndays = 14\nday_scatter = nan"),
    ] {
        let error = Scenario::parse("bad", &text);
        assert!(matches!(error, Err(ScenarioError::Malformed { .. })), "{text}: {error:?}");
    }
}

fn refused(text: &str) -> String {
    let fleet = Fleet::parse(include_str!("../../../fleets/reference/fleet.toml")).unwrap();
    Scenario::parse("own", text).unwrap().within(&fleet).unwrap_err().to_string()
}

/// A night that names what is not there would go another way than its author thinks, and perhaps end as expected.
#[test]
fn an_unknown_region_or_release_is_named_with_the_nearest_one() {
    let fault = |region: &str| format!("{GOOD}\n[[fault]]\nkind = \"dark\"\nregion = \"{region}\"\n");
    let error = refused(&fault("ap-northeast-2"));
    assert!(
        error.contains("fault: region ap-northeast-2 is not in the fleet; did you mean ap-northeast-1?"),
        "{error}"
    );
    let error = refused(&GOOD.replace("release = \"v428\"", "release = \"v248\""));
    assert!(error.contains("behaviour: release v248 is neither published nor v426; did you mean v428?"), "{error}");
    let error = refused(&GOOD.replace("eu-west-1 = \"v426\"", "eu-west-1 = \"v427\""));
    assert!(error.contains("expect: release v427"), "{error}");
    let feature = "\n[[feature]]\nfeature = \"amount_sum_pos_365d\"\nregion = \"sa-west-1\"\nfactor = 100.0\n";
    let error = refused(&format!("{GOOD}{feature}"));
    assert!(error.contains("feature: region sa-west-1 is not in the fleet; did you mean sa-east-1?"), "{error}");
    let deploy = "\n[[deploy]]\nat = \"03:10\"\nregion = \"sa-west-1\"\npolicy = {}\n";
    let error = refused(&format!("{GOOD}{deploy}"));
    assert!(error.contains("deploy: region sa-west-1 is not in the fleet; did you mean sa-east-1?"), "{error}");
}

#[test]
fn a_release_may_be_named_by_what_is_known_only_in_the_night() {
    let fleet = Fleet::parse(include_str!("../../../fleets/reference/fleet.toml")).unwrap();
    let digest = "0123456789abcdef".repeat(4);
    let named = |name: &str| {
        let text = format!("{GOOD}\n[[behaviour]]\nrelease = \"{name}\"\n");
        Scenario::parse("own", &text).unwrap().within(&fleet).map(drop)
    };
    let configuration = format!("{}-v428-01234567-89ab", fleet.name);
    for known in ["*", "v426", "v428", &digest, &configuration] {
        assert!(named(known).is_ok(), "{known}");
    }
    for unknown in ["unknown", "v427", "v-428", "other-v428-01234567-89ab", &digest.replace('a', "g")] {
        assert!(named(unknown).is_err(), "{unknown}");
    }
}

#[test]
fn an_unknown_field_or_word_is_answered_with_the_nearest_one() {
    let said = |lines: &str| Scenario::parse("own", &format!("{GOOD}\n{lines}\n")).unwrap_err().to_string();
    let line = GOOD.lines().count() + 3;
    let error = said("[[behaviour]]\nrelease = \"v428\"\nerrors_5x = 0.5");
    assert!(error.ends_with("[[behaviour]] takes no errors_5x; did you mean errors_5xx?"), "{error}");
    assert!(error.starts_with(&format!("scenario own line {}: ", line + 1)), "{error}");
    let error = said("[[fault]]\nkind = \"drak\"");
    assert!(error.starts_with(&format!("scenario own line {line}: fault.kind = \"drak\": one of \"fail\"")), "{error}");
    assert!(error.ends_with("; did you mean dark?"), "{error}");
    let error = said("[[fault]]\nkind = \"kill\"\noperation = \"UpdateEndpiont\"");
    assert!(error.ends_with("did you mean UpdateEndpoint?"), "{error}");
}

#[test]
fn bounds_that_nothing_lies_between_are_named_both() {
    let error = Scenario::parse("own", &format!("{GOOD}\n[timing]\nreplication_min = \"9s\"\n"));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("timing.replication_min = 9s: at most timing.replication_max, which is 8s"), "{error}");
}

/// It would never come, and a night without it may end as expected.
#[test]
fn what_would_begin_after_the_nights_end_is_refused_with_the_end() {
    let end = Scenario::parse("good", GOOD).unwrap().end().to_string();
    assert_eq!(end, "2026-11-20T03:44:00Z");
    for (field, before) in [
        ("publish.at", "version = \"v429\"\nmodel = \"good\""),
        ("approve.at", "records = \"all\"\nwho = \"maria\"\nwhy = \"October\""),
        ("rerun.at", "version = \"v428\""),
        ("override.at", "what = \"skew\"\nlasts = \"1h\"\nwho = \"maria\"\nwhy = \"agreed\""),
        ("deploy.at", "region = \"sa-east-1\"\npolicy = { wave = { tries = 1 } }"),
        ("fault.from", "kind = \"dark\""),
        ("behaviour.from", "release = \"v428\""),
        ("feature.from", "feature = \"amount_sum_pos_365d\"\nfactor = 100.0"),
    ] {
        let (table, key) = field.split_once('.').unwrap();
        let at =
            |moment: &str| Scenario::parse("own", &format!("{GOOD}\n[[{table}]]\n{before}\n{key} = \"{moment}\"\n"));
        assert!(at("03:43:59").is_ok(), "{field}");
        // The second one is past, and comes again the next day.
        for (late, told) in [
            ("03:44", "03:44:00 (2026-11-20T03:44:00Z)"),
            ("02:30", "02:30:00 (2026-11-21T02:30:00Z)"),
            ("2026-11-20T05:00:00Z", "2026-11-20T05:00:00Z"),
        ] {
            let error = at(late).unwrap_err().to_string();
            let expected = format!("scenario own: {field} = {told}: a moment before the night's end ");
            assert!(error.starts_with(&expected) && error.ends_with(&end), "{error}");
        }
    }
}

#[test]
fn what_contradicts_itself_is_refused_with_its_place() {
    let hang = "[[fault]]\nkind = \"time-out\"\n\n[[fault]]\nkind = \"hang\"\n";
    let restore = "[[restore]]\nat = \"03:20\"\nregion = \"sa-east-1\"\nto = \"03:20\"\n";
    for (table, told) in [
        (hang, "[[fault]] number 2, \"every call hangs\": name the function that this happens to"),
        (restore, "restore.to = 03:20:00: a moment before restore.at, which is 03:20:00"),
    ] {
        let error = Scenario::parse("own", &format!("{GOOD}\n{table}")).unwrap_err().to_string();
        assert_eq!(error, format!("scenario own: {told}"));
    }
}

#[test]
fn a_name_that_is_almost_a_scenarios_is_answered_with_it() {
    let error = Scenario::load("tokio-dark").unwrap_err().to_string();
    assert!(error.contains("did you mean tokyo-dark?") && error.contains("meridian night --list"), "{error}");
    assert!(!Scenario::load("zzz").unwrap_err().to_string().contains("did you mean"));
}

#[test]
fn a_region_that_no_fleet_has_is_refused_in_another_fleet_too() {
    let delivered = include_str!("../../../fleets/reference/fleet.toml");
    let fleet = Fleet::parse(delivered).unwrap();
    let own = Fleet::parse(&delivered.replace("ap-southeast-2", "us-east-1")).unwrap();
    let fault = |region: &str| format!("{GOOD}\n[[fault]]\nkind = \"dark\"\nregion = \"{region}\"\n");
    let played = |region: &str| Scenario::parse("own", &fault(region)).unwrap().in_fleet(&fleet, &own);
    let played_by = played("ap-southeast-2").unwrap().fault.first().unwrap().region.clone();
    assert_eq!(played_by.unwrap().as_str(), "us-east-1");
    let error = played("ap-southeast-3").unwrap_err().to_string();
    assert!(error.contains("fault: region ap-southeast-3 is not in the fleet; did you mean"), "{error}");
}

/// Where people hear from is lost: in a fleet that is there too, it would be another loss.
#[test]
fn a_lost_us_east_1_is_not_played_by_a_region_of_it() {
    let [fleet, own] = delivered_and_own(200);
    let lost = format!("{GOOD}\n[[fault]]\nkind = \"region-lost\"\nregion = \"us-east-1\"\n");
    let lost = Scenario::parse("own", &lost).unwrap();
    assert!(lost.within(&fleet).is_ok());
    let error = lost.in_fleet(&fleet, &own).unwrap_err().to_string();
    assert!(error.contains("the region that it loses is us-east-1 here"), "{error}");
    let dark = format!("{GOOD}\n[[fault]]\nkind = \"dark\"\nregion = \"us-east-1\"\n");
    assert!(refused(&dark).contains("fault: region us-east-1 is not in the fleet"));
}

/// The delivered fleet, and another one with Sydney's customers in Virginia, so many at their peak.
fn delivered_and_own(peak_rps: u32) -> [Fleet; 2] {
    let delivered = include_str!("../../../fleets/reference/fleet.toml");
    let own = delivered.replace("ap-southeast-2", "us-east-1");
    let own = own.replacen("peak_rps = 200", &format!("peak_rps = {peak_rps}"), 1);
    [delivered, own.as_str()].map(|text| Fleet::parse(text).unwrap())
}

#[test]
fn the_thinnest_region_plays_the_thinnest() {
    let dark = format!("{GOOD}\n[[fault]]\nkind = \"dark\"\nregion = \"sa-east-1\"\n");
    for (peak_rps, player) in [(20, "us-east-1"), (200, "sa-east-1")] {
        let [fleet, own] = delivered_and_own(peak_rps);
        let played = Scenario::parse("own", &dark).unwrap().in_fleet(&fleet, &own).unwrap();
        assert_eq!(played.fault.first().unwrap().region.as_ref().unwrap().as_str(), player);
        assert_eq!(played.expect.serves.len(), own.regions.len());
    }
}

#[test]
fn a_region_that_the_delivered_fleet_lacks_ends_too() {
    let [fleet, _] = delivered_and_own(200);
    let more = "[[region]]\nname = \"eu-central-1\"\ntitle = \"DE\"\nbucket = \"fraud-models-de\"\npeak_rps = 80\n\
                time_zone = \"Europe/Berlin\"\nbake = \"9m\"\ninstances = 2\nmost_instances = 6\n\n[[freeze]]";
    let text = include_str!("../../../fleets/reference/fleet.toml").replacen("[[freeze]]", more, 1);
    let own = Fleet::parse(&text).unwrap();
    let played = Scenario::parse("own", GOOD).unwrap().in_fleet(&fleet, &own).unwrap();
    let ends = |region: &str| {
        played.expect.serves.get(&region.parse::<RegionName>().unwrap()).map(|version| version.as_str().to_owned())
    };
    assert_eq!(ends("eu-central-1").as_deref(), Some("v426"));
    assert_eq!(played.expect.serves.len(), 5);
}

/// Nobody would find Tokyo in a fleet that has none, nor anything at 03:47 where the part's turn is later.
#[test]
fn a_title_names_the_regions_and_the_moment_of_whoever_plays_it() {
    let delivered = include_str!("../../../fleets/reference/fleet.toml");
    let seoul = delivered.replace("ap-northeast-1", "ap-northeast-2").replace("title = \"JP\"", "title = \"KR\"");
    let later = seoul.replacen("bake = \"13m\"", "bake = \"20m\"", 1);
    let [fleet, seoul, later] = [delivered, &seoul, &later].map(|text| Fleet::parse(text).unwrap());
    let played = |own: &Fleet| Scenario::load("tokyo-dark").unwrap().in_fleet(&fleet, own).unwrap();
    let title = "KR's control plane fails at 03:47 while KR is updating; KR rolls back to v426";
    assert_eq!(played(&seoul).title, title);
    let night = played(&later);
    let fails = night.fault.first().unwrap().from.unwrap().after(night.start).strftime("%H:%M").to_string();
    assert_ne!(fails, "03:47");
    assert_eq!(night.title, title.replace("03:47", &fails));
}

#[test]
fn numbers_for_certain_regions_are_not_translated() {
    let [fleet, own] = delivered_and_own(200);
    let played = Scenario::load("ten-percent").unwrap().in_fleet(&fleet, &own);
    let Err(ScenarioError::Untranslatable { why, .. }) = &played else { panic!("{played:?}") };
    assert_eq!(*why, Untranslatable::RegionPolicy { field: "bake".to_owned() });
    let words = "scenario ten-percent cannot be translated to this fleet: its [[policy.region]] sets bake";
    assert!(played.unwrap_err().to_string().starts_with(words));
}

/// Who pages for a lost home, and when, is policy's.
#[test]
fn a_lost_home_is_not_translated_to_a_fleet_whose_deputies_do_not_ask_alike() {
    let text = include_str!("../../../fleets/reference/fleet.toml");
    let fleet = Fleet::parse(text).unwrap();
    let night = Scenario::load("home-partitioned").unwrap();
    for (from, to) in [("deputies = [\"ap-northeast-1\"]", ""), ("home_patience = \"14m\"", "home_patience = \"20m\"")]
    {
        let own = text.replace(from, to).replace("ap-southeast-2", "ap-southeast-1");
        let played = night.clone().in_fleet(&fleet, &Fleet::parse(&own).unwrap());
        let Err(ScenarioError::Untranslatable { why, .. }) = played else { panic!("{played:?}") };
        assert_eq!(why, Untranslatable::Deputy { patience: fleet.home_patience });
    }
    let own = Fleet::parse(&text.replace("ap-northeast-1", "ap-northeast-2")).unwrap();
    assert!(night.in_fleet(&fleet, &own).is_ok());
}
