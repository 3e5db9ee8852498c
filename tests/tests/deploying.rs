//! What `make sam-build` and `make deploy` refuse before anybody asks an account: scripts/check_build.py.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use meridian_tests::skip;
use std::path::Path;
use std::process::{Command, Output};

/// A repository with a commit, and a build of one function beside its policy.
struct Repository {
    python: &'static str,
    folder: tempfile::TempDir,
}

impl Repository {
    /// None, and the test is skipped, where Python or git is missing.
    fn new() -> Option<Self> {
        let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
        let python = ["python3.11", "python3"].into_iter().find(|python| runs(python));
        let Some(python) = python.filter(|_| runs("git")) else {
            skip("deploying", "no Python or no git here");
            return None;
        };
        let own = Self { python, folder: tempfile::tempdir().unwrap() };
        own.git(&["init", "--quiet"]);
        own.write("template.yaml", "Resources:");
        own.write("fleet.toml", "[fleet]");
        own.write("shared/lib.rs", "// compiled");
        own.write(".gitignore", "/.aws-sam");
        own.commit();
        own.write(".aws-sam/build/Promote/fleet.toml", "[fleet]");
        own.built("GLIBC_2.9 GLIBC_2.34");
        Some(own)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let who = ["-c", "user.name=ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false"];
        let run = Command::new("git").args(who).args(arguments).current_dir(&self.folder).output().unwrap();
        assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a commit"]);
    }

    /// The function's program, of these words.
    fn built(&self, program: &str) {
        self.write(".aws-sam/build/Promote/bootstrap", program);
    }

    fn check(&self, more: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/check_build.py");
        let mut command = Command::new(self.python);
        command.arg(script).args(more).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&self.folder).output().unwrap()
    }

    /// That the build, recorded before `change`, is refused after it with these words and with what to run.
    fn refuses(&self, expected: &str, change: impl FnOnce(&Self)) {
        assert!(self.check(&["--record"]).status.success());
        let run = self.check(&[]);
        assert!(run.status.success(), "{expected}: {}", String::from_utf8_lossy(&run.stderr));
        change(self);
        let run = self.check(&[]);
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(
            !run.status.success() && said.contains(expected) && said.contains("make sam-build"),
            "{expected}: {said}"
        );
    }
}

#[test]
fn a_function_that_lambdas_glibc_cannot_start_is_refused() {
    let Some(own) = Repository::new() else { return };
    own.built("GLIBC_2.9 GLIBC_2.38");
    let run = own.check(&["--record"]);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success(), "{said}");
    let way_out = "CARGO_LAMBDA_COMPILER=cargo-zigbuild make sam-build";
    for word in ["Promote needs glibc 2.38", "provided.al2023 has 2.34", way_out] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let deployed = own.check(&[]);
    assert!(!deployed.status.success(), "it was recorded, and so could be deployed");
}

#[test]
fn a_build_of_another_template_or_commit_is_not_deployed() {
    let Some(own) = Repository::new() else { return };
    own.refuses("commit: the build is of", |own| {
        own.write("shared/lib.rs", "// compiled, and changed");
        own.commit();
    });
    own.refuses("template.yaml: the build is of", |own| own.write("template.yaml", "Resources: {}"));
    own.refuses("uncommitted changes: the build is of", |own| own.write("shared/lib.rs", "// changed"));
}

