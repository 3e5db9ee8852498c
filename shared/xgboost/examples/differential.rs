//! The crate's reader as a process of its own, for scripts/fuzz-differential, which compares it with XGBoost and with other
//! readers of archives. One archive after the other on standard input, one answer each on standard output.
//!
//! An archive is its length (u64, little endian, as all numbers here), a seed (u64) and its bytes. An answer is its length
//! (u32) and three parts: a line of JSON, rows of f32, and the margins of those rows, image by image where it was accepted.
//! The line holds `file`, the SHA-256 of the archive's only file as this reader sees it, for each image what it refuses
//! (`null` where nothing), with `width` and `rows`.
#![allow(clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

use meridian_xgboost::{Image, Matrix, Model, ModelError, ReadOptions, Served, only_file};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;

/// Inflated bytes of an archive: the fuzzer's are small.
const LIMIT: u64 = 64 << 20;
const IMAGES: [Image; 2] = [Image::V1_7, Image::V3_0];
/// Rows that walk the model, and rows that mix their values with others.
const WALKERS: usize = 24;
const MIXED: usize = 24;
/// Values of all rows at most.
const VALUES: usize = 1 << 18;
/// What a model may never have seen: missing, zero, the ends, and categories that are none.
const ODD: [f32; 10] = [f32::NAN, 0.0, -0.0, f32::MAX, f32::MIN, 1.0, -1.0, 0.5, 16_777_216.0, 3e9];

fn main() {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut head = [0; 16];
    // The end of the input is the end of the work.
    while input.read_exact(&mut head).is_ok() {
        let (length, seed) = head.split_at(8);
        let length = u64::from_le_bytes(length.try_into().unwrap());
        let seed = u64::from_le_bytes(seed.try_into().unwrap());
        let mut archive = vec![0; usize::try_from(length).unwrap()];
        input.read_exact(&mut archive).expect("an archive of the length that was said");
        let answer = answer(&archive, seed);
        output.write_all(&u32::try_from(answer.len()).expect("a short answer").to_le_bytes()).expect("a reader");
        output.write_all(&answer).expect("a reader");
        output.flush().expect("a reader");
    }
}

fn answer(archive: &[u8], seed: u64) -> Vec<u8> {
    let read = |image| {
        let options = ReadOptions { limit: LIMIT, threads: NonZeroUsize::MIN, image };
        Served::read(archive, &options, None)
    };
    let served = IMAGES.map(read);
    let models: Vec<&Model> = served.iter().flatten().map(|served| &served.model).collect();
    let Some(model) = models.last() else {
        return said(json!({ "file": null, "images": served.each_ref().map(verdict) }), &[], &[]);
    };
    let width = model.n_features();
    let rows = rows(model, seed);
    let matrix = Matrix::new(&rows, width).expect("whole rows");
    let margins: Vec<f32> = models.iter().flat_map(|model| margins(model, matrix)).collect();
    let file = only_file(archive, LIMIT).expect("an archive that was read").as_slice().to_owned();
    let line = json!({
        "file": hex(&Sha256::digest(&file)),
        "images": served.each_ref().map(verdict),
        "width": width,
        "rows": matrix.rows(),
    });
    said(line, &rows, &margins)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn verdict(read: &Result<Served, ModelError>) -> Value {
    read.as_ref().err().map_or(Value::Null, |error| error.to_string().into())
}

fn said(line: Value, rows: &[f32], margins: &[f32]) -> Vec<u8> {
    let mut answer = line.to_string().into_bytes();
    answer.push(b'\n');
    answer.extend(rows.iter().chain(margins).flat_map(|value| value.to_le_bytes()));
    answer
}

/// Margins, which every way of scoring agrees on.
fn margins(model: &Model, rows: Matrix<'_>) -> Vec<f32> {
    let mut ways = model.margins_by_every_path(rows).expect("rows of the model's width");
    let first = ways.swap_remove(0);
    let bits = |margins: &[f32]| margins.iter().map(|margin| margin.to_bits()).collect::<Vec<_>>();
    assert!(ways.iter().all(|other| bits(other) == bits(&first)), "two instruction sets differ");
    first
}

/// Rows that walk the model, and rows whose values are taken from those and from [`ODD`], column by column.
fn rows(model: &Model, seed: u64) -> Vec<f32> {
    let width = model.n_features();
    let mut rows = model.walker_rows(WALKERS.min(VALUES / width / 2));
    let walked = rows.len() / width;
    let mut state = seed | 1;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let mixed = if walked < WALKERS { 1 } else { MIXED };
    for _ in 0..mixed {
        for column in 0..width {
            let odd = walked == 0 || below(4) == 0;
            let value = if odd { ODD.get(below(ODD.len())) } else { rows.get(below(walked) * width + column) };
            rows.push(*value.expect("within bounds"));
        }
    }
    rows
}
