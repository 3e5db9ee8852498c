//! Somebody is paged, and types what the runbooks say: the real binary on nights that are served over HTTP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod common;

use common::served::{Served, serve};
use common::{error, text};
use serde_json::Value;

/// The exit code, and what was printed.
fn typed(night: &Served, arguments: &[&str]) -> (Option<i32>, String) {
    let output = night.meridian(arguments);
    (output.status.code(), text(&output.stdout) + &error(&output))
}

/// v427 was found bad in JP by a rerun, after EU, AU and BR had taken it.
#[test]
fn page_and_screen_name_every_region_on_a_condemned_release() {
    let night = serve(&["--scenario", "rerun-bad", "--at", "05:40"]);
    let (code, screen) = typed(&night, &["status"]);
    assert_eq!(code, Some(1), "{screen}");
    assert!(screen.contains("v427 is condemned, and EU, AU and BR still serve v427"), "{screen}");
    assert!(screen.contains("docs/runbooks/model-fault.md"), "{screen}");
    let (_, told) = typed(&night, &["history", "--region", "BR"]);
    assert!(told.contains("CONDEMNED  04:48:16 v427 is condemned"), "{told}");
    let (_, json) = typed(&night, &["status", "--json"]);
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&document["needs_you"], document["regions"].as_array().unwrap().len()), (&true.into(), 4));
}

/// The present is the night's, whatever the machine's clock says.
#[test]
fn a_served_night_says_what_time_it_is() {
    let night = serve(&["--scenario", "tokyo-dark", "--at", "03:47"]);
    let (code, screen) = typed(&night, &["status"]);
    assert!(screen.starts_with("fraud on 2026-11-20 03:47:"), "{screen}");
    // JP does not answer at this moment; what is unknown is not fine.
    assert_eq!(code, Some(1), "{screen}");
    assert!(screen.contains("JP's endpoint cannot be seen"), "{screen}");
    let (code, told) = typed(&night, &["history", "--region", "JP", "--since", "2h"]);
    assert!(code == Some(0) && told.contains("03:44:10"), "{told}");
    let (code, said) =
        typed(&night, &["override", "freeze", "--for", "3d", "--who", "maria", "--why", "a fix must go out"]);
    assert!(code == Some(0) && said.contains("until 2026-11-23T03:47"), "{said}");
}

#[test]
fn a_night_that_ended_well_lets_everybody_sleep() {
    let night = serve(&["--scenario", "good-night", "--at", "04:25"]);
    let (code, screen) = typed(&night, &["status"]);
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("Nothing needs you.") && screen.contains("every region promoted"), "{screen}");
    assert!(screen.lines().all(|line| line.chars().count() <= 110), "{screen}");
}

/// What changes something can be tried first, by a region's title, and is told to machines too.
#[test]
fn a_halt_is_previewed_and_lifted_by_the_regions_title() {
    let night = serve(&["--scenario", "good-night", "--at", "04:25"]);
    let said = ["--who", "maria", "--why", "incident 4711"];
    let halt = |more: &[&str]| typed(&night, &[&["halt", "--region", "AU"], &said[..], more].concat());
    let (code, shown) = halt(&["--dry-run"]);
    assert!(code == Some(0) && shown.starts_with("would be written: the fleet is halted"), "{shown}");
    let document = |json: &str| serde_json::from_str::<Value>(json).unwrap();
    let tried = document(&halt(&["--dry-run", "--json"]).1);
    assert_eq!((&tried["changed"], &tried["dry_run"]), (&false.into(), &true.into()), "{tried}");
    assert_eq!(typed(&night, &["status"]).0, Some(0), "nothing was written");
    let (code, json) = halt(&["--json"]);
    let document = document(&json);
    assert_eq!(document["dry_run"], false);
    assert_eq!((code, &document["changed"], &document["region"]), (Some(0), &true.into(), &"ap-southeast-2".into()));
    let (code, screen) = typed(&night, &["status"]);
    assert!(
        code == Some(1) && screen.contains("incident 4711") && screen.contains("meridian lift --region AU"),
        "{screen}"
    );
    let (code, lifted) = typed(&night, &[&["lift", "--region", "AU"], &said[..]].concat());
    assert!(code == Some(0) && lifted.contains("the halt is lifted"), "{lifted}");
    let told = typed(&night, &["history", "--since", "1h"]).1;
    assert!(told.contains("maria lifts the halt: incident 4711"), "{told}");
    assert_eq!(typed(&night, &["status"]).0, Some(0));
}

