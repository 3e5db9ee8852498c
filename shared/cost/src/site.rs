//! One endpoint: where it stands, its floors, and whose customers it serves.

use jiff::{SignedDuration, Timestamp};
use meridian_domain::plan::{PROVISIONING, SHIFT};
use meridian_domain::{Fleet, Kind, Region, RegionName, Style};

/// One endpoint of a fleet, real or supposed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Site<'a> {
    /// Where it stands, with its floors as they are, or as they are supposed to be.
    pub region: Region,
    /// Whether it runs the pipeline, and the releases start here.
    pub home: bool,
    /// The regions whose customers it serves.
    pub serves: Vec<&'a RegionName>,
}

impl<'a> Site<'a> {
    /// The fleet as it is: each region serves its own customers, and a pilot light nobody while no region is lost.
    pub fn fleet(fleet: &'a Fleet) -> Vec<Self> {
        let site = |region: &'a Region| {
            let mut site = Site { region: region.clone(), home: region.name == fleet.home, serves: vec![&region.name] };
            if site.is_dark() {
                (site.region.instances, site.region.night_instances) = (0, None);
                site.serves.clear();
            }
            site
        };
        fleet.regions.iter().map(site).collect()
    }

    /// One endpoint in home for everybody.
    pub fn one(fleet: &'a Fleet) -> Vec<Self> {
        let mut sites = Self::fleet(fleet);
        sites.retain(|site| site.home);
        for site in &mut sites {
            site.serves = fleet.regions.iter().map(|region| &region.name).collect();
        }
        sites
    }

    /// The fleet without one region, whose customers home serves; where home goes, the next region in the list becomes home.
    /// None where nothing would be left.
    pub fn without(fleet: &'a Fleet, retired: &RegionName) -> Option<Vec<Self>> {
        let mut sites = Self::fleet(fleet);
        sites.retain(|site| site.region.name != *retired);
        let home = sites.iter().position(|site| site.home).unwrap_or(0);
        let gone = &fleet.region(retired)?.name;
        let site = sites.get_mut(home)?;
        site.home = true;
        site.serves.push(gone);
        Some(sites)
    }

    /// With one instance less by day; at night no more than by day.
    pub fn with_less(mut self) -> Self {
        let less = self.region.instances.saturating_sub(1);
        self.region.instances = less;
        self.region.night_instances = self.region.night_instances.map(|night| night.min(less));
        self
    }

    /// With its floor of the day at every hour.
    pub fn without_nights(mut self) -> Self {
        self.region.night_instances = None;
        self
    }

    /// Whether nothing runs there while no other region's customers come: a month is reckoned without.
    fn is_dark(&self) -> bool {
        self.region.kind == Kind::PilotLight
    }

    /// Its least number of instances at a moment, as `promote` registers it; without `[scaling]` it has as many at every hour.
    pub fn floor_at(&self, fleet: &Fleet, at: Timestamp) -> u32 {
        fleet.scaling.as_ref().map_or(self.region.instances, |policy| self.region.floor_at(policy, at))
    }

    /// What `promote` wants there before an update at a moment: the floor, or more, should another region's customers come.
    pub fn ready_at(&self, fleet: &Fleet, at: Timestamp) -> u32 {
        if self.is_dark() {
            return 0;
        }
        let policy = fleet.scaling.as_ref();
        policy.map_or(self.region.instances, |policy| policy.for_failover(fleet, &self.region, at).least)
    }

    /// How long its update watches green before all traffic is there.
    pub fn watch(&self) -> SignedDuration {
        self.region.bake * self.region.style.waits().max(1)
    }

    /// From the call to the last request on blue.
    pub fn turn(&self) -> SignedDuration {
        PROVISIONING + self.watch() + SHIFT
    }

    /// How long blue and green are both paid for in a night, and which share of the instances green is. A rolling update has no
    /// green: its batch runs beside the old instances, and nothing soaks.
    pub fn double(&self, soak: SignedDuration) -> (SignedDuration, Share) {
        match self.region.style {
            Style::Rolling { batch } => (self.turn(), Share::Percent(batch)),
            Style::Canary | Style::Linear { .. } | Style::AllAtOnce => (self.turn() + soak, Share::All),
        }
    }
}

/// How many instances run twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// All of its instances.
    All,
    /// So many per cent of them, at least one.
    Percent(u32),
}

impl Share {
    /// Green's instances beside `instances` of blue's.
    pub fn of(self, instances: f64) -> f64 {
        match self {
            Share::All => instances,
            Share::Percent(percent) => (instances * f64::from(percent) / 100.0).ceil().max(1.0),
        }
    }
}

/// When each site's turn starts in the night whose wave starts at `start`: one after the other, in the wave's order.
pub(crate) fn turns(fleet: &Fleet, sites: &[Site<'_>], start: Timestamp) -> Vec<Timestamp> {
    let order = meridian_domain::plan::wave_order(fleet, start).regions;
    let mut starts = vec![start; sites.len()];
    let mut at = start;
    for name in &order {
        for (site, starts) in sites.iter().zip(&mut starts) {
            if site.region.name == *name {
                *starts = at;
                at += site.turn();
            }
        }
    }
    starts
}
