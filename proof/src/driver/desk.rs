//! The ports of one call: each port call is laid on the desk, and waits until its answer is put there.

use crate::ask::{Ask, Asked, Failure, Reply};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::{
    Actor, AlarmSpec, AlarmView, Caller, Chain, ConfigSpec, EndpointView, Entry, Image, ModelSpec, RegionName,
    ResourceName, ScalingSpec, Stored, UpdateSpec,
};
use meridian_handlers::ports::{
    Answer, Approval, Artifacts, Clock, CountsQuery, Endpoints, ErrorKind, ExecutionView, FailureDetail, FailureKind,
    Images, Ledger, Listed, ListedExecution, MetricPoint, ObjectVersion, OperationName, PackageSpec, Page, Pager,
    Pipeline, PortError, Question, Registry, Scaling, Scored, Signals, SlotsQuery, StartSpec,
};
use meridian_messages::pages::Notice;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::task::{Poll, Waker};

/// A port call on the desk.
#[derive(Debug)]
pub(super) struct Ticket {
    pub number: u32,
    pub asked: Asked,
    /// What the world has answered.
    pub answer: Option<Result<Reply, Failure>>,
    /// Whether the call may hear it.
    pub heard: bool,
    /// Whoever waits for it: a handler that asks much side by side looks again only at what was woken.
    pub waker: Waker,
}

/// One call's port calls.
#[derive(Debug)]
pub struct Desk {
    pub(super) tickets: RefCell<Vec<Ticket>>,
    pub(super) numbers: Cell<u32>,
    pub(super) now: Cell<Timestamp>,
    home: RegionName,
}

impl Desk {
    pub(super) fn new(now: Timestamp, home: RegionName) -> Self {
        Self { tickets: RefCell::default(), numbers: Cell::new(0), now: Cell::new(now), home }
    }

    async fn ask(&self, region: &RegionName, ask: Ask) -> Answer<Reply> {
        let operation = ask.operation();
        let number = self.numbers.get();
        self.numbers.set(number + 1);
        let asked = Asked { region: region.clone(), ask };
        self.tickets.borrow_mut().push(Ticket {
            number,
            asked,
            answer: None,
            heard: false,
            waker: Waker::noop().clone(),
        });
        let answer = poll_fn(|context| {
            let mut tickets = self.tickets.borrow_mut();
            let Some(place) = tickets.iter().position(|ticket| ticket.number == number) else { return Poll::Pending };
            if let Some(ticket) = tickets.get_mut(place).filter(|ticket| !ticket.heard) {
                ticket.waker.clone_from(context.waker());
                return Poll::Pending;
            }
            let ticket = tickets.remove(place);
            Poll::Ready(ticket.answer.unwrap_or(Err(Failure::of(ErrorKind::Unreachable))))
        });
        answer.await.map_err(|failure| PortError {
            kind: failure.kind,
            region: region.clone(),
            operation: operation.unwrap_or_else(|| unreachable!("time passes without a service")),
            detail: failure.detail(),
            silent: failure.kind == ErrorKind::Unreachable,
        })
    }

    /// The call may hear an answer.
    pub(super) fn hears(&self, number: u32) {
        let mut tickets = self.tickets.borrow_mut();
        if let Some(ticket) = tickets.iter_mut().find(|ticket| ticket.number == number) {
            ticket.heard = true;
            ticket.waker.wake_by_ref();
        }
    }

    async fn done(&self, region: &RegionName, ask: Ask) -> Answer<()> {
        self.ask(region, ask).await.map(drop)
    }
}

/// The one kind of reply that belongs to a question: the world answers no other.
macro_rules! reply {
    ($answer:expr, $kind:ident) => {
        match $answer {
            Reply::$kind(told) => Answer::Ok(told),
            other => unreachable!("the world answers {other:?}"),
        }
    };
}

