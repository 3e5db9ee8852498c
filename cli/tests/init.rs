//! Another team's fleet: its files, made by `meridian init`, and nights rehearsed with them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod common;

use common::terminal::talk;
use meridian_deployment::{Deployment, Settings};
use meridian_domain::Fleet;
use std::path::Path;
use std::process::{Command, Output};

/// P-256, as `openssl pkey -pubout` writes it; its private half was thrown away.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECiQvkLn8xlAhPyMEHpY8RPBTaGPu\n\
    TsiEJ5wP1JznpCLdFo9zTHbezHWaRgoaMRGlCLioyJG7cWRQVakl4TWUhw==\n\
    -----END PUBLIC KEY-----\n";

fn meridian(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meridian")).args(arguments).env_clear().current_dir(folder).output().unwrap()
}

fn init(folder: &Path, name: &str, more: &[&str], regions: &[&str]) -> Output {
    std::fs::write(folder.join("training.pub.pem"), PUBLIC_KEY).unwrap();
    let mut arguments = vec!["init", "--name", name, "--account", "999999999999", "--public-key", "training.pub.pem"];
    arguments.extend(more);
    regions.iter().for_each(|region| arguments.extend(["--region", region]));
    meridian(folder, &arguments)
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A dozen fleets: one region and six, one zone of clocks and every one, thin and busy, small instances and large.
const FLEETS: [&[&str]; 12] = [
    &["us-west-2=50"],
    &["us-east-1=400", "eu-central-1=150"],
    &["eu-central-1=2000", "eu-west-3=10"],
    &["us-east-1=400", "eu-central-1=150", "ap-south-1=900"],
    &["ap-southeast-1=300", "ap-southeast-3=120", "ap-east-1=80"],
    &["me-central-1=40", "me-south-1=40"],
    &["ca-central-1=90,title=CA", "us-east-2=1500,title=US", "mx-central-1=30,title=MX"],
    &["eu-west-1=600,title=EU", "ap-southeast-2=200", "ap-northeast-1=150", "sa-east-1=100"],
    &["af-south-1=25", "eu-south-2=70,bucket=credit-models-madrid", "il-central-1=15"],
    &["us-west-1=700,time-zone=America/New_York", "us-west-2=700", "us-east-1=700", "us-east-2=700"],
    &[
        "eu-central-1=80",
        "eu-north-1=20,title=SE",
        "us-east-2=1500",
        "us-west-2=700",
        "ap-southeast-1=300",
        "sa-east-1=60",
    ],
    &["ap-northeast-1=5000", "ap-northeast-3=5000"],
];

#[test]
fn the_template_can_be_deployed_for_every_fleet_that_init_makes() {
    let template = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml")).unwrap();
    for regions in FLEETS {
        let folder = tempfile::tempdir().unwrap();
        let output = init(folder.path(), "credit", &[], regions);
        assert!(output.status.success(), "{regions:?}: {}", error(&output));
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let fleet = Fleet::parse(&read("fleet.toml")).unwrap();
        let settings = Settings::parse(&read("samconfig.toml"), &fleet).unwrap();
        assert_eq!(settings, Settings::of_fleet(&fleet), "{regions:?}");
        let deployed = Deployment::of(&template, &settings).unwrap();
        assert_eq!(deployed.stacks.len(), regions.len(), "{regions:?}");
        let home = deployed.stacks.get(&fleet.home).unwrap();
        assert_eq!(home.pipeline.as_ref().unwrap().stages.len(), regions.len() + 3, "{regions:?}");
    }
}

/// samconfig.toml has `Routing=none`, and `meridian cost` reckons with another routing unless it is told.
#[test]
fn the_costs_that_init_points_to_are_of_the_routing_that_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), "credit", &[], &["us-east-1=400", "eu-central-1=150"]);
    assert!(output.status.success(), "{}", error(&output));
    let settings = std::fs::read_to_string(folder.path().join("samconfig.toml")).unwrap();
    assert!(settings.contains("\"Routing=none\""), "{settings}");
    assert!(settings.contains("meridian cost --front proxy --routing none has its price"), "{settings}");
    let told = String::from_utf8(output.stdout).unwrap();
    let line = told.lines().map(str::trim).find(|line| line.starts_with("meridian cost ")).unwrap();
    let (command, _) = line.split_once("  ").unwrap();
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    let cost = meridian(folder.path(), &arguments);
    let page = String::from_utf8(cost.stdout).unwrap();
    assert!(page.contains("how customers reach it: front api, routing none"), "{command}: {page}");
    let lines = told.lines().filter(|line| line.starts_with("  meridian "));
    let columns: std::collections::BTreeSet<_> = lines.map(|line| line.rfind("    ")).collect();
    assert_eq!(columns.len(), 1, "what the commands are for stands in one column: {told}");
}

