//! What the loss of a region costs, reckoned beforehand: who would carry its customers, with which instances, and from when on.
//! Requests are all that can be lost: a score is stored nowhere.

use super::plan::SLOWEST_PROVISIONING;
use super::stakes::PROVISIONING;
use crate::fleet::names::RegionName;
use crate::fleet::{Fleet, Kind, Region};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::ops::Add;

/// From the first request that a region does not answer until Route 53 leaves it out: the third failure of four fifths of its
/// places, 30 s apart; at worst `/health`'s answer was 10 s old and the check hangs for 6 s (docs/routing.md, "How long a failover
/// takes"; the template's `HealthCheck`).
const OUT_OF_DNS: Span = Span::of_seconds(90, 106);
/// Resolvers asked for the name at times of their own, and keep it for the template's TTL of 60 s.
const HELD_NAMES: Span = Span::of_seconds(30, 60);
/// Target tracking's alarm wants three minutes in a row over its target, and counts come up to two minutes late (an assumption).
const TRACKING: Span = Span::of_seconds(4 * 60, 5 * 60);
/// A region looks every five minutes at what it was asked for.
const SWEEP: Span = Span::of_seconds(150, 300);
/// From the call to the instances' first request.
const INSTANCES: Span = Span { usual: PROVISIONING, worst: SLOWEST_PROVISIONING };
/// An endpoint that a pilot light has made: `/health` reads the ledger anew after a minute at most, and Route 53's places want three
/// successes, 30 s apart.
const INTO_DNS: Span = Span::of_seconds(100, 150);
/// Between two looks at a day: usual traffic moves in straight lines from hour to hour.
const STEP: SignedDuration = SignedDuration::from_mins(15);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// As a rule.
    pub usual: SignedDuration,
    /// At worst.
    pub worst: SignedDuration,
}

impl Span {
    const fn of_seconds(usual: i64, worst: i64) -> Self {
        Self { usual: SignedDuration::from_secs(usual), worst: SignedDuration::from_secs(worst) }
    }
}

impl Add for Span {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { usual: self.usual + other.usual, worst: self.worst + other.worst }
    }
}

/// Whether a region has the instances for another's customers too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// They run already.
    Runs,
    /// Target tracking brings them: so long after the loss.
    Comes(Span),
    /// Policy lets it have fewer: `most_instances`.
    Never {
        /// So many.
        most: u32,
    },
    /// Without `[scaling]` policy does not say what an instance serves.
    Unknown,
}

/// What one region's loss costs where its customers go to one other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovery {
    /// The region that is lost.
    pub lost: RegionName,
    /// The region that carries its customers.
    pub to: RegionName,
    /// What that one is to the fleet.
    pub kind: Kind,
    /// The quarter of an hour of the day in which it is the shortest of instances, most of all where it never has enough, and of those the
    /// busiest.
    pub at: Timestamp,
    /// Requests a second of the lost region's customers then.
    pub lost_rps: f64,
    /// Requests a second of both regions' customers then.
    pub load: f64,
    /// Instances that serve there then: its floor, or what its own customers need.
    pub runs: u32,
    /// Instances for both; none where policy does not say what one serves.
    pub needed: Option<u32>,
    /// Whether they are there.
    pub capacity: Capacity,
    /// From the loss until the customers' names lead elsewhere; to a pilot light, which somebody has to ask, from `meridian failover`.
    pub elsewhere: Span,
    /// From `meridian failover` until the region is ready for them: nothing is lost where it is asked beforehand. None where it never is.
    pub ready: Option<Span>,
}

impl Recovery {
    /// From the loss until somebody has the means to answer all customers (RTO); none where that never comes, or nobody knows.
    pub fn time(&self) -> Option<Span> {
        match self.capacity {
            Capacity::Runs => Some(self.elsewhere),
            Capacity::Comes(span) => Some(span),
            Capacity::Never { .. } | Capacity::Unknown => None,
        }
    }

    /// Requests of the lost region's customers that nobody answers until their names lead elsewhere: as a rule, and at worst.
    pub fn unanswered(&self) -> [u64; 2] {
        [self.elsewhere.usual, self.elsewhere.worst].map(|time| (self.lost_rps * time.as_secs_f64()) as u64)
    }