impl Artifacts for Desk {
    async fn read(&self, region: &RegionName, key: &str, most: u64, sink: &mut dyn FnMut(&[u8])) -> Answer<u64> {
        let bytes: Bytes = reply!(self.ask(region, Ask::Read { key: key.to_owned() }).await?, Bytes)?;
        let length = bytes.len() as u64;
        if length > most {
            let detail = FailureDetail::TooLarge { key: key.to_owned(), bytes: length, most };
            let (kind, region) = (ErrorKind::TooLarge, region.clone());
            return Err(PortError { kind, region, operation: OperationName::GetObject, detail, silent: false });
        }
        sink(&bytes);
        Ok(length)
    }

    async fn create(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        self.done(region, Ask::Create { key: key.to_owned(), body }).await?;
        Ok(ObjectVersion("1".to_owned()))
    }

    async fn replace(&self, region: &RegionName, key: &str, _: Bytes) -> Answer<ObjectVersion> {
        self.done(region, Ask::Replace { key: key.to_owned() }).await?;
        Ok(ObjectVersion("1".to_owned()))
    }

    async fn listed(&self, region: &RegionName, prefix: &str, after: Option<&str>) -> Answer<Vec<Listed>> {
        let ask = Ask::List { prefix: prefix.to_owned(), after: after.map(str::to_owned) };
        reply!(self.ask(region, ask).await?, Keys)
    }
}

impl Images for Desk {
    /// Every release is attested: nobody asks.
    async fn has_image(&self, _: &RegionName, _: &Image) -> Answer<bool> {
        Ok(true)
    }
}

impl Ledger for Desk {
    async fn entries(&self, region: &RegionName, chain: &Chain, from: u64) -> Answer<Vec<Stored>> {
        reply!(self.ask(region, Ask::Entries { chain: chain.clone(), from }).await?, Entries)
    }

    /// Asked once in a process, and of no consequence: it is no call here.
    async fn caller(&self) -> Caller {
        Caller::Unverified
    }

    async fn append(&self, region: &RegionName, chain: &Chain, entry: &Entry) -> Answer<()> {
        self.done(region, Ask::Append { chain: chain.clone(), entry: Box::new(entry.clone()) }).await
    }

    async fn checkpoint(&self, region: &RegionName, chain: &Chain) -> Answer<Option<Vec<u8>>> {
        let kept = reply!(self.ask(region, Ask::Checkpoint { chain: chain.clone() }).await?, Checkpoint)?;
        Ok(kept.map(|bytes| bytes.to_vec()))
    }

    async fn put_checkpoint(&self, region: &RegionName, chain: &Chain, seq: u64, bytes: Vec<u8>) -> Answer<()> {
        self.done(region, Ask::PutCheckpoint { chain: chain.clone(), seq, bytes }).await
    }
}

impl Registry for Desk {
    async fn register(&self, _: &RegionName, package: &PackageSpec) -> Answer<String> {
        unreachable!("{} is registered already", package.release)
    }

    async fn approval(&self, region: &RegionName, _: &str) -> Answer<Approval> {
        reply!(self.ask(region, Ask::Approval).await?, Approval)
    }

    async fn decide(&self, _: &RegionName, arn: &str, _: Approval, _: &str, _: &[(String, String)]) -> Answer<()> {
        unreachable!("{arn} is decided already")
    }
}

impl Endpoints for Desk {
    async fn describe(&self, region: &RegionName, _: &ResourceName) -> Answer<Option<EndpointView>> {
        reply!(self.ask(region, Ask::Describe).await?, Endpoint).map(|view| view.map(|view| *view))
    }

    async fn create_model(&self, region: &RegionName, model: &ModelSpec) -> Answer<()> {
        self.done(region, Ask::CreateModel(model.name.clone())).await
    }

    async fn create_config(&self, region: &RegionName, config: &ConfigSpec) -> Answer<()> {
        let ask = Ask::CreateConfig { config: config.name.clone(), model: config.model.clone() };
        self.done(region, ask).await
    }

    async fn create_endpoint(&self, region: &RegionName, _: &ResourceName, _: &ResourceName) -> Answer<()> {
        self.done(region, Ask::CreateEndpoint).await
    }