/// What a night of a new fleet's ends with: 0 as expected, 1 otherwise, 2 refused.
fn rehearsed(folder: &Path, scenario: &str) -> (Option<i32>, Output) {
    let night = meridian(folder, &["night", "--fleet", "fleet.toml", "--scenario", scenario, "--json"]);
    (night.status.code(), night)
}

const REFUSED: &str = "cannot be translated to this fleet: ";

/// Every night that can be translated ends as its file expects.
#[test]
fn a_new_fleets_regions_play_the_built_in_nights() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), "credit", &[], &["us-east-1=400", "eu-central-1=150"]);
    assert!(output.status.success(), "{}", error(&output));
    let list = meridian(folder.path(), &["night", "--list"]);
    let list = String::from_utf8(list.stdout).unwrap();
    let nights: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(nights.len() > 40, "{list}");
    let play = |scenario: &str| {
        let (code, night) = rehearsed(folder.path(), scenario);
        let why = match scenario {
            "four-accounts" | "planes-dark" | "topic-dark" | "zone-lost" => "it needs 3 regions, and the fleet has 2",
            "messy-events" => "it needs 4 regions, and the fleet has 2",
            "home-moved-in-peace" | "home-rebuilt" | "home-taken-over" | "home-lost-auto" => {
                "in it home has moved to another region"
            }
            "certificate-expired"
            | "failback"
            | "region-dead-by-day"
            | "standby-hot"
            | "standby-warm"
            | "pilot-light"
            | "pilot-light-auto"
            | "survivors-fall"
            | "survivors-hold"
            | "us-east-1-gone" => "in it a lost region's customers come to ",
            "deploy-in-mid-wave" => "its [[deploy]] comes in a turn of the regions that it was written for",
            "home-lost" | "home-lost-and-back" => "the region that it loses is us-east-1 here",
            "stage-retried" => "its [[hand]] calls RetryStageExecution",
            "execution-stopped" | "rerun-stopped" => "its [[hand]] calls StopPipelineExecution",
            "by-traffic" | "cold-instances" | "ten-percent" => "its [[policy.region]] sets ",
            _ => "",
        };
        if !why.is_empty() {
            assert_eq!(code, Some(2), "{scenario}");
            let words = format!("scenario {scenario} {REFUSED}{why}");
            assert!(error(&night).contains(&words), "{}", error(&night));
            return;
        }
        assert_eq!(code, Some(0), "{scenario}: {}", error(&night));
        let told: serde_json::Value = serde_json::from_slice(&night.stdout).unwrap();
        let regions: Vec<_> =
            told["fleet"].as_array().unwrap().iter().map(|end| end["region"].as_str().unwrap()).collect();
        assert_eq!(regions, ["us-east-1", "eu-central-1"], "{scenario}");
    };
    std::thread::scope(|scope| {
        for half in nights.chunks(nights.len().div_ceil(2)) {
            let play = &play;
            scope.spawn(move || half.iter().for_each(|scenario| play(scenario)));
        }
    });
}

