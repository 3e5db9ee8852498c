//! Whose call it is, what may happen to one of its port calls, and what the call has seen: the checks hold it against that.

use super::{Job, MOST_REGIONS, Seconds, World};
use crate::ask::{Ask, Failure, Reply};
use meridian_domain::{AlarmState, Chain, EndpointView, Record, RegionHistory, ResourceName, Target, alarms};
use meridian_handlers::ports::ErrorKind;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It returned well.
    Well,
    /// It failed, and Lambda repeats it.
    Failed,
}

/// Whose call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// `promote`'s, for a job of the pipeline.
    Wave(Job),
    /// `rollback`'s, in a region.
    Region(usize),
    /// `replication`'s in a region: of a release's manifest, which has arrived, or of its sweep.
    Replication(usize, Option<usize>),
}

/// What happens to one port call beyond the faults that hold: at most one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strike {
    /// Nothing happens to it.
    #[default]
    None,
    /// It is done, and the answer is lost.
    Lost,
    /// It is not done, and no answer comes.
    TimedOut,
    /// The service throttles it.
    Throttled,
    /// The service refuses it, and would again.
    Refused,
    /// The function dies before it.
    DiesBefore,
    /// The function dies after it.
    DiesAfter,
    /// The network delivers the request so many seconds later; no answer comes.
    Late(Seconds),
}

impl Strike {
    /// What a table and a story call it.
    pub fn words(self) -> &'static str {
        match self {
            Strike::None => "nothing",
            Strike::Lost => "answer lost",
            Strike::TimedOut => "call timed out",
            Strike::Throttled => "call throttled",
            Strike::Refused => "call refused",
            Strike::DiesBefore => "killed before a call",
            Strike::DiesAfter => "killed after a call",
            Strike::Late(_) => "request delivered late",
        }
    }
}

/// A function's time-out in seconds (template.yaml, `promote` and `rollback`).
pub const TIME_OUT: Seconds = 60;

/// What a call has seen and done, as far as a check asks for it. It follows from the answers that the call has had.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose call it is.
    pub who: Who,
    /// When it began to look.
    pub looked: Seconds,
    /// The lease's generation as it was last read.
    pub epoch: Option<u64>,
    /// Whether the last thing that was read says that this call holds the lease: nothing else was asked since.
    pub fenced: bool,
    /// The region whose chain was looked at last, for who is home there: only the lease was read since.
    pub heard: Option<usize>,
    /// When each region's chain was last read.
    pub read: [Option<Seconds>; MOST_REGIONS],
    /// Whether an update was asked for.
    pub asked_update: bool,
    /// What the region's composite alarm said.
    pub alarm: Option<bool>,
    /// The endpoint as it was last seen.
    pub view: Option<EndpointView>,
    /// What the region's ledger said of a way back when it was read.
    pub way_back: Option<OwnWayBack>,
    /// Whether the region's ledger could not be read, though the rollback target stored with the verdict alarm could.
    pub blind: bool,
    /// Whether a region's ledger did not let itself be read or written.
    pub declined: bool,
    /// Whether a region's ledger was read.
    opened: bool,
    /// Whether a page was declined that a ledger could have taken as owed, and none was asked to.
    pub unheard: bool,
    /// Whether the last thing that was asked for is a page.
    paged_last: bool,
    /// Whether the last thing that was asked for, but for pages that did not go out, is what the hub's chain has gained.
    pub read_hub_last: bool,
    /// How many entries each region's ledger had when the call last looked at the region's endpoint; none before it did.
    pub seen: [Option<u32>; MOST_REGIONS],
}

/// What a region's ledger says of its way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnWayBack {
    /// The configuration that is proved to serve.
    pub proved: Option<ResourceName>,
    /// Whether there is something to roll back to, and nothing under way.
    pub open: bool,
}

impl OwnWayBack {
    /// As a ledger says it.
    pub fn of(history: &RegionHistory) -> Self {
        let config = |target: &Target| target.config.clone();
        Self {
            proved: history.serving.as_ref().map(|serving| config(&serving.target)),
            open: history.previous.is_some() && history.update.is_none(),
        }
    }
}

impl Caller {
    /// A call that begins.
    pub fn new(who: Who, looked: Seconds) -> Self {
        Self {
            who,
            looked,
            epoch: None,
            fenced: false,
            heard: None,
            read: [None; MOST_REGIONS],
            asked_update: false,
            alarm: None,
            view: None,
            way_back: None,
            blind: false,
            declined: false,
            opened: false,
            unheard: false,
            paged_last: false,
            read_hub_last: false,
            seen: [None; MOST_REGIONS],
        }
    }

    /// The execution whose job it is; none for a call of `rollback` or `replication`.
    pub fn execution(&self) -> Option<usize> {
        match self.who {
            Who::Wave(job) => Some(job.execution),
            Who::Region(_) | Who::Replication(..) => None,
        }
    }

