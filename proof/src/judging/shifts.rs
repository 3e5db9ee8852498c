//! Faults that make no errors: a slower model, and one that declines more or fewer customers.

use super::Study;
use super::bursts::Bursts;
use super::latency::share_over;
use super::report::{Cell, Promise, Standing, Table, per_cent};
use super::share::Share;
use super::streams::{Effect, Metric, Site, Usual};
use super::waves::{Place, Setting};
use meridian_domain::MetricPolicy;
use meridian_judge::MetricName;

/// p99 of the challenger, in milliseconds; the champion's is 14, the seed's bound 20.
const P99: [f64; 6] = [14.0, 16.0, 18.0, 20.0, 22.0, 28.0];
/// How often the challenger alerts, as a multiple.
const ALERTS: [f64; 6] = [1.0, 0.33, 0.67, 1.5, 2.0, 3.0];
const BAKE: u32 = 30;
/// Requests per second and share of the canary.
const SITES: [(f64, f64); 4] = [(600.0, 0.1), (200.0, 0.25), (100.0, 0.1), (20.0, 0.1)];

fn places(effect: Effect) -> impl Iterator<Item = Place> {
    SITES.into_iter().map(move |(rps, canary)| {
        let site = Site { title: format!("{rps}/s"), rps, canary, bake: BAKE, instances: 2 };
        Place { site, effect, stream: 0 }
    })
}

/// What is found of one slower challenger.
#[derive(Clone, Copy, Debug, Default)]
struct Slow {
    canary: Share,
    after: Share,
    alarm: Share,
    alarm_3_of_5: Share,
    kayenta: Share,
}

/// A slower model: the absolute bound in the canary, the comparison after the shift.
pub fn latency(study: &Study<'_>) -> (Table, Promise) {
    let mut rows = Vec::new();
    let (mut wrong, mut worst) = (Share::default(), Share { hits: 1, of: 1 });
    for p99 in P99 {
        for place in places(Effect::p99(p99)) {
            let slow = run_latency(study, &place);
            if p99 == P99[0] {
                wrong.hits += slow.canary.hits + slow.after.hits;
                wrong.of += slow.canary.of;
            }
            if p99 >= 28.0 && slow.after.value() < worst.value() {
                worst = slow.after;
            }
            let shares = [slow.canary, slow.after, slow.alarm, slow.alarm_3_of_5, slow.kayenta].map(Cell::share);
            let head = [
                Cell::Number(p99, 0),
                Cell::text(per_cent(share_over(20.0, place.effect.latency))),
                Cell::Number(place.site.rps, 0),
                Cell::text(per_cent(place.site.canary)),
            ];
            rows.push(head.into_iter().chain(shares).collect());
        }
    }
    let table = Table {
        title: "A slower model".to_owned(),
        note: format!(
            "The champion's p99 is 14 ms. In the canary an instance of green serves less than one of blue, so only the absolute \
             bound (1 % over 20 ms) counts there; after the shift green is compared with blue's last hour, for {} \
             minutes. {} canaries a row.",
            study.full_load_minutes(),
            study.power_runs()
        ),
        columns: Table::names([
            "p99 ms",
            "over 20 ms",
            "requests/s",
            "canary",
            "judge, canary",
            "judge, after shift",
            "AWS alarm 1 of 1",
            "AWS alarm 3 of 5",
            "Kayenta, end",
        ]),
        rows,
    };
    let kept = worst.value() >= 0.99 && wrong.value() <= 0.01;
    let promise = Promise {
        claim: "a model of twice the latency is found after the shift at the latest, and one of the same latency is not failed"
            .to_owned(),
        standing: Standing::of(kept, worst.upper() >= 0.99 && wrong.lower() <= 0.01),
        found: format!("{} at least, {} wrongly", per_cent(worst.value()), per_cent(wrong.value())),
    };
    (table, promise)
}

fn run_latency(study: &Study<'_>, place: &Place) -> Slow {
    let bursts = Bursts::Both(study.fleet.judge.dispersion);
    let setting = Setting::new(study, Usual::errors(0.001), bursts);
    let mut slow = Slow::default();
    for number in 0..study.power_runs() {
        let seen = setting.region(study, number, place, &[]);
        slow.canary.add(seen.judge.region_failed.is_some());
        slow.alarm.add(seen.peers.alarm.is_some());
        slow.alarm_3_of_5.add(seen.peers.alarm_3_of_5.is_some());
        slow.kayenta.add(seen.peers.kayenta.is_some());
        slow.after.add(setting.fails_after_shift(study, number, place));
    }
    slow
}

/// A model that alerts more or less often, where the container tells alerts.
pub fn alerts(study: &Study<'_>) -> (Table, Promise) {
    let bursts = Bursts::Both(study.fleet.judge.dispersion);
    let mut policy = study.fleet.judge.clone();
    if let Ok(name) = Metric::Alerts.name().parse::<MetricName>() {
        policy.metrics.entry(name).or_insert(MetricPolicy { two_sided: true, ..MetricPolicy::default() });
    }
    let setting = Setting::under(policy, study.fleet.regions.len(), Usual::errors(0.001), bursts);
    let mut rows = Vec::new();
    let mut worst = Share { hits: 1, of: 1 };
    for ratio in ALERTS {
        for place in places(Effect::alert_rate(ratio)) {
            let (mut judge, mut kayenta, mut minutes) = (Share::default(), Share::default(), Vec::new());
            for number in 0..study.power_runs() {
                let seen = setting.region(study, number, &place, &[]);
                judge.add(seen.judge.region_failed.is_some());
                kayenta.add(seen.peers.kayenta.is_some());
                minutes.extend(seen.judge.region_failed);
            }
            minutes.sort_unstable();
            if ratio >= 3.0 && place.site.rps >= 100.0 && judge.value() < worst.value() {
                worst = judge;
            }
            rows.push(vec![
                Cell::text(ratio),
                Cell::Number(place.site.rps, 0),
                Cell::text(per_cent(place.site.canary)),
                Cell::share(judge),
                Cell::number(minutes.get(minutes.len() / 2).map(|minutes| f64::from(*minutes)), 0),
                Cell::share(kayenta),
            ]);
        }
    }
    let table = Table {
        title: "A model that alerts more or less often".to_owned(),
        note: format!(
            "The champion alerts on 2 % of the requests; no errors, no AWS alarm sees it. Kayenta is given the metric with the \
             direction `either`. {} canaries a row.",
            study.power_runs()
        ),
        columns: Table::names(["effect", "requests/s", "canary", "judge", "median min", "Kayenta, end"]),
        rows,
    };
    let promise = Promise {
        claim: "three times as many alerts are found from 100 requests/s on".to_owned(),
        standing: Standing::of(worst.value() >= 0.95, worst.upper() >= 0.95),
        found: format!("{} at least", per_cent(worst.value())),
    };
    (table, promise)
}
