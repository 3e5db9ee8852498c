//! What the next wave would do, in sentences.

use crate::given::{AU, BR, EU, at, fleet, name};
use jiff::SignedDuration;
use meridian_domain::plan::{Bake, BakePlan, CanarySize, Forecast, HarmForecast, Left, Turn, wave_order};
use meridian_messages::forecast;

fn harm(metric: &str, answers: u64) -> HarmForecast {
    let metric = metric.parse().unwrap();
    HarmForecast {
        metric,
        base_rate: 0.001,
        answers,
        a_day: 40_000,
        failover: 2_000,
        let_through: 3_000,
        chance: 0.875,
    }
}

/// A region's turn: when it is on the release, and when it is judged at full load.
fn turn(region: &str, on_release: &str, judged: &str) -> Turn {
    let plan = BakePlan {
        bake: Bake { wait: SignedDuration::from_mins(9), percent: 50 },
        size: CanarySize { instances: 1, of: 2 },
        rps: 27.0,
        measured: false,
        minutes: 5,
        green: 4_050,
        blue: 4_050,
        findings: Vec::new(),
        enough: true,
    };
    Turn {
        region: name(region),
        title: fleet().title(&name(region)).to_owned(),
        starts: at("03:02:00"),
        canary: at("03:05:00"),
        decides: at("03:11:00"),
        on_release: at(on_release),
        judged: at(judged),
        local_clock: "14:02".to_owned(),
        peak_rps: 200.0,
        plan,
        harm: vec![harm("4xx", 987), harm("5xx", 1_234)],
        unproved: 60_000,
        chance: 0.75,
        chance_in_tries: 0.9995,
    }
}

fn left() -> Left {
    let (freeze, why) = ("peak".to_owned(), "card volumes peak".to_owned());
    Left { region: name(BR), title: "BR".to_owned(), freeze, why, until: at("09:00:00") }
}

fn wave(turns: Vec<Turn>, frozen: Vec<Left>) -> Forecast {
    let starts = at("03:02:00");
    Forecast {
        starts,
        order: wave_order(&fleet(), starts),
        turns,
        frozen,
        ends: at("03:41:30"),
        ends_latest: at("03:51:30"),
        chance: 0.875,
        chance_in_tries: 0.9995,
        settles: at("03:54:00"),
        warnings: Vec::new(),
    }
}

#[test]
fn what_is_said_of_the_next_wave_has_its_exact_text() {
    let fleet = fleet();
    let mut once = fleet.clone();
    once.wave.tries = 1;
    let both = wave(vec![turn(EU, "03:19:00", "03:24:00"), turn(AU, "03:37:30", "03:41:30")], Vec::new());
    let one = wave(vec![turn(EU, "03:19:00", "03:19:00")], vec![left()]);
    // What matters of the sentence ends at the bar.
    let outcome = |wave: &Forecast| {
        let (first, rest) = forecast::outcome(&fleet, wave);
        format!("{first}|{rest}")
    };
    for (told, words) in [
        (
            outcome(&both),
            "All 2 regions on it by 03:41| where new instances come within 3m, by 03:51 where they take 8m; the last soak of 10m is \
             over by 03:54 at the earliest.",
        ),
        (
            outcome(&one),
            "1 of 2 regions on it by 03:41| where new instances come within 3m, by 03:51 where they take 8m; the last soak of 10m is \
             over by 03:54 at the earliest.",
        ),
        (outcome(&wave(Vec::new(), vec![left()])), "Nothing starts|: a wave holds for 8h, and gives up after that."),
        (
            forecast::frozen(&left()),
            "stays as it is: frozen by \"peak\" until 2026-11-20 09:00 UTC (card volumes peak)",
        ),
        (
            forecast::chance(&fleet, &both),
            "A release as good as the champion passes in each of them in 87.5 % of nights at its first canary, in over 99.9 % within 2 \
             tries by 07:02: what a fault that no canary shows may cost is then within the 5,000 bad answers of policy.",
        ),
        (
            forecast::chance(&once, &both),
            "A release as good as the champion passes in each of them in 87.5 % of nights at its first canary: what a fault that no \
             canary shows may cost is then within the 5,000 bad answers of policy.",
        ),
        (forecast::passes(&turn(AU, "03:37:30", "03:41:30")), "in 75.0 %"),
        (
            forecast::harm_meaning(&both),
            "Bad answers beyond the champion's. \"Not ruled out\" is what the canary of a release as good as the champion leaves open, until \
             the verdict at full load; \"lets through\" the most that a faulty one costs until then which a canary takes for good, in 95 of \
             100 waves; \"a day\" what nothing would find. A fault that only begins with all traffic is in no canary: up to 60,000 in EU, \
             60,000 in AU.",
        ),
        (
            forecast::meaning(&fleet, &both),
            "\"4xx 3.0x\" reads: errors 4xx that are three times as frequent as before are found with chance 0.8. Wanted are 3x with \
             those before and 6x alone, where 0.1 % of the requests or more are bad before; under that the same excess. A canary \
             takes the smallest share, then the shortest bake that finds this. Of a bake those minutes are compared that begin \
             after the warm-up and whose counts have arrived when the decision falls. Provisioning and shift are reckoned with \
             3m and 1m; the check at full load, for which the next region waits, with 5m.",
        ),
    ] {
        assert_eq!(told, words);
    }
    let unwaited = forecast::meaning(&fleet, &one);
    assert!(unwaited.ends_with("Provisioning and shift are reckoned with 3m and 1m."), "{unwaited}");
}
