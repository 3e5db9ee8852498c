//! What the world answers to a port call: AWS's side of every port.

use super::{Broken, Caller, Fault, Request, Seconds, Taken, Who, World, checks};
use crate::ask::{Ask, Failure, Reply};
use jiff::SignedDuration;
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::{
    AlarmSpec, Chain, Entry, Fleet, MissingData, Record, ResourceName, Routing, Stored, UpdateSpec, alarms, keys,
};
use meridian_handlers::ports::{Approval, ErrorKind, Listed, MetricPoint, StartSpec};
use meridian_messages::{Voice, alarm_description};
use std::sync::Arc;

type Answer = Result<Reply, Failure>;

/// CloudWatch takes datapoints of the last two weeks.
const OLDEST: Seconds = 14 * 86_400;
/// And of the next two hours.
const NEWEST: Seconds = 2 * 3_600;

fn no(kind: ErrorKind) -> Answer {
    Err(Failure::of(kind))
}

impl World {
    /// Why a port call is not even taken: the faults that hold where it goes.
    pub fn declines(&self, caller: &Caller, region: usize, ask: &Ask) -> Option<Failure> {
        let faults = self.regions.get(region)?.faults;
        let unreachable = |holds: bool| holds.then(|| Failure::of(ErrorKind::Unreachable));
        let from = self.runs_in(caller.who);
        if self.are_parted(from, region) && !matches!(ask, Ask::Sleep(_)) {
            return unreachable(true);
        }
        let hub = region == self.setting.home() && self.regions.iter().any(|place| place.faults.has(Fault::Hub));
        match ask {
            Ask::Entries { chain, .. } | Ask::Checkpoint { chain } => match chain {
                Chain::Home => unreachable(hub),
                Chain::Region(_) => unreachable(faults.has(Fault::Reads)),
            },
            Ask::Append { chain, .. } | Ask::PutCheckpoint { chain, .. } => match chain {
                Chain::Home => unreachable(hub),
                Chain::Region(_) => unreachable(faults.has(Fault::Writes)),
            },
            Ask::Describe
            | Ask::CreateModel(_)
            | Ask::CreateConfig { .. }
            | Ask::CreateEndpoint
            | Ask::Update(_)
            | Ask::Scale => unreachable(faults.has(Fault::Dark))
                .or_else(|| faults.has(Fault::Throttled).then(|| Failure::of(ErrorKind::Throttled))),
            Ask::PutAlarms(_) | Ask::Alarms(_) | Ask::Description(_) | Ask::Publish(_) => {
                unreachable(faults.has(Fault::Signals))
            }
            Ask::Counts(_) | Ask::Slots(_) => unreachable(faults.has(Fault::Signals) || faults.has(Fault::Counts)),
            Ask::Invoke { .. } => unreachable(faults.has(Fault::Golden)),
            Ask::Page { .. } | Ask::Advise => {
                // Home's functions go through all topics in turn: where home's declines them, so do the others.
                let home = self.regions.get(from).is_some_and(|home| home.faults.has(Fault::Pages));
                let declined = faults.has(Fault::Pages) || (home && !matches!(caller.who, Who::Region(_)));
                declined.then(|| Failure::of(ErrorKind::Refused))
            }
            Ask::Read { .. }
            | Ask::List { .. }
            | Ask::Create { .. }
            | Ask::Replace { .. }
            | Ask::Approval
            | Ask::Start(_)
            | Ask::Execution(_)
            | Ask::Executions
            | Ask::Succeed { .. }
            | Ask::Fail { .. }
            | Ask::Sleep(_) => None,
        }
    }

    /// A page is declined, and no ledger can take it as owed: only the failed execution will tell (docs/proof.md).
    pub fn declined(&mut self, caller: &Caller, ask: &Ask) {
        let from = self.runs_in(caller.who);
        let mute = |(region, place): (usize, &super::Region)| {
            place.faults.has(Fault::Writes) || place.faults.has(Fault::Reads) || self.are_parted(from, region)
        };
        if matches!(ask, Ask::Page { .. }) && self.regions.iter().enumerate().all(mute) {
            self.tally.lost += 1;
        }
    }

    /// The network has a request, and delivers it later. Only an update's is worth that: what else is sent carries its own
    /// time, or changes nothing.
    pub fn delays(&mut self, caller: &Caller, region: usize, ask: &Ask, by: Seconds) {
        if let Ask::Update(spec) = ask
            && let Some(request) = self.request_of(caller, region, spec)
        {
            self.in_flight.push((self.now + by, Request { late: true, ..request }));
        }
    }

