//! The template goes with any fleet: a dozen, made by `meridian init` and changed as their owners may change them, against every check
//! of `make check-template` that only reads.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test's helpers are tests too")]

use meridian_deployment::{Deployment, Settings};
use meridian_domain::Fleet;
use meridian_tests::skip;
use std::path::Path;
use std::process::Command;

/// P-256, as `openssl pkey -pubout` writes it; its private half was thrown away.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECiQvkLn8xlAhPyMEHpY8RPBTaGPu\n\
    TsiEJ5wP1JznpCLdFo9zTHbezHWaRgoaMRGlCLioyJG7cWRQVakl4TWUhw==\n\
    -----END PUBLIC KEY-----\n";

const VPC: &str = "vpc = { subnets = [\"subnet-01234567\"], security_groups = [\"sg-01234567\"] }";

/// What `meridian init` is told, and what its owner changes afterwards.
#[derive(Default)]
struct Case {
    name: &'static str,
    /// The fleet's name; credit where this is empty.
    called: &'static str,
    /// As `--region` takes them, home first.
    regions: &'static [&'static str],
    /// Texts of fleet.toml, and what stands there instead.
    changes: &'static [(&'static str, &'static str)],
    /// Changes every region's parameters.
    parameters: Parameters,
    /// Lines of `[default.build.parameters]`.
    build: &'static str,
}

