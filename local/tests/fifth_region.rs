//! A region more is a block in fleet.toml, an environment in samconfig.toml with two lines in home's, and a deployment: the
//! template and the code stay as they are, and the next wave catches the region up.

use meridian_local::night::{Functions, Options, Scenario, Session, Site};

const FLEET: &str = include_str!("../fleets/reference/fleet.toml");
const SAMCONFIG: &str = include_str!("../fleets/reference/samconfig.toml");

const REGION: &str = r#"
[[region]]
name = "eu-central-1"
title = "DE"
bucket = "fraud-models-de"
peak_rps = 80
time_zone = "Europe/Berlin"
bake = "9m"
instances = 2
most_instances = 6

[[freeze]]"#;

const ENVIRONMENT: &str = r#"
[de.global.parameters]
stack_name = "meridian-fraud"
region = "eu-central-1"

[de.deploy.parameters]
parameter_overrides = ["FleetName=fraud", "HomeRegion=eu-west-1", "ReleaseBucket=fraud-models-de", "Routing=none"]
"#;

const NIGHT: &str = r#"
title = "Frankfurt joins"
start = "2026-11-20T02:59:00Z"
lasts = "2h 30m"
new = ["eu-central-1"]

[[publish]]
at = "03:00"
version = "v427"
model = "good"

[expect]
serves = { eu-west-1 = "v427", ap-southeast-2 = "v427", ap-northeast-1 = "v427", sa-east-1 = "v427", eu-central-1 = "v427" }
pages = 0
advice = 1
executions = ["succeeded"]
"#;

#[test]
fn the_next_wave_catches_a_fifth_region_up() {
    // Before the freezes, which end the file.
    let fleet = FLEET.replacen("\n[[freeze]]", REGION, 1);
    let last = "\"Stage4=BR=sa-east-1\",";
    assert!(SAMCONFIG.contains(last));
    let replica = "eu-central-1=fraud-models-de=ed39af9d-b2f6-4d57-819d-afb7dac1b6df";
    let more = format!("{last}\n    \"Replica4={replica}\",\n    \"Stage5=DE=eu-central-1\",");
    let samconfig = SAMCONFIG.replacen(last, &more, 1) + ENVIRONMENT;
    let site = Site::of(&fleet, &samconfig).unwrap();

    let scenario = Scenario::parse("fifth-region", NIGHT).unwrap();
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    let mut night = Session::begin(site, &scenario, &options).unwrap();
    let mut story = String::new();
    night.run_until(scenario.end(), &mut |line| story += &format!("{line:?}\n")).unwrap();
    let report = night.report().unwrap();
    assert!(report.as_expected, "{:?}\n{story}", report.unexpected);
}
