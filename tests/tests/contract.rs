//! The ports' promises, through both doors into a world.

mod direct {
    meridian_tests::contract!(meridian_tests::doors::direct);
}

mod http {
    meridian_tests::contract!(meridian_tests::doors::http);
}

/// With the role that each region lends.
mod lent {
    /// The promises, for one door.
    macro_rules! lent {
        ($door:path) => {
            meridian_tests::promises! { $door,
                lending: [
                    a_role_is_borrowed_once,
                    a_role_is_borrowed_again_before_the_loan_ends,
                    a_lent_role_does_what_its_stack_allows,
                    a_region_that_does_not_lend_costs_one_call,
                    pages_and_jobs_need_no_loan,
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

fn same(direct: &[String], http: &[String]) {
    for (direct, http) in direct.iter().zip(http) {
        assert_eq!(direct, http);
    }
    assert_eq!(direct.len(), http.len());
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