    /// Does what is asked, and answers.
    pub fn answer(&mut self, caller: &Caller, region: usize, ask: &Ask) -> Answer {
        match ask {
            Ask::Entries { chain, from } => Ok(Reply::Entries(self.entries(region, chain, *from))),
            Ask::Checkpoint { chain } => Ok(Reply::Checkpoint(self.checkpoint(region, chain))),
            Ask::PutCheckpoint { chain, seq, bytes } => self.put_checkpoint(region, chain, *seq, bytes),
            Ask::Append { chain, entry } => self.append(caller, region, chain, entry),
            Ask::Read { key } => match self.setting.files.get(key).or_else(|| self.kept.get(&(region, key.clone()))) {
                Some(bytes) => Ok(Reply::Bytes(bytes.clone())),
                None => no(ErrorKind::NotFound),
            },
            Ask::List { prefix, after } => Ok(Reply::Keys(self.listed(region, prefix, after.as_deref()))),
            Ask::Create { key, body } => match self.create(region, key, body) {
                true => Ok(Reply::Done),
                false => no(ErrorKind::Conflict),
            },
            Ask::Replace { .. } | Ask::Sleep(_) => Ok(Reply::Done),
            Ask::Approval => Ok(Reply::Approval(Approval::Approved)),
            Ask::Describe => Ok(Reply::Endpoint(self.describe(region).map(Box::new))),
            Ask::CreateModel(model) => {
                checks::on_change(self, caller, region);
                self.model(region, model)
            }
            Ask::CreateConfig { config, model } => {
                checks::on_change(self, caller, region);
                self.configure(region, config, model)
            }
            Ask::CreateEndpoint => {
                checks::breach(self, Broken::EndpointExists);
                no(ErrorKind::Conflict)
            }
            Ask::Scale => {
                checks::breach(self, Broken::NoScaling);
                no(ErrorKind::Refused)
            }
            Ask::Update(spec) => self.update(caller, region, spec),
            Ask::Invoke { payload } => self.invoke(region, payload),
            Ask::PutAlarms(specs) => {
                let verdict = alarms::verdict_name(&self.setting.fleet);
                // A wave that is done with its judge disarms the heartbeat alarm alone: that needs no lease.
                if specs.iter().any(|spec| spec.name == verdict) {
                    checks::on_change(self, caller, region);
                }
                self.put_alarms(region, specs);
                Ok(Reply::Done)
            }
            Ask::Alarms(names) => Ok(Reply::Alarms(self.show_alarms(region, names))),
            Ask::Description(name) => Ok(Reply::Description(self.description(region, name))),
            Ask::Publish(points) => self.publish(region, points),
            Ask::Counts(query) => Ok(Reply::Counts(self.counts(region, query))),
            // Nothing is known of the days before: probation looks, and stays silent.
            Ask::Slots(_) => Ok(Reply::Counts(ArmMinutes::default())),
            Ask::Start(spec) => self.start_execution(region, spec),
            Ask::Execution(execution) => self.execution(region, execution),
            Ask::Executions => Ok(self.latest_executions(region)),
            Ask::Succeed { job, continuation } => self.succeeds(caller, job, continuation.as_deref()),
            Ask::Fail { job } => self.fails(job),
            Ask::Page { subject, planned, home: _ } => {
                checks::on_page(self, caller, *planned);
                self.tally.pages += 1;
                self.subjects.insert(*subject);
                self.tally.last_page = self.now;
                self.tell(|_| "  people are paged".to_owned());
                Ok(Reply::Done)
            }
            Ask::Advise => Ok(Reply::Done),
        }
    }

    /// A region's chain lies in its own bucket, and the hub's in any that was asked.
    fn entries(&self, region: usize, chain: &Chain, from: u64) -> Vec<Stored> {
        match chain {
            Chain::Home => self.hub_in(region).listed(from),
            Chain::Region(_) => self.regions.get(region).map(|place| place.chain.listed(from)).unwrap_or_default(),
        }
    }

    fn checkpoint(&self, region: usize, chain: &Chain) -> Option<Arc<Vec<u8>>> {
        let newest = match chain {
            Chain::Home => self.hub_in(region).checkpoint.as_ref(),
            Chain::Region(_) => self.regions.get(region)?.chain.checkpoint.as_ref(),
        };
        newest.map(|(_, bytes)| bytes.clone())
    }

    /// A conditional write: of the older ones, which nobody reads any more, the world does not know which are kept.
    fn put_checkpoint(&mut self, region: usize, chain: &Chain, seq: u64, bytes: &[u8]) -> Answer {
        let place = match chain {
            Chain::Home => self.hubs.get_mut(region).map(|hub| &mut hub.checkpoint),
            Chain::Region(_) => self.regions.get_mut(region).map(|place| &mut place.chain.checkpoint),
        };
        let Some(place) = place else { return no(ErrorKind::Refused) };
        let newest = place.as_ref().map(|(newest, _)| *newest);
        if newest == Some(seq) {
            return no(ErrorKind::Conflict);
        }
        if newest.is_none_or(|newest| newest < seq) {
            *place = Some((seq, Arc::new(bytes.to_vec())));
        }
        Ok(Reply::Done)
    }

