//! What a handler asks of a port, and what it is answered.

use bytes::Bytes;
use jiff::SignedDuration;
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::{
    Actor, AlarmSpec, AlarmView, Chain, EndpointView, Entry, RegionName, ResourceName, Stored, UpdateSpec,
};
use meridian_handlers::ports::{
    Approval, CountsQuery, ErrorKind, ExecutionView, FailureDetail, Listed, ListedExecution, MetricPoint,
    OperationName, SlotsQuery, StartSpec, limits,
};
use std::sync::Arc;

/// One port call.
#[allow(missing_docs)] // The port's own documentation says it.
#[derive(Clone, Debug)]
pub enum Ask {
    Read {
        key: String,
    },
    List {
        prefix: String,
        after: Option<String>,
    },
    Create {
        key: String,
        body: Bytes,
    },
    Replace {
        key: String,
    },
    Entries {
        chain: Chain,
        from: u64,
    },
    Append {
        chain: Chain,
        entry: Box<Entry>,
    },
    Checkpoint {
        chain: Chain,
    },
    PutCheckpoint {
        chain: Chain,
        seq: u64,
        bytes: Vec<u8>,
    },
    Approval,
    Describe,
    CreateModel(ResourceName),
    CreateConfig {
        config: ResourceName,
        model: ResourceName,
    },
    CreateEndpoint,
    Update(Box<UpdateSpec>),
    Invoke {
        payload: String,
    },
    Scale,
    PutAlarms(Vec<AlarmSpec>),
    Alarms(Vec<String>),
    Description(String),
    Publish(Vec<MetricPoint>),
    Counts(Box<CountsQuery>),
    Slots(Box<SlotsQuery>),
    Start(Box<StartSpec>),
    Execution(Actor),
    Executions,
    Succeed {
        job: String,
        continuation: Option<String>,
    },
    Fail {
        job: String,
    },
    Page {
        /// A digest of the subject: the same page is known by it.
        subject: u64,
        /// Whether a plan asks for it, and no handler that gives up.
        planned: bool,
        /// Whether it says who is home: that is on record everywhere, whoever hears it.
        home: bool,
    },
    Advise,
    Sleep(SignedDuration),
}

/// A port call and where it goes.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where; home, for time.
    pub region: RegionName,
    /// What is asked of the port.
    pub ask: Ask,
}

/// What a port answers.
#[allow(missing_docs)]
#[derive(Clone, Debug)]
pub enum Reply {
    Done,
    Bytes(Bytes),
    Keys(Vec<Listed>),
    Entries(Vec<Stored>),
    Checkpoint(Option<Arc<Vec<u8>>>),
    Approval(Approval),
    Endpoint(Option<Box<EndpointView>>),
    Text(String),
    Description(Option<String>),
    Alarms(Vec<AlarmView>),
    Counts(ArmMinutes),
    Execution(ExecutionView),
    Executions(Vec<ListedExecution>),
}

/// Why a port did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    /// The kind that a handler acts on.
    pub kind: ErrorKind,
    /// The code of the service's error; empty where it gives none.
    pub code: &'static str,
}

impl Failure {
    /// A failure of this kind, without a code.
    pub fn of(kind: ErrorKind) -> Self {
        Self { kind, code: "" }
    }

    /// What a port says of it.
    pub(super) fn detail(self) -> FailureDetail {
        match self.kind {
            ErrorKind::Unreachable => FailureDetail::NoAnswerInTime,
            _ => FailureDetail::Code { code: self.code.to_owned(), status: None },
        }
    }

    /// Whether it is said only once all tries are used up.
    pub fn takes_time(self) -> bool {
        self.takes() > 0
    }

    /// Seconds that it takes: the pauses between the tries, and the tries themselves where none is answered.
    pub fn takes(self) -> i64 {
        match self.kind {
            ErrorKind::Unreachable => PAUSES + limits::ATTEMPT.as_secs() * limits::ATTEMPTS as i64,
            ErrorKind::Throttled => PAUSES,
            _ => 0,
        }
    }
}

/// Seconds between the tries of one call: the pauses double.
const PAUSES: i64 = limits::BACKOFF.as_secs() * ((1 << (limits::ATTEMPTS - 1)) - 1);

impl Ask {
    /// Seconds that it takes where it is answered. What only looks takes none.
    pub fn takes(&self) -> i64 {
        match self {
            Ask::Sleep(duration) => duration.as_secs().max(1),
            Ask::Append { .. }
            | Ask::Update(_)
            | Ask::CreateConfig { .. }
            | Ask::PutAlarms(_)
            | Ask::Page { .. }
            | Ask::Start(_)
            | Ask::Succeed { .. }
            | Ask::Fail { .. } => 1,
            _ => 0,
        }
    }

    /// Whether it may come between a look at the lease and the update that the lease allows. After any other call the wave looks again.
    pub fn follows_lease(&self) -> bool {
        matches!(
            self,
            Ask::Publish(_)
                | Ask::PutAlarms(_)
                | Ask::CreateModel(_)
                | Ask::CreateConfig { .. }
                | Ask::Update(_)
                | Ask::Sleep(_)
        )
    }

    /// Whether it may change anything.
    pub fn changes(&self) -> bool {
        !matches!(
            self,
            Ask::Read { .. }
                | Ask::List { .. }
                | Ask::Entries { .. }
                | Ask::Checkpoint { .. }
                | Ask::Approval
                | Ask::Describe
                | Ask::Invoke { .. }
                | Ask::Alarms(_)
                | Ask::Description(_)
                | Ask::Counts(_)
                | Ask::Slots(_)
                | Ask::Execution(_)
                | Ask::Executions
                | Ask::Sleep(_)
        )
    }

    /// The operation; none for time that passes.
    pub fn operation(&self) -> Option<OperationName> {
        Some(match self {
            Ask::Read { .. } | Ask::Checkpoint { .. } => OperationName::GetObject,
            Ask::List { .. } | Ask::Entries { .. } => OperationName::ListObjectsV2,
            Ask::Create { .. } | Ask::Replace { .. } | Ask::Append { .. } | Ask::PutCheckpoint { .. } => {
                OperationName::PutObject
            }
            Ask::Approval => OperationName::DescribeModelPackage,
            Ask::Describe => OperationName::DescribeEndpoint,
            Ask::CreateModel(_) => OperationName::CreateModel,
            Ask::CreateConfig { .. } => OperationName::CreateEndpointConfig,
            Ask::CreateEndpoint => OperationName::CreateEndpoint,
            Ask::Update(_) => OperationName::UpdateEndpoint,
            Ask::Invoke { .. } => OperationName::InvokeEndpoint,
            Ask::Scale => OperationName::RegisterScalableTarget,
            Ask::PutAlarms(_) => OperationName::PutMetricAlarm,
            Ask::Alarms(_) | Ask::Description(_) => OperationName::DescribeAlarms,
            Ask::Publish(_) => OperationName::PutMetricData,
            Ask::Counts(_) | Ask::Slots(_) => OperationName::GetMetricData,
            Ask::Start(_) => OperationName::StartPipelineExecution,
            Ask::Execution(_) => OperationName::GetPipelineExecution,
            Ask::Executions => OperationName::ListPipelineExecutions,
            Ask::Succeed { .. } => OperationName::PutJobSuccessResult,
            Ask::Fail { .. } => OperationName::PutJobFailureResult,
            Ask::Page { .. } | Ask::Advise => OperationName::Publish,
            Ask::Sleep(_) => return None,
        })
    }
}
