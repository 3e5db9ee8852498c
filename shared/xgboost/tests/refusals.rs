//! What is refused, and that the error says what was found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use meridian_xgboost::{Model, ModelError, PayloadError, ShapeError};
use proptest::prelude::*;
use support::{Sketch, archive, gzip, model, records, tar};

#[track_caller]
fn refused(bytes: &[u8], words: &[&str]) {
    says(Model::from_archive(bytes), words);
}

#[track_caller]
fn says(result: Result<Model, ModelError>, words: &[&str]) {
    let text = result.expect_err("the model must be refused").to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text:?}");
    }
}

#[track_caller]
fn sketch_refused(change: impl Fn(&mut Sketch), words: &[&str]) {
    let mut sketch = Sketch::default();
    change(&mut sketch);
    says(Model::from_ubjson(&sketch.bytes()), words);
}

#[test]
fn a_truncated_archive_is_refused_wherever_it_ends() {
    let whole = archive("v427");
    for kept in [0, 1, 9, 500, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        assert!(Model::from_archive(&whole[..kept]).is_err(), "{kept} of {} bytes were accepted", whole.len());
    }
}

#[test]
fn a_flipped_bit_in_the_archive_is_refused() {
    let whole = archive("v427");
    for place in (20..whole.len()).step_by(whole.len() / 40) {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x10;
        assert!(Model::from_archive(flipped.as_slice()).is_err(), "bit flipped in byte {place}");
    }
}

#[test]
fn a_truncated_model_in_a_sound_archive_is_refused() {
    let model = Sketch::default().bytes();
    for kept in 0..model.len() {
        assert!(Model::from_archive(gzip(&tar(&[("xgboost-model", &model[..kept])])).as_slice()).is_err());
    }
}

#[test]
fn a_second_file_is_refused_and_named() {
    let model = Sketch::default().bytes();
    refused(
        &gzip(&tar(&[("xgboost-model", &model), ("extra.bin", b"x")])),
        &["second file", "`extra.bin`", "exactly one"],
    );
}

#[test]
fn a_file_that_is_no_model_is_named() {
    let archive = gzip(&tar(&[("notes.txt", b"\0\x05\x16\x07")]));
    refused(&archive, &["the model file is `notes.txt`, of an unknown format", "save_model"]);
}

#[test]
fn records_that_were_given_as_a_model_are_not_quoted() {
    let records = b"label,customer_region,balance\n0,japan,778899\n".repeat(40);
    let error = Model::from_archive(gzip(&records).as_slice()).unwrap_err().to_string();
    assert!(error.contains("what it inflates to is no tar") && !error.contains("japan"), "{error}");
    let error = Model::from_archive(records.as_slice()).unwrap_err().to_string();
    assert!(!error.contains("japan") && !error.contains("778899"), "{error}");
}

#[test]
fn a_second_file_behind_the_tars_end_is_refused() {
    let model = Sketch::default().bytes();
    let mut bytes = tar(&[("xgboost-model", &model)]);
    bytes.extend(tar(&[("another", &model)]));
    refused(&gzip(&bytes), &["behind the end"]);
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let model = Sketch::default().bytes();
    refused(&gzip(&tar(&[("../xgboost-model", &model)])), &["`../xgboost-model`", ".."]);
    refused(&gzip(&tar(&[("/xgboost-model", &model)])), &["absolute"]);
    refused(&gzip(&tar(&[("code/xgboost-model", &model)])), &["top level"]);
}

#[test]
fn links_are_refused_and_never_followed() {
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Char, tar::EntryType::Fifo] {
        let mut header = tar::Header::new_ustar();
        header.set_path("xgboost-model").unwrap();
        header.set_link_name("/etc/passwd").unwrap();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_cksum();
        let mut builder = tar::Builder::new(Vec::new());
        builder.append(&header, &[][..]).unwrap();
        refused(&gzip(&builder.into_inner().unwrap()), &["`xgboost-model`", "never followed"]);
    }
}

#[test]
fn an_archive_without_a_file_is_refused() {
    refused(&gzip(&tar(&[])), &["holds no file"]);
}

