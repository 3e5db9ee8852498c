//! Each port's call, handed to the local world once no fault is due.

use super::world::{Answered, JobAnswer, World};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::{
    Actor, AlarmSpec, AlarmView, Caller, Chain, ConfigSpec, EndpointView, Entry, Image, ModelSpec, RegionName,
    ResourceName, ScalingSpec, Stored, UpdateSpec,
};
use meridian_handlers::ports::*;

impl Artifacts for World {
    async fn read(&self, region: &RegionName, key: &str, most: u64, sink: &mut dyn FnMut(&[u8])) -> Answer<u64> {
        let length = self.call(region, "GetObject", self.ports.read(region, key, most, sink)).await?;
        self.reads.borrow_mut().push(key.to_owned());
        Ok(length)
    }

    async fn create(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        self.call(region, "PutObject", self.ports.create(region, key, body)).await
    }

    async fn replace(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        self.call(region, "PutObject", self.ports.replace(region, key, body)).await
    }

    async fn listed(&self, region: &RegionName, prefix: &str, after: Option<&str>) -> Answer<Vec<Listed>> {
        self.call(region, "ListObjects", self.ports.listed(region, prefix, after)).await
    }
}

/// The ledger's calls have names of their own: they are S3's too.
impl Ledger for World {
    async fn entries(&self, region: &RegionName, chain: &Chain, from: u64) -> Answer<Vec<Stored>> {
        self.call(region, "ListObjectsV2", self.ports.entries(region, chain, from)).await
    }

    async fn caller(&self) -> Caller {
        self.ports.caller().await
    }

    async fn append(&self, region: &RegionName, chain: &Chain, entry: &Entry) -> Answer<()> {
        self.call(region, "PutEntry", self.ports.append(region, chain, entry)).await
    }

    async fn checkpoint(&self, region: &RegionName, chain: &Chain) -> Answer<Option<Vec<u8>>> {
        self.call(region, "GetCheckpoint", self.ports.checkpoint(region, chain)).await
    }

    async fn put_checkpoint(&self, region: &RegionName, chain: &Chain, seq: u64, checkpoint: Vec<u8>) -> Answer<()> {
        self.call(region, "PutCheckpoint", self.ports.put_checkpoint(region, chain, seq, checkpoint)).await
    }
}

impl Images for World {
    async fn has_image(&self, region: &RegionName, image: &Image) -> Answer<bool> {
        self.call(region, "DescribeImages", self.ports.has_image(region, image)).await
    }
}

impl Registry for World {
    async fn register(&self, region: &RegionName, package: &PackageSpec) -> Answer<String> {
        self.call(region, "CreateModelPackage", self.ports.register(region, package)).await
    }

    async fn approval(&self, region: &RegionName, arn: &str) -> Answer<Approval> {
        self.call(region, "DescribeModelPackage", self.ports.approval(region, arn)).await
    }

    async fn decide(
        &self,
        region: &RegionName,
        arn: &str,
        approval: Approval,
        why: &str,
        metadata: &[(String, String)],
    ) -> Answer<()> {
        self.call(region, "UpdateModelPackage", self.ports.decide(region, arn, approval, why, metadata)).await
    }
}

impl Endpoints for World {
    async fn describe(&self, region: &RegionName, endpoint: &ResourceName) -> Answer<Option<EndpointView>> {
        self.call(region, "DescribeEndpoint", self.ports.describe(region, endpoint)).await
    }

    async fn create_model(&self, region: &RegionName, model: &ModelSpec) -> Answer<()> {
        self.call(region, "CreateModel", self.ports.create_model(region, model)).await
    }

    async fn create_config(&self, region: &RegionName, config: &ConfigSpec) -> Answer<()> {
        self.call(region, "CreateEndpointConfig", self.ports.create_config(region, config)).await
    }

    async fn create_endpoint(&self, region: &RegionName, endpoint: &ResourceName, config: &ResourceName) -> Answer<()> {
        self.call(region, "CreateEndpoint", self.ports.create_endpoint(region, endpoint, config)).await
    }

    async fn update(&self, region: &RegionName, update: &UpdateSpec) -> Answer<()> {
        self.call(region, "UpdateEndpoint", self.ports.update(region, update)).await?;
        self.updates.borrow_mut().push(update.clone());
        Ok(())
    }

    async fn invoke(
        &self,
        region: &RegionName,
        endpoint: &ResourceName,
        payload: &str,
        accept: &str,
    ) -> Answer<String> {
        let answer = self.call(region, "InvokeEndpoint", self.ports.invoke(region, endpoint, payload, accept)).await?;
        match self.scores.borrow_mut().pop_front() {
            Some(Scored::Answer { body, .. }) => Ok(String::from_utf8(body.to_vec()).unwrap()),
            _ => Ok(answer),
        }
    }

