//! Every command of the runbooks, typed at a served night with the AWS CLI: what people are told to type at three in the morning
//! works, and shows what its page says. `runbook/commands.rs` lists them. Blocks marked `sh live` and steps marked *(live)* need an
//! account: the local world does not know those services.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

#[path = "runbook/commands.rs"]
mod commands;
mod common;
#[path = "runbook/desk.rs"]
mod desk;

use commands::{COMMANDS, Check};
use common::{error, text};
use desk::{Desk, root};
use meridian_tests::skip;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a command in running text begins with.
const PROGRAMS: [&str; 8] =
    ["meridian", "target/release/meridian", "aws", "make", "cargo", "sam", "sha256sum", ".venv/bin/python"];

/// A command of a page; `live`: of a block that needs an account.
struct Typed {
    page: PathBuf,
    live: bool,
    command: String,
}

fn pages() -> Vec<PathBuf> {
    let runbooks = std::fs::read_dir(root().join("docs/runbooks")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = runbooks.chain([root().join("docs/runbook.md")]).collect();
    pages.sort();
    pages
}

/// The commands of a page: those of fenced blocks, and those in running text. The table of pages is made of the code, and tested there.
fn commands_of(page: &Path) -> Vec<Typed> {
    let (mut found, mut fence, mut generated): (Vec<Typed>, Option<String>, bool) = (Vec::new(), None, false);
    let (mut begun, mut prose) = (String::new(), String::new());
    let whole = std::fs::read_to_string(page).unwrap();
    for line in whole.lines().map(str::trim) {
        generated = (generated || line.ends_with(":start -->")) && !line.ends_with(":end -->");
        match (line.strip_prefix("```"), &fence) {
            (Some(kind), None) => fence = Some(kind.to_owned()),
            (Some(_), Some(_)) => fence = None,
            (None, Some(kind)) if kind == "text" => {}
            (None, Some(kind)) => {
                assert!(["sh", "sh live"].contains(&kind.as_str()), "{}: a block of {kind:?}", page.display());
                match line.strip_suffix('\\') {
                    Some(part) => begun += &format!("{} ", part.trim_end()),
                    None => {
                        let line = line.split("  # ").next().unwrap_or(line).trim_end();
                        let command = std::mem::take(&mut begun) + line;
                        found.push(Typed { page: page.to_owned(), live: kind == "sh live", command });
                    }
                }
            }
            (None, None) if generated => {}
            (None, None) => prose += &format!("{line} "),
        }
    }
    let spans = prose.split('`').skip(1).step_by(2);
    let is_command =
        |span: &&str| span.split(' ').find(|word| !word.contains('=')).is_some_and(|word| PROGRAMS.contains(&word));
    found.extend(spans.filter(is_command).map(|span| Typed {
        page: page.to_owned(),
        live: false,
        command: span.to_owned(),
    }));
    found
}

fn all() -> Vec<Typed> {
    pages().iter().flat_map(|page| commands_of(page)).collect()
}

#[test]
fn the_list_has_the_commands_of_the_runbooks_and_no_others() {
    let listed: BTreeSet<&str> =
        COMMANDS.iter().filter(|(_, check)| !matches!(check, Check::Prepares)).map(|(command, _)| *command).collect();
    let all = all();
    let new: Vec<String> = all
        .iter()
        .filter(|own| !listed.contains(own.command.as_str()))
        .map(|own| format!("{}: {}", own.page.display(), own.command))
        .collect();
    assert!(
        new.is_empty(),
        "cli/tests/runbook/commands.rs says neither what these show nor why they are not typed:\n{}",
        new.join("\n")
    );
    let there: BTreeSet<&str> = all.iter().map(|own| own.command.as_str()).collect();
    let gone: Vec<&&str> = listed.difference(&there).collect();
    assert!(gone.is_empty(), "no runbook has these any more: {gone:?}");
    let live = all.iter().filter(|own| own.live);
    let typed = |own: &&Typed| {
        COMMANDS.iter().any(|(command, check)| *command == own.command && !matches!(check, Check::NotTyped(_)))
    };
    assert_eq!(live.filter(typed).map(|own| &own.command).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// What of the AWS CLI's first version the second one does otherwise, as the first says by itself.
const OTHERWISE: [&str; 2] = ["default pager program", "returned in the ISO 8601 format"];

fn no_aws_cli() -> bool {
    let missing = !root().join(".tools/wire/.done").exists();
    if missing {
        skip("the AWS CLI", "no AWS CLI to type with; scripts/wire-tools says why");
    }
    missing
}

#[test]
fn every_command_of_the_runbooks_shows_what_its_page_says() {
    if no_aws_cli() {
        return;
    }
    let desk = Desk::at("good-night", "04:25").with_values();
    let mut typed = 0;
    for (command, check) in COMMANDS {
        match check {
            Check::Sets => continue,
            Check::NotTyped(why) => {
                println!("not typed: {command} ({why})");
                continue;
            }
            Check::Says(_) | Check::Shows(_) | Check::Prepares => {}
        }
        let output = desk.output(command);
        let (said, wrong) = (text(&output.stdout), error(&output));
        assert!(output.status.success(), "{command}\n{said}{wrong}");
        for warning in wrong.split("AWS CLI v2 UPGRADE WARNING:").skip(1) {
            let warning = warning.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                OTHERWISE.iter().any(|known| warning.contains(known)),
                "{command}\nversion 2 does otherwise: {warning}"
            );
        }
        match check {
            Check::Says(words) => {
                words.iter().for_each(|word| assert!(said.contains(word), "{command}\nno {word:?} in:\n{said}"))
            }
            Check::Shows(check) => check(&desk, &said),
            Check::Sets | Check::Prepares | Check::NotTyped(_) => {}
        }
        typed += 1;
    }
    println!("typed {typed} commands; {} are not", COMMANDS.len() - typed);
}

/// A command that the night can answer must not be marked as if it could not.
#[test]
fn what_is_marked_live_is_what_the_local_world_does_not_know() {
    if no_aws_cli() {
        return;
    }
    let desk = Desk::at("good-night", "04:25");
    for own in all().iter().filter(|own| own.live && !own.command.starts_with("SINCE=")) {
        let output = desk.output(&format!("SINCE=1 QUEUE=http://127.0.0.1/fraud\n{}", own.command));
        assert!(!output.status.success(), "{}: {} is not live only", own.page.display(), own.command);
        // The CLI itself knows every one of these commands.
        assert!(!error(&output).contains("usage:"), "{}: {}", own.command, error(&output));
    }
}

/// CloudWatch draws a dashboard in its console, which no served night has. The table of pages is made of the code.
#[test]
fn steps_at_a_dashboard_are_marked_live() {
    let mut marked = 0;
    for page in pages() {
        let whole = std::fs::read_to_string(&page).unwrap();
        let mut generated = false;
        for line in whole.lines().map(str::trim) {
            generated = (generated || line.ends_with(":start -->")) && !line.ends_with(":end -->");
            if !generated && line.contains("dashboard") {
                assert!(line.contains("*(live)*"), "{}: {line}", page.display());
                marked += 1;
            }
        }
    }
    assert!(marked > 0);
    let first = std::fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    assert!(first.contains("what is marked *(live)*"), "docs/runbook.md does not say what the mark means");
}

/// The pages name the version that types, and the two things that the second one does otherwise.
#[test]
fn the_runbook_names_the_aws_cli_that_types() {
    let pins = std::fs::read_to_string(root().join("scripts/wire-tools.txt")).unwrap();
    let version = pins.lines().find_map(|line| line.strip_prefix("awscli==")).unwrap();
    let page = std::fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    assert!(page.contains(&format!("AWS CLI {version}")), "docs/runbook.md does not name AWS CLI {version}");
}

/// Somebody updates an endpoint to what no wave brought: the ledger's release is not said to be on its own there.
#[test]
fn the_screen_tells_an_update_by_hand_with_the_command_back() {
    if no_aws_cli() {
        return;
    }
    let desk = Desk::at("good-night", "04:25");
    let status: serde_json::Value = serde_json::from_str(&desk.types("meridian status --json")).unwrap();
    let model = status["regions"][2]["account"]["answers"][0]["model"].as_str().unwrap();
    desk.types(&format!(
        "aws sagemaker create-endpoint-config --region $REGION --endpoint-config-name by-hand --production-variants \
         VariantName=main,ModelName={model},InstanceType=ml.m6i.xlarge,InitialInstanceCount=2"
    ));
    desk.types("aws sagemaker update-endpoint --region $REGION --endpoint-name fraud --endpoint-config-name by-hand");
    let (code, screen) = desk.tried("meridian status");
    assert_eq!(code, Some(1), "{screen}");
    let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("JP's endpoint is being updated to by-hand, which is not on record"), "{screen}");
    let back = "aws sagemaker update-endpoint --region ap-northeast-1 --endpoint-name fraud --endpoint-config-name fraud-v427-";
    assert!(screen.lines().any(|line| line.trim().starts_with(back)), "{screen}");
}

/// At the hour in which a release is found bad nobody composes a command.
#[test]
fn the_screens_command_rolls_back_from_a_condemned_release() {
    if no_aws_cli() {
        return;
    }
    let desk = Desk::at("rerun-bad", "05:40");
    let (code, screen) = desk.tried("meridian status");
    assert_eq!(code, Some(1), "{screen}");
    let rows: Vec<(&str, &str)> = screen.lines().filter_map(|line| line.trim().split_once(": aws ")).collect();
    let places: Vec<&str> = rows.iter().map(|(place, _)| *place).collect();
    assert!(
        places
            .iter()
            .zip(["EU", "AU", "BR"])
            .all(|(place, title)| place.starts_with(&format!("{title} since 2026-11-20 0")))
    );
    assert_eq!(places.len(), 3, "{screen}");
    for (place, command) in rows {
        let said = desk.types(&format!("aws {command}"));
        assert!(said.contains(":endpoint/fraud\""), "{place}: {said}");
    }
}