    /// Requests of both regions' customers that come to too few instances before the others are there, of which some are lost: at
    /// worst. None where they never come, or nobody knows.
    pub fn at_risk(&self) -> Option<u64> {
        let time = self.time()?.worst.saturating_sub(self.elsewhere.usual).as_secs_f64();
        // A pilot light gets nobody before its instances are there.
        let ready = self.capacity == Capacity::Runs || self.kind == Kind::PilotLight;
        Some(if ready { 0 } else { (self.load * time) as u64 })
    }
}

/// What the loss of each active region costs, for each region that its customers may go to, by the usual traffic of the day that
/// begins at `from`.
pub fn recoveries(fleet: &Fleet, from: Timestamp) -> Vec<Recovery> {
    let actives = fleet.regions.iter().filter(|region| region.kind == Kind::Active);
    let pairs = actives.flat_map(|lost| {
        // A joining region may have no endpoint yet.
        let others = fleet.regions.iter().filter(move |to| to.name != lost.name && to.kind != Kind::Joining);
        others.map(move |to| (lost, to))
    });
    pairs.map(|(lost, to)| recovery(fleet, (lost, to), from)).collect()
}

fn recovery(fleet: &Fleet, (lost, to): (&Region, &Region), from: Timestamp) -> Recovery {
    let day = std::iter::successors(Some(from), |at| at.checked_add(STEP).ok());
    let quarters = day.take_while(|at| at.duration_since(from) < DAY).map(|at| at_moment(fleet, (lost, to), at));
    let short = |own: &Recovery| {
        let instances = own.needed.map_or(0, |needed| needed.saturating_sub(own.runs));
        (matches!(own.capacity, Capacity::Never { .. }), instances)
    };
    let worse = |worst: Recovery, own: Recovery| {
        let is_worse = short(&own).cmp(&short(&worst)).then(own.load.total_cmp(&worst.load)).is_gt();
        if is_worse { own } else { worst }
    };
    quarters.reduce(worse).unwrap_or_else(|| at_moment(fleet, (lost, to), from))
}

fn at_moment(fleet: &Fleet, (lost, to): (&Region, &Region), at: Timestamp) -> Recovery {
    let (lost_rps, own_rps) = (lost.usual_rps(at), to.usual_rps(at));
    let load = lost_rps + own_rps;
    let scaling = fleet.scaling.as_ref();
    let runs = match scaling {
        _ if to.kind == Kind::PilotLight => 0,
        Some(policy) => policy.instances_for(own_rps).max(to.floor_at(policy, at)).min(to.most()),
        None => to.instances,
    };
    let needed = scaling.map(|policy| policy.instances_for(load));
    // A pilot light's endpoint begins with policy's instances, and scales after that.
    let lit = match needed {
        Some(needed) if needed > to.instances => SWEEP + INSTANCES + INSTANCES,
        _ => SWEEP + INSTANCES,
    };
    let elsewhere = match to.kind {
        Kind::PilotLight => lit + INTO_DNS + HELD_NAMES,
        _ => OUT_OF_DNS + HELD_NAMES,
    };
    let capacity = match needed {
        Some(needed) if needed > to.most() => Capacity::Never { most: to.most() },
        Some(_) if to.kind == Kind::PilotLight => Capacity::Comes(elsewhere),
        Some(needed) if needed > runs => Capacity::Comes(elsewhere + TRACKING + INSTANCES),
        Some(_) => Capacity::Runs,
        None => Capacity::Unknown,
    };
    let ready = match capacity {
        Capacity::Runs => Some(SWEEP),
        Capacity::Comes(_) if to.kind == Kind::PilotLight => Some(lit),
        Capacity::Comes(_) => Some(SWEEP + INSTANCES),
        Capacity::Never { .. } | Capacity::Unknown => None,
    };
    Recovery {
        lost: lost.name.clone(),
        to: to.name.clone(),
        kind: to.kind,
        at,
        lost_rps,
        load,
        runs,
        needed,
        capacity,
        elsewhere,
        ready,
    }
}

/// From the loss until the stand-in asks itself. Looks are five minutes apart, and begin at any time within these; as a rule the other
/// region's last one comes before the standby's own.
pub fn self_asked(threshold: u32) -> Span {
    let all = SWEEP.worst.saturating_mul(i32::try_from(threshold).unwrap_or(i32::MAX));
    Span { usual: all, worst: all + SWEEP.worst }
}