    async fn score(&self, region: &RegionName, endpoint: &ResourceName, question: &Question) -> Answer<Scored> {
        self.questions.borrow_mut().push(question.clone());
        let scored = self.call(region, "InvokeEndpoint", self.ports.score(region, endpoint, question)).await?;
        Ok(self.scores.borrow_mut().pop_front().unwrap_or(scored))
    }
}

impl Scaling for World {
    async fn scale(&self, region: &RegionName, scaling: &ScalingSpec) -> Answer<()> {
        self.call(region, "RegisterScalableTarget", self.ports.scale(region, scaling)).await
    }

    async fn deregister(&self, region: &RegionName, endpoint: &ResourceName, variant: &ResourceName) -> Answer<()> {
        self.call(region, "DeregisterScalableTarget", self.ports.deregister(region, endpoint, variant)).await
    }
}

impl Signals for World {
    async fn put_alarms(&self, region: &RegionName, alarms: &[AlarmSpec]) -> Answer<()> {
        self.call(region, "PutMetricAlarm", self.ports.put_alarms(region, alarms)).await
    }

    async fn alarms(&self, region: &RegionName, names: &[String]) -> Answer<Vec<AlarmView>> {
        self.call(region, "DescribeAlarms", self.ports.alarms(region, names)).await
    }

    async fn description(&self, region: &RegionName, alarm: &str) -> Answer<Option<String>> {
        self.call(region, "DescribeAlarms", self.ports.description(region, alarm)).await
    }

    async fn publish(&self, region: &RegionName, metrics: &[MetricPoint]) -> Answer<()> {
        self.call(region, "PutMetricData", self.ports.publish(region, metrics)).await
    }

    async fn counts(&self, region: &RegionName, query: &CountsQuery) -> Answer<ArmMinutes> {
        self.counts_asked.borrow_mut().push(query.clone());
        self.call(region, "GetMetricData", self.ports.counts(region, query)).await
    }

    async fn slots(&self, region: &RegionName, query: &SlotsQuery) -> Answer<ArmMinutes> {
        let slots = self.call(region, "GetMetricData", self.ports.slots(region, query)).await?;
        self.days_asked.borrow_mut().push(query.clone());
        Ok(slots)
    }
}

impl Pipeline for World {
    async fn start(&self, region: &RegionName, start: &StartSpec) -> Answer<String> {
        let execution = self.ports.start(region, start);
        let started = async { execution.await.inspect(|_| self.started.borrow_mut().push(start.clone())) };
        self.call(region, "StartPipelineExecution", started).await
    }

    async fn execution(
        &self,
        region: &RegionName,
        pipeline: &ResourceName,
        execution: &Actor,
    ) -> Answer<ExecutionView> {
        self.call(region, "GetPipelineExecution", self.ports.execution(region, pipeline, execution)).await
    }

    async fn executions(&self, region: &RegionName, pipeline: &ResourceName) -> Answer<Vec<ListedExecution>> {
        self.call(region, "ListPipelineExecutions", self.ports.executions(region, pipeline)).await
    }

    async fn succeed(&self, region: &RegionName, job: &str, continuation: Option<&str>, summary: &str) -> Answer<()> {
        let how = continuation.map_or(Answered::Succeeded, |token| Answered::Again(token.to_owned()));
        let answered = self.ports.succeed(region, job, continuation, summary);
        self.call(region, "PutJobSuccessResult", self.answered(how, summary, answered)).await
    }

    async fn fail(&self, region: &RegionName, job: &str, kind: FailureKind, message: &str) -> Answer<()> {
        let answered = self.ports.fail(region, job, kind, message);
        self.call(region, "PutJobFailureResult", self.answered(Answered::Failed(kind), message, answered)).await
    }
}

impl World {
    /// Keeps an answer that was taken, even where nobody hears that it was.
    async fn answered(&self, how: Answered, said: &str, work: impl Future<Output = Answer<()>>) -> Answer<()> {
        work.await?;
        self.answers.borrow_mut().push(JobAnswer { how, said: said.to_owned() });
        Ok(())
    }
}

impl Pager for World {
    async fn page(&self, region: &RegionName, page: &Page) -> Answer<()> {
        self.call(region, "Publish", self.ports.page(region, page)).await
    }

    async fn advise(&self, region: &RegionName, page: &Page) -> Answer<()> {
        self.call(region, "Publish", self.ports.advise(region, page)).await
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.ports.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        self.pass(duration);
    }
}
