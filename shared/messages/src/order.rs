//! The order of a wave, and what the next wave would do.

use crate::Voice;
use crate::layout::thousands;
use crate::why::listed;
use meridian_domain::plan::{BakePlan, ForecastWarning, OrderReason, Unfound};
use meridian_domain::traffic::local_clock;
use meridian_domain::{HomePlace, OrderPolicy, RegionName};

/// At and above this share of its daily peak a region is called at its peak.
const PEAK: f64 = 0.95;

impl Voice<'_> {
    /// Why a wave has its order.
    pub fn order(self, why: &OrderReason) -> String {
        let titles = |regions: &[RegionName]| {
            regions.iter().map(|region| self.title(region).to_owned()).collect::<Vec<_>>().join(", ")
        };
        let hour = why.at.strftime("%H:%M UTC");
        let by_traffic = titles(&why.by_traffic);
        match why.policy {
            OrderPolicy::Fixed => {
                let regions: Vec<RegionName> = why.traffic.iter().map(|own| own.region.clone()).collect();
                let otherwise = if regions == why.by_traffic { "the same" } else { &by_traffic };
                let listed = titles(&regions);
                let traffic = self.traffic(why);
                format!("as listed: {listed}; by the traffic of the hour: {otherwise}; at {hour} {traffic}")
            }
            OrderPolicy::Signal => {
                let home = |place| format!(" ({} {place}, as policy says)", self.title(&self.fleet.home));
                let home = match why.home {
                    HomePlace::Signal => String::new(),
                    HomePlace::First => home("first"),
                    HomePlace::Last => home("last"),
                };
                format!("most traffic of the hour first{home}: {by_traffic}; at {hour} {}", self.traffic(why))
            }
        }
    }

    /// "Dublin is at 23 % of its peak (03:00 there, 138 requests/s) and Sydney is at its peak (14:00 there, 200 requests/s)".
    fn traffic(self, why: &OrderReason) -> String {
        let regions = why.traffic.iter().map(|own| {
            let state = match own.rps / own.peak_rps {
                share if share >= PEAK => "is at its peak".to_owned(),
                share => format!("is at {:.0} % of its peak", 100.0 * share),
            };
            let zone = self.fleet.region(&own.region).map(|region| &region.time_zone);
            let clock = zone.map(|zone| format!("{} there, ", local_clock(zone, why.at))).unwrap_or_default();
            format!("{} {state} ({clock}{:.0} requests/s)", self.city(&own.region), own.rps)
        });
        listed(&regions.collect::<Vec<_>>())
    }

    /// Where a region's customers are: the city of their time zone, or the region's title.
    fn city(self, region: &RegionName) -> String {
        let zone = self.fleet.region(region).and_then(|region| region.time_zone.iana_name());
        let city = zone.and_then(|name| name.rsplit_once('/')).map(|(_, city)| city);
        city.map_or_else(|| self.title(region).to_owned(), |city| city.replace('_', " "))
    }

    /// What the next wave would not detect although policy wants it detected.
    pub fn forecast_warning(self, warning: &ForecastWarning) -> String {
        let list = |all: &[Unfound]| listed(&all.iter().map(unfound).collect::<Vec<_>>());
        match warning {
            ForecastWarning::LargerCanary { region, wished, size, enough } => format!(
                "{} has {} instances, and a canary is whole ones: {} of them takes {} % of the requests, not {wished} %. Write \
                 canary_percent = {}, or have {enough} instances",
                self.title(region),
                size.of,
                size.instances,
                size.percent(),
                size.percent()
            ),
            ForecastWarning::Blind { region, unfound, rps, longest, largest } => format!(
                "{} alone detects {}: {rps:.0} requests/s are too few for any bake up to {longest:#} with up to {largest} % of \
                 them",
                self.title(region),
                list(unfound)
            ),
            ForecastWarning::MayNotPass { region, chance, in_tries, tries, harm, allowed, enough } => format!(
                "{}: a release as good as the champion passes in {:.1} % of nights at its first canary{}; its {} leave about {} bad answers \
                 open, policy allows {}. {}",
                self.title(region),
                100.0 * chance,
                if *tries > 1 {
                    format!(", in {:.1} % in one of {tries} tries", 100.0 * in_tries)
                } else {
                    String::new()
                },
                harm.metric,
                thousands(harm.answers),
                thousands(*allowed),
                would_do(enough.as_deref())
            ),
            ForecastWarning::MayNotArrive { chance, least } => format!(
                "a release as good as the champion reaches all regions in {:.1} % of nights; {} is the least likely to take it: use a \
                 longer bake or a larger share there, or a larger judge.harm",
                100.0 * chance,
                self.title(least)
            ),
            ForecastWarning::BlindTogether { unfound } => format!(
                "all regions together detect {}: use longer bakes, larger shares or a larger wave.detect",
                list(unfound)
            ),
        }
    }
}

/// The canary that would pass it.
fn would_do(enough: Option<&BakePlan>) -> String {
    match enough {
        Some(BakePlan { bake, size, .. }) => format!(
            "It passes in 99 % at its first canary with bake = \"{}m\" and canary_percent = {} ({} of {} instances)",
            bake.wait.as_mins(),
            bake.percent,
            size.instances,
            size.of
        ),
        None => {
            "No canary that ends within guardrail.max_execution is enough: use more instances or a larger judge.harm"
                .to_owned()
        }
    }
}

fn unfound(found: &Unfound) -> String {
    match found.found {
        Some(ratio) => format!("{} from {ratio:.1} times as many (wanted: {:.1})", found.metric, found.wanted),
        None => format!("{} at no ratio up to 1,000", found.metric),
    }
}
