//! A held-out set as CSV, plain or gzipped.
#![no_main]

use meridian_scoring::{Columns, HeldOut};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // Seeds name these columns; with and without regions are different paths.
    let features = || ["a", "b", "c"].map(str::to_owned).to_vec();
    let columns = Columns {
        label: "label".to_owned(),
        region: Some("region".to_owned()),
        features: features(),
        ignore: Vec::new(),
    };
    let bare = Columns { region: None, ..columns.clone() };
    for columns in [columns, bare] {
        match HeldOut::read(data, &columns) {
            Ok(held_out) => consistent(&held_out, columns.region.is_some()),
            Err(error) => drop(error.to_string()),
        }
    }
});

fn consistent(held_out: &HeldOut, with_regions: bool) {
    let rows = held_out.rows();
    assert!(rows > 0, "an empty file is refused");
    assert_eq!(held_out.matrix().values().len(), rows * held_out.features().len());
    assert!(held_out.matrix().values().iter().all(|value| !value.is_infinite()), "infinite values are refused");
    assert_eq!(held_out.regions().len(), if with_regions { rows } else { 0 });
    let known = held_out.region_names().len();
    assert!(held_out.regions().iter().all(|region| usize::from(*region) < known));
}