    async fn update(&self, region: &RegionName, update: &UpdateSpec) -> Answer<()> {
        self.done(region, Ask::Update(Box::new(update.clone()))).await
    }

    async fn invoke(&self, region: &RegionName, _: &ResourceName, payload: &str, _: &str) -> Answer<String> {
        reply!(self.ask(region, Ask::Invoke { payload: payload.to_owned() }).await?, Text)
    }

    async fn score(&self, _: &RegionName, _: &ResourceName, question: &Question) -> Answer<Scored> {
        unreachable!("no customer asks here: {question:?}")
    }
}

impl Scaling for Desk {
    async fn scale(&self, region: &RegionName, _: &ScalingSpec) -> Answer<()> {
        self.done(region, Ask::Scale).await
    }

    async fn deregister(&self, region: &RegionName, _: &ResourceName, variant: &ResourceName) -> Answer<()> {
        unreachable!("nothing changes its shape in {region}: {variant}")
    }
}

impl Signals for Desk {
    async fn put_alarms(&self, region: &RegionName, alarms: &[AlarmSpec]) -> Answer<()> {
        self.done(region, Ask::PutAlarms(alarms.to_vec())).await
    }

    async fn alarms(&self, region: &RegionName, names: &[String]) -> Answer<Vec<AlarmView>> {
        reply!(self.ask(region, Ask::Alarms(names.to_vec())).await?, Alarms)
    }

    async fn description(&self, region: &RegionName, alarm: &str) -> Answer<Option<String>> {
        reply!(self.ask(region, Ask::Description(alarm.to_owned())).await?, Description)
    }

    async fn publish(&self, region: &RegionName, metrics: &[MetricPoint]) -> Answer<()> {
        self.done(region, Ask::Publish(metrics.to_vec())).await
    }

    async fn counts(&self, region: &RegionName, query: &CountsQuery) -> Answer<ArmMinutes> {
        reply!(self.ask(region, Ask::Counts(Box::new(query.clone()))).await?, Counts)
    }

    async fn slots(&self, region: &RegionName, query: &SlotsQuery) -> Answer<ArmMinutes> {
        reply!(self.ask(region, Ask::Slots(Box::new(query.clone()))).await?, Counts)
    }
}

impl Pipeline for Desk {
    async fn start(&self, region: &RegionName, start: &StartSpec) -> Answer<String> {
        reply!(self.ask(region, Ask::Start(Box::new(start.clone()))).await?, Text)
    }

    async fn execution(&self, region: &RegionName, _: &ResourceName, execution: &Actor) -> Answer<ExecutionView> {
        reply!(self.ask(region, Ask::Execution(execution.clone())).await?, Execution)
    }

    async fn executions(&self, region: &RegionName, _: &ResourceName) -> Answer<Vec<ListedExecution>> {
        reply!(self.ask(region, Ask::Executions).await?, Executions)
    }

    async fn succeed(&self, region: &RegionName, job: &str, continuation: Option<&str>, _: &str) -> Answer<()> {
        let ask = Ask::Succeed { job: job.to_owned(), continuation: continuation.map(str::to_owned) };
        self.done(region, ask).await
    }

    async fn fail(&self, region: &RegionName, job: &str, _: FailureKind, _: &str) -> Answer<()> {
        self.done(region, Ask::Fail { job: job.to_owned() }).await
    }
}

impl Pager for Desk {
    async fn page(&self, region: &RegionName, page: &Page) -> Answer<()> {
        let mut digest = DefaultHasher::new();
        page.subject.hash(&mut digest);
        let planned = matches!(page.notice, Notice::Plan { .. });
        let home = matches!(page.notice, Notice::Home(_));
        self.done(region, Ask::Page { subject: digest.finish(), planned, home }).await
    }

    async fn advise(&self, region: &RegionName, _: &Page) -> Answer<()> {
        self.done(region, Ask::Advise).await
    }
}

impl Clock for Desk {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    async fn sleep(&self, duration: SignedDuration) {
        // Nothing goes wrong with time but that the function's is up.
        let _ = self.ask(&self.home, Ask::Sleep(duration)).await;
    }
}
