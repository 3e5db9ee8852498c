//! A data scientist's desk: the committed models, and a hold-out as a warehouse writes one.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/models")
}

/// Runs where the models lie, so that what is said names no folder of this machine.
pub fn meridian(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meridian")).args(arguments).current_dir(models()).output().unwrap()
}

/// The committed records with columns that are no features: a key, a date, and a country, of which one is rare.
pub fn real_holdout(folder: &Path) -> String {
    let file = std::fs::File::open(models().join("holdout.csv.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    let mut out = format!("payment_id,booked_at,country,{}\n", lines.next().unwrap());
    for (row, line) in lines.enumerate() {
        let country = match row {
            row if row % 400 == 399 => "LU",
            row if row % 400 == 398 => "",
            row if line.contains("japan") && row % 2 == 0 => "JP",
            _ => "DE",
        };
        out += &format!("p-{row},2026-10-{:02},{country},{line}\n", row % 28 + 1);
    }
    let path = folder.join("holdout.csv");
    std::fs::write(&path, out).unwrap();
    path.to_str().unwrap().to_owned()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
