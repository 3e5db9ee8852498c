//! What people read fits their terminal: the real binary on a pseudo-terminal of few columns.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

mod common;

use common::served::serve;
use common::terminal::{on_terminal, talk};
use common::text;
use std::process::Command;

/// `meridian`, where fleet.toml is.
fn meridian(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
    command.args(arguments).env_clear().envs(common::KEYS);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/fleets/reference"));
    command
}

fn is_digest(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// No line is wider, but for what is there to be copied: digests, addresses and commands.
fn assert_fits(said: &str, columns: usize) {
    let is_copied = |word: &str| is_digest(word) || word.contains("://") || word.starts_with("--");
    let copied = |line: &&str| line.split_whitespace().any(is_copied);
    // Progress writes over itself.
    let lines = said.lines().flat_map(|line| line.split("\r\u{1b}[2K"));
    let wide = lines.filter(|line| !copied(line)).find(|line| line.chars().count() > columns);
    assert_eq!(wide, None, "{said}");
}

#[test]
fn what_is_told_of_a_fleet_fits_the_terminal() {
    let night = serve(&["--scenario", "tokyo-dark", "--at", "04:29"]);
    let url = format!("http://{}", night.address);
    for arguments in [&["history"][..], &["history", "--since", "2026-11-20T03:44Z"], &["doctor", "--all"], &["status"]]
    {
        let said = on_terminal(80, &mut meridian(&[arguments, &["--endpoint-url", &url]].concat()), false);
        assert!(said.lines().count() > 10, "{said}");
        assert_fits(&said, 80);
    }
}

#[test]
fn a_night_and_a_forecast_fit_the_terminal() {
    let served = ["night", "--scenario", "bad-eval", "--serve", "--pace", "86400", "--close"];
    let judged = ["simulate", "judge", "--runs", "10", "--question", "latency"];
    for arguments in [&["night", "--scenario", "tokyo-dark"][..], &served, &["plan"], &["cost"], &judged] {
        let said = on_terminal(80, &mut meridian(arguments), false);
        assert!(said.lines().count() > 10, "{said}");
        assert_fits(&said, 80);
    }
}

/// A night's name, and what is promised and kept, open or broken.
#[test]
fn tables_have_colours_on_a_terminal() {
    let coloured = |arguments: &[&str]| on_terminal(200, meridian(arguments).env("TERM", "xterm"), false);
    let list = coloured(&["night", "--list"]);
    assert!(list.contains("\u{1b}[1mgood-night\u{1b}[0m "), "{list}");
    let judged = coloured(&["simulate", "judge", "--runs", "10", "--question", "latency"]);
    let standings = ["- \u{1b}[32mkept", "- \u{1b}[33mopen", "- \u{1b}[31mBROKEN"];
    assert!(standings.iter().any(|standing| judged.contains(standing)), "{judged}");
}

const EXAM: [&str; 8] =
    ["--holdout", "holdout.csv.gz", "--label", "label", "--region-column", "customer_region", "--threshold", "0.81"];

#[test]
fn what_is_judged_fits_the_terminal() {
    let counts = tempfile::NamedTempFile::new().unwrap();
    let minute = |minute: u32, region: &str, metric: &str| {
        format!(
            "{{\"minute\":{minute},\"region\":\"{region}\",\"metric\":\"{metric}\",\"green\":{{\"total\":3600,\"bad\":{}}},\
             \"blue\":{{\"total\":32400,\"bad\":33}}}}\n",
            if metric == "5xx" { 9 } else { 4 }
        )
    };
    let metrics = ["4xx", "5xx", "latency_over_20ms"];
    let region = |name: &'static str, from: u32| {
        (from..from + 20).flat_map(move |at| metrics.map(|metric| minute(at, name, metric)))
    };
    let lines: String = region("eu-west-1", 0).chain(region("ap-southeast-2", 20)).collect();
    std::fs::write(counts.path(), lines).unwrap();
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../local/models");
    let judge = ["judge", "--counts", counts.path().to_str().unwrap(), "--policy", "../fleets/reference/fleet.toml"];
    let evaluate = |challenger| {
        [
            &["evaluate", "--challenger", challenger, "--champion", "v426.tar.gz"][..],
            &EXAM,
            &["--slice", "customer_region"],
        ]
        .concat()
    };
    let compare = [&["compare", "v426.tar.gz", "v427.tar.gz", "v429.tar.gz", "v431.tar.gz"][..], &EXAM].concat();
    for arguments in [judge.to_vec(), evaluate("v427.tar.gz"), evaluate("v429.tar.gz"), compare] {
        let said = on_terminal(80, meridian(&arguments).current_dir(models), true);
        assert!(said.lines().count() > 4, "{said}");
        assert_fits(&said, 80);
    }
}

#[test]
fn help_and_errors_fit_the_terminal() {
    for arguments in [&["--help"][..], &["evaluate", "--help"], &["cost", "--help"], &["history", "--region", "Tokio"]]
    {
        let said = on_terminal(80, &mut meridian(arguments), true);
        assert!(!said.is_empty());
        assert_fits(&said, 80);
    }
}

#[test]
fn a_person_at_a_terminal_is_asked_before_anything_is_written() {
    let night = serve(&["--scenario", "good-night", "--at", "04:25"]);
    let url = format!("http://{}", night.address);
    let halt = ["halt", "--region", "AU", "--who", "maria", "--why", "incident 4711", "--endpoint-url", &url];
    let halted = |typed: &str| talk(200, &mut meridian(&halt), true, typed);
    let needs_nobody = || text(&night.meridian(&["status"]).stdout).contains("Nothing needs you.");
    for refusal in ["n\n", "\n", "what?\n"] {
        let said = halted(refusal);
        assert!(said.contains("Go on? [y/N]") && said.contains("nothing was written; not done:"), "{said}");
    }
    assert!(needs_nobody());
    let said = halted("y\n");
    assert!(said.contains("Go on? [y/N]") && !said.contains("nothing was written"), "{said}");
    assert!(!needs_nobody());
}

/// A page told in the story says what to type, and it can be copied as it stands.
#[test]
fn no_command_is_broken() {
    let said = on_terminal(80, &mut meridian(&["night", "--scenario", "rerun-bad"]), false);
    let typed = |line: &&str| line.contains("aws sagemaker update-endpoint --region ");
    let commands: Vec<&str> = said.lines().filter(typed).collect();
    assert!(!commands.is_empty(), "{said}");
    assert!(commands.iter().all(|line| line.ends_with(" --retain-all-variant-properties")), "{said}");
}

#[test]
fn progress_is_a_bar_on_a_terminal_only_and_is_cleared() {
    let score = ["score", "--model", "v427.tar.gz", "--input", "holdout.csv.gz", "--ignore", "label,customer_region"];
    let shown = |more: &[&str]| {
        let mut command = meridian(&[&score[..], more].concat());
        on_terminal(80, command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../local/models")), true)
    };
    let said = shown(&[]);
    assert!(said.contains("reading holdout.csv.gz [==") && said.contains("] 100 %"), "{said}");
    assert!(said.contains("\r\u{1b}[2Krow,margin,probability\n"), "{said}");
    assert!(shown(&["--quiet"]).starts_with("row,margin,probability\n"));
}
