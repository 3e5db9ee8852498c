//! docs/scenarios.md says what the types and the tables of fields say: `UPDATE_SCENARIOS=1` writes it anew.

mod comments;
mod fields;

use super::fields::{Absent, Field, Table, Takes};
use super::words::names_of;
use super::{
    Approve, Deploy, Expect, Failover, Hand, MoveHome, PagesEach, Publish, Rerun, Restore, Scenario, SetAside, tables,
};
use crate::world::{Before, Behaviour, Clients, Fault, FeatureChange, LiveFacts, Timing};
use comments::{Comment, comments};
use std::path::Path;

const BEGIN: &str = "<!-- scenario-fields:start -->\n";
const END: &str = "<!-- scenario-fields:end -->";

/// A table, and the type that it is read into.
struct Typed {
    table: &'static Table,
    /// The type's name in its source.
    name: &'static str,
    /// The fields that serde takes for it.
    takes: &'static [&'static str],
}

/// Every table with a type of its own, in the order of the page.
fn typed() -> Vec<Typed> {
    macro_rules! typed {
        ($($table:ident: $type:ident,)*) => {
            vec![$(Typed { table: &tables::$table, name: stringify!($type), takes: names_of::<$type>() }),*]
        };
    }
    typed! {
        SCENARIO: Scenario,
        PUBLISH: Publish,
        APPROVE: Approve,
        RERUN: Rerun,
        OVERRIDE: SetAside,
        HAND: Hand,
        FAILOVER: Failover,
        MOVE_HOME: MoveHome,
        RESTORE: Restore,
        DEPLOY: Deploy,
        FAULT: Fault,
        BEHAVIOUR: Behaviour,
        FEATURES: FeatureChange,
        CLIENTS: Clients,
        BEFORE: Before,
        LIVE: LiveFacts,
        TIMING: Timing,
        EXPECT: Expect,
        EACH: PagesEach,
    }
}

/// The enums that a field's words are the variants of, in the order of its words.
fn enums(field: &str) -> &'static [&'static str] {
    match field {
        "kind" => &["FaultKind"],
        "when" => &["When"],
        "service" => &["Target", "Service"],
        "function" => &["FunctionKind"],
        "what" => &["Rule"],
        "model" => &["ModelName"],
        "image" => &["ImageName"],
        "answer" => &["AnswerName"],
        "signed" => &["SignedBy"],
        "records" => &["Records"],
        "executions" => &["Ending"],
        _ => &[],
    }
}

fn has_words(takes: &Takes) -> bool {
    matches!(takes, Takes::Word(_)) || matches!(takes, Takes::List(Takes::Word(_)))
}

/// The words of a field, each with its comment.
fn words(field: &Field) -> Vec<(String, String)> {
    let mut said: Vec<String> = Vec::new();
    for name in enums(field.name) {
        let variants = comments(name).members;
        // What stands for another enum's words has none of its own.
        said.extend(variants.into_iter().filter(|variant| variant.name != "Service").map(|variant| variant.text));
    }
    let words = field.takes.words();
    assert_eq!(words.len(), said.len(), "{} has other words than {:?} has variants", field.name, enums(field.name));
    words.into_iter().zip(said).collect()
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn field(field: &Field, comment: &Comment) -> String {
    let name = field.also.map_or_else(String::new, |also| format!(" or `{also}`"));
    let takes = match field.takes {
        Takes::Table(table) | Takes::Tables(table) => format!("`{}`, below", table.heading),
        Takes::Policy => "tables of [fleet.toml](fleet.md)".to_owned(),
        Takes::Word(_) => "a word, below".to_owned(),
        Takes::List(Takes::Word(_)) => "a list of words, below".to_owned(),
        _ => field.takes.expected(),
    };
    let absent = match field.absent {
        Absent::Refused => "required".to_owned(),
        Absent::Is(value) => format!("`{value}`"),
        Absent::Means(what) => what.to_owned(),
    };
    let below = matches!(field.takes, Takes::Table(_) | Takes::Tables(_));
    let example = if below { String::new() } else { format!("`{} = {}`", field.name, field.example) };
    row(&[format!("`{}`{name}", field.name), takes, absent, comment.text.clone(), example])
}

fn section(typed: &Typed) -> String {
    let said = comments(typed.name);
    let heading = if typed.table.heading.starts_with('[') {
        format!("`{}`", typed.table.heading)
    } else {
        "The file itself".to_owned()
    };
    let mut text = format!(
        "\n## {heading}\n\n{}\n\n| field | takes | left out | what it says | example |\n|---|---|---|---|---|\n",
        said.text
    );
    for own in typed.table.fields {
        let comment = said.members.iter().find(|member| own.is_called(&member.name));
        // A keyword's field is called otherwise.
        let comment = comment.or_else(|| said.members.iter().find(|member| member.name == format!("{}s", own.name)));
        text += &field(own, comment.unwrap_or_else(|| panic!("{} has no comment in {}", own.name, typed.name)));
    }
    for own in typed.table.fields.iter().filter(|own| has_words(&own.takes)) {
        text += &format!("\n| `{}` | what it means |\n|---|---|\n", own.name);
        words(own).into_iter().for_each(|(word, means)| text += &row(&[format!("`{word:?}`"), means]));
    }
    text
}

fn page() -> String {
    typed().iter().filter(|typed| typed.name != "PagesEach").map(section).collect::<String>() + "\n"
}

#[test]
#[expect(clippy::disallowed_methods, reason = "who runs this test says whether it writes the page")]
fn the_scenario_reference_says_what_the_types_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/scenarios.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = written.split_once(BEGIN).unwrap();
    let (listed, after) = rest.split_once(END).unwrap();
    let page = page();
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{page}{END}{after}")).unwrap();
    } else {
        let how = "UPDATE_SCENARIOS=1 cargo test -p meridian-local scenario";
        assert!(listed == page, "docs/scenarios.md is stale: {how}");
    }
}
