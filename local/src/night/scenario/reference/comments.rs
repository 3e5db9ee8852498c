//! The comments of types and of their members, as their sources have them.

/// The sources of every type that a scenario file is read into.
const SOURCES: [&str; 10] = [
    include_str!("../../scenario.rs"),
    include_str!("../acts.rs"),
    include_str!("../expect.rs"),
    include_str!("../../../world/fault.rs"),
    include_str!("../../../world/config.rs"),
    include_str!("../../../world/service.rs"),
    include_str!("../../../world/customers/before.rs"),
    include_str!("../../../world/customers/clients.rs"),
    include_str!("../../../world/customers/feature.rs"),
    concat!(
        include_str!("../../../../../shared/handlers/src/context.rs"),
        include_str!("../../../../../shared/domain/src/ledger/overrides.rs")
    ),
];

/// A member of a type.
pub(super) struct Comment {
    pub name: String,
    pub text: String,
}

/// A type.
pub(super) struct Comments {
    pub text: String,
    pub members: Vec<Comment>,
}

/// The comments of a struct or an enum that is public and written as rustfmt does.
pub(super) fn comments(name: &str) -> Comments {
    let heads = ["struct", "enum"].map(|kind| format!("pub {kind} {name} {{"));
    let is_head = |line: &&str| heads.iter().any(|head| head == line);
    let source = SOURCES.iter().find(|source| source.lines().any(|line| is_head(&line)));
    let source = source.unwrap_or_else(|| panic!("no source has the type {name}"));
    let before: Vec<&str> = source.lines().take_while(|line| !is_head(line)).collect();
    let own = before.iter().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
    let mut own: Vec<&str> = own.filter_map(|line| line.strip_prefix("///")).collect();
    own.reverse();
    let mut members = Vec::new();
    let mut said: Vec<&str> = Vec::new();
    for line in source.lines().skip(before.len() + 1).take_while(|line| *line != "}").map(str::trim) {
        if let Some(more) = line.strip_prefix("///") {
            said.push(more);
        } else if !line.starts_with("#[") && !line.is_empty() {
            let member = line.trim_start_matches("pub ").split([':', ',', '(']).next().unwrap_or_default();
            members.push(Comment { name: member.to_owned(), text: one_line(&said) });
            said.clear();
        }
    }
    Comments { text: one_line(&own), members }
}

fn one_line(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_comment_of_several_lines_is_read_whole() {
    let fault = comments("Fault");
    assert!(fault.text.starts_with("One scheduled fault.") && fault.text.ends_with("for ever."), "{}", fault.text);
    let service = fault.members.iter().find(|member| member.name == "service").unwrap();
    assert_eq!(service.text, "Only calls of this service, or `control-plane`.");
}
