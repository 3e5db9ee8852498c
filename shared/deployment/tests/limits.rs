//! Templates that need no end of anything: each is refused, with the place and the reason.

#![allow(clippy::unwrap_used, reason = "a test's helpers are tests too")]

use meridian_deployment::{Deployment, Environment, Settings};
use std::collections::BTreeMap;

fn deployed(template: &str) -> Result<Deployment, String> {
    let account = "111122223333".to_owned();
    let environment = Environment { account, stack: "s".to_owned(), parameters: BTreeMap::new() };
    let environments = BTreeMap::from([("eu-west-1".parse().unwrap(), environment)]);
    let settings = Settings { environments };
    Deployment::of(template, &settings).map_err(|error| error.to_string())
}

/// Topics, each named by what the last argument makes of the one before it.
fn chain(length: usize, first: &str, next: &str) -> String {
    let topic = |n: usize| {
        let name = if n == 0 { first.to_owned() } else { next.replace('?', &format!("${{T{}.TopicName}}", n - 1)) };
        format!("  T{n}: {{Type: AWS::SNS::Topic, Properties: {{TopicName: !Sub \"{name}\"}}}}\n")
    };
    format!("Resources:\n{}", (0..length).rev().map(topic).collect::<String>())
}

#[test]
fn a_name_may_be_made_of_others_but_not_of_itself() {
    let deployment = deployed(&chain(20, "a", "?b")).unwrap();
    let mut arns: Vec<String> =
        deployment.stacks.values().flat_map(|own| &own.topics).map(|own| own.arn.clone()).collect();
    arns.sort_by_key(String::len);
    assert!(arns.last().unwrap().ends_with(&format!(":a{}", "b".repeat(19))), "{arns:?}");
    let said = deployed(&chain(3, "${T2.TopicName}", "?")).unwrap_err();
    assert_eq!(said, "template, T0: the name of T0 needs itself");
    let said = deployed(&chain(5_000, "a", "?")).unwrap_err();
    assert!(said.ends_with("is the end of more than 20 that need each other"), "{said}");
}

#[test]
fn a_name_that_cannot_be_resolved_is_said_where_it_is_used() {
    let text = "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Nobody}}\n";
    assert_eq!(deployed(text).unwrap_err(), "template, A: there is no parameter or resource Nobody");
}

#[test]
fn a_template_that_makes_text_without_end_is_refused() {
    let said = deployed(&chain(20, "abcdefgh", "????")).unwrap_err();
    assert!(said.ends_with("the template's functions make more than 32 MB of text"), "{said}");
    // A list whose every part is nothing.
    let commas = ",".repeat(1 << 20);
    let own = format!("Resources:\n  A: {{Type: AWS::SNS::Topic, Properties: {{X: !Split [\",\", \"{commas}\"]}}}}\n");
    assert!(deployed(&own).unwrap_err().contains("of text"));
}
