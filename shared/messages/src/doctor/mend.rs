//! What mends a finding: a deployment, a command, or something that a person does.

use crate::{Runbook, Voice};
use meridian_domain::RegionName;
use serde::Serialize;

/// What mends what a check found, in the region that it looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// A deployment of the region's stack.
    Deploy(Deployment),
    /// A command.
    Run(Command),
    /// A part of the runbook.
    Read(RunbookPart),
    /// To find out what keeps services from answering.
    AskForServices,
    /// To wait for the next wave.
    NextWave,
    /// To wait for the end of an update.
    UpdateEnds,
    /// To have two instances at least.
    RaiseFloor,
    /// To compare a chain with what the bucket keeps of it.
    CompareEntries,
    /// To copy a release's files from another region.
    CopyBytes,
    /// To publish a release: a model is never changed.
    PublishRelease,
    /// To push the image of what serves to home's registry.
    PushImage,
    /// To choose another instance type.
    ChooseInstanceType,
    /// To set this machine's clock.
    SetClock,
    /// To correct a signing key in policy.
    CorrectSigningKey,
    /// To close the containers' network.
    IsolateContainers,
}

/// How a region's stack is deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deployment {
    /// As samconfig.toml has it.
    Plain,
    /// With a part of the template that was changed.
    With(Property),
    /// With the lent role, and the region that it is lent to.
    Lending,
    /// With the pipeline's stages, which a check compares first.
    Stages,
    /// With somebody to page; or somebody subscribes.
    Subscriber {
        /// The topic's ARN.
        topic: String,
        /// Whether somebody only has to confirm.
        pending: bool,
    },
}

/// A resource or a property of template.yaml.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`Property::path` names each as the template does")]
pub enum Property {
    Versioning,
    Encryption,
    PublicAccess,
    Events,
    Replication,
    Policy,
    NothingIsDeleted,
    NothingIsOverwritten,
    OnlyNamedWriters,
    OnlyDeployersUnprotect,
    Topic,
    TopicKey,
    KeyAlias,
    Role,
    RoleTrust,
    RoleInTurn,
    RoleInTurnTrust,
    Pipeline,
    PipelineMode,
    PipelineOnFailure,
    PackageGroup,
}

/// A command that mends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`arn` is a key's; `code` and `needed` are the quota's")]
pub enum Command {
    LiftHalt,
    EnableKey {
        arn: String,
    },
    /// The key is to be deleted: that is cancelled first.
    CancelKeyDeletion {
        arn: String,
    },
    EnableSigningKey {
        arn: String,
    },
    RaiseQuota {
        code: String,
        needed: u32,
    },
    /// From home's registry, to the region's.
    CopyImage,
}

/// Where the runbook is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunbookPart {
    /// At its beginning.
    Start,
    /// At the endpoint's status.
    EndpointStatus,
    /// At a change that no entry records.
    ForeignChange,
}

impl Property {
    /// As template.yaml names it, and where a policy's statement is meant that one.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Versioning => "Releases.VersioningConfiguration",
            Self::Encryption => "Releases.BucketEncryption",
            Self::PublicAccess => "Releases.PublicAccessBlockConfiguration",
            Self::Events => "Releases.NotificationConfiguration",
            Self::Replication => "Releases.ReplicationConfiguration",
            Self::Policy => "ReleasesPolicy",
            Self::NothingIsDeleted => "ReleasesPolicy (NothingIsDeleted)",
            Self::NothingIsOverwritten => "ReleasesPolicy (NothingIsOverwritten)",
            Self::OnlyNamedWriters => "ReleasesPolicy (the statements ...OnlyBy...)",
            Self::OnlyDeployersUnprotect => "ReleasesPolicy (ProtectionOnlyByDeployers)",
            Self::Topic => "OnCall",
            Self::TopicKey => "OnCall.KmsMasterKeyId",
            Self::KeyAlias => "ReleaseKeyAlias",
            Self::Role => "EndpointRole",
            Self::RoleTrust => "EndpointRole.AssumeRolePolicyDocument",
            Self::RoleInTurn => "EndpointRoleB",
            Self::RoleInTurnTrust => "EndpointRoleB.AssumeRolePolicyDocument",
            Self::Pipeline => "Pipeline",
            Self::PipelineMode => "Pipeline.ExecutionMode and PipelineType",
            Self::PipelineOnFailure => "Pipeline.Stages (no OnFailure)",
            Self::PackageGroup => "ModelPackages",
        }
    }
}