    /// Notes what the call learns from an answer.
    pub fn learns(&mut self, world: &World, region: usize, ask: &Ask, answer: Result<&Reply, Failure>) {
        self.hears_of_paper(world, ask, answer);
        self.hears_of_home(world, ask, answer.is_ok());
        if let (Ask::Describe, Some(seen)) = (ask, self.seen.get_mut(region)) {
            let entries = world.regions.get(region).map_or(0, |place| place.chain.entries.len());
            *seen = Some(u32::try_from(entries).unwrap_or(u32::MAX));
        }
        let reply = answer.ok();
        self.asked_update |= matches!(ask, Ask::Update(_));
        self.fenced = match ask {
            Ask::Entries { chain: Chain::Home, .. } => reply.is_some() && self.holds_lease(world, region),
            ask => self.fenced && ask.follows_lease(),
        };
        if let (Ask::Entries { chain: Chain::Home, .. } | Ask::Append { chain: Chain::Home, .. }, Some(_)) =
            (ask, reply)
        {
            self.epoch = Some(world.hub_in(region).history.epoch.0);
        }
        match (ask, reply) {
            (Ask::Entries { chain: Chain::Region(name), .. }, Some(_)) => {
                let place = world.regions.get(world.setting.region_of(name));
                self.way_back = place.map(|place| OwnWayBack::of(&place.chain.history));
            }
            (Ask::Entries { chain: Chain::Region(_), .. } | Ask::Checkpoint { chain: Chain::Region(_) }, None) => {
                self.blind = true;
            }
            (Ask::Description(_), None) => self.blind = false,
            (Ask::Alarms(_), Some(Reply::Alarms(views))) => {
                let composite = alarms::composite_name(&world.setting.fleet);
                self.alarm = views.iter().find(|view| view.name == composite).map(|v| v.state == AlarmState::Alarm);
            }
            (Ask::Describe, Some(Reply::Endpoint(view))) => self.view = view.as_deref().cloned(),
            _ => {}
        }
    }

    /// Who is home by a region's chain.
    fn hears_of_home(&mut self, world: &World, ask: &Ask, answered: bool) {
        self.heard = match ask {
            Ask::Entries { chain: Chain::Region(name), .. } => {
                let region = world.setting.region_of(name);
                if let (Some(read), true) = (self.read.get_mut(region), answered) {
                    *read = Some(world.now);
                }
                Some(region)
            }
            Ask::Entries { chain: Chain::Home, .. } => self.heard,
            ask => self.heard.filter(|_| ask.follows_lease()),
        };
    }

    /// What ledgers and the pager take of the call.
    fn hears_of_paper(&mut self, world: &World, ask: &Ask, answer: Result<&Reply, Failure>) {
        let fails = answer.is_err_and(|failure| failure.kind != ErrorKind::Conflict);
        match ask {
            Ask::Page { home, .. } => {
                let for_good = !home && answer.is_err_and(|failure| !failure.takes_time());
                self.unheard = for_good && self.opened && world.takes_entries(self);
            }
            Ask::Entries { chain: Chain::Region(_), .. } | Ask::Checkpoint { chain: Chain::Region(_) } => {
                self.declined |= fails;
                self.opened |= !fails;
            }
            Ask::Append { chain: Chain::Region(name), entry } => {
                self.declined |= fails;
                // After a conflict it may stand there all the same: written by this action's other delivery.
                let conflict = answer.is_err_and(|failure| failure.kind == ErrorKind::Conflict);
                let place = world.regions.get(world.setting.region_of(name));
                if let Record::PageOwed { why, .. } = &entry.record {
                    self.unheard &= conflict && !place.is_some_and(|place| place.chain.history.owes(why));
                }
            }
            // Of whom a wave's start could tell nobody is not on record as late: `promote` meets the region, and tells or owes it.
            Ask::Append { chain: Chain::Home, entry } if self.paged_last && !fails => {
                if let Record::WaveStarted { late, resumes: None, .. } = &entry.record {
                    self.unheard &= !late.is_empty();
                }
            }
            // A call that gives its job up pages, and fails the job whether anybody heard or not.
            Ask::Fail { .. } if self.paged_last => self.unheard = false,
            _ => {}
        }
        self.paged_last = matches!(ask, Ask::Page { .. });
        // A page that one topic did not take goes to the next one.
        let unsent = self.paged_last && answer.is_err();
        self.read_hub_last = matches!(ask, Ask::Entries { chain: Chain::Home, .. }) || (self.read_hub_last && unsent);
    }

    /// Whether the call has just read who is home by a region's chain, and then that it holds the lease.
    pub fn is_fenced(&self, region: usize) -> bool {
        self.fenced && self.heard == Some(region)
    }

    /// Whether the lease is this call's wave's, and of the generation that the call knew before.
    fn holds_lease(&self, world: &World, home: usize) -> bool {
        let actor = self.execution().and_then(|number| world.executions.get(number)).map(|execution| &execution.actor);
        let hub = &world.hub_in(home).history;
        let held = hub.lease.as_ref().is_some_and(|lease| {
            Some(&lease.holder) == actor && lease.epoch == hub.epoch && lease.until > world.timestamp()
        });
        held && self.epoch.is_none_or(|known| known == hub.epoch.0)
    }
}
