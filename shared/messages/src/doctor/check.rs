//! The names of checks and of services, for tables and documents.

use serde::{Serialize, Serializer};

/// Gives an enum of names its names: `Serialize` writes them too.
macro_rules! names {
    ($(#[$doc:meta])* $kind:ident { $($name:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "its name says it")]
        pub enum $kind {
            $($name,)*
        }

        impl $kind {
            /// Its name, as a table and a document show it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }

        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}

names! {
    /// What the doctor looks at. `docs/deploying.md` says what must hold of each.
    Check {
        Services = "services",
        Bucket = "bucket",
        Encryption = "encryption",
        PublicAccess = "public access",
        TlsOnly = "TLS only",
        Deletes = "deletes",
        Overwrites = "overwrites",
        Writers = "writers",
        Protection = "protection",
        Events = "events",
        Topic = "topic",
        Alarm = "alarm",
        RollbackAlarm = "rollback alarm",
        Endpoint = "endpoint",
        Ledger = "ledger",
        Neighbour = "neighbour",
        Bytes = "bytes",
        Image = "image",
        Model = "model",
        Key = "key",
        Quota = "quota",
        LentRole = "lent role",
        Clock = "clock",
        Replication = "replication",
        Pipeline = "pipeline",
        PackageGroup = "package group",
        Role = "role",
        SigningKey = "signing key",
        Network = "network",
    }
}

names! {
    /// A service that the doctor asks in every region.
    Service {
        S3 = "S3",
        SageMaker = "SageMaker",
        CloudWatch = "CloudWatch",
        Sns = "SNS",
        Kms = "KMS",
        Ecr = "ECR",
        Iam = "IAM",
        ServiceQuotas = "Service Quotas",
    }
}

pub(super) fn names(services: &[Service]) -> String {
    services.iter().map(|service| service.name()).collect::<Vec<_>>().join(", ")
}
