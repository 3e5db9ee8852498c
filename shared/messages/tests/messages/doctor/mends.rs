//! What mends a finding: each is a command to copy, a setting or an act of a person.

use crate::given::{JP, fleet, name};
use meridian_messages::Voice;
use meridian_messages::doctor::{Command, Deployment, Mend, Property, RunbookPart};

/// Holds each to its sentence, of a finding in Tokyo.
fn told(all: impl IntoIterator<Item = (Mend, &'static str)>) {
    let fleet = fleet();
    for (mend, words) in all {
        assert_eq!(Voice::of(&fleet).mend(&name(JP), &mend), words);
    }
}

#[test]
fn a_deployment_names_the_stack_and_what_differs_in_it() {
    let topic = || "arn:aws:sns:ap-northeast-1:111122223333:meridian-fraud-oncall".to_owned();
    let all = [
        (Deployment::Plain, "sam deploy --config-env jp"),
        (Deployment::With(Property::Topic), "sam deploy --config-env jp, with OnCall as template.yaml has it"),
        (
            Deployment::Lending,
            "sam deploy --config-env jp, with HomeRegion=eu-west-1 and LentRole as template.yaml has it",
        ),
        (Deployment::Stages, "make check says how the stages must read; then sam deploy --config-env jp"),
        (
            Deployment::Subscriber { topic: topic(), pending: false },
            "sam deploy --config-env jp, with OnCallEmail among its parameter_overrides; or subscribe somebody to \
             arn:aws:sns:ap-northeast-1:111122223333:meridian-fraud-oncall",
        ),
        (
            Deployment::Subscriber { topic: topic(), pending: true },
            "follow the link in the mail from SNS; or sam deploy --config-env jp, with OnCallEmail among its \
             parameter_overrides; or subscribe somebody to arn:aws:sns:ap-northeast-1:111122223333:meridian-fraud-oncall",
        ),
    ];
    told(all.map(|(how, words)| (Mend::Deploy(how), words)));
}

#[test]
fn a_property_is_named_as_the_template_names_it() {
    for (property, path) in [
        (Property::Versioning, "Releases.VersioningConfiguration"),
        (Property::Encryption, "Releases.BucketEncryption"),
        (Property::PublicAccess, "Releases.PublicAccessBlockConfiguration"),
        (Property::Events, "Releases.NotificationConfiguration"),
        (Property::Replication, "Releases.ReplicationConfiguration"),
        (Property::Policy, "ReleasesPolicy"),
        (Property::NothingIsDeleted, "ReleasesPolicy (NothingIsDeleted)"),
        (Property::NothingIsOverwritten, "ReleasesPolicy (NothingIsOverwritten)"),
        (Property::OnlyNamedWriters, "ReleasesPolicy (the statements ...OnlyBy...)"),
        (Property::OnlyDeployersUnprotect, "ReleasesPolicy (ProtectionOnlyByDeployers)"),
        (Property::Topic, "OnCall"),
        (Property::TopicKey, "OnCall.KmsMasterKeyId"),
        (Property::KeyAlias, "ReleaseKeyAlias"),
        (Property::Role, "EndpointRole"),
        (Property::RoleTrust, "EndpointRole.AssumeRolePolicyDocument"),
        (Property::RoleInTurn, "EndpointRoleB"),
        (Property::RoleInTurnTrust, "EndpointRoleB.AssumeRolePolicyDocument"),
        (Property::Pipeline, "Pipeline"),
        (Property::PipelineMode, "Pipeline.ExecutionMode and PipelineType"),
        (Property::PipelineOnFailure, "Pipeline.Stages (no OnFailure)"),
        (Property::PackageGroup, "ModelPackages"),
    ] {
        assert_eq!(property.path(), path);
        let resource = path.split(['.', ' ']).next().unwrap();
        let template = include_str!("../../../../../template.yaml");
        assert!(template.contains(&format!("\n  {resource}:\n")), "template.yaml has no {resource}");
    }
}

#[test]
fn a_command_is_whole_and_for_the_region_of_its_finding() {
    let arn = || "KEY".to_owned();
    let all = [
        (Command::LiftHalt, "meridian lift --region ap-northeast-1 --who ... --why ..."),
        (Command::EnableKey { arn: arn() }, "aws kms enable-key --key-id KEY --region ap-northeast-1"),
        (
            Command::CancelKeyDeletion { arn: arn() },
            "aws kms cancel-key-deletion --key-id KEY --region ap-northeast-1; then aws kms enable-key --key-id KEY --region \
             ap-northeast-1",
        ),
        (Command::EnableSigningKey { arn: arn() }, "aws kms enable-key --key-id KEY, unless it is retired"),
        (
            Command::RaiseQuota { code: "L-1".to_owned(), needed: 16 },
            "aws service-quotas request-service-quota-increase --service-code sagemaker --quota-code L-1 --desired-value 16 \
             --region ap-northeast-1",
        ),
        (
            Command::CopyImage,
            "aws ecr start-replication-backfill --destination region=ap-northeast-1,registryId=111122223333 --region eu-west-1, \
             with ImagePrefix set in home's stack; where home lacks it too, push it to the registry of eu-west-1",
        ),
    ];
    told(all.map(|(command, words)| (Mend::Run(command), words)));
}

#[test]
fn what_a_person_does_is_told_as_such() {
    told([
        (Mend::Read(RunbookPart::Start), "docs/runbook.md"),
        (Mend::Read(RunbookPart::EndpointStatus), "docs/runbook.md, by its status"),
        (Mend::Read(RunbookPart::ForeignChange), "docs/runbook.md: who changed it, and what serves"),
        (
            Mend::AskForServices,
            "AWS Health says whether they are ill; aws ssm get-parameters-by-path --path \
             /aws/service/global-infrastructure/regions/ap-northeast-1/services --region us-east-1 lists those that the region \
             has; else mend this machine's way to them",
        ),
        (Mend::NextWave, "the next wave creates it"),
        (Mend::UpdateEnds, "wait until it has ended"),
        (Mend::RaiseFloor, "raise the scaling target's MinCapacity to 2"),
        (
            Mend::CompareEntries,
            "meridian history, then docs/runbook.md: compare the entries with the bucket's object versions",
        ),
        (Mend::CopyBytes, "copy them from another region's bucket: instances fetch them again when they scale out"),
        (Mend::PublishRelease, "publish a release: promote makes its model of the region's own image and archive"),
        (Mend::PushImage, "push it to the registry of eu-west-1"),
        (Mend::ChooseInstanceType, "choose an instance_type in fleet.toml that SageMaker offers in every region"),
        (Mend::SetClock, "set it by NTP: AWS refuses signatures that are five minutes off"),
        (Mend::CorrectSigningKey, "give fleet.toml the public_key and the kms of one key: docs/signing.md"),
        (
            Mend::IsolateContainers,
            "fleet.toml: network_isolation = true, or a vpc for each region whose only way out is CloudWatch's endpoint",
        ),
    ]);
}