/// Whoever changes the policy builds nothing.
#[test]
fn a_commit_of_the_policy_alone_asks_for_no_build() {
    let Some(own) = Repository::new() else { return };
    assert!(own.check(&["--record"]).status.success());
    own.write("fleet.toml", "[other]");
    own.commit();
    own.write(".aws-sam/build/Promote/fleet.toml", "[other]");
    let run = own.check(&[]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn a_function_with_another_policy_beside_it_is_not_deployed() {
    let Some(own) = Repository::new() else { return };
    own.refuses("fleet.toml: the one beside Promote is not the one on disk", |own| own.write("fleet.toml", "[other]"));
    own.write(".aws-sam/build/Promote/fleet.toml", "[other]");
    let stale = |own: &Repository| own.write(".aws-sam/build/Promote/fleet.toml.sig", "old");
    own.refuses("fleet.toml.sig: the one beside Promote", stale);
}

#[test]
fn sam_build_and_deploy_ask_before_anything_is_deployed() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts");
    let read = |name: &str| std::fs::read_to_string(scripts.join(name)).unwrap();
    let (build, deploy) = (read("sam-build"), read("deploy"));
    let at = |text: &str, word: &str| text.find(word).unwrap_or(usize::MAX);
    assert!(at(&build, "\nsam build\n") < at(&build, "\npython scripts/check_build.py --record\n"));
    assert!(build.contains("\npython scripts/check_build.py --record\n"));
    let deploys = at(&deploy, "sam deploy --config-env \"$environment\"");
    assert!(at(&deploy, "\npython scripts/check_build.py\n") < deploys);
    assert!(at(&deploy, "\npython scripts/deploy_gate.py wave\n") < deploys);
    assert!(deploys < at(&deploy, "python scripts/deploy_gate.py compare"));
}

/// A command line that answers with these documents in turn, and with the last one from then on.
fn answering(own: &Repository, documents: &[&str]) {
    for (number, document) in documents.iter().enumerate() {
        own.write(&format!("answers/{number}.json"), document);
    }
    own.write(
        "target/release/meridian",
        "#!/bin/sh\nset -- answers/*.json\ncat \"$1\"\n[ $# -eq 1 ] || rm \"$1\"\nexit 1\n",
    );
    let program = own.folder.path().join("target/release/meridian");
    std::fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

/// What the gate says: whether it lets the deployment go on, and its words.
fn gate(own: &Repository, arguments: &[&str]) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/deploy_gate.py");
    let mut command = Command::new(own.python);
    command.arg(script).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").env("MERIDIAN_DEPLOY_PATIENCE", "0");
    let run = command.current_dir(&own.folder).output().unwrap();
    (run.status.success(), String::from_utf8_lossy(&run.stderr).into_owned())
}

#[test]
fn a_deployment_never_cuts_a_wave() {
    let wave = |ended: &str, unheard: &str, stopped: &str| {
        format!(
            "{{\"wave\":{{\"version\":\"v427\",\"execution\":\"wave-1\",\"ended\":{ended},\"unheard\":{unheard},\
             \"stopped\":{stopped}}}}}"
        )
    };
    for (status, goes_on) in [
        (wave("null", "null", "null"), false),
        (wave("[\"2026-11-20T04:20:00Z\",[]]", "null", "null"), true),
        (wave("null", "{\"since\":\"2026-11-20T03:20:00Z\"}", "null"), true),
        (wave("null", "null", "{\"barred\":{}}"), true),
        ("{\"wave\":null}".to_owned(), true),
    ] {
        let Some(own) = Repository::new() else { return };
        answering(&own, &[&status]);
        let (passes, said) = gate(&own, &["wave"]);
        assert_eq!(passes, goes_on, "{status}: {said}");
        assert!(passes || said.contains("the wave of v427 is under way (wave-1): wait for its end"), "{said}");
    }
    let Some(own) = Repository::new() else { return };
    let (passes, said) = gate(&own, &["wave"]);
    assert!(!passes && said.contains("make build"), "{said}");
}

/// What `scripts/deploy` runs beside the gate: a SAM CLI that writes down what it is asked, a fleet of two regions, and an account that
/// has a stack in each.
const FAKES: [(&str, &str); 8] = [
    (".venv/bin/sam", "#!/bin/sh\necho \"$*\" >> sam.log\n"),
    (".venv/bin/python", "#!/bin/sh\nPYTHONPATH=\"$PYTHONPATH:fakes\" exec python3 \"$@\"\n"),
    ("scripts/python-tools", "#!/bin/sh\n"),
    ("scripts/check_deployment.py", ""),
    ("scripts/check_build.py", ""),
    (
        "scripts/stack.py",
        "from types import SimpleNamespace\n\nimport boto3\n\n\nclass Fleet:\n    home = 'eu-west-1'\n    environments = {'eu': ('eu-west-1',), \
         'jp': ('ap-northeast-1',)}\n\n    def __init__(self, folder):\n        self.stacks = [SimpleNamespace(region=region, \
         parameters={'AWS::StackName': 'meridian', 'FleetName': 'fraud'}) for region, in self.environments.values()]\n        self.deployed = \
         {'eu-west-1': {}, 'ap-northeast-1': {'OnCallEmail': 'on-call@example.com'}}\n\n    def client(self, service, region):\n        return \
         boto3.client(service, region)\n",
    ),
    ("fakes/botocore/exceptions.py", "class ClientError(Exception):\n    pass\n"),
    (
        "fakes/boto3.py",
        "from types import SimpleNamespace\n\n\ndef client(service, region_name):\n    parameters = \
         [{'ParameterKey': 'DomainName', 'ParameterValue': f'a \"b\" {region_name}'}]\n    return SimpleNamespace(\n        \
         describe_stacks=lambda StackName: {'Stacks': [{'Parameters': parameters, 'Outputs': [{'OutputKey': 'HealthCheckId', 'OutputValue': f'check-{region_name}'}]}]},\n        \
         get_template=lambda StackName, TemplateStage: {'TemplateBody': f'# what {region_name} had'},\n    )\n",
    ),
];

/// `make deploy` of this fleet, whose functions answer with these documents: whether it ended well, its words, and what SAM was asked.
fn deploy(own: &Repository, documents: &[&str]) -> (bool, String, Vec<String>) {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts");
    for name in ["deploy", "deploy_gate.py", "outside.py"] {
        own.write(&format!("scripts/{name}"), &std::fs::read_to_string(scripts.join(name)).unwrap());
    }
    own.write(".aws-sam/build/template.yaml", "Resources:");
    for (path, text) in FAKES {
        own.write(path, text);
        let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(own.folder.path().join(path), all).unwrap();
    }
    answering(own, documents);
    let mut command = Command::new("bash");
    command.arg("scripts/deploy").env("PYTHONDONTWRITEBYTECODE", "1").env("MERIDIAN_DEPLOY_PATIENCE", "0");
    let run = command.current_dir(&own.folder).output().unwrap();
    let asked = std::fs::read_to_string(own.folder.path().join("sam.log")).unwrap_or_default();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    (run.status.success(), said, asked.lines().map(str::to_owned).collect())
}

/// What the doctor says, with these findings: where, of what, with which outcome.
fn doctor(findings: &[(&str, &str, &str)]) -> String {
    let findings = findings.iter().map(|(place, check, outcome)| {
        format!(
            "{{\"place\":\"{place}\",\"check\":\"{check}\",\"outcome\":\"{outcome}\",\"what\":\"a word\",\"mend\":\"mend it\"}}"
        )
    });
    format!("{{\"findings\":[{}]}}", findings.collect::<Vec<_>>().join(","))
}

#[test]
fn a_region_that_a_deployment_made_ill_goes_back_and_is_the_last_one() {
    let Some(own) = Repository::new() else { return };
    let known = ("ap-northeast-1", "quota", "wrong");
    let before = doctor(&[known, ("ap-northeast-1", "image", "warning")]);
    let worse = doctor(&[known, ("ap-northeast-1", "alarms", "wrong")]);
    let (ended_well, said, asked) = deploy(&own, &["{\"wave\":null}", &before, &worse]);
    assert!(!ended_well && said.contains("alarms: a word\n    mend: mend it") && !said.contains("quota"), "{said}");
    assert_eq!(
        asked,
        [
            "deploy --config-env jp --no-fail-on-empty-changeset",
            "deploy --config-env jp --template-file target/deploy-jp.yaml --no-confirm-changeset --no-fail-on-empty-changeset \
             --parameter-overrides DomainName=\"a \\\"b\\\" ap-northeast-1\"",
        ],
        "{said}"
    );
    let kept = std::fs::read_to_string(own.folder.path().join("target/deploy-jp.yaml")).unwrap();
    assert_eq!(kept, "# what ap-northeast-1 had");
}

#[test]
fn what_was_wrong_before_or_is_wrong_elsewhere_is_not_this_deployments() {
    let Some(own) = Repository::new() else { return };
    let known = [("ap-northeast-1", "quota", "wrong"), ("eu-west-1", "quota", "wrong")];
    let elsewhere = [known[0], known[1], ("eu-west-1", "alarms", "wrong")];
    let documents = [doctor(&known), doctor(&elsewhere), doctor(&elsewhere), doctor(&elsewhere)];
    let documents: Vec<&str> = std::iter::once("{\"wave\":null}").chain(documents.iter().map(String::as_str)).collect();
    let (ended_well, said, asked) = deploy(&own, &documents);
    assert!(ended_well, "{said}");
    let mut expected =
        ["jp", "eu"].map(|own| format!("deploy --config-env {own} --no-fail-on-empty-changeset")).to_vec();
    // Who hears from outside that a region leaves DNS, by the health checks that the stacks name.
    expected.push(
        "deploy --template-file outside.yaml --confirm-changeset --no-fail-on-empty-changeset --stack-name meridian-outside --region us-east-1 --tags \
         meridian:fleet=fraud --parameter-overrides FleetName=fraud Check1=eu-west-1=check-eu-west-1 \
         Check2=ap-northeast-1=check-ap-northeast-1 OnCallEmail=on-call@example.com"
            .to_owned(),
    );
    assert_eq!(asked, expected, "{said}");
}
