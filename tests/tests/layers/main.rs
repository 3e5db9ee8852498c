//! Which way imports run: between the folders and files of each crate, and from crate to crate.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect by unwrapping it, in their helpers too"
)]

mod crates;
mod graph;
mod source;
mod text;

use graph::Crate;

/// Circles of files that span folders, whole: none may grow, and one that is gone goes from this list.
const CIRCLES: [(&[&str], &str); 1] = [(
    &[
        "proof/src/world/calls.rs",
        "proof/src/world/checks.rs",
        "proof/src/world/checks/broken.rs",
        "proof/src/world/checks/ending.rs",
        "proof/src/world/checks/records.rs",
        "proof/src/world/endpoint.rs",
        "proof/src/world/mod.rs",
        "proof/src/world/pipeline.rs",
        "proof/src/world/setting.rs",
    ],
    "a check runs where the truth that it is about changes, so the world calls its checks and they read the world",
)];

/// Folders side by side that import each other through different files.
const FOLDERS: [(&str, &str, &str); 1] = [(
    "local/src/services",
    "local/src/world",
    "a service is methods of the world, whose state is made of the services' states",
)];

#[test]
fn no_circle_of_files_spans_folders() {
    let crates = crates::all();
    let spanning = crates.iter().flat_map(Crate::circles).filter(|circle| circle.folders.len() > 1);
    let mut unmet: Vec<&[&str]> = CIRCLES.iter().map(|(files, _)| *files).collect();
    for circle in spanning {
        let known = unmet.iter().position(|files| circle.files.iter().eq(files.iter()));
        unmet.remove(
            known.unwrap_or_else(|| panic!("files of several folders import each other in a circle:\n{circle}")),
        );
    }
    assert!(unmet.is_empty(), "no such circle any more: strike it from the list: {unmet:?}");
}

#[test]
fn folders_side_by_side_import_one_way() {
    let mut unmet: Vec<(&str, &str)> = FOLDERS.iter().map(|(one, other, _)| (*one, *other)).collect();
    for (folders, imports) in crates::all().iter().flat_map(Crate::circles_of_folders) {
        let known = unmet.iter().position(|(one, other)| folders.iter().eq([one, other]));
        unmet.remove(known.unwrap_or_else(|| panic!("{folders:?} import each other:\n{}", imports.join("\n"))));
    }
    assert!(unmet.is_empty(), "these import one way now: strike them from the list: {unmet:?}");
}

#[test]
fn imports_of_every_crate_are_found() {
    let crates = crates::all();
    let imports: usize = crates.iter().map(Crate::imports).sum();
    assert!(crates.len() >= 20 && imports > 2_500, "{} crates, {imports} imports", crates.len());
    for own in &crates {
        let unread = own.unread();
        assert!(unread.is_empty(), "no file of the crate holds what these name: {unread:?}");
    }
}

#[test]
fn circles_are_found_through_what_hands_names_on() {
    let files = [
        ("src/lib.rs", "mod one; pub mod two; pub use one::{deep::Deep, Plain};"),
        ("src/one.rs", "pub mod deep; pub struct Plain; /* crate::two::Two */ const S: &str = \"crate::two::Two\";"),
        ("src/one/deep.rs", "use crate::two::{self as other}; pub struct Deep(other::Two);"),
        ("src/two/mod.rs", "mod inner; pub use inner::Two; #[cfg(test)] mod tests { use crate::Plain; }"),
        ("src/two/inner.rs", "pub struct Two(Option<Box<crate::Deep>>);"),
    ];
    let circles = Crate::of("src", files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))).circles();
    let [circle] = circles.as_slice() else { panic!("{} circles", circles.len()) };
    assert_eq!(circle.files, ["src/one/deep.rs", "src/two/inner.rs"]);
    assert_eq!(circle.folders.len(), 2);
}
