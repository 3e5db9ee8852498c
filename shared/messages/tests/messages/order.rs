//! Why a wave has its order, and what the next one would not detect.

use crate::given::{BR, at, fleet, name};
use jiff::SignedDuration;
use meridian_domain::plan::{Bake, BakePlan, CanarySize, ForecastWarning, HarmForecast, Unfound, wave_order};
use meridian_domain::{Fleet, HomePlace, OrderPolicy};
use meridian_messages::Voice;

fn order(fleet: &Fleet, time: &str) -> String {
    Voice::of(fleet).order(&wave_order(fleet, at(time)).why)
}

#[test]
fn a_fixed_order_gives_the_order_by_traffic_too() {
    assert_eq!(
        order(&fleet(), "03:00:00"),
        "as listed: EU, AU, JP, BR; by the traffic of the hour: AU, JP, EU, BR; at 03:00 UTC Dublin \
         is at 23 % of its peak (03:00 there, 138 requests/s), Sydney is at its peak (14:00 there, 200 requests/s), Tokyo is at its peak \
         (12:00 there, 146 requests/s) and Sao Paulo is at 27 % of its peak (00:00 there, 27 requests/s)"
    );
    let same = Fleet { regions: fleet().regions.into_iter().take(1).collect(), ..fleet() };
    assert!(order(&same, "03:00:00").starts_with("as listed: EU; by the traffic of the hour: the same; at"));
}

#[test]
fn an_order_by_traffic_says_where_policy_puts_home() {
    let by_traffic = |home_place| Fleet { order: OrderPolicy::Signal, home_place, ..fleet() };
    for (home, words) in [
        (HomePlace::Signal, "most traffic of the hour first: AU, JP, EU, BR; at 03:00 UTC Dublin is at"),
        (HomePlace::First, "most traffic of the hour first (EU first, as policy says): EU, AU, JP, BR; at"),
        (HomePlace::Last, "most traffic of the hour first (EU last, as policy says): AU, JP, BR, EU; at"),
    ] {
        let told = order(&by_traffic(home), "03:00:00");
        assert!(told.starts_with(words), "{told}");
    }
}

#[test]
fn traffic_is_given_as_a_share_of_the_peak() {
    let told = order(&fleet(), "13:00:00");
    for words in ["Dublin is at its peak", "Sydney is at 2", "Tokyo is at 41 % of its peak", "Sao Paulo is at 83 %"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn what_the_next_wave_cannot_detect_is_given_with_numbers() {
    let unfound = |metric: &str, found| Unfound { metric: metric.parse().unwrap(), found, wanted: 1.5 };
    let blind = ForecastWarning::Blind {
        region: name(BR),
        unfound: vec![unfound("4xx", Some(1.84)), unfound("5xx", None)],
        rps: 27.2,
        longest: SignedDuration::from_mins(26),
        largest: 50,
    };
    let size = CanarySize { instances: 1, of: 2 };
    let larger =
        ForecastWarning::LargerCanary { region: "ap-southeast-2".parse().unwrap(), wished: 25, size, enough: 4 };
    assert_eq!(
        Voice::of(&fleet()).forecast_warning(&larger),
        "AU has 2 instances, and a canary is whole ones: 1 of them takes 50 % of the requests, not 25 %. Write canary_percent = 50, \
         or have 4 instances"
    );
    let harm = HarmForecast {
        metric: "5xx".parse().unwrap(),
        base_rate: 0.001,
        answers: 1_234,
        a_day: 40_000,
        failover: 2_000,
        let_through: 3_000,
        chance: 0.875,
    };
    let bake = Bake { wait: SignedDuration::from_mins(21), percent: 50 };
    let enough = BakePlan {
        bake,
        size,
        rps: 27.0,
        measured: false,
        minutes: 15,
        green: 12_150,
        blue: 12_150,
        findings: Vec::new(),
        enough: true,
    };
    let may_not_pass = |enough| ForecastWarning::MayNotPass {
        region: name(BR),
        chance: 0.85,
        in_tries: 0.9775,
        tries: 2,
        harm: harm.clone(),
        allowed: 1_500,
        enough,
    };
    let together = ForecastWarning::BlindTogether { unfound: vec![unfound("4xx", None)] };
    let fleet = fleet();
    for (warning, words) in [
        (
            blind,
            "BR alone detects 4xx from 1.8 times as many (wanted: 1.5) and 5xx at no ratio up to 1,000: 27 requests/s \
             are too few for any bake up to 26m with up to 50 % of them",
        ),
        (
            may_not_pass(Some(Box::new(enough))),
            "BR: a release as good as the champion passes in 85.0 % of nights at its first canary, in 97.8 % in one of 2 tries; its \
             5xx leave about 1,234 bad answers open, policy allows 1,500. It passes in 99 % at its first canary with bake = \"21m\" \
             and canary_percent = 50 (1 of 2 instances)",
        ),
        (
            may_not_pass(None),
            "BR: a release as good as the champion passes in 85.0 % of nights at its first canary, in 97.8 % in one of 2 tries; its \
             5xx leave about 1,234 bad answers open, policy allows 1,500. No canary that ends within guardrail.max_execution is \
             enough: use more instances or a larger judge.harm",
        ),
        (
            ForecastWarning::MayNotArrive { chance: 0.975, least: name(BR) },
            "a release as good as the champion reaches all regions in 97.5 % of nights; BR is the least likely to take it: use a \
             longer bake or a larger share there, or a larger judge.harm",
        ),
        (
            together,
            "all regions together detect 4xx at no ratio up to 1,000: use longer bakes, larger shares or a larger wave.detect",
        ),
    ] {
        assert_eq!(Voice::of(&fleet).forecast_warning(&warning), words);
    }
}
