//! What a region's loss costs, in words.

use crate::given::{AU, EU, at, fleet, name};
use jiff::SignedDuration;
use meridian_domain::Kind;
use meridian_domain::recovery::{Capacity, Recovery, Span};
use meridian_messages::recovery::{meaning, row};

fn span(usual: i64, worst: i64) -> Span {
    Span { usual: SignedDuration::from_secs(usual), worst: SignedDuration::from_secs(worst) }
}

fn recovery(capacity: Capacity) -> Recovery {
    Recovery {
        lost: name(EU),
        to: name(AU),
        kind: Kind::WarmStandby,
        at: at("13:30:00"),
        lost_rps: 600.0,
        load: 700.0,
        runs: 2,
        needed: Some(3),
        capacity,
        elsewhere: span(120, 166),
        ready: Some(span(330, 780)),
    }
}

#[test]
fn a_lost_region_is_told_with_who_answers_and_from_when_on() {
    let fleet = fleet();
    let last = |capacity| row(&fleet, &recovery(capacity))[5..].join("; ");
    let first = row(&fleet, &recovery(Capacity::Runs));
    assert_eq!(first[..5], ["EU", "AU (warm-standby)", "700/s at 13:30", "2", "3"]);
    assert_eq!(last(Capacity::Runs), "2 to 3 min; 72,000 to 99,600; 6 to 13 min");
    assert_eq!(
        last(Capacity::Comes(span(540, 946))),
        "9 to 16 min; 72,000 to 99,600, and some of 578,200; 6 to 13 min"
    );
    let hopeless = |capacity| row(&fleet, &Recovery { ready: None, ..recovery(capacity) })[5..].join("; ");
    let never = "never: at most 2 instances; 72,000 to 99,600, and what is over that; -";
    assert_eq!(hopeless(Capacity::Never { most: 2 }), never);
    assert_eq!(hopeless(Capacity::Unknown), "unknown; 72,000 to 99,600 at least; -");
}

#[test]
fn the_table_says_how_old_a_release_may_be_that_answers() {
    let words = meaning(&fleet());
    assert!(words.contains("reckoned with 250 requests a second"), "{words}");
    assert!(words.contains("more than 2 releases or 30h behind"), "{words}");
}
