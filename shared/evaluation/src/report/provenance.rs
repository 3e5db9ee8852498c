//! What a verdict is bound to, and how to come to it again.

use crate::costs::Prices;
use serde::{Deserialize, Serialize};

/// An input of an evaluation and the SHA-256 (hexadecimal) of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// What people call it, for example `v427`.
    pub name: String,
    /// Digest of the bytes that were read.
    pub sha256: String,
}

/// The inputs that a verdict is bound to, besides the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// The challenger's model archive.
    pub challenger: Named,
    /// The champion's; absent for a first release.
    pub champion: Option<Named>,
    /// The files of the challenger's feature pipeline: its container has them, this evaluation does not read them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feature_files: Vec<Named>,
    /// The champion's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub champion_feature_files: Vec<Named>,
    /// The held-out file.
    pub holdout: Named,
    /// The records that features were compared with, where somebody gave such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Named>,
    /// The digests of the challenger's training rows, where training gave them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_rows: Option<Named>,
    /// Its approval by the fleet; absent for records that somebody chose at a desk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout_approval: Option<Approval>,
}

/// Who said that these are the records to evaluate on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Since when the records count, RFC 3339.
    pub since: String,
    /// Who approved them.
    pub by: String,
    /// Why these records count now, in the words of who approved them.
    pub why: String,
}

/// Where an evaluation comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// What was read.
    pub inputs: Digests,
    /// Lines for a shell that repeat the evaluation: downloads where there are any, then [`EvaluateCommand::line`].
    pub repeat: Vec<String>,
}

/// The arguments of `meridian evaluate`, as on its command line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvaluateCommand {
    /// The challenger's archive or model file.
    pub challenger: String,
    /// The champion's model file; none for a first release.
    pub champion: Option<String>,
    /// The held-out set.
    pub holdout: String,
    /// Its label column.
    pub label: String,
    /// Its column of customer regions.
    pub region_column: Option<String>,
    /// Its columns that are left out.
    pub ignore: Vec<String>,
    /// Its columns whose values become slices.
    pub slices: Vec<String>,
    /// The callers' feature list.
    pub features: Option<String>,
    /// The version of the container image, for example `3.0-5`.
    pub image: Option<String>,
    /// The champion's, where it is another.
    pub champion_image: Option<String>,
    /// The file with the policy; absent where the built-in one holds.
    pub policy: Option<String>,
    /// The operating threshold, where it is not the policy's.
    pub threshold: Option<f64>,
    /// The champion's, where it is another.
    pub champion_threshold: Option<f64>,
    /// What a miss and a false alarm cost.
    pub prices: Option<Prices>,
    /// The file of records that features are compared with.
    pub reference: Option<String>,
    /// The file of the digests of training's rows.
    pub training_rows: Option<String>,
}

impl EvaluateCommand {
    /// The command as one line for a POSIX shell.
    pub fn line(&self) -> String {
        let number = |value: Option<f64>| value.map(|value| value.to_string());
        let (threshold, champion_threshold) = (number(self.threshold), number(self.champion_threshold));
        let miss = number(self.prices.map(|prices| prices.miss));
        let false_alarm = number(self.prices.map(|prices| prices.false_alarm));
        let records = [
            ("--challenger", Some(&self.challenger)),
            ("--champion", self.champion.as_ref()),
            ("--holdout", Some(&self.holdout)),
            ("--label", Some(&self.label)),
            ("--region-column", self.region_column.as_ref()),
        ];
        let ignored = self.ignore.iter().map(|column| ("--ignore", Some(column)));
        let sliced = self.slices.iter().map(|column| ("--slice", Some(column)));
        let options = [
            ("--features", self.features.as_ref()),
            ("--image", self.image.as_ref()),
            ("--champion-image", self.champion_image.as_ref()),
            ("--policy", self.policy.as_ref()),
            ("--threshold", threshold.as_ref()),
            ("--champion-threshold", champion_threshold.as_ref()),
            ("--cost-miss", miss.as_ref()),
            ("--cost-false-alarm", false_alarm.as_ref()),
            ("--reference", self.reference.as_ref()),
            ("--training-rows", self.training_rows.as_ref()),
        ];
        let all = records.into_iter().chain(ignored).chain(sliced).chain(options);
        let given = all.filter_map(|(option, value)| Some([option, value?.as_str()]));
        shell_line(["meridian", "evaluate"].into_iter().chain(given.flatten()))
    }
}

/// Words as one line for a POSIX shell, each quoted where it must be.
pub fn shell_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(quote).collect();
    quoted.join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_only_what_was_given() {
        let command = EvaluateCommand {
            challenger: "v427.tar.gz".to_owned(),
            holdout: "held out.csv".to_owned(),
            label: "label".to_owned(),
            image: Some("3.0-5".to_owned()),
            ..EvaluateCommand::default()
        };
        assert_eq!(
            command.line(),
            "meridian evaluate --challenger v427.tar.gz --holdout 'held out.csv' --label label --image 3.0-5"
        );
    }

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        let words = ["a b", "", "$(rm -rf ~)", "it's", "*", "s3://bucket/key", "~x", "a\nb"];
        let line = shell_line(["printf", "%s\\0"].into_iter().chain(words));
        let said = std::process::Command::new("sh").args(["-c", &line]).output().unwrap().stdout;
        let said = String::from_utf8(said).unwrap();
        assert_eq!(said.split_terminator('\0').collect::<Vec<_>>(), words);
    }
}
