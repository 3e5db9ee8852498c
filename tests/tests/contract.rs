//! The ports' promises, through both doors into `local`'s world, and what proof's world models of them at its ports.

mod direct {
    meridian_tests::contract!(meridian_tests::doors::direct);
}

mod http {
    meridian_tests::contract!(meridian_tests::doors::http);
}

mod proof {
    meridian_tests::modelled_promises!(meridian_tests::doors::proof);
}

/// A whole update, look by look: both worlds show the same at the same time.
mod updates {
    use jiff::SignedDuration;
    use meridian_domain::Routing;
    use meridian_tests::Kept;
    use meridian_tests::contract::updates::{Tour, Trip};
    use meridian_tests::doors::{direct, http, proof};

    const BAKE: SignedDuration = SignedDuration::from_mins(10);
    const CANARY: Routing = Routing::Canary { instances: 1, bake: BAKE };
    const WATCHED: Routing = Routing::AllAtOnceWatched { bake: BAKE };

    /// Takes the tour through every door, and compares what was seen. It ends on `version`.
    fn alike(tour: Tour, version: &str) -> Kept {
        let (mut first, mut second, mut third) = (Vec::new(), Vec::new(), Vec::new());
        direct(async |stage| tour.take(stage).await.map(|seen| first = seen))?;
        http(async |stage| tour.take(stage).await.map(|seen| second = seen))?;
        proof(async |stage| tour.take(stage).await.map(|seen| third = seen))?;
        super::same(&first, &second);
        super::same(&first, &third);
        assert!(first.last().is_some_and(|seen| seen.contains(&format!("InService on {version}"))), "{first:#?}");
        Ok(())
    }

    #[test]
    fn a_canary_that_nothing_stops() -> Kept {
        alike(Tour { routing: CANARY, guarded: true, trip: Trip::Never }, "v427")
    }

    #[test]
    fn a_canary_whose_verdict_is_revert() -> Kept {
        alike(Tour { routing: CANARY, guarded: true, trip: Trip::Verdict(7) }, "v426")
    }

    #[test]
    fn a_canary_whose_judge_falls_silent() -> Kept {
        alike(Tour { routing: CANARY, guarded: true, trip: Trip::Silence(7) }, "v426")
    }

    #[test]
    fn a_canary_that_starts_while_its_alarm_rings() -> Kept {
        alike(Tour { routing: CANARY, guarded: true, trip: Trip::Verdict(-1) }, "v426")
    }

    #[test]
    fn a_verdict_in_the_soak() -> Kept {
        alike(Tour { routing: CANARY, guarded: true, trip: Trip::Verdict(16) }, "v426")
    }

    #[test]
    fn a_verdict_on_a_canary_without_alarms() -> Kept {
        alike(Tour { routing: CANARY, guarded: false, trip: Trip::Verdict(7) }, "v427")
    }

    #[test]
    fn a_standbys_update() -> Kept {
        alike(Tour { routing: WATCHED, guarded: true, trip: Trip::Never }, "v427")
    }

    #[test]
    fn a_standbys_verdict_is_revert() -> Kept {
        alike(Tour { routing: WATCHED, guarded: true, trip: Trip::Verdict(7) }, "v426")
    }

    #[test]
    fn a_rollback() -> Kept {
        alike(Tour { routing: Routing::AllAtOnce, guarded: false, trip: Trip::Never }, "v427")
    }
}

/// With the role that each region lends.
mod lent {
    /// The promises, for one door.
    macro_rules! lent {
        ($door:path) => {
            meridian_tests::promises! { $door,
                lending: [
                    a_role_is_assumed_once,
                    a_role_is_assumed_again_before_it_expires,
                    a_lent_role_does_what_its_stack_allows,
                    a_region_that_does_not_lend_costs_one_call,
                    pages_and_jobs_need_no_assumed_role,
                ],
            }
        };
    }
    mod direct {
        lent!(meridian_tests::doors::direct_lent);
    }
    mod http {
        lent!(meridian_tests::doors::http_lent);
    }
}

/// Not only the same kinds: the same words, views and times, so that a night tells the same story through either door.
#[test]
fn both_doors_say_the_same() -> meridian_tests::Kept {
    use meridian_tests::contract::words::tour;
    use meridian_tests::doors::{direct, direct_lent, http, http_lent};
    let (mut own, mut lent) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    direct(async |stage| tour(stage).await.map(|said| own.0 = said))?;
    http(async |stage| tour(stage).await.map(|said| own.1 = said))?;
    direct_lent(async |stage| tour(stage).await.map(|said| lent.0 = said))?;
    http_lent(async |stage| tour(stage).await.map(|said| lent.1 = said))?;
    same(&own.0, &own.1);
    same(&lent.0, &lent.1);
    assert_ne!(own.0, lent.0);
    Ok(())
}

fn same(one: &[String], other: &[String]) {
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());
}

/// Somebody outside, such as `meridian publish`, has no host: the ports let the world's time pass themselves.
#[test]
fn ports_from_outside_wait_as_a_functions_do() -> meridian_tests::Kept {
    use meridian_tests::contract::{clock, errors};
    meridian_tests::doors::outside(async |stage| {
        clock::a_sleep_takes_what_it_says(stage).await?;
        errors::a_dark_plane_is_unreachable_after_twelve_seconds(stage).await?;
        errors::a_call_that_recovers_is_answered(stage).await
    })
}