/// More parameters of a region, by its name and its place in the list.
#[derive(Clone, Copy)]
struct Parameters(fn(&str, usize) -> Vec<(&'static str, String)>);

impl Default for Parameters {
    fn default() -> Self {
        Parameters(|_, _| Vec::new())
    }
}

/// How customers come, where they come by a name.
fn named(region: &str, routing: &str) -> Vec<(&'static str, String)> {
    let certificate = format!("arn:aws:acm:{region}:999999999999:certificate/22222222-3333-4444-5555-666666666666");
    vec![
        ("Routing", routing.to_owned()),
        ("DomainName", "score.credit.example.org".to_owned()),
        ("HostedZoneId", "Z0987654321EXAMPLE".to_owned()),
        ("CertificateArn", certificate),
    ]
}

/// What stands before the endpoint is a load balancer.
fn proxied(region: &str) -> Vec<(&'static str, String)> {
    let certificate = named(region, "none").into_iter().filter(|(name, _)| *name == "CertificateArn");
    let subnet = |n: u8| format!("subnet-0abcdef012345678{n}");
    let own = [
        ("FrontKind", "proxy".to_owned()),
        ("Callers", format!("till={}", "0d".repeat(32))),
        ("VpcId", "vpc-0abcdef0123456789".to_owned()),
        ("Subnet1", subnet(1)),
        ("Subnet2", subnet(2)),
        ("Subnet3", subnet(3)),
        ("FrontConcurrency", "40".to_owned()),
    ];
    certificate.chain(own).collect()
}

fn fleets() -> [Case; 14] {
    [
        Case {
            name: "home is us-east-1, two regions, Routing=none",
            regions: &["us-east-1=400", "eu-central-1=150"],
            ..Case::default()
        },
        Case { name: "one region", called: "kyc", regions: &["us-west-2=50"], ..Case::default() },
        Case {
            name: "six regions, the longest name, titles of their own, fractions of requests",
            called: "anti-money-launder-1",
            regions: &[
                "eu-central-1=80.5,title=Default",
                "eu-north-1=20.25,title=SE-Stockholm_1",
                "us-east-2=1500",
                "us-west-2=700",
                "ap-southeast-1=300",
                "sa-east-1=0.5",
            ],
            ..Case::default()
        },
        Case {
            name: "home is promoted second",
            regions: &["ap-southeast-2=200", "eu-west-1=600", "ca-central-1=90"],
            changes: &[("home = \"ap-southeast-2\"", "home = \"eu-west-1\"")],
            ..Case::default()
        },
        Case {
            name: "no [scaling]",
            regions: &["eu-west-3=90", "ap-south-1=120"],
            changes: &[
                ("[scaling]\nrequests_per_instance = 250 ", "[ledger]\ncheckpoint_every = 64 "),
                ("night = { from = \"00:00\", until = \"05:00\" } ", ""),
                ("most_instances = ", "# most_instances = "),
            ],
            ..Case::default()
        },
        Case {
            name: "a standby and a joining region",
            regions: &["eu-west-1=600", "us-east-1=300", "eu-west-2=5", "ap-northeast-2=2"],
            changes: &[
                (
                    "name = \"eu-west-2\"",
                    "name = \"eu-west-2\"\nkind = \"warm-standby\"\nstyle = \"rolling\"\nbatch = 50",
                ),
                ("name = \"ap-northeast-2\"", "name = \"ap-northeast-2\"\nkind = \"joining\""),
            ],
            ..Case::default()
        },
        Case {
            name: "two zones, captured requests, instances in a VPC, roles in turn, order by signal",
            regions: &["eu-central-1=300", "eu-south-1=80", "me-central-1=40"],
            changes: &[
                ("order = \"fixed\" ", "golden_records = \"may-leave-zone\"\norder = \"signal\" "),
                ("variant = \"main\" ", "execution_role_in_turn = \"meridian-credit-endpoint-b\"\nvariant = \"main\" "),
                ("name = \"eu-central-1\"", "name = \"eu-central-1\"\nzone = \"eu\"\nVPC"),
                ("name = \"eu-south-1\"", "name = \"eu-south-1\"\nzone = \"eu\"\nVPC"),
                ("name = \"me-central-1\"", "name = \"me-central-1\"\nzone = \"gulf\"\nVPC"),
                ("[signing]", "[shadow]\ncapture_percent = 10\nkeep = 3\n\n[signing]"),
            ],
            ..Case::default()
        },
        Case {
            name: "three accounts, images from home",
            regions: &["us-east-1=400", "eu-west-1=150", "ap-northeast-1=100"],
            changes: &[
                ("name = \"eu-west-1\"", "name = \"eu-west-1\"\naccount = \"888888888888\""),
                ("name = \"ap-northeast-1\"", "name = \"ap-northeast-1\"\naccount = \"777777777777\""),
            ],
            parameters: Parameters(|_, _| vec![("ImagePrefix", "sagemaker-xgboost".to_owned())]),
            ..Case::default()
        },
        Case {
            name: "proxies without a name, Graviton",
            regions: &["us-east-1=900", "us-west-2=700"],
            parameters: Parameters(|region, _| [proxied(region), vec![("Architecture", "arm64".to_owned())]].concat()),
            build: "parameter_overrides = [\"Architecture=arm64\"]\n",
            ..Case::default()
        },
        Case {
            name: "an accelerator",
            regions: &["us-east-2=500", "eu-west-1=500", "ap-northeast-1=200"],
            parameters: Parameters(|region, at| {
                let listener = "arn:aws:globalaccelerator::999999999999:accelerator/fedcba98-7654/listener/1b2c3d4e";
                let listener = (at > 0).then(|| ("AcceleratorListener", listener.to_owned()));
                named(region, "global-accelerator").into_iter().chain(proxied(region)).chain(listener).collect()
            }),
            ..Case::default()
        },
        Case {
            name: "CloudFront, its door not in home",
            regions: &["us-east-1=800", "sa-east-1=60"],
            parameters: Parameters(|region, _| {
                let edge = "arn:aws:acm:us-east-1:999999999999:certificate/33333333-4444-5555-6666-777777777777";
                let own = [("EdgeCertificateArn", edge.to_owned()), ("DoorRegion", "sa-east-1".to_owned())];
                named(region, "cloudfront").into_iter().chain(own).collect()
            }),
            ..Case::default()
        },
        Case {
            name: "failover between two of three regions",
            regions: &["us-west-1=700", "us-west-2=700", "ca-west-1=30"],
            parameters: Parameters(|region, at| {
                let place = ["primary", "standby"].get(at).map(|place| ("FailoverPlace", (*place).to_owned()));
                named(region, "failover").into_iter().chain(place).collect()
            }),
            ..Case::default()
        },
        Case {
            name: "places, some callers behind proxies",
            regions: &["af-south-1=25", "il-central-1=15", "eu-south-2=70"],
            parameters: Parameters(|region, at| {
                let place = [("GeoContinent1", "AF"), ("GeoCountry1", "IL"), ("GeoCountry1", "*")];
                let place = place.get(at).map(|(name, place)| (*name, (*place).to_owned()));
                let front = if at == 1 { proxied(region) } else { Vec::new() };
                named(region, "geolocation").into_iter().chain(place).chain(front).collect()
            }),
            ..Case::default()
        },
        Case {
            name: "by latency, a new region not yet, roles of another name, locked objects",
            regions: &["ap-southeast-3=120", "ap-east-1=80", "ap-southeast-5=10"],
            parameters: Parameters(|region, at| {
                let own = [
                    ("DeployerRoles", "ci/deploy-*"),
                    ("OnCallEmail", "on-call@example.org"),
                    ("ObjectLockDays", "30"),
                    ("SignsWithKms", "true"),
                    ("ImagePrefix", "sagemaker-xgboost"),
                    ("LogRetention", "365"),
                ];
                let own = own.map(|(name, value)| (name, value.to_owned()));
                let routed = if at < 2 { named(region, "latency") } else { Vec::new() };
                routed.into_iter().chain(own).collect()
            }),
            ..Case::default()
        },
    ]
}

/// Writes a fleet's files into `folder`.
fn write(case: &Case, folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    std::fs::write(folder.join("training.pub.pem"), PUBLIC_KEY).unwrap();
    let called = if case.called.is_empty() { "credit" } else { case.called };
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    command.args(["init", "--name", called, "--account", "999999999999", "--public-key", "training.pub.pem"]);
    command.args(case.regions.iter().flat_map(|region| ["--region", region]));
    let output = command.env_clear().current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}: {}", case.name, String::from_utf8_lossy(&output.stderr));
    let [policy, config] = ["fleet.toml", "samconfig.toml"].map(|name| folder.join(name));
    let mut text = std::fs::read_to_string(&policy).unwrap();
    for (from, to) in case.changes {
        assert!(text.contains(from), "{}: {from:?} is not in\n{text}", case.name);
        text = text.replace(from, &to.replace("VPC", VPC));
    }
    let fleet = Fleet::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let mut settings = Settings::of_fleet(&fleet);
    for (at, region) in fleet.regions.iter().enumerate() {
        let own = case.parameters.0(region.name.as_str(), at).into_iter();
        let environment = settings.environments.get_mut(&region.name).unwrap();
        environment.parameters.extend(own.map(|(name, value)| (name.to_owned(), value)));
    }
    let built = "[default.build.parameters]\n";
    let samconfig = settings.samconfig(&fleet).replacen(built, &format!("{built}{}", case.build), 1);
    assert_eq!(Settings::parse(&samconfig, &fleet).unwrap(), settings, "{}", case.name);
    let template = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml")).unwrap();
    let deployed = Deployment::of(&template, &settings).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    assert_eq!(deployed.stacks.len(), case.regions.len(), "{}", case.name);
    std::fs::write(policy, text).unwrap();
    std::fs::write(config, samconfig).unwrap();
}

/// Each account's stack is told of the others: what samconfig.toml says otherwise than fleet.toml is refused, by name.
#[test]
fn accounts_that_do_not_agree_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (root, own) = (Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), folder.path().join("own"));
    let tools = Command::new(root.join("scripts/python-tools")).output().unwrap();
    if !tools.status.success() {
        return skip("accounts_that_do_not_agree_are_refused", "scripts/python-tools cannot install the SAM CLI");
    }
    let case = fleets().into_iter().find(|case| case.changes.iter().any(|(_, to)| to.contains("account = "))).unwrap();
    write(&case, &own);
    let config = own.join("samconfig.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let check = || {
        let mut command = Command::new(root.join(".venv/bin/python"));
        command.arg("scripts/check_deployment.py").env("MERIDIAN_FLEET_DIR", &own).env("PYTHONPATH", "scripts");
        let output = command.current_dir(&root).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(check(), (Some(0), String::new()));
    for (from, to, said) in [
        ("FleetAccounts=", "FleetAccounts=000000000000,", "FleetAccounts is "),
        ("HomeAccount=", "HomeAccount=0", "HomeAccount is "),
        ("Routing=none", "Routing=latency", "several accounts need Routing=none"),
        ("profile = \"", "profile = \"other-", "profile is 'other-"),
    ] {
        assert!(text.contains(from), "{from} is not in\n{text}");
        std::fs::write(&config, text.replace(from, to)).unwrap();
        let (code, faults) = check();
        assert!(code == Some(1) && faults.contains(said), "{to}: {faults}");
    }
}

#[test]
fn a_dozen_fleets_go_with_the_template() {
    let folder = tempfile::tempdir().unwrap();
    let folders = fleets().map(|case| {
        let own = folder.path().join(case.name);
        write(&case, &own);
        own
    });
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tools = Command::new(root.join("scripts/python-tools")).output().unwrap();
    if !tools.status.success() {
        return skip(
            "a_dozen_fleets_go_with_the_template",
            "scripts/python-tools cannot install cfn-lint and the SAM CLI",
        );
    }
    let output = Command::new(root.join("scripts/check-fleets")).args(&folders).output().unwrap();
    let [told, faults] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    println!("{told}");
    assert!(output.status.success(), "{told}{faults}");
}