#[test]
fn the_folder_entry_that_tar_writes_for_itself_is_allowed() {
    let model = Sketch::default().bytes();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir(".", ".").unwrap();
    let mut bytes = builder.into_inner().unwrap();
    bytes.truncate(512);
    bytes.extend(tar(&[("./xgboost-model", &model)]));
    assert!(Model::from_archive(gzip(&bytes).as_slice()).is_ok());
}

/// A tar's entry of a type whose content describes the file behind it.
fn extension(kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path("extension").unwrap();
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header, content).unwrap();
    let mut bytes = builder.into_inner().unwrap();
    bytes.truncate(bytes.len() - 1024);
    bytes
}

#[test]
fn headers_that_would_fill_the_memory_are_refused() {
    let file = tar(&[("xgboost-model", &Sketch::default().bytes())]);
    let archived = |kind, content: &[u8]| gzip(&[extension(kind, content), file.clone()].concat());
    let comment = |length: usize| format!("{} comment={}\n", length, "x".repeat(length - 14)).into_bytes();
    assert!(Model::from_archive(archived(tar::EntryType::XHeader, &comment(4000)).as_slice()).is_ok());
    refused(&archived(tar::EntryType::XHeader, &comment(5000)), &["PAX header of more than 4096 bytes"]);
    refused(&archived(tar::EntryType::XGlobalHeader, &comment(4000)), &["global PAX header"]);
    for kind in [tar::EntryType::GNULongName, tar::EntryType::GNULongLink] {
        refused(&archived(kind, &vec![b'x'; 70_000]), &["GNU long name"]);
    }
}

#[test]
fn an_archive_that_inflates_past_the_limit_is_refused() {
    let bomb = gzip(&tar(&[("xgboost-model", &vec![b'{'; 4 << 20])]));
    says(Model::from_archive_within(bomb.as_slice(), 1000), &["1000 bytes"]);
    let sound = gzip(&tar(&[("xgboost-model", &Sketch::default().bytes())]));
    says(Model::from_archive_within(sound.as_slice(), 1000), &["1000 bytes"]);
}

#[test]
fn cyclic_and_shared_children_are_refused() {
    sketch_refused(|sketch| sketch.left[0] = 0, &["tree 0, node 0", "child is 0"]);
    sketch_refused(|sketch| sketch.right[0] = 1, &["tree 0, node 1", "reached twice"]);
    sketch_refused(|sketch| (sketch.left[1], sketch.right[1]) = (1, 2), &["reached twice"]);
}

#[test]
fn trees_that_are_a_chain_of_many_levels_are_refused() {
    // Every split but the last has a leaf on its left and the next split on its right.
    let chain = |levels: usize| {
        let child = |index: usize, child| {
            if index.is_multiple_of(2) && index < 2 * levels { (index + child) as i32 } else { -1 }
        };
        let nodes = 0..=2 * levels;
        let sketch = Sketch {
            left: nodes.clone().map(|index| child(index, 1)).collect(),
            right: nodes.clone().map(|index| child(index, 2)).collect(),
            features: vec![0; nodes.clone().count()],
            parents: nodes
                .clone()
                .map(|index| if index == 0 { i32::MAX } else { (index as i32 - 1) / 2 * 2 })
                .collect(),
            values: nodes.clone().map(|index| if index % 2 == 0 && index < 2 * levels { -1.0 } else { 1.0 }).collect(),
            split_type: vec![0; nodes.count()],
            ..Sketch::default()
        };
        Model::from_ubjson(&sketch.bytes())
    };
    assert_eq!(chain(4096).unwrap().margin(&[0.0]).unwrap(), 1.0);
    says(chain(4097), &["tree 0", "more than 4096 levels", "max_depth"]);
}

#[test]
fn children_and_features_out_of_range_are_refused() {
    sketch_refused(|sketch| sketch.right[0] = 3, &["child is 3, expected 1 to 2"]);
    sketch_refused(|sketch| sketch.right[0] = -7, &["child is -7"]);
    sketch_refused(|sketch| sketch.features[0] = 1, &["tree 0, node 0", "feature 1", "1 features"]);
    sketch_refused(|sketch| sketch.features[0] = -1, &["feature index out of range"]);
}