impl Voice<'_> {
    /// What mends something in the region `place`, without a full stop.
    pub fn mend(self, place: &RegionName, mend: &Mend) -> String {
        let words = match mend {
            Mend::Deploy(deployment) => return self.deployment(place, deployment),
            Mend::Run(command) => return self.command(place, command),
            Mend::Read(part) => return runbook(*part),
            Mend::AskForServices => return ask_for_services(place),
            Mend::PushImage => return self.push_image(),
            Mend::NextWave => "the next wave creates it",
            Mend::UpdateEnds => "wait until it has ended",
            Mend::RaiseFloor => "raise the scaling target's MinCapacity to 2",
            Mend::CompareEntries => {
                "meridian history, then docs/runbook.md: compare the entries with the bucket's object versions"
            }
            Mend::CopyBytes => "copy them from another region's bucket: instances fetch them again when they scale out",
            Mend::PublishRelease => "publish a release: promote makes its model of the region's own image and archive",
            Mend::ChooseInstanceType => "choose an instance_type in fleet.toml that SageMaker offers in every region",
            Mend::SetClock => "set it by NTP: AWS refuses signatures that are five minutes off",
            Mend::CorrectSigningKey => "give fleet.toml the public_key and the kms of one key: docs/signing.md",
            Mend::IsolateContainers => {
                "fleet.toml: network_isolation = true, or a vpc for each region whose only way out is CloudWatch's endpoint"
            }
        };
        words.to_owned()
    }

    fn deployment(self, place: &RegionName, deployment: &Deployment) -> String {
        let deploy = format!("sam deploy --config-env {}", self.title(place).to_lowercase());
        match deployment {
            Deployment::Plain => deploy,
            Deployment::With(property) => as_made(&deploy, property.path()),
            Deployment::Lending => as_made(&deploy, &format!("HomeRegion={} and LentRole", self.fleet.home)),
            Deployment::Stages => format!("make check says how the stages must read; then {deploy}"),
            Deployment::Subscriber { topic, pending } => {
                let confirm = if *pending { "follow the link in the mail from SNS; or " } else { "" };
                format!(
                    "{confirm}{deploy}, with OnCallEmail among its parameter_overrides; or subscribe somebody to {topic}"
                )
            }
        }
    }

    fn command(self, place: &RegionName, command: &Command) -> String {
        match command {
            Command::LiftHalt => format!("meridian lift --region {place} --who ... --why ..."),
            Command::EnableKey { arn } => enable_key(place, arn),
            Command::CancelKeyDeletion { arn } => {
                let enable = enable_key(place, arn);
                format!("aws kms cancel-key-deletion --key-id {arn} --region {place}; then {enable}")
            }
            Command::EnableSigningKey { arn } => format!("aws kms enable-key --key-id {arn}, unless it is retired"),
            Command::RaiseQuota { code, needed } => format!(
                "aws service-quotas request-service-quota-increase --service-code sagemaker --quota-code {code} --desired-value \
                 {needed} --region {place}"
            ),
            // Replication goes by pushes, and one without changes is none; a backfill copies what is there already (ECR API
            // Reference, "StartReplicationBackfill").
            Command::CopyImage => format!(
                "aws ecr start-replication-backfill --destination region={place},registryId={} --region {}, with ImagePrefix \
                 set in home's stack; where home lacks it too, {}",
                self.fleet.account_of(place),
                self.fleet.home,
                self.push_image()
            ),
        }
    }

    fn push_image(self) -> String {
        format!("push it to the registry of {}", self.fleet.home)
    }
}

fn as_made(deploy: &str, part: &str) -> String {
    format!("{deploy}, with {part} as template.yaml has it")
}

fn enable_key(place: &RegionName, arn: &str) -> String {
    format!("aws kms enable-key --key-id {arn} --region {place}")
}

fn runbook(part: RunbookPart) -> String {
    let page = Runbook::Pages.path();
    match part {
        RunbookPart::Start => page.to_owned(),
        RunbookPart::EndpointStatus => format!("{page}, by its status"),
        RunbookPart::ForeignChange => format!("{page}: who changed it, and what serves"),
    }
}

/// Where to look: it may be the service, the region, or the way there.
fn ask_for_services(place: &RegionName) -> String {
    format!(
        "AWS Health says whether they are ill; aws ssm get-parameters-by-path --path \
         /aws/service/global-infrastructure/regions/{place}/services --region us-east-1 lists those that the region has; else mend \
         this machine's way to them"
    )
}
