//! Why a wave walks as it does, and what the next one would not find.

use crate::given::{BR, at, fleet, name};
use jiff::SignedDuration;
use meridian_domain::plan::{ForecastWarning, Unfound, wave_order};
use meridian_domain::{Fleet, HomePlace, OrderPolicy};
use meridian_messages::Voice;

fn order(fleet: &Fleet, time: &str) -> String {
    Voice::of(fleet).order(&wave_order(fleet, at(time)).why)
}

#[test]
fn a_fixed_order_says_what_the_traffic_of_the_hour_would_make_of_it() {
    assert_eq!(
        order(&fleet(), "03:00:00"),
        "as listed: EU, AU, JP, BR; by the traffic of the hour it would be AU, JP, EU, BR, for at 03:00 UTC Dublin \
         sleeps (03:00 there, 138 requests/s), Sydney is at its peak (14:00 there, 200 requests/s), Tokyo is at its peak \
         (12:00 there, 146 requests/s) and Sao Paulo sleeps (00:00 there, 27 requests/s)"
    );
    let same = Fleet { regions: fleet().regions.into_iter().take(1).collect(), ..fleet() };
    assert!(
        order(&same, "03:00:00").starts_with("as listed: EU; by the traffic of the hour it would be the same, for")
    );
}

#[test]
fn an_order_by_traffic_says_where_policy_puts_home() {
    let by_traffic = |home_place| Fleet { order: OrderPolicy::Signal, home_place, ..fleet() };
    for (home, words) in [
        (HomePlace::Signal, "most traffic of the hour first: AU, JP, EU, BR, for at 03:00 UTC Dublin sleeps"),
        (HomePlace::First, "most traffic of the hour first (EU first, as policy says): EU, AU, JP, BR, for at"),
        (HomePlace::Last, "most traffic of the hour first (EU last, as policy says): AU, JP, BR, EU, for at"),
    ] {
        let told = order(&by_traffic(home), "03:00:00");
        assert!(told.starts_with(words), "{told}");
    }
}

#[test]
fn the_traffic_of_the_hour_is_said_as_sleep_a_share_or_a_peak() {
    let told = order(&fleet(), "13:00:00");
    for words in ["Dublin is at its peak", "Sydney sleeps", "Tokyo is at 41 % of its peak", "Sao Paulo is at 83 %"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn what_the_next_wave_would_not_find_is_said_with_its_numbers() {
    let unfound = |metric: &str, found| Unfound { metric: metric.parse().unwrap(), found, wanted: 1.5 };
    let blind = ForecastWarning::Blind {
        region: name(BR),
        unfound: vec![unfound("4xx", Some(1.84)), unfound("5xx", None)],
        rps: 27.2,
        longest: SignedDuration::from_mins(26),
        largest: 50,
    };
    let together = ForecastWarning::BlindTogether { unfound: vec![unfound("4xx", None)] };
    let fleet = fleet();
    for (warning, words) in [
        (
            blind,
            "BR by itself finds 4xx from 1.8 times as many (wanted: 1.5) and 5xx at no ratio up to 1,000: 27 requests/s \
             are too few for any bake up to 26m with up to 50 % of them",
        ),
        (
            together,
            "all regions together find 4xx at no ratio up to 1,000: longer bakes or larger shares are needed, or a larger \
             wave.detect",
        ),
    ] {
        assert_eq!(Voice::of(&fleet).forecast_warning(&warning), words);
    }
}
