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
    assert!(at(&deploy, "\npython scripts/check_build.py\n") < at(&deploy, "sam deploy --config-env \"$environment\""));
}