    /// A conditional write: each number is taken once.
    fn append(&mut self, caller: &Caller, region: usize, chain: &Chain, entry: &Entry) -> Answer {
        let now = self.now;
        let stored = match chain {
            Chain::Home => {
                if !self.hub_in(region).is_next(entry) {
                    return no(ErrorKind::Conflict);
                }
                checks::on_hub_record(self, &entry.record, caller);
                self.hubs.get_mut(region).map_or(Ok(()), |hub| hub.store(now, entry.clone()))
            }
            Chain::Region(_) => {
                if !self.regions.get(region).is_some_and(|place| place.chain.is_next(entry)) {
                    return no(ErrorKind::Conflict);
                }
                checks::on_record(self, region, &entry.record, caller);
                match self.regions.get_mut(region) {
                    Some(place) => place.chain.store(now, entry.clone()),
                    None => Ok(()),
                }
            }
        };
        if let Err(fault) = stored {
            checks::breach(self, Broken::ChainBroken { chain: chain.clone(), fault });
        }
        self.tell(|setting| {
            format!("  {} writes to {chain}: {}", entry.actor, record_words(&setting.fleet, &entry.record))
        });
        Ok(Reply::Done)
    }

    /// Keys in a region's bucket: manifests that have arrived, and what `replication` keeps of its neighbour's chains.
    fn listed(&self, region: usize, prefix: &str, after: Option<&str>) -> Vec<Listed> {
        let modified = self.timestamp();
        let mut keys: Vec<String> = match prefix {
            keys::MANIFESTS => {
                let arrived = self.setting.releases.iter().take(self.arrived + 1);
                arrived.map(|(id, _)| keys::manifest(*id)).collect()
            }
            _ => {
                let here = self.kept.range((region, prefix.to_owned())..).map(|(place, _)| place);
                let under = here.take_while(|(bucket, key)| *bucket == region && key.starts_with(prefix));
                under.map(|(_, key)| key.clone()).collect()
            }
        };
        keys.sort_unstable();
        keys.retain(|key| after.is_none_or(|after| key.as_str() > after));
        keys.into_iter().map(|key| Listed { key, modified }).collect()
    }

    fn model(&mut self, region: usize, model: &ResourceName) -> Answer {
        let (release, place) = (self.setting.release_of_model(region, model), self.regions.get_mut(region));
        let (Some(release), Some(place)) = (release, place) else { return no(ErrorKind::Refused) };
        let bit = 1 << release;
        if place.modelled & bit != 0 {
            return no(ErrorKind::Conflict);
        }
        place.modelled |= bit;
        Ok(Reply::Done)
    }

    fn configure(&mut self, region: usize, config: &ResourceName, model: &ResourceName) -> Answer {
        let Some(release) = self.setting.release_with(region, config) else { return no(ErrorKind::Refused) };
        let of = self.setting.release_of_model(region, model);
        let Some(place) = self.regions.get_mut(region) else { return no(ErrorKind::Refused) };
        let bit = 1 << release;
        if of.is_none_or(|of| place.modelled & (1 << of) == 0) {
            return no(ErrorKind::NotFound);
        }
        if place.configured & bit != 0 {
            return no(ErrorKind::Conflict);
        }
        place.configured |= bit;
        Ok(Reply::Done)
    }

    fn request_of(&self, caller: &Caller, region: usize, spec: &UpdateSpec) -> Option<Request> {
        let seconds = |duration: SignedDuration| duration.as_secs();
        let (canary, bake) = match spec.routing {
            Routing::Canary { bake, .. } => (true, seconds(bake)),
            Routing::AllAtOnceWatched { bake } => (false, seconds(bake)),
            _ => (false, 0),
        };
        Some(Request {
            region,
            release: self.setting.release_with(region, &spec.config)?,
            execution: caller.execution(),
            read: caller.read.get(region).copied().flatten().unwrap_or(Seconds::MIN),
            epoch: caller.epoch.unwrap_or(0),
            fenced: caller.is_fenced(region),
            on_record: !caller.declined,
            guarded: !spec.rollback_alarms.is_empty(),
            canary,
            bake,
            soak: seconds(spec.termination_wait),
            looked: caller.looked,
            late: false,
        })
    }

