//! Somebody who types what the runbooks say, at a served night.

use super::commands::{COMMANDS, Check};
use super::common::served::{Served, serve};
use super::common::{KEYS, error, text};
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A night, and the folder in which commands are typed at it: with fleet.toml, and the command line where a build leaves it.
pub struct Desk {
    night: Served,
    pub folder: TempDir,
    /// What stands in a command for a value that its reader fills in.
    pub values: BTreeMap<&'static str, String>,
}

impl Desk {
    pub fn at(scenario: &str, time: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(root().join("local/fleets/reference/fleet.toml"), folder.path().join("fleet.toml")).unwrap();
        for place in ["target/release", "bin"] {
            std::fs::create_dir_all(folder.path().join(place)).unwrap();
            symlink(env!("CARGO_BIN_EXE_meridian"), folder.path().join(place).join("meridian")).unwrap();
        }
        let night = serve(&["--scenario", scenario, "--at", time]);
        Self { night, folder, values: BTreeMap::new() }
    }

    /// With the values of the night in the commands' placeholders: what a page, the wave key and the ledger name.
    pub fn with_values(mut self) -> Self {
        let asked = |command: &str| self.types(command).trim().to_owned();
        let read = |key: &str| -> serde_json::Value {
            let text = asked(&format!("aws s3 cp s3://fraud-models-eu/{key} - --region eu-west-1"));
            serde_json::from_str(&text).unwrap()
        };
        let wave = |field: &str| read("waves/fraud.json")[field].as_str().unwrap().to_owned();
        let status: serde_json::Value = serde_json::from_str(&asked("meridian status --json")).unwrap();
        let config = status["regions"][2]["account"]["way_back"]["config"].as_str().unwrap().to_owned();
        let key = asked(
            "aws s3api list-objects-v2 --bucket fraud-models-eu --region eu-west-1 --prefix releases/archives/ \
             --query 'Contents[0].Key' --output text",
        );
        let execution = asked(
            "aws codepipeline list-pipeline-executions --region eu-west-1 --pipeline-name fraud-promotion --query \
             'pipelineExecutionSummaries[0].pipelineExecutionId' --output text",
        );
        let [release, policy, version] = ["release", "policy", "version"].map(wave);
        let manifest = read(&format!("releases/manifests/{release}.json"));
        self.values = BTreeMap::from([
            ("CONFIG", config),
            ("DIGEST", manifest["image"]["digest"].as_str().unwrap().to_owned()),
            ("EXECUTION", execution),
            ("KEY", key),
            ("POLICY", policy),
            ("RELEASE", release),
            ("VERSION", version),
        ]);
        self
    }

    /// The command as its reader types it.
    fn filled(&self, command: &str) -> String {
        let whole = |text: &str, at: usize, name: &str| {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            !text[..at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word)
        };
        self.values.iter().fold(command.to_owned(), |text, (name, value)| {
            let found = text.match_indices(name).find(|(at, _)| whole(&text, *at, name)).map(|(at, _)| at);
            found.map_or(text.clone(), |at| format!("{}{value}{}", &text[..at], &text[at + name.len()..]))
        })
    }

    pub fn output(&self, command: &str) -> Output {
        let sets = COMMANDS.iter().filter(|(_, check)| matches!(check, Check::Sets)).map(|(command, _)| *command);
        let sets = sets.collect::<Vec<_>>().join("\n");
        let path =
            format!("{}:{}:/usr/local/bin:/usr/bin:/bin", self.folder.path().join("bin").display(), tools().display());
        Command::new("bash")
            .args(["-c", &format!("set -euo pipefail\n{sets}\n{}", self.filled(command))])
            .current_dir(self.folder.path())
            .env_clear()
            .envs([("PATH", path.as_str()), ("USER", "maria")])
            .env("HOME", self.folder.path())
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.night.address))
            .envs([("AWS_MAX_ATTEMPTS", "1"), ("AWS_CLI_UPGRADE_DEBUG_MODE", "true")])
            .envs(KEYS)
            .output()
            .unwrap()
    }

    /// What a command prints that succeeds.
    pub fn types(&self, command: &str) -> String {
        let output = self.output(command);
        let said = text(&output.stdout);
        assert!(output.status.success(), "{}\n{said}{}", self.filled(command), error(&output));
        said
    }

    /// The exit code, and what is printed.
    pub fn tried(&self, command: &str) -> (Option<i32>, String) {
        let output = self.output(command);
        (output.status.code(), text(&output.stdout))
    }
}

fn tools() -> PathBuf {
    root().join(".tools/wire/bin")
}
