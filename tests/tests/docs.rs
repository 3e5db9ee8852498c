//! The pages hold: what README.md and docs/ name exists, and what they quote is what the nights really say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect by unwrapping it, in their helpers too"
)]

use meridian_domain::{Chain, ChainError, RegionName};
use meridian_local::night::{self, Ending, Functions, Options, Problem, Scenario, Unexpected};
use meridian_local::world::{Fault, FaultKind};
use meridian_tests::reasons::is_reason;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Marks the fenced block that follows as lines of a golden transcript: `<!-- transcript: NAME -->`.
const TRANSCRIPT: &str = "<!-- transcript: ";
/// Where a quotation leaves lines out.
const CUT: &str = "...";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// README.md, the scenarios' list and every page of docs/ and its folders, each with its folder.
fn pages() -> Vec<(PathBuf, String)> {
    let mut paths = vec![PathBuf::from("README.md"), PathBuf::from("local/scenarios/README.md")];
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if root().join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// The words that people wrote: none of what stands between `<!-- NAME:start -->` and `<!-- NAME:end -->`, or in a fenced block
/// right after a comment. That is generated, or quoted and held by a test.
fn written_words(page: &str) -> usize {
    let (mut generated, mut fenced, mut quoted, mut after_comment) = (false, false, false, false);
    let mut words = 0;
    for line in page.lines().map(str::trim) {
        generated = (generated || line.ends_with(":start -->")) && !line.ends_with(":end -->");
        if line.starts_with("```") {
            fenced = !fenced;
            quoted = fenced && after_comment;
        } else if !generated && !quoted {
            words += line.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
        }
        after_comment = line.starts_with("<!--");
    }
    words
}

/// What a tired reader can still find his way in: each later piece of work may add 1,500.
#[test]
fn the_docs_stay_short() {
    let pages = pages().into_iter().filter(|(path, _)| path.starts_with("docs") && !path.ends_with("judge-table.md"));
    let words: usize = pages.map(|(_, text)| written_words(&text)).sum();
    assert!(words <= 37_500, "docs/ has {words} words written by hand: what can be left out?");
    let lines = read("README.md").lines().count();
    assert!(lines <= 150, "README.md has {lines} lines");
}

/// The lines outside of fenced blocks.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    page.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The links of one line: text and target.
fn links(line: &str) -> Vec<(&str, &str)> {
    line.match_indices("](")
        .filter_map(|(at, _)| {
            let text = &line[line[..at].rfind('[')? + 1..at];
            let rest = &line[at + 2..];
            Some((text, &rest[..rest.find(')')?]))
        })
        .collect()
}

/// The identifier of a link's text, where that is code: `` `Stage::of` `` is `of`.
fn identifier(text: &str) -> Option<&str> {
    let code = text.strip_prefix('`')?.strip_suffix('`')?;
    code.rsplit("::").next().filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// Whether a source names this identifier as a whole word.
fn names(source: &str, identifier: &str) -> bool {
    source.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == identifier)
}

/// Whether a source holds this test: a function, or a case that a macro makes one of.
fn tests(source: &str, test: &str) -> bool {
    source.contains(&format!("fn {test}(")) || source.contains(&format!("{test}: \""))
}

#[test]
fn what_the_pages_link_to_exists() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (page, text) in pages() {
        let folder = page.parent().unwrap();
        for (text, target) in prose(&text).flat_map(links) {
            let file = target.split('#').next().unwrap();
            if target.contains("://") || file.is_empty() {
                continue;
            }
            checked += 1;
            let path = folder.join(file);
            if !root().join(&path).exists() {
                wrong.push(format!("{}: {file} does not exist", page.display()));
            } else if let Some(name) = identifier(text).filter(|_| file.ends_with(".rs"))
                && !names(&read(&path), name)
            {
                wrong.push(format!("{}: {file} has no {name}", page.display()));
            }
        }
    }
    assert!(checked > 50, "only {checked} links were found: are they still written as [text](target)?");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_invariant_has_tests_that_exist() {
    let page = read("docs/invariants.md");
    let mut wrong = Vec::new();
    for number in 1..=14 {
        let heading = format!("## I{number}  ");
        let section = page.split("\n## ").find(|section| format!("## {section}").starts_with(&heading));
        let section = section.unwrap_or_else(|| panic!("docs/invariants.md has no heading {heading:?}"));
        let held = section.split("Held by:").nth(1).unwrap_or_default();
        let named = links(held);
        if named.is_empty() {
            wrong.push(format!("I{number} names no test"));
        }
        for (text, target) in named {
            let name = identifier(text).unwrap_or_else(|| panic!("I{number}: {text} is not the name of a test"));
            if !tests(&read(Path::new("docs").join(target)), name) {
                wrong.push(format!("I{number}: {target} has no test {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A golden transcript's lines, without insta's header.
fn golden(name: &str) -> Vec<String> {
    let folders = ["tests/tests/snapshots", "cli/tests/snapshots"].map(|folder| root().join(folder));
    let of_name = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        file == format!("{name}.snap") || file.ends_with(&format!("__{name}.snap"))
    };
    let paths = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let path = paths.into_iter().find(of_name);
    let path = path.unwrap_or_else(|| panic!("no golden transcript of {name}: run the test of that night"));
    let snapshot = fs::read_to_string(path).unwrap();
    let story = snapshot.splitn(3, "---\n").nth(2).unwrap();
    story.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// The quotations of a page: the transcript's name and the block's lines.
fn quotations(page: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix(TRANSCRIPT).and_then(|rest| rest.strip_suffix(" -->")) else { continue };
        let block = lines.by_ref().skip_while(|line| !line.starts_with("```")).skip(1);
        let block = block.take_while(|line| !line.starts_with("```")).map(|line| line.trim_end().to_owned());
        found.push((name.to_owned(), block.collect()));
    }
    found
}

/// Every line stands in the transcript, in its order; where lines are left out, the quotation says so.
fn misquoted(quoted: &[String], story: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut next = 0;
    let mut cut = true;
    for line in quoted {
        if line == CUT {
            cut = true;
            continue;
        }
        match story.iter().skip(next).position(|told| told == line) {
            None => wrong.push(format!("not told (any more), or told earlier: {line}")),
            Some(left_out) => {
                if left_out > 0 && !cut {
                    wrong.push(format!("{left_out} lines are left out without {CUT:?} before: {line}"));
                }
                next += left_out + 1;
                cut = false;
            }
        }
    }
    wrong
}

#[test]
fn quoted_transcripts_are_what_the_nights_tell() {
    let mut quoted = Vec::new();
    for (page, text) in pages() {
        for (name, lines) in quotations(&text) {
            let wrong = misquoted(&lines, &golden(&name));
            assert!(wrong.is_empty(), "{}, {name}:\n{}", page.display(), wrong.join("\n"));
            quoted.push((page.clone(), name));
        }
    }
    for name in ["good-night", "tokyo-dark"] {
        let here = (PathBuf::from("README.md"), name.to_owned());
        assert!(quoted.contains(&here), "README.md quotes no line of {name}");
    }
}

#[test]
fn a_misquotation_is_found() {
    let story = ["a", "b", "c"].map(str::to_owned);
    let quote = |lines: &[&str]| misquoted(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>(), &story);
    assert!(quote(&["a", "...", "c"]).is_empty());
    assert_eq!(quote(&["a", "c"]).len(), 1, "a cut that is not marked");
    assert_eq!(quote(&["b", "...", "a"]).len(), 1, "another order");
    assert_eq!(quote(&["d"]).len(), 1, "another line");
}

/// The pages that go out in a story, each as one line of words.
fn pages_sent(story: &[String]) -> Vec<String> {
    let mut pages: Vec<String> = Vec::new();
    let mut reading = false;
    for line in story {
        match line.trim_start().strip_prefix("| ") {
            Some(more) if reading => {
                if let Some(page) = pages.last_mut() {
                    page.push(' ');
                    page.push_str(more);
                }
            }
            _ => {
                reading = line.contains("  PAGE ");
                if reading {
                    pages.push(line.clone());
                }
            }
        }
    }
    pages
}

#[test]
fn every_page_of_the_nights_names_a_runbook_that_is_there() {
    let mut seen = 0;
    for name in night::names() {
        for page in pages_sent(&golden(name)) {
            seen += 1;
            let path = page.split("Runbook: ").nth(1).and_then(|rest| rest.split_whitespace().next());
            let path = path.unwrap_or_else(|| panic!("{name}: no runbook in {page}"));
            assert!(root().join(path).is_file(), "{name}: {path} is not there");
        }
    }
    assert!(seen > 15, "only {seen} pages were found: do stories still tell them so?");
}

/// Values whose keys are names and digests, not fields.
const MAPS: &[&str] = &[
    "rejected",
    "condemned",
    "deferred",
    "ended",
    "regions",
    "ledger",
    "confirmed",
    "returned",
    "blamed",
    "attested_at",
    "refused",
    "unreplicated",
    "evidence",
    "metrics",
];

/// The fields of a document, and the values of those that tell its variants apart.
fn words(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| words(value, found)),
        Value::Object(fields) if is_reason(fields) => found.extend(fields.keys().cloned()),
        Value::Object(fields) => {
            for (name, value) in fields {
                found.push(name.clone());
                if matches!(name.as_str(), "record" | "kind") {
                    found.extend(value.as_str().map(str::to_owned));
                }
                match value {
                    Value::Object(entries) if MAPS.contains(&name.as_str()) => {
                        entries.values().for_each(|value| words(value, found));
                    }
                    // A page's: one member, its kind. What that holds is described by its type.
                    Value::Object(notice) if name == "reason" && fields.contains_key("subject") => {
                        found.extend(notice.keys().cloned());
                    }
                    value => words(value, found),
                }
            }
        }
        _ => {}
    }
}

/// What no built-in night brings about: each of them ends as expected.
fn one_of_each_unexpected() -> [Unexpected; 12] {
    use Unexpected::*;
    let [region, other] = ["ap-southeast-2", "ap-northeast-1"].map(|name| name.parse::<RegionName>().unwrap());
    let (title, version, at) = ("AU".to_owned(), "v427".to_owned(), "2026-03-12T04:00:00Z".parse().unwrap());
    let (of, named) = (|| region.clone(), || title.clone());
    let (chain, status) = (Chain::Home, "InService".to_owned());
    [
        OtherVersion { region: of(), title: named(), version: None, expected: version.clone() },
        Unconfirmed { region: of(), title: named(), version, status },
        Late { region: of(), title: named(), since: None, expected: at },
        Pages { sent: 2, expected: 1 },
        Advice { sent: 2, expected: 1 },
        Executions { endings: vec![Ending::Failed], expected: vec![Ending::Succeeded] },
        NothingExpected { region: of(), title: named() },
        FaultUnmet { fault: Box::new(Fault::of(FaultKind::Kill)) },
        MidShiftTogether { regions: vec![of()], at },
        StartedBeside { region: of(), other, at },
        ChainBroken { chain: chain.clone(), error: ChainError::Sequence { expected: 1, found: 2 } },
        ChainBroken { chain, error: ChainError::Hash { seq: 1 } },
    ]
}

#[test]
fn every_field_of_a_nights_document_is_described() {
    let page = read("docs/night-json.md");
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    let (mut found, mut kinds) = (Vec::new(), Vec::new());
    for name in ["bad-eval", "bad-model", "late-alarm", "tokyo-dark"] {
        let report = night::run(&Scenario::load(name).unwrap(), &options, &mut |_| {}).unwrap();
        let mut report = serde_json::to_value(report).unwrap();
        let pages = report["pages"].as_array_mut().unwrap().iter_mut();
        kinds.extend(pages.map(|page| page["kind"].take().as_str().unwrap().to_owned()));
        words(&report, &mut found);
    }
    let runbook = read("docs/runbook.md");
    kinds.retain(|kind| !runbook.contains(&format!("| `{kind}` |")));
    assert!(kinds.is_empty(), "the table of docs/runbook.md does not have {}", kinds.join(", "));
    let problems: Vec<Problem> = one_of_each_unexpected().map(Problem::from).into();
    words(&serde_json::to_value(problems).unwrap(), &mut found);
    found.sort();
    found.dedup();
    found.retain(|word| !page.contains(&format!("`{word}`")));
    assert!(found.is_empty(), "docs/night-json.md does not describe {}", found.join(", "));
}