#[test]
fn a_rehearsal_speaks_of_the_fleets_own_regions() {
    let folder = tempfile::tempdir().unwrap();
    let output = init(folder.path(), "credit", &[], &["us-east-1=400", "eu-central-1=150"]);
    assert!(output.status.success(), "{}", error(&output));
    let list = meridian(folder.path(), &["night", "--list", "--fleet", "fleet.toml"]);
    let list = String::from_utf8(list.stdout).unwrap();
    // One that cannot be translated keeps the title of the regions that it was written for.
    let played: Vec<&str> = list.lines().filter(|line| !line.contains(REFUSED)).collect();
    assert!(played.iter().any(|line| line.contains("EUC1's control plane fails at ")), "{list}");
    let foreign = ["Dublin", "Sydney", "Tokyo", "Paulo", "Brazil", "EU", "AU", "JP", "BR"];
    let words = |line: &str| line.split(|c: char| !c.is_alphanumeric()).any(|word| foreign.contains(&word));
    let wrong: Vec<&&str> = played.iter().filter(|line| words(line)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let night = meridian(folder.path(), &["night", "--fleet", "fleet.toml", "--scenario", "bad-model"]);
    let told = String::from_utf8(night.stdout).unwrap();
    let head = "bad-model: v428 passes evaluation and is three times as slow: condemned in USE1's canary";
    assert!(told.starts_with(head), "{told}");
}

/// A fleet, by its regions, and the nights that it cannot play, with what it lacks.
type Rehearsal = (&'static [&'static str], &'static [(&'static str, &'static str)]);

/// Of three regions and of five, the busiest of them last, and of two of which one is thin.
const REHEARSALS: [Rehearsal; 3] = [
    (
        &["us-east-1=400", "eu-central-1=150", "ap-south-1=900"],
        &[
            ("messy-events", "it needs 4 regions, and the fleet has 3"),
            ("ten-percent", "its [[policy.region]] sets bake"),
        ],
    ),
    (
        &["us-east-1=400", "eu-central-1=150", "sa-east-1=60", "ap-southeast-1=300", "us-east-2=1500"],
        &[("ten-percent", "its [[policy.region]] sets bake")],
    ),
    (
        &["eu-central-1=2000", "eu-west-3=10"],
        &[
            ("messy-events", "it needs 4 regions, and the fleet has 2"),
            ("planes-dark", "it needs 3 regions, and the fleet has 2"),
            ("slow-burn", "fewer requests come to eu-west-3"),
            ("ten-percent", "its [[policy.region]] sets bake"),
        ],
    ),
];

/// Nights of an hour and a half at most, about the first region, the thinnest one and those between.
/// Two follow from what has been shifted elsewhere by then: their moments are those of the turns here.
const QUICK: [&str; 9] = [
    "bad-eval",
    "bad-model",
    "currency-in-brazil",
    "frozen",
    "judge-dies",
    "late-alarm",
    "late-alarm-in-soak",
    "tokyo-dark",
    "tokyo-dark-after",
];

#[test]
fn a_night_of_any_fleet_ends_as_expected_or_is_refused() {
    for (regions, refused) in REHEARSALS {
        let folder = tempfile::tempdir().unwrap();
        let output = init(folder.path(), "credit", &[], regions);
        assert!(output.status.success(), "{regions:?}: {}", error(&output));
        let list = meridian(folder.path(), &["night", "--list", "--fleet", "fleet.toml"]);
        assert!(list.status.success(), "{regions:?}: {}", error(&list));
        let list = String::from_utf8(list.stdout).unwrap();
        for scenario in refused.iter().map(|(scenario, _)| *scenario).chain(QUICK) {
            let (code, night) = rehearsed(folder.path(), scenario);
            let why = refused.iter().find(|(own, _)| *own == scenario).map(|(_, why)| *why);
            let said = error(&night);
            // No canary begins in it: every fleet plays it.
            let allowed: &[i32] = if why.is_some() {
                &[2]
            } else if scenario == "bad-eval" {
                &[0]
            } else {
                &[0, 2]
            };
            assert!(code.is_some_and(|code| allowed.contains(&code)), "{regions:?} {scenario}: {code:?} {said}");
            let is_refused = said.contains(&format!("scenario {scenario} {REFUSED}"));
            assert_eq!(is_refused, code == Some(2), "{regions:?} {scenario}: {said}");
            assert!(said.contains(why.unwrap_or_default()), "{regions:?} {scenario}: {said}");
            let is_marked =
                list.lines().any(|line| line.split_whitespace().next() == Some(scenario) && line.contains(REFUSED));
            assert_eq!(is_marked, is_refused, "{regions:?} {scenario}: {list}");
        }
    }
}

/// What is a fleet, and what no stacks can be made of.
#[test]
fn what_the_template_has_no_parameters_for_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let seven =
        ["us-east-1=7", "us-east-2=6", "us-west-1=5", "us-west-2=4", "eu-west-1=3", "eu-west-2=2", "eu-west-3=1"];
    let (six, seven) =
        (init(folder.path(), "credit", &[], &seven[..6]), init(folder.path(), "kyc", &["--force"], &seven));
    assert!(six.status.success(), "{}", error(&six));
    assert_eq!(seven.status.code(), Some(2));
    let words = "template.yaml has parameters for 6 regions, and this fleet has 7";
    assert!(error(&seven).contains(words), "{}", error(&seven));
    let unlike = init(folder.path(), "credit", &["--force"], &["us-east-1=4", "us-east-2=4,bucket=crystal"]);
    let words = "the buckets' names must begin alike: roles are given the buckets that cr* matches";
    assert!(error(&unlike).contains(words), "{}", error(&unlike));
    let single = init(folder.path(), "credit", &["--force"], &["us-east-1=4,bucket=abc"]);
    assert!(single.status.success(), "{}", error(&single));
}

