//! Which way imports run between the core's folders.

use std::path::Path;

/// From the bottom: each may import those before it.
const FOLDERS: [&str; 3] = ["fleet", "ledger", "wave"];

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn no_import_of_the_core_runs_uphill() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for (place, folder) in FOLDERS.iter().enumerate() {
        let mut files = Vec::new();
        sources(&source.join(folder), &mut files);
        for (path, text) in files {
            // An import names its folder: what the crate's root exports would hide where it comes from.
            for import in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for name in import.split("crate::").skip(1) {
                    let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    let from = FOLDERS.iter().position(|own| **own == *name);
                    assert!(from.is_some() || ["edge", "times"].contains(&name.as_str()), "{path}: {import}");
                    assert!(from.is_none_or(|from| from <= place), "{path}: {import}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 200, "{seen}");
}
