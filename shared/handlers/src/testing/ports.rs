//! The world's side of each port.

use super::{Fault, Later, World, wrong};
use crate::ports::*;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::lookout::FleetMinutes;
use meridian_domain::*;

impl Artifacts for World {
    async fn read(&self, region: &RegionName, key: &str, most: u64, sink: &mut dyn FnMut(&[u8])) -> Answer<u64> {
        self.call(region, "GetObject", || {
            let objects = self.objects.borrow();
            let Some(body) = objects.get(&(region.clone(), key.to_owned())) else {
                return wrong(ErrorKind::NotFound, region, "GetObject");
            };
            if body.len() as u64 > most {
                return wrong(ErrorKind::TooLarge, region, "GetObject");
            }
            self.reads.borrow_mut().push(key.to_owned());
            body.chunks(1000).for_each(sink);
            Ok(body.len() as u64)
        })
    }

    async fn create(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        self.call(region, "PutObject", || {
            if self.objects.borrow().contains_key(&(region.clone(), key.to_owned())) {
                return wrong(ErrorKind::Conflict, region, "PutObject");
            }
            Ok(self.put(region, key, body))
        })
    }

    async fn replace(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
        self.call(region, "PutObject", || Ok(self.put(region, key, body)))
    }

    async fn listed(&self, region: &RegionName, prefix: &str, after: Option<&str>) -> Answer<Vec<Listed>> {
        let objects = self.objects.borrow();
        let keys = objects.keys().filter(|(at, key)| at == region && key.starts_with(prefix));
        // A short page, so that going on is tested too.
        Ok(keys
            .filter(|(_, key)| after.is_none_or(|after| key.as_str() > after))
            .map(|(_, key)| Listed { key: key.clone(), modified: self.now() })
            .take(2)
            .collect())
    }
}

impl Ledger for World {
    async fn entries(&self, region: &RegionName, chain: &Chain, from: u64) -> Answer<Vec<Stored>> {
        if self.faults.borrow().contains(&("ListObjectsV2", Fault::Hangs)) {
            return std::future::pending().await;
        }
        self.call(region, "ListObjectsV2", || {
            let chains = self.chains.borrow();
            let entries = chains.get(&(region.clone(), chain.clone()));
            Ok(entries
                .map(|all| all.iter().skip(from as usize).map(|entry| self.stored(entry)).collect())
                .unwrap_or_default())
        })
    }

    async fn caller(&self) -> Caller {
        self.caller.borrow().clone()
    }

    async fn append(&self, region: &RegionName, chain: &Chain, entry: &Entry) -> Answer<()> {
        self.call(region, "PutEntry", || {
            let mut chains = self.chains.borrow_mut();
            let entries = chains.entry((region.clone(), chain.clone())).or_default();
            if entries.len() as u64 != entry.seq {
                return wrong(ErrorKind::Conflict, region, "PutObject");
            }
            entries.push(entry.clone());
            Ok(())
        })
    }

    async fn checkpoint(&self, region: &RegionName, chain: &Chain) -> Answer<Option<Vec<u8>>> {
        self.call(region, "GetCheckpoint", || {
            let kept = self.kept.borrow();
            let own = |(at, of, _): &&(RegionName, Chain, u64)| at == region && of == chain;
            Ok(kept.keys().rev().find(own).and_then(|newest| kept.get(newest)).cloned())
        })
    }

    async fn keep(&self, region: &RegionName, chain: &Chain, seq: u64, checkpoint: Vec<u8>) -> Answer<()> {
        self.call(region, "PutCheckpoint", || {
            self.kept.borrow_mut().entry((region.clone(), chain.clone(), seq)).or_insert(checkpoint);
            Ok(())
        })
    }
}

impl Registry for World {
    async fn register(&self, region: &RegionName, package: &PackageSpec) -> Answer<String> {
        self.call(region, "CreateModelPackage", || {
            self.packages.borrow_mut().entry(package.release).or_insert((Approval::Pending, String::new()));
            let metadata = || package.metadata.iter().cloned().collect();
            self.metadata.borrow_mut().entry(package.release).or_insert_with(metadata);
            Ok(format!("arn:package/{}", package.release))
        })
    }

    async fn approval(&self, region: &RegionName, arn: &str) -> Answer<Approval> {
        let release = arn.trim_start_matches("arn:package/").parse().unwrap();
        self.packages
            .borrow()
            .get(&release)
            .map_or_else(|| wrong(ErrorKind::NotFound, region, "DescribeModelPackage"), |it| Ok(it.0))
    }

    async fn decide(
        &self,
        region: &RegionName,
        arn: &str,
        approval: Approval,
        why: &str,
        metadata: &[(String, String)],
    ) -> Answer<()> {
        self.call(region, "UpdateModelPackage", || {
            let release = arn.trim_start_matches("arn:package/").parse().unwrap();
            self.packages.borrow_mut().insert(release, (approval, why.to_owned()));
            self.metadata.borrow_mut().entry(release).or_default().extend(metadata.iter().cloned());
            Ok(())
        })
    }
}