#[test]
fn what_is_missing_is_named_and_nothing_is_written_or_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let output = meridian(folder.path(), &["init", "--name", "credit"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("give --account, --region, --public-key"), "{}", error(&output));
    let wrong = [
        ("moon-base-1=5", "moon-base-1 is not known here: add its customers' time zone"),
        ("us-east-1", "expected a region with its requests a second at the daily peak, such as us-east-1=400"),
        ("us-east-1=-4", "is no number of requests a second above 0"),
        ("us-east-1=4,colour=red", "is not title=, bucket= or time-zone="),
        ("us-east-1=4,time-zone=Europe/Atlantis", "is not an IANA time zone such as Europe/Paris"),
        ("us-east-1=4,title=United States", "region.title of us-east-1 must have 1 to 20 letters, digits, dashes"),
    ];
    for (region, words) in wrong {
        let output = init(folder.path(), "credit", &[], &[region]);
        assert_eq!(output.status.code(), Some(2), "{region}");
        assert!(error(&output).contains(words), "{region}: {}", error(&output));
    }
    let twice = init(folder.path(), "credit", &[], &["us-east-1=4", "us-east-1=5"]);
    assert!(error(&twice).contains("this cannot be a fleet: "), "{}", error(&twice));
    let capitals = init(folder.path(), "Credit", &[], &["us-east-1=4"]);
    assert!(error(&capitals).contains("is not a fleet name: up to 20 lower-case letters"), "{}", error(&capitals));
    assert!(!folder.path().join("fleet.toml").exists());
    assert!(init(folder.path(), "credit", &[], &["us-east-1=40"]).status.success());
    let again = init(folder.path(), "debit", &[], &["us-east-1=40"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(error(&again).contains("fleet.toml is there already: --force replaces it"), "{}", error(&again));
    assert!(init(folder.path(), "debit", &["--force"], &["us-east-1=40"]).status.success());
}

/// The same files as with options; what no fleet can have is asked for again, and nothing else is.
#[test]
fn what_is_not_given_is_asked_for_until_it_can_be_a_fleets() {
    let (typed, given) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(typed.path().join("training.pub.pem"), PUBLIC_KEY).unwrap();
    let answers = [
        ("Credit", "is not a fleet name: up to 20 lower-case letters"),
        ("credit", ""),
        ("99999", "expected an AWS account, twelve digits"),
        ("999999999999", ""),
        ("us-east-1", "expected a region with its requests a second at the daily peak, such as us-east-1=400"),
        ("us-east-1=400", ""),
        ("eu-central-1=150", ""),
        ("", ""),
        ("nowhere.pem", "nowhere.pem: No such file"),
        ("training.pub.pem", ""),
    ];
    let lines: String = answers.iter().map(|(answer, _)| format!("{answer}\n")).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    let said = talk(200, command.arg("init").env_clear().current_dir(typed.path()), true, &lines);
    let mut rest = said.as_str();
    for refusal in answers.iter().map(|(_, refusal)| *refusal).filter(|refusal| !refusal.is_empty()) {
        let at = rest.find(refusal).unwrap_or_else(|| panic!("no {refusal:?} in {rest}"));
        rest = &rest[at..];
    }
    for (question, times) in [
        ("What is the fleet called?", 2),
        ("In which AWS account is it?", 2),
        ("Which region is home", 2),
        ("The next one in the order of promotion?", 2),
        ("Which file holds the public key", 2),
    ] {
        assert_eq!(said.matches(question).count(), times, "{question}: {said}");
    }
    assert!(said.contains("Wrote ./fleet.toml and ./samconfig.toml."), "{said}");
    assert!(init(given.path(), "credit", &[], &["us-east-1=400", "eu-central-1=150"]).status.success());
    for name in ["fleet.toml", "samconfig.toml"] {
        let read = |folder: &Path| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(read(typed.path()), read(given.path()), "{name}");
    }
}

/// Somebody who gives up, at Ctrl-D, leaves nothing.
#[test]
fn questions_that_are_not_answered_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    let said = talk(200, command.arg("init").env_clear().current_dir(folder.path()), true, "credit\n\u{4}");
    assert!(said.contains("In which AWS account is it?") && said.contains("error:"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