    fn update(&mut self, caller: &Caller, region: usize, spec: &UpdateSpec) -> Answer {
        let fleet = &self.setting.fleet;
        let request = self.request_of(caller, region, spec).filter(|_| spec.endpoint == fleet.endpoint);
        let Some(request) = request else { return no(ErrorKind::NotFound) };
        // Which of them the wave has made already is not in this world.
        if !spec.rollback_alarms.is_empty() {
            let known = alarms::guard_names(fleet);
            if spec.rollback_alarms.iter().any(|alarm| !known.contains(alarm)) {
                return no(ErrorKind::Refused);
            }
        }
        match self.request(request) {
            Taken::Yes => Ok(Reply::Done),
            Taken::Conflict => no(ErrorKind::Conflict),
            Taken::Unknown => no(ErrorKind::NotFound),
            Taken::Refused => no(ErrorKind::Refused),
        }
    }

    /// A golden record, as whatever serves answers it.
    fn invoke(&self, region: usize, payload: &str) -> Answer {
        let Some(place) = self.regions.get(region) else { return no(ErrorKind::NotFound) };
        let release = place.serves_alone().unwrap_or(place.blue);
        let right = !place.broken && self.setting.quality(region, release).answers_right;
        let score = self.setting.score(release, payload).filter(|_| right).unwrap_or(0.99);
        Ok(Reply::Text(score.to_string()))
    }

    fn put_alarms(&mut self, region: usize, specs: &[AlarmSpec]) {
        let (setting, now) = (self.setting.clone(), self.now);
        let (verdict, heartbeat) = (alarms::verdict_name(&setting.fleet), alarms::heartbeat_name(&setting.fleet));
        let Some(place) = self.regions.get_mut(region) else { return };
        for spec in specs {
            if spec.name == heartbeat {
                place.armed = spec.missing == MissingData::Breaching;
                if !place.armed {
                    place.quieten(now);
                }
            } else if spec.name == verdict {
                place.note = Some(Arc::from(alarm_description(spec)));
            } else {
                // The green alarms are of the new configuration by now, which has served nobody yet.
                place.green = false;
            }
        }
    }

    fn description(&self, region: usize, name: &str) -> Option<String> {
        let note =
            self.regions.get(region)?.note.as_ref().filter(|_| name == alarms::verdict_name(&self.setting.fleet));
        note.map(|note| note.to_string())
    }

    /// Verdicts and beats: the alarm rings a little later, or hears the last beat for as long as it listens.
    fn publish(&mut self, region: usize, points: &[MetricPoint]) -> Answer {
        let (now, live) = (self.now, self.setting.live);
        let takes = now - OLDEST..=now + NEWEST;
        if points.iter().any(|point| !takes.contains(&point.at.as_second())) {
            return no(ErrorKind::Refused);
        }
        let Some(place) = self.regions.get_mut(region) else { return no(ErrorKind::Refused) };
        for point in points {
            match point.name {
                alarms::HEARTBEAT => {
                    place.beat = place.beat.max(point.at.as_second());
                    if place.beat + live.silence > now {
                        place.quieten(now);
                    }
                }
                alarms::VERDICT if point.value < 0.5 => {
                    place.verdict = false;
                    place.verdict_due = None;
                }
                alarms::VERDICT if !place.verdict => {
                    place.verdict_due.get_or_insert(now + live.verdict_delay);
                }
                _ => {}
            }
        }
        Ok(Reply::Done)
    }

    /// An execution is asked for: the same token finds the same one.
    fn start_execution(&mut self, home: usize, spec: &StartSpec) -> Answer {
        if spec.pipeline != self.setting.fleet.pipeline {
            return no(ErrorKind::NotFound);
        }
        let release = self.setting.releases.iter().position(|(id, _)| spec.token.starts_with(&id.to_string()));
        let Some(release) = release else { return no(ErrorKind::Refused) };
        let is = |own: &super::Execution| own.home == home && own.token.as_ref() == Some(&spec.token);
        let known = self.executions.iter().position(is);
        let number = known.unwrap_or_else(|| self.queue(home, release, Some(spec.token.clone())));
        self.start_next(home);
        match self.executions.get(number) {
            Some(execution) => Ok(Reply::Text(execution.actor.to_string())),
            None => no(ErrorKind::Refused),
        }
    }
}

/// What a record is, for stories, and what was decided for.
fn record_words(fleet: &Fleet, record: &Record) -> String {
    let debug = format!("{record:?}");
    let end = debug.find([' ', '{', '(']).unwrap_or(debug.len());
    let name = debug.get(..end).unwrap_or_default().to_owned();
    let say = Voice::of(fleet);
    match record {
        Record::Decided { decision, cause, why, .. } => format!("{name} {decision} {cause:?}: {}", say.why(why)),
        Record::Deferred { why, .. } | Record::Halted { why, .. } | Record::Condemned { why, .. } => {
            format!("{name}: {}", say.why(why))
        }
        Record::WaveEnded { page: Some(end), .. } => format!("{name}: {}", say.why(&(**end).clone().into())),
        _ => name,
    }
}