impl Endpoints for World {
    async fn describe(&self, region: &RegionName, _: &ResourceName) -> Answer<Option<EndpointView>> {
        self.call(region, "DescribeEndpoint", || match self.endpoints.borrow().get(region) {
            Some(endpoint) => Ok(Some(endpoint.clone())),
            None if self.absent.borrow().contains(region) => Ok(None),
            None => wrong(ErrorKind::Refused, region, "DescribeEndpoint"),
        })
    }
    async fn create_model(&self, region: &RegionName, _: &ModelSpec) -> Answer<()> {
        self.call(region, "CreateModel", || Ok(()))
    }
    async fn create_config(&self, region: &RegionName, _: &ConfigSpec) -> Answer<()> {
        self.call(region, "CreateEndpointConfig", || Ok(()))
    }
    async fn create_endpoint(&self, region: &RegionName, _: &ResourceName, config: &ResourceName) -> Answer<()> {
        self.call(region, "CreateEndpoint", || {
            let status = EndpointStatus::Creating;
            let view =
                EndpointView { status, config: config.clone(), instances: None, pending: None, failure_reason: None };
            match self.endpoints.borrow_mut().insert(region.clone(), view) {
                None => Ok(()),
                Some(_) => wrong(ErrorKind::Conflict, region, "CreateEndpoint"),
            }
        })
    }
    async fn update(&self, region: &RegionName, update: &UpdateSpec) -> Answer<()> {
        self.call(region, "UpdateEndpoint", || {
            let mut endpoints = self.endpoints.borrow_mut();
            let Some(endpoint) = endpoints.get_mut(region) else {
                return wrong(ErrorKind::Refused, region, "UpdateEndpoint");
            };
            endpoint.status = EndpointStatus::Updating;
            let pending =
                PendingDeployment { config: update.config.clone(), instances: None, phase: None, phase_since: None };
            endpoint.pending = Some(pending);
            self.updates.borrow_mut().push(update.clone());
            Ok(())
        })
    }
    async fn invoke(&self, region: &RegionName, _: &ResourceName, _: &str) -> Answer<String> {
        *self.invoked.borrow_mut() += 1;
        self.call(region, "InvokeEndpoint", || Ok(self.score.borrow().clone()))
    }
    async fn score(&self, region: &RegionName, _: &ResourceName, question: &Question) -> Answer<Scored> {
        self.questions.borrow_mut().push(question.clone());
        let score = || Scored::Answer {
            content_type: "text/csv; charset=utf-8".to_owned(),
            body: self.score.borrow().clone().into(),
        };
        self.call(region, "InvokeEndpoint", || Ok(self.scored.borrow_mut().take().unwrap_or_else(score)))
    }
}

impl Scaling for World {
    async fn scale(&self, region: &RegionName, scaling: &ScalingSpec) -> Answer<()> {
        self.call(region, "RegisterScalableTarget", || {
            self.scaled.borrow_mut().push((region.clone(), scaling.clone()));
            Ok(())
        })
    }
}

impl Signals for World {
    async fn put_alarms(&self, region: &RegionName, _: &[AlarmSpec]) -> Answer<()> {
        self.call(region, "PutMetricAlarm", || Ok(()))
    }
    async fn alarms(&self, region: &RegionName, _: &[String]) -> Answer<Vec<AlarmView>> {
        self.call(region, "DescribeAlarms", || match self.alarms.borrow().as_ref() {
            Some(alarms) => Ok(alarms.clone()),
            None => wrong(ErrorKind::Refused, region, "DescribeAlarms"),
        })
    }
    async fn description(&self, region: &RegionName, _: &str) -> Answer<Option<String>> {
        self.call(region, "DescribeAlarms", || Ok(self.described.borrow().clone()))
    }
    async fn publish(&self, region: &RegionName, _: &[MetricPoint]) -> Answer<()> {
        self.call(region, "PutMetricData", || Ok(()))
    }
    async fn counts(&self, region: &RegionName, _: &CountsQuery) -> Answer<FleetMinutes> {
        match self.counted.borrow().as_ref() {
            Some(counted) => Ok(counted.clone()),
            None => wrong(ErrorKind::Refused, region, "GetMetricData"),
        }
    }
    async fn slots(&self, region: &RegionName, query: &SlotsQuery) -> Answer<FleetMinutes> {
        self.call(region, "GetMetricData", || {
            self.days_asked.borrow_mut().push(query.clone());
            Ok(self.days.borrow().clone())
        })
    }
}

impl Pipeline for World {
    async fn start(&self, region: &RegionName, start: &StartSpec) -> Answer<String> {
        self.call(region, "StartPipelineExecution", || {
            self.started.borrow_mut().push(start.clone());
            let attempt = start.token.split_once('-').map(|(_, attempt)| format!("-{attempt}")).unwrap_or_default();
            Ok(format!("execution-of-{}{attempt}", start.token.get(..8).unwrap()))
        })
    }

    async fn succeed(&self, region: &RegionName, job: &str, continuation: Option<&str>, summary: &str) -> Answer<()> {
        let how = continuation.map_or("succeeded".to_owned(), |token| format!("again {token}"));
        self.call(region, "PutJobSuccessResult", || {
            self.answers.borrow_mut().push((job.to_owned(), format!("{how}: {summary}")));
            Ok(())
        })
    }

    async fn fail(&self, region: &RegionName, job: &str, kind: FailureKind, message: &str) -> Answer<()> {
        self.call(region, "PutJobFailureResult", || {
            self.answers.borrow_mut().push((job.to_owned(), format!("{kind:?}: {message}")));
            Ok(())
        })
    }
}

impl Pager for World {
    async fn page(&self, region: &RegionName, page: &Page) -> Answer<()> {
        assert!(page.subject.len() <= 100 && page.subject.is_ascii(), "{}", page.subject);
        self.call(region, "Publish", || {
            self.pages.borrow_mut().push(page.clone());
            Ok(())
        })
    }

    async fn advise(&self, region: &RegionName, page: &Page) -> Answer<()> {
        self.call(region, "Publish", || {
            self.advice.borrow_mut().push(page.clone());
            Ok(())
        })
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep(&self, duration: SignedDuration) {
        *self.now.borrow_mut() += duration;
        let now = self.now();
        let due: Vec<Later> = self.later.borrow_mut().extract_if(.., |(at, _)| *at <= now).collect();
        due.into_iter().for_each(|(_, what)| what(self));
    }
}
