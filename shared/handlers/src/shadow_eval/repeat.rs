//! What a verdict is bound to, and the shell lines that come to it again at somebody's desk.

use meridian_domain::{ApprovedHoldout, Manifest, Region, ReleaseId, keys};
use meridian_evaluation::{Approval, Columns, Digests, EvaluateCommand, Named, Provenance, shell_line};

/// The inputs of an evaluation in `home`, and how to repeat it: their downloads, then `meridian evaluate`.
pub(super) fn provenance(
    home: &Region,
    release: ReleaseId,
    challenger: &Manifest,
    champion: Option<&Manifest>,
    exam: &ApprovedHoldout,
) -> Provenance {
    let named =
        |manifest: &Manifest| Named { name: manifest.version.to_string(), sha256: manifest.archive.sha256.to_string() };
    let beside = |manifest: &Manifest| {
        let files = manifest.feature_files.iter();
        files.map(|file| Named { name: file.name().to_owned(), sha256: file.sha256.to_string() }).collect()
    };
    let holdout = exam.holdout.file();
    let inputs = Digests {
        challenger: named(challenger),
        champion: champion.map(named),
        feature_files: beside(challenger),
        champion_feature_files: champion.map(beside).unwrap_or_default(),
        holdout: Named { name: holdout.key.clone(), sha256: holdout.sha256.to_string() },
        reference: None,
        training_rows: None,
        holdout_approval: Some(Approval {
            since: format!("{:.0}", exam.since),
            by: exam.by.to_string(),
            why: exam.why.clone(),
        }),
    };
    let local = |manifest: &Manifest| format!("{}.tar.gz", manifest.version);
    let mut repeat = vec![download(home, &challenger.archive.key, &local(challenger))];
    repeat.extend(champion.map(|champion| download(home, &champion.archive.key, &local(champion))));
    repeat.push(download(home, &holdout.key, HOLDOUT));
    let manifest = download(home, &keys::manifest(release), "-");
    repeat.push(format!("{manifest} | jq -r '.features[]' > {FEATURES}"));
    repeat.push(command(challenger, champion, local).line());
    Provenance { inputs, repeat }
}

const HOLDOUT: &str = "holdout.csv.gz";
const FEATURES: &str = "features.txt";
/// The fleet's own, as the function was built with it; the page shows its `[evaluation]`.
const POLICY: &str = "fleet.toml";

fn download(home: &Region, key: &str, to: &str) -> String {
    let from = format!("s3://{}/{key}", home.bucket);
    shell_line(["aws", "s3", "cp", "--region", home.name.as_str(), &from, to])
}

fn command(challenger: &Manifest, champion: Option<&Manifest>, local: impl Fn(&Manifest) -> String) -> EvaluateCommand {
    let Columns { label, region, .. } = Columns::standard(Vec::new());
    let other = |differs: fn(&Manifest, &Manifest) -> bool| champion.filter(|champion| differs(champion, challenger));
    EvaluateCommand {
        challenger: local(challenger),
        champion: champion.map(&local),
        holdout: HOLDOUT.to_owned(),
        label,
        region_column: region,
        ignore: Vec::new(),
        slices: Vec::new(),
        features: Some(FEATURES.to_owned()),
        image: Some(challenger.image.rules().to_string()),
        champion_image: other(|one, two| one.image.rules() != two.image.rules())
            .map(|champion| champion.image.rules().to_string()),
        policy: Some(POLICY.to_owned()),
        threshold: Some(challenger.operating_threshold),
        champion_threshold: other(|one, two| one.operating_threshold != two.operating_threshold)
            .map(|champion| champion.operating_threshold),
        prices: None,
        reference: None,
        training_rows: None,
    }
}
