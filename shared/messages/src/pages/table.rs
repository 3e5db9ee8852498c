//! Every kind of page: who sends it, when, and which runbook it names. The table in docs/runbook.md is generated from this one.

use super::{HomeNotice, Notice, RefusedFor, RejectedFor};
use crate::Runbook;
use meridian_domain::overview::PageCause;
use meridian_domain::reason::{Fault, FileFault, Gate, Return, WaveEnd};
use meridian_domain::{Advice, Reason};
use serde::Serialize;
use std::fmt;

macro_rules! kinds {
    ($($(#[doc = $when:literal])+ $kind:ident: $from:literal, $urgency:ident, $runbook:ident $($section:literal)?;)+) => {
        /// One kind of page: a row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum PageKind {
            $($(#[doc = $when])+ $kind,)+
        }

        impl PageKind {
            /// Every kind, in the order of the table.
            pub const ALL: &[PageKind] = &[$(PageKind::$kind),+];

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

            /// The heading of the runbook's section, if there is one.
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
    /// An object in the region does not have the checksum that the manifest names.
    Checksum: "`replication`", Page, Pages "Wrong bytes";
    /// A release has no signature of a trusted key. Home sends it for all regions.
    Unsigned: "`replication` in home", Page, Pages "Put a release in quarantine";
    /// A manifest or its image is not accepted: another fleet's, from the future, too large, an image that policy does not name.
    NotAttested: "`replication`", Page, Pages "Read the ledger";
    /// S3 reports that it did not replicate an object.
    NotReplicated: "`replication`", Page, StuckReplication;
    /// A region has not attested the release within `replication_deadline`.
    ReplicasLate: "`replication` in home", Page, StuckReplication;
    /// A region's chain lacks an entry that its neighbour saw there.
    ChainAltered: "`replication` in the neighbour", Page, Pages "Read the ledger";
    /// Home's ledger does not answer a deputy for `home_patience`, nor most other regions.
    HomeLost: "`replication` in a deputy", Page, LostHome;
    /// Most regions have said that home is the deputy from now on, and it has taken over.
    HomeTaken: "`replication` in a deputy", Page, LostHome;
    /// Home answers the deputy again that had asked people to move it.
    HomeAnswers: "`replication` in a deputy", Advice, LostHome;
    /// An active region does not answer the standby for `failover_threshold` looks, nor another region.
    StandsIn: "`replication` in a standby", Advice, Failover;
    /// A required gate fails on held-out records.
    RejectedWorse: "`shadow-eval`", Page, Pages;
    /// A required gate reaches no conclusion, for example with too few positives.
    RejectedUnclear: "`shadow-eval`", Page, Pages;
    /// The release's files are missing, or are other bytes than were published.
    RejectedBytes: "`shadow-eval`", Page, Pages "Wrong bytes";
    /// The release's files do not fit each other, the image or the champion.
    RejectedContent: "`shadow-eval`", Page, Pages;
    /// The function could not do its work: a wrong action configuration, another policy, a service that did not answer for
    /// half an hour, a step that the audit refused, a defect.
    JobFailed: "`promote`, `shadow-eval`", Page, Pages "Logs";
    /// The region's control plane or ledger did not answer, its role could not be assumed, its endpoint is broken, or something
    /// prevented its start for too long.
    CheckHealth: "`promote`", Page, RegionalFault;
    /// Something is missing in the region that no waiting brings back: its endpoint, its rollback alarm, a proved rollback target; or
    /// the region is halted.
    MendRegion: "`promote`", Page, RegionalFault;
    /// Another update in the region neither ends nor has a decision.
    CloseUpdate: "`promote`", Page, RegionalFault;
    /// Evidence says that the release is bad.
    ReadEvidence: "`promote`", Page, ModelFault;
    /// The region's update was rolled back, and nothing shows why: the wave goes on without the region.
    FindRegionCause: "`promote`", Page, RegionalFault;
    /// On the requests that the region captured the release does something other than the champion, or too few were captured and
    /// policy says `leave`: the wave goes on without the region.
    CompareRequests: "`promote`", Page, RegionalFault;
    /// Several regions' updates were rolled back without a known cause, or several control planes did not answer, and nothing shows that the release is bad.
    FindCause: "`promote`", Page, RegionalFault;
    /// Waiting does not help: no approval, a freeze of the whole fleet
    /// for longer than `wave.hold`.
    MendCause: "`promote`", Page, Pages "Start a new execution";
    /// A halt came before the region was judged at full load, and nobody was paged about it.
    LiftFirst: "`promote`", Page, Pages "Lift a halt";
    /// The region's first endpoint could not be created, or does not answer as the release.
    DeleteEndpoint: "`promote`", Page, Pages "Look at an endpoint";
    /// Before its update the region needs the instances to serve the largest other region's customers too, and did not get them.
    KeepCustomersAway: "`promote`", Page, Pages;
    /// Application Auto Scaling refused for longer than `wave.region_patience`.
    WatchInstances: "`promote`", Page, Pages;
    /// The region is further behind the others than policy allows.
    CatchUp: "`promote`", Page, RegionalFault;
    /// The wave ends, and a region that is neither deferred nor halted lags.
    LookAtEndpoints: "`promote`, at `Verify-Fleet`", Page, Pages "Look at an endpoint";
    /// An execution of the newest release, home's own or a person's, failed, was stopped or was superseded, and neither the wave's end nor a
    /// failed job is on record.
    ReadPipeline: "`replication` in home", Page, Pages "Start a new execution";
    /// Both releases answer too many 4xx; sent once in a wave.
    LimitCaller: "`promote`", Advice, ModelFault;
    /// Every region serves the wave's release, and somebody was paged since the last all-clear; sent once.
    AllClear: "`promote`, at `Verify-Fleet`", Advice, Pages;
    /// The region's alarm went into ALARM, its traffic was shifted without a decision, or probation found it worse and policy says `act`.
    FindOutWhatItDoes: "`rollback`", Page, ModelFault;
    /// The region's 4xx are over the bound since its shift, or no counts arrived.
    CompareCallers: "`rollback`", Page, ModelFault;
    /// Within a day of its shift the release is worse than the same hours of the region's days before, and policy says `tell`.
    WeighRollback: "`rollback`", Page, Pages "Roll a region back by hand";
    /// SageMaker rolled the update back without a decision to revert.
    ReadPromoteLog: "`rollback`", Page, Pages "Logs";
    /// Somebody rolled the region back by hand, or rollback could not write its ledger.
    ReadRollbackLog: "`rollback`", Page, Pages "Logs";
    /// The rollback alarm goes into ALARM while the release soaks.
    WaitForSoak: "`rollback`", Page, ModelFault;
    /// The alarm went into ALARM while the region's ledger could not be read.
    LookAtBucket: "`rollback`", Page, RegionalFault;
    /// SageMaker could not roll an update back (`UpdateRollbackFailed`).
    RecoverByHand: "`rollback`", Urgent, UpdateRollbackFailed;
    /// The endpoint has failed, or somebody pointed it at another configuration than its ledger says: `JP's endpoint was changed by hand`.
    UpdateByHand: "`rollback`", Urgent, UpdateRollbackFailed;
    /// The alarm is in ALARM and there is no release to roll back to.
    LookAtEndpoint: "`rollback`", Urgent, Pages "Look at an endpoint";
    /// A pilot light's endpoint, made to carry another region's customers, is not there in time, or does not answer its golden records.
    LightByHand: "`rollback` in a pilot light", Urgent, Failover;
}

/// Its name in JSON and in a page's attributes, such as `read_evidence`.
impl fmt::Display for PageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl PageKind {
    /// True if nobody is paged.
    pub fn is_advice(self) -> bool {
        matches!(self.urgency(), Urgency::Advice)
    }

    /// Where its reader reads on: a page of `docs/`, and the heading there.
    pub fn anchor(self) -> String {
        let heading = self.section().or((self.runbook() == Runbook::Pages).then_some("The pages"));
        let heading = heading.map(|heading| format!("#{}", heading.to_lowercase().replace(' ', "-")));
        format!("{}{}", self.runbook().path(), heading.unwrap_or_default())
    }

    /// The kind of a page whose cause is still on record; none where no row of the table is sent for it.
    pub fn of_open(cause: &PageCause) -> Option<PageKind> {
        match cause {
            PageCause::LeftBehind { why, .. } => Some(of_left_behind(why)),
            PageCause::Condemned(end) | PageCause::Ended(end) => of_end(end),
            PageCause::Told(told) => of_return(told),
            PageCause::Owed { advice, .. } => Some(of_advice(advice)),
            PageCause::Lags(_) => Some(PageKind::CatchUp),
            PageCause::Refused { why, .. } => Some(of_refused(why)),
            PageCause::NotReplicated { .. } => Some(PageKind::NotReplicated),
            PageCause::ChainAltered { .. } => Some(PageKind::ChainAltered),
            PageCause::HomeLost { .. } => Some(PageKind::HomeLost),
            PageCause::Rejected { verdict, why, .. } => Some(of_rejected(RejectedFor::on_record(*verdict, why))),
            PageCause::JobFailed(_) => Some(PageKind::JobFailed),
        }
    }

    /// True if somebody must act at once. Every other page reports what has been stopped, rolled back or deferred already.
    pub fn is_urgent(self) -> bool {
        matches!(self.urgency(), Urgency::Urgent)
    }
}

impl Notice {
    /// The kind of page: its row of the table.
    pub fn kind(&self) -> PageKind {
        match self {
            Notice::Plan { advice, .. } => of_advice(advice),
            Notice::ReplicasLate { .. } => PageKind::ReplicasLate,
            Notice::NotReplicated(_) => PageKind::NotReplicated,
            Notice::ChainAltered { .. } => PageKind::ChainAltered,
            Notice::Home(HomeNotice::Lost { .. }) => PageKind::HomeLost,
            Notice::Home(HomeNotice::Taken { .. }) => PageKind::HomeTaken,
            Notice::Home(HomeNotice::Answers { .. }) => PageKind::HomeAnswers,
            Notice::StandsIn { .. } => PageKind::StandsIn,
            Notice::BytesRefused { what, .. } => of_refused(what),
            Notice::JobFailed { .. } => PageKind::JobFailed,
            Notice::EvaluationRejected { cause, .. } => of_rejected(*cause),
        }
    }
}

fn of_rejected(cause: RejectedFor) -> PageKind {
    match cause {
        RejectedFor::Worse => PageKind::RejectedWorse,
        RejectedFor::Unclear => PageKind::RejectedUnclear,
        RejectedFor::Bytes => PageKind::RejectedBytes,
        RejectedFor::Content => PageKind::RejectedContent,
    }
}

fn of_refused(fault: &FileFault) -> PageKind {
    match RefusedFor::of(fault) {
        RefusedFor::Signature => PageKind::Unsigned,
        RefusedFor::Checksum => PageKind::Checksum,
        RefusedFor::Image | RefusedFor::Content => PageKind::NotAttested,
    }
}

fn of_advice(advice: &Advice) -> PageKind {
    match advice {
        Advice::LimitCaller => PageKind::LimitCaller,
        Advice::AllClear => PageKind::AllClear,
        Advice::CheckHealth { .. } => PageKind::CheckHealth,
        Advice::MendRegion { .. } => PageKind::MendRegion,
        Advice::CloseUpdate { .. } => PageKind::CloseUpdate,
        Advice::ReadEvidence { .. } => PageKind::ReadEvidence,
        Advice::FindRegionCause { .. } => PageKind::FindRegionCause,
        Advice::CompareRequests { .. } => PageKind::CompareRequests,
        Advice::FindCause => PageKind::FindCause,
        Advice::MendCause => PageKind::MendCause,
        Advice::LiftFirst => PageKind::LiftFirst,
        Advice::DeleteEndpoint => PageKind::DeleteEndpoint,
        Advice::KeepCustomersAway { .. } => PageKind::KeepCustomersAway,
        Advice::WatchInstances => PageKind::WatchInstances,
        Advice::CatchUp { .. } => PageKind::CatchUp,
        Advice::LookAtEndpoints => PageKind::LookAtEndpoints,
        Advice::ReadPipeline { .. } => PageKind::ReadPipeline,
        Advice::LookAtBucket => PageKind::LookAtBucket,
        Advice::ReadRollbackLog => PageKind::ReadRollbackLog,
        Advice::CompareCallers => PageKind::CompareCallers,
        Advice::WeighRollback { .. } => PageKind::WeighRollback,
        Advice::LookAtEndpoint => PageKind::LookAtEndpoint,
        Advice::LightByHand => PageKind::LightByHand,
        Advice::FindOutWhatItDoes => PageKind::FindOutWhatItDoes,
        Advice::ReadPromoteLog => PageKind::ReadPromoteLog,
        Advice::WaitForSoak => PageKind::WaitForSoak,
        Advice::UpdateByHand => PageKind::UpdateByHand,
        Advice::RecoverByHand => PageKind::RecoverByHand,
    }
}

/// Why a wave left a region behind says which page it sent.
fn of_left_behind(why: &Reason) -> PageKind {
    let why = match why {
        Reason::LeftBehind { why, .. } => why,
        why => why,
    };
    match why {
        Reason::Fault(Fault::ReplicaLate) => PageKind::ReplicasLate,
        Reason::Fault(Fault::UnclearReturn(_)) => PageKind::FindRegionCause,
        Reason::Gate(Gate::NotShadowed { .. } | Gate::ShadowShort { .. } | Gate::ShadowFailed { .. }) => {
            PageKind::CompareRequests
        }
        Reason::Gate(
            Gate::EndpointGone { .. }
            | Gate::EndpointGoneSince { .. }
            | Gate::NoRollbackAlarm { .. }
            | Gate::NoProvedWayBack { .. }
            | Gate::Stopped(_),
        ) => PageKind::MendRegion,
        _ => PageKind::CheckHealth,
    }
}

/// How a wave ended says which page it sent.
fn of_end(end: &WaveEnd) -> Option<PageKind> {
    match end {
        WaveEnd::RolledBack { .. } => Some(PageKind::ReadEvidence),
        WaveEnd::NotOn { .. } => Some(PageKind::FindCause),
        WaveEnd::NotPromoted { .. } => Some(PageKind::MendCause),
        WaveEnd::NotJudged { .. } => Some(PageKind::LiftFirst),
        WaveEnd::NoFirstRelease { .. } => Some(PageKind::DeleteEndpoint),
        WaveEnd::Incomplete { .. } => Some(PageKind::LookAtEndpoints),
        WaveEnd::Lost { .. } => Some(PageKind::ReadPipeline),
        WaveEnd::Deferred { why, .. } => Some(of_left_behind(why)),
        WaveEnd::Serves { .. }
        | WaveEnd::Keeps { .. }
        | WaveEnd::Superseded { .. }
        | WaveEnd::Stopped(_)
        | WaveEnd::FullLoad { .. }
        | WaveEnd::Complete { .. } => None,
    }
}

fn of_return(told: &Return) -> Option<PageKind> {
    match told {
        Return::RollsBackFrom { .. } => Some(PageKind::FindOutWhatItDoes),
        Return::RolledBack { .. } => Some(PageKind::ReadPromoteLog),
        Return::Unwritten { .. } => Some(PageKind::ReadRollbackLog),
        Return::Unread { .. } => Some(PageKind::LookAtBucket),
        Return::Leaves { .. } | Return::LeavesAfter { .. } => Some(PageKind::CompareCallers),
        Return::NowhereToGo { .. } => Some(PageKind::LookAtEndpoint),
        Return::NotLit { .. } => Some(PageKind::LightByHand),
        Return::RingsInSoak { .. } => Some(PageKind::WaitForSoak),
        Return::WorseThanBefore { .. } => Some(PageKind::WeighRollback),
        Return::Broken { .. } | Return::Foreign { .. } => Some(PageKind::UpdateByHand),
        Return::BytesUnknown { .. } => Some(PageKind::RecoverByHand),
        Return::RollsBack { .. } | Return::Stays { .. } | Return::GoesToProved { .. } | Return::UnderWay => None,
    }
}
