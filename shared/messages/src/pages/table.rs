//! Every kind of page: who sends it, when, and which runbook it names. docs/runbook.md has the same table, made of this one.

use super::{Notice, RefusedFor, RejectedFor};
use crate::Runbook;
use meridian_domain::Advice;

macro_rules! kinds {
    ($($(#[doc = $when:literal])+ $kind:ident: $from:literal, $urgency:ident, $runbook:ident $($section:literal)?;)+) => {
        /// One kind of page: a row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum PageKind {
            $($(#[doc = $when])+ $kind,)+
        }

        impl PageKind {
            /// Every kind, in the order of the table.
            pub const ALL: &[PageKind] = &[$(PageKind::$kind),+];

            /// Its name in code.
            pub const fn name(self) -> &'static str {
                match self { $(PageKind::$kind => stringify!($kind),)+ }
            }

            /// When it is sent.
            pub fn when(self) -> &'static str {
                match self { $(PageKind::$kind => concat!($($when),+).trim(),)+ }
            }

            /// The function that sends it, and where.
            pub const fn sent_by(self) -> &'static str {
                match self { $(PageKind::$kind => $from,)+ }
            }

            const fn urgency(self) -> Urgency {
                match self { $(PageKind::$kind => Urgency::$urgency,)+ }
            }

            /// The runbook that it names.
            pub const fn runbook(self) -> Runbook {
                match self { $(PageKind::$kind => Runbook::$runbook,)+ }
            }

            /// The heading of the runbook under which to read on, where there is one for it.
            pub fn section(self) -> Option<&'static str> {
                match self { $(PageKind::$kind => [$($section)?].first().copied(),)+ }
            }
        }
    };
}

enum Urgency {
    /// What it reports has been stopped, rolled back or deferred already.
    Page,
    /// It needs somebody at once.
    Urgent,
    /// Nobody is paged.
    Advice,
}

kinds! {
    /// A copy in the region is not what the manifest names.
    Checksum: "`replication`", Page, Pages "Wrong bytes";
    /// A release has no signature of a trusted key. Home tells it for all regions.
    Unsigned: "`replication` in home", Page, Pages "Put a release in quarantine";
    /// A manifest or its image is not accepted: another fleet's, from the future, too large, an image that policy does not name.
    NotAttested: "`replication`", Page, Pages "Read the ledger";
    /// S3 reports that it did not replicate an object.
    NotReplicated: "`replication`", Page, StuckReplication;
    /// A region has not attested the release within `replication_deadline`.
    ReplicasLate: "`replication` in home", Page, StuckReplication;
    /// A region's chain does not hold an entry that its neighbour saw there.
    ChainAltered: "`replication` in the neighbour", Page, Pages "Read the ledger";
    /// A required gate fails on held-out records.
    RejectedWorse: "`shadow-eval`", Page, Pages;
    /// A required gate cannot tell, for example for too few positives.
    RejectedUnclear: "`shadow-eval`", Page, Pages;
    /// The release's files are missing, or are other bytes than were published.
    RejectedBytes: "`shadow-eval`", Page, Pages "Wrong bytes";
    /// The release's files do not fit each other, the image or the champion.
    RejectedContent: "`shadow-eval`", Page, Pages;
    /// The function could not do its work: a wrong action configuration, another policy, a service that did not answer for
    /// half an hour, a step that the audit refused, a defect.
    JobFailed: "`promote`, `shadow-eval`", Page, Pages "Logs";
    /// The region's control plane or ledger did not answer, it did not lend its role, its endpoint is broken, or something kept it
    /// from starting for too long.
    CheckHealth: "`promote`", Page, RegionalFault;
    /// Another update in the region has no end and no decision.
    CloseUpdate: "`promote`", Page, RegionalFault;
    /// Evidence says that the release is bad.
    ReadEvidence: "`promote`", Page, ModelFault;
    /// The update went back, or several control planes did not answer at once, and nothing shows that the release is bad.
    FindCause: "`promote`", Page, RegionalFault;
    /// Something that does not pass by waiting: no approval, no proved way back, no rollback alarm, a freeze of the whole fleet
    /// for longer than `wave.hold`.
    MendCause: "`promote`", Page, Pages "Start a new execution";
    /// A halt came before the region was judged at full load, and nobody was paged about it.
    LiftFirst: "`promote`", Page, Pages "Lift a halt";
    /// The region's first endpoint could not be created, or does not answer as the release.
    DeleteEndpoint: "`promote`", Page, Pages "Look at an endpoint";
    /// Before its update the region was to be able to carry the largest other region's customers, and the instances did not come.
    KeepCustomersAway: "`promote`", Page, Pages;
    /// Application Auto Scaling declined for longer than `wave.region_patience`.
    WatchInstances: "`promote`", Page, Pages;
    /// The region is further behind the others than policy allows.
    CatchUp: "`promote`", Page, RegionalFault;
    /// The wave ends, and a region lags that is neither deferred nor halted.
    LookAtEndpoints: "`promote`, at `Verify-Fleet`", Page, Pages "Look at an endpoint";
    /// Both releases answer too many 4xx, alike; once in a wave.
    LimitCaller: "`promote`", Advice, ModelFault;
    /// The region's alarm rang, or it was shifted without a decision.
    FindOutWhatItDoes: "`rollback`", Page, ModelFault;
    /// The region's 4xx are over the bound since its shift, or its counts did not come.
    CompareCallers: "`rollback`", Page, ModelFault;
    /// SageMaker rolled the update back and no judge had said so.
    ReadPromoteLog: "`rollback`", Page, Pages "Logs";
    /// The region went back, by itself or by hand, and its ledger could not be written then.
    ReadRollbackLog: "`rollback`", Page, Pages "Logs";
    /// The rollback alarm rings while the release soaks.
    WaitForSoak: "`rollback`", Page, ModelFault;
    /// The alarm rang while the region's ledger could not be read.
    LookAtBucket: "`rollback`", Page, RegionalFault;
    /// SageMaker could not roll an update back (`UpdateRollbackFailed`).
    RecoverByHand: "`rollback`", Urgent, UpdateRollbackFailed;
    /// The endpoint has failed.
    UpdateByHand: "`rollback`", Urgent, UpdateRollbackFailed;
    /// The alarm rings and there is no release to roll back to.
    LookAtEndpoint: "`rollback`", Urgent, Pages "Look at an endpoint";
}