#[test]
fn thresholds_and_leaves_that_are_not_finite_are_refused() {
    sketch_refused(|sketch| sketch.values[0] = f32::INFINITY, &["node 0", "not finite"]);
    sketch_refused(|sketch| sketch.values[2] = f32::NAN, &["node 2", "not finite"]);
}

#[test]
fn arrays_of_different_lengths_are_refused() {
    sketch_refused(|sketch| sketch.right.truncate(2), &["right_children` has 2 elements", "has 3"]);
}

#[test]
fn models_of_another_kind_are_refused_by_what_they_are() {
    sketch_refused(|sketch| sketch.booster = "dart", &["weight_drop", "0 elements for 1 trees"]);
    sketch_refused(|sketch| sketch.booster = "gblinear", &["booster `gblinear`"]);
    sketch_refused(|sketch| sketch.objective = "multi:softprob", &["objective `multi:softprob`"]);
    sketch_refused(|sketch| sketch.num_class = "3", &["num_class `3`"]);
    sketch_refused(|sketch| sketch.leaf_vector = "4", &["vector leaves"]);
    sketch_refused(|sketch| sketch.split_type[0] = 1, &["categorical split without categories"]);
    sketch_refused(|sketch| sketch.base_score = "1E0", &["base_score", "between 0 and 1"]);
}

#[test]
fn bytes_behind_the_model_are_refused() {
    let mut bytes = Sketch::default().bytes();
    bytes.push(0);
    says(Model::from_ubjson(&bytes), &["follow the model's end"]);
}

#[test]
fn a_length_that_lies_costs_an_error_and_no_memory() {
    let mut bytes = b"{L\0\0\0\0\0\0\0\x07learner[$d#L".to_vec();
    bytes.extend(i64::MAX.to_be_bytes());
    assert!(Model::from_ubjson(&bytes).is_err());
    let usual = Sketch::default().bytes();
    for (kind, width) in [(b'd', 4), (b'l', 4), (b'L', 8), (b'U', 1)] {
        // The count of the first array of the kind, in nodes of one tree.
        let head = [b'[', b'$', kind, b'#', b'L'];
        let at = usual.windows(head.len()).position(|window| window == head).unwrap() + head.len();
        for count in [i64::MAX, i64::MIN, 1 << 40, 1 << 22] {
            let lying = [&usual[..at], &count.to_be_bytes(), &usual[at + 8..]].concat();
            assert!(Model::from_ubjson(&lying).is_err(), "{count} elements of {width} bytes");
        }
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let mut bytes = b"{L\0\0\0\0\0\0\0\x07ignored".to_vec();
    bytes.extend(vec![b'['; 1_000_000]);
    says(Model::from_ubjson(&bytes), &["the key `ignored`", "expected `learner`"]);
}

#[test]
fn a_payload_of_the_wrong_shape_is_counted_but_never_shown() {
    let model = model("v427");
    let text = model.answer_csv("4111,2").unwrap_err().to_string();
    assert!(text.contains("2 comma-separated") && text.contains("400") && !text.contains("4111"), "{text}");
    let mut payload = records().payload(0);
    payload.push_str("secret");
    assert_eq!(model.answer_csv(&payload), Err(PayloadError::NotANumber { position: 399 }));
    let row = records().payload(0);
    assert_eq!(model.answer_csv(&format!("{row}\n{row}")), Err(PayloadError::SeveralRows));
    assert!(model.answer_csv(&format!("{row}\r\n")).is_ok());
}

#[test]
fn features_in_another_order_are_refused_by_position() {
    let mut features = support::features();
    features.swap(3, 4);
    assert!(matches!(model("v427").check_features(&features), Err(ShapeError::Name { position: 3, .. })));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_the_loader(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = Model::from_ubjson(&bytes);
        let _ = Model::from_archive(bytes.as_slice());
        let _ = Model::from_archive(gzip(&bytes).as_slice());
        let _ = Model::from_archive(gzip(&tar(&[("m", &bytes)])).as_slice());
    }

    #[test]
    fn a_damaged_model_never_panics_and_never_walks_astray(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        value in any::<f32>(),
    ) {
        let mut bytes = Sketch::default().bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(model) = Model::from_ubjson(&bytes) {
            let _ = model.margin(&vec![value; model.n_features()]);
        }
    }
}
