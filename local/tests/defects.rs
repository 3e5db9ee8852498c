//! What a close reading of AWS's references found wrong, put back one at a time: the night that meets it does not end as it should. The
//! table in docs/first-account.md says how each ends: `UPDATE_TABLES=1` writes it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's helpers are tests too")]

mod support;

use meridian_local::night::{NightError, Scenario, Site};
use support::simulated;

const TEMPLATE: &str = include_str!("../../template.yaml");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/first-account.md");

/// Where a defect is put back.
enum Plant {
    /// In a resource of the template: what stands there, and what stood there.
    Template(&'static str, &'static str, &'static str),
    /// In the policy: a table, a field, and its value.
    Policy(&'static str, &'static str, &'static str),
}

use Plant::{Policy, Template};

/// What was wrong, where, and the night that meets it.
const DEFECTS: &[(&str, Plant, &str)] = &[
    (
        "API Gateway's role asks for a key that API Gateway does not send",
        Template(
            "ScoreRole",
            "Principal: {Service: apigateway.amazonaws.com}\n            Action: sts:AssumeRole\n",
            "Principal: {Service: apigateway.amazonaws.com}\n            Action: sts:AssumeRole\n            Condition: \
             {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}\n",
        ),
        "good-night",
    ),
    (
        "the pipeline's role asks for a key that CodePipeline may not send",
        Template("PipelineRole", "StringEqualsIfExists: {aws:SourceAccount", "StringEquals: {aws:SourceAccount"),
        "good-night",
    ),
    (
        "the role that copies asks for a key that S3 may not send",
        Template("CopyRole", "StringEqualsIfExists: {aws:SourceAccount", "StringEquals: {aws:SourceAccount"),
        "good-night",
    ),
    (
        "the instances' role asks for a key that SageMaker may not send",
        Template("EndpointRole", "StringEqualsIfExists: {aws:SourceAccount", "StringEquals: {aws:SourceAccount"),
        "good-night",
    ),
    (
        "the lent role may not do what Application Auto Scaling tries",
        Template("LentRole", "Action: sagemaker:UpdateEndpointWeightsAndCapacities", "Action: sagemaker:AddTags"),
        "good-night",
    ),
    (
        "an account's first registration has no service-linked role, and may not make it",
        Template("LentRole", "Action: iam:CreateServiceLinkedRole", "Action: iam:PassRole"),
        "first-night",
    ),
    (
        "another instance type while the variant is registered, and nothing may deregister it",
        Template("LentRole", "                  - application-autoscaling:DeregisterScalableTarget\n", ""),
        "type-change",
    ),
    (
        "the same where a region goes back by itself",
        Template("Rollback", "                - application-autoscaling:DeregisterScalableTarget\n", ""),
        "type-change",
    ),
    ("cold instances are judged from their first minute", Policy("guardrail", "warm_up", "0s"), "cold-instances"),
    (
        "the last decision falls within two calls of SageMaker's timer",
        Policy("guardrail", "decide_before_end", "60s"),
        "good-night",
    ),
    ("instances that no guardrail covers", Policy("fleet", "instance_type", "ml.inf1.xlarge"), "good-night"),
    (
        "nobody looks whether the pipeline has given a wave up",
        Template(
            "Replication",
            "codepipeline:StartPipelineExecution\n                  - codepipeline:GetPipelineExecution",
            "codepipeline:StartPipelineExecution",
        ),
        "pipeline-dark",
    ),
    (
        "nobody looks at executions that people started",
        Template(
            "Replication",
            "codepipeline:GetPipelineExecution\n                  - codepipeline:ListPipelineExecutions",
            "codepipeline:GetPipelineExecution",
        ),
        "rerun-stopped",
    ),
    (
        "home pages through its own topic alone",
        Template(
            "Promote",
            "!Sub [\"arn:${AWS::Partition}:sns:*:${Owner}",
            "!Sub [\"arn:${AWS::Partition}:sns:${AWS::Region}:${Owner}",
        ),
        "topic-dark",
    ),
    (
        "no region asks its registry for the image",
        Template("Replication", "Action: ecr:DescribeImages", "Action: ecr:BatchGetImage"),
        "image-late",
    ),
];

fn planted(plant: &Plant, night: &str) -> Result<(Site, Scenario), NightError> {
    let mut scenario = Scenario::load(night).unwrap();
    match plant {
        Template(resource, from, to) => {
            let at = TEMPLATE.find(&format!("\n  {resource}:\n")).unwrap();
            let (before, after) = TEMPLATE.split_at(at);
            assert!(after.contains(from), "{resource} does not say {from}");
            assert!(scenario.policy.is_empty(), "{night} is deployed with a policy of its own");
            Ok((Site::of_template(&(before.to_owned() + &after.replacen(from, to, 1)))?, scenario))
        }
        Policy(table, field, value) => {
            let own = scenario.policy.entry(*table).or_insert_with(|| toml::Table::new().into());
            own.as_table_mut().unwrap().insert((*field).to_owned(), (*value).into());
            Ok((Site::of_scenario(&scenario)?, scenario))
        }
    }
}

/// How the night ends: in its report's first words, or in those that refuse it.
fn ending(plant: &Plant, night: &str) -> Option<String> {
    let ended = planted(plant, night).and_then(|(site, scenario)| simulated(site, &scenario));
    match ended {
        Ok(night) => night.report.unexpected.first().map(|first| first.words.clone()),
        Err(error) => Some(format!("refused: {error}")),
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a person asks for the table to be written anew")]
fn each_defect_that_is_put_back_is_found() {
    let mut table = "| defect, put back | night | how that ends |\n|---|---|---|\n".to_owned();
    for (what, plant, night) in DEFECTS {
        let found = ending(plant, night).unwrap_or_else(|| panic!("{night} ends as it should, although {what}"));
        table += &format!("| {what} | `{night}` | {} |\n", found.replace('|', "/").replace('\n', " "));
    }
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once("<!-- defects:start -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- defects:end -->").unwrap();
    let written = format!("{before}<!-- defects:start -->\n{table}<!-- defects:end -->{after}");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(PAGE, &written).unwrap();
        return;
    }
    assert!(page == written, "docs/first-account.md is stale: run this test with UPDATE_TABLES=1");
}