/// "Since 2026-11-19, healthy throughout" hid what had happened in between.
#[test]
fn after_trouble_since_is_told_with_what_interrupted_it() {
    let night = serve(&["--scenario", "update-rollback-failed", "--at", "04:28"]);
    let (code, told) = typed(&night, &["history", "--region", "JP"]);
    assert_eq!(code, Some(0), "{told}");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("last interrupted: v427 had a canary from 2026-11-20 03:45:10 to 04:10"), "{told}");
    assert!(told.contains("the serving release was unknown from 04:"), "{told}");
    let screen = typed(&night, &["status"]).1.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("JP: last interrupted: v427 had a canary from 2026-11-20 03:45:10 to 04:10"), "{screen}");
    assert!(screen.contains("the serving release was unknown from 04:06:00 UTC"), "{screen}");
}

/// One screen when a release is condemned, and one when a region was left behind and answers again.
#[test]
fn the_screen_says_who_is_needed_what_is_open_and_what_is_next() {
    let screen = |scenario, at| typed(&serve(&["--scenario", scenario, "--at", at]), &["status"]);
    let (condemned, behind) = (screen("rerun-bad", "05:40"), screen("tokyo-dark", "04:29"));
    for (_, screen) in [&condemned, &behind] {
        assert!(screen.lines().count() <= 24, "more than a screen:\n{screen}");
    }
    assert_eq!((condemned.0, behind.0), (Some(1), Some(0)));
    let words = |screen: &str| screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let (bad, left) = (words(&condemned.1), words(&behind.1));
    assert!(
        bad.contains(
            "open pages since read on in JP rolled back v427 JP 2026-11-20 04:48:16 docs/runbooks/model-fault.md"
        ),
        "{bad}"
    );
    assert!(bad.contains("next: the next release that is published starts a wave"), "{bad}");
    assert!(left.contains("Nothing needs you.") && left.contains("JP is deferred JP 2026-11-20 0"), "{left}");
    assert!(left.contains("docs/runbooks/regional-fault.md"), "{left}");
    assert!(
        left.contains("next: JP can get v427 with a new execution, docs/runbook.md#start-a-new-execution"),
        "{left}"
    );
    // The page quotes what it tells its reader to look at first.
    let page = include_str!("../../docs/runbooks/model-fault.md");
    let quoted = page.split("<!-- meridian status -->").nth(1).unwrap().split("```").nth(1).unwrap();
    for line in quoted.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()) {
        assert!(
            condemned.1.lines().any(|own| own.trim() == line),
            "docs/runbooks/model-fault.md: {line}\n{}",
            condemned.1
        );
    }
}

/// A region that was left behind needs nobody, and its page is open; the document has what the screen shows.
#[test]
fn the_document_says_each_open_pages_kind_region_time_and_place() {
    let night = serve(&["--scenario", "tokyo-dark", "--at", "04:29"]);
    let (code, json) = typed(&night, &["status", "--json"]);
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &document["needs_you"]), (Some(0), &false.into()));
    let pages = document["pages"].as_array().unwrap();
    assert_eq!(pages.len(), 1, "{json}");
    let page = &pages[0];
    assert_eq!((&page["kind"], &page["region"]), (&"check_health".into(), &"ap-northeast-1".into()));
    assert_eq!(
        (&page["subject"], &page["runbook"]),
        (&"JP is deferred".into(), &"docs/runbooks/regional-fault.md".into())
    );
    assert!(page["since"].as_str().unwrap().starts_with("2026-11-20T0") && page["cause"]["left_behind"].is_object());
    assert_eq!(document["next"][0]["catch_up"]["version"], "v427", "{json}");
    assert_eq!(document["next"][1], "release");
}