impl PageKind {
    /// True of what wakes nobody.
    pub fn is_advice(self) -> bool {
        matches!(self.urgency(), Urgency::Advice)
    }

    /// True of what needs somebody at once: everything else has been stopped, rolled back or deferred already.
    pub fn is_urgent(self) -> bool {
        matches!(self.urgency(), Urgency::Urgent)
    }
}

impl Notice {
    /// Its row of the table.
    pub fn kind(&self) -> PageKind {
        match self {
            Notice::Plan { advice, .. } => of_advice(advice),
            Notice::ReplicasLate { .. } => PageKind::ReplicasLate,
            Notice::NotReplicated(_) => PageKind::NotReplicated,
            Notice::ChainAltered { .. } => PageKind::ChainAltered,
            Notice::BytesRefused { what: RefusedFor::Signature, .. } => PageKind::Unsigned,
            Notice::BytesRefused { what: RefusedFor::Checksum, .. } => PageKind::Checksum,
            Notice::BytesRefused { what: RefusedFor::Content, .. } => PageKind::NotAttested,
            Notice::JobFailed { .. } => PageKind::JobFailed,
            Notice::EvaluationRejected { cause: RejectedFor::Worse, .. } => PageKind::RejectedWorse,
            Notice::EvaluationRejected { cause: RejectedFor::Unclear, .. } => PageKind::RejectedUnclear,
            Notice::EvaluationRejected { cause: RejectedFor::Bytes, .. } => PageKind::RejectedBytes,
            Notice::EvaluationRejected { cause: RejectedFor::Content, .. } => PageKind::RejectedContent,
        }
    }
}

fn of_advice(advice: &Advice) -> PageKind {
    match advice {
        Advice::LimitCaller => PageKind::LimitCaller,
        Advice::CheckHealth { .. } => PageKind::CheckHealth,
        Advice::CloseUpdate { .. } => PageKind::CloseUpdate,
        Advice::ReadEvidence { .. } => PageKind::ReadEvidence,
        Advice::FindCause => PageKind::FindCause,
        Advice::MendCause => PageKind::MendCause,
        Advice::LiftFirst => PageKind::LiftFirst,
        Advice::DeleteEndpoint => PageKind::DeleteEndpoint,
        Advice::KeepCustomersAway { .. } => PageKind::KeepCustomersAway,
        Advice::WatchInstances => PageKind::WatchInstances,
        Advice::CatchUp { .. } => PageKind::CatchUp,
        Advice::LookAtEndpoints => PageKind::LookAtEndpoints,
        Advice::LookAtBucket => PageKind::LookAtBucket,
        Advice::ReadRollbackLog => PageKind::ReadRollbackLog,
        Advice::CompareCallers => PageKind::CompareCallers,
        Advice::LookAtEndpoint => PageKind::LookAtEndpoint,
        Advice::FindOutWhatItDoes => PageKind::FindOutWhatItDoes,
        Advice::ReadPromoteLog => PageKind::ReadPromoteLog,
        Advice::WaitForSoak => PageKind::WaitForSoak,
        Advice::UpdateByHand => PageKind::UpdateByHand,
        Advice::RecoverByHand => PageKind::RecoverByHand,
    }
}
