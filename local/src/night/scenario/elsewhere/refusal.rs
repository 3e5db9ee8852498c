//! What a fleet lacks for a scenario's expectations to follow from what happens in it.

use super::{Cast, Untranslatable};
use crate::night::scenario::{CHAMPION, Pages, PagesEach};
use crate::world::{ANY_RELEASE, Behaviour, Fault, FaultKind};
use meridian_deployment::OUTSIDE_REGION;
use meridian_domain::plan::{Forecast, ForecastWarning};
use meridian_domain::{Fleet, Kind, RegionName, Style};
use toml::Value;

/// The chance at which a release as good as the champion has to pass in a region.
const LIKELY: f64 = 0.99;

impl Cast<'_> {
    /// Why the fleet cannot play the scenario; none where it can.
    pub(super) fn refusal(&self) -> Option<Untranslatable> {
        self.clients()
            .or_else(|| self.new_home())
            .or_else(|| self.region_policy())
            .or_else(|| self.pipeline())
            .or_else(|| self.deployment())
            .or_else(|| self.outside())
            .or_else(|| self.deputy())
            .or_else(|| self.pages())
            .or_else(|| self.home_place())
            .or_else(|| self.frozen())
            .or_else(|| self.no_canary())
            .or_else(|| self.thin())
            .or_else(|| self.may_not_pass())
            .or_else(|| self.blind())
            .or_else(|| self.share())
            .or_else(|| self.too_late())
    }

    /// What survivors carry is the fleet's own.
    fn clients(&self) -> Option<Untranslatable> {
        self.scenario.clients.is_some().then_some(Untranslatable::Clients)
    }

    fn new_home(&self) -> Option<Untranslatable> {
        let by_itself = self.scenario.policy.get("fleet").and_then(|own| own.get("takeover")).is_some();
        (by_itself || self.scenario.move_home.is_some()).then_some(Untranslatable::Moved)
    }

    fn region_policy(&self) -> Option<Untranslatable> {
        let regions = self.scenario.policy.get("region").and_then(Value::as_array).into_iter().flatten();
        let mut fields = regions.filter_map(Value::as_table).flat_map(|region| region.keys());
        let field = fields.find(|field| !["name", "night_instances"].contains(&field.as_str()))?;
        Some(Untranslatable::RegionPolicy { field: field.clone() })
    }

    /// A person's hand on the pipeline falls in some region's turn, and does not say in whose.
    fn pipeline(&self) -> Option<Untranslatable> {
        let operation = self
            .scenario
            .hand
            .iter()
            .map(|own| &own.operation)
            .find(|name| name.contains("Pipeline") || name.contains("Stage"))?;
        Some(Untranslatable::Hand { operation: operation.clone() })
    }

    /// With us-east-1 is lost what people hear from, which no other region's loss takes away.
    fn outside(&self) -> Option<Untranslatable> {
        let lost = self.scenario.fault.iter().filter(|own| own.kind == FaultKind::RegionLost);
        let mut places = lost.filter_map(|own| own.region.as_ref()).map(|part| self.player(part).unwrap_or(part));
        let is_both = |place: &RegionName| place.as_str() == OUTSIDE_REGION && self.here.region(place).is_some();
        places.any(is_both).then_some(Untranslatable::Outside)
    }

    /// A home that answers nobody, or none of the others, pages by its deputy.
    fn deputy(&self) -> Option<Untranslatable> {
        let (there, here) = (self.there, self.here);
        let parted = |own: &&Fault| matches!(own.kind, FaultKind::RegionLost | FaultKind::Partitioned);
        let mut lost = self.scenario.fault.iter().filter(parted);
        let is_home = lost.any(|own| own.region.as_ref() == Some(&there.home));
        let asks_alike = !here.deputies.is_empty() && here.home_patience == there.home_patience;
        (is_home && !asks_alike).then_some(Untranslatable::Deputy { patience: there.home_patience })
    }

    fn deployment(&self) -> Option<Untranslatable> {
        (!self.scenario.deploy.is_empty()).then_some(Untranslatable::Deploy)
    }

    fn pages(&self) -> Option<Untranslatable> {
        let (there, has) = (self.there.regions.len(), self.here.regions.len());
        let faults = self.scenario.fault.iter().map(|own| &own.region);
        let mut regions = faults.chain(self.scenario.behaviour.iter().map(|own| &own.region));
        let everywhere = regions.any(Option::is_none);
        match self.scenario.expect.pages {
            Pages::InAll(pages) if pages > 1 && everywhere && there != has => {
                Some(Untranslatable::Pages { pages, there, has })
            }
            _ => None,
        }
    }

    fn home_place(&self) -> Option<Untranslatable> {
        let place = |plan: &Forecast, fleet: &Fleet| {
            plan.order.regions.iter().position(|region| *region == fleet.home).map(|place| place + 1)
        };
        let (needs, has) = (place(&self.written_for, self.there)?, place(&self.own, self.here)?);
        (needs != has && !self.scenario.ends_well()).then_some(Untranslatable::HomePlace { needs, has })
    }

    /// A freeze of the fleet's own, where the part's region has none.
    fn frozen(&self) -> Option<Untranslatable> {
        let is_known = |region: &RegionName| {
            let part = self.part(region);
            part.is_some_and(|part| self.written_for.frozen.iter().any(|left| left.region == *part))
        };
        let left = self.own.frozen.iter().find(|left| !is_known(&left.region))?;
        Some(Untranslatable::Frozen { region: left.region.clone(), freeze: left.freeze.clone() })
    }

    /// What happens in a region's turn happens to its canary, and home's is the first.
    fn no_canary(&self) -> Option<Untranslatable> {
        let named = self.named();
        let asked = self.parts.iter().filter(|(part, _)| named.contains(part) || *part == self.there.home);
        let mut regions = asked.filter_map(|(_, player)| self.here.region(player));
        let region = regions.find(|region| region.kind != Kind::Active || region.style != Style::Canary)?;
        Some(Untranslatable::NoCanary { region: region.name.clone() })
    }

    /// True if some region takes a release in the night.
    fn delivers(&self) -> bool {
        let mut ends = self.scenario.expect.serves.values().map(|version| version.as_str());
        ends.any(|version| version != CHAMPION && version != "unknown") || self.scenario.ends_well()
    }

    fn may_not_pass(&self) -> Option<Untranslatable> {
        let turn = self.own.turns.iter().find(|turn| turn.chance < LIKELY)?;
        self.delivers().then(|| Untranslatable::MayNotPass { region: turn.region.clone() })
    }

    /// A region where answers get worse, and its own canary need not find it, though the part's does or sees more requests.
    fn blind(&self) -> Option<Untranslatable> {
        let is_worse = |own: &&Behaviour| {
            let answers = own.latency_factor > 1.0 || own.errors_4xx > 0.0 || own.errors_5xx > 0.0;
            // What every caller meets everywhere is no region's to find.
            let is_found = own.release != ANY_RELEASE || own.region.is_some();
            is_found && (answers || own.alert_factor > 1.0 || own.capacity_rps.is_some())
        };
        let mut worse = self.scenario.behaviour.iter().filter(is_worse);
        worse.find_map(|own| {
            let (there, here) = self.turns(own.region.as_ref())?;
            let sees_less = !is_blind(&self.written_for, &there.region) || here.plan.rps < there.plan.rps;
            let blind = sees_less && is_blind(&self.own, &here.region);
            blind.then(|| Untranslatable::Blind { region: here.region.clone() })
        })
    }

    /// Where each region pages, each finds by its own counts what the thinnest of the others finds.
    fn thin(&self) -> Option<Untranslatable> {
        let Pages::Each(PagesEach { each: 1.. }) = self.scenario.expect.pages else { return None };
        let (start, end) = (self.scenario.start, self.scenario.end());
        let thinnest = |fleet: &Fleet| {
            let regions = fleet.regions.iter().map(|region| (region.mean_rps(start, end), region.name.clone()));
            regions.min_by(|(one, _), (other, _)| one.total_cmp(other))
        };
        let ((there, _), (here, region)) = thinnest(self.there).zip(thinnest(self.here))?;
        (here < there).then_some(Untranslatable::Thin { region })
    }

    fn share(&self) -> Option<Untranslatable> {
        let mut bounded = self.scenario.behaviour.iter().filter(|own| own.capacity_rps.is_some());
        bounded.find_map(|own| {
            let (there, here) = self.turns(own.region.as_ref())?;
            let (needs, has, region) = (there.plan.size.percent(), here.plan.size.percent(), here.region.clone());
            if needs != has {
                return Some(Untranslatable::Share { region, needs, has });
            }
            let before = self.here.region(&region)?.floor_at(self.here.scaling.as_ref()?, here.starts);
            (here.plan.size.of > before).then_some(Untranslatable::Raised { region })
        })
    }

    /// More executions than somebody starts are further tries, which policy's `until` ends.
    fn too_late(&self) -> Option<Untranslatable> {
        let executions = self.scenario.expect.executions.as_ref().map_or(0, Vec::len);
        let tries_again = executions > self.scenario.publish.len() + self.scenario.rerun.len();
        let longest = self.own.turns.iter().map(|turn| turn.judged.duration_since(turn.starts)).max()?;
        let until = self.here.wave.until;
        let takes = self.own.settles.duration_since(self.own.starts).saturating_add(longest);
        (tries_again && self.delivers() && takes > until).then_some(Untranslatable::TooLate { until })
    }
}

fn is_blind(plan: &Forecast, region: &RegionName) -> bool {
    let names =
        |warning: &ForecastWarning| matches!(warning, ForecastWarning::Blind { region: own, .. } if own == region);
    plan.warnings.iter().any(names)
}
