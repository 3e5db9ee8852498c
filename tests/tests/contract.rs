//! The ports' promises, through both doors into a world.

mod direct {
    meridian_tests::contract!(meridian_tests::doors::direct);
}

mod http {
    meridian_tests::contract!(meridian_tests::doors::http);
}

/// Not only the same kinds: the same words, views and times, so that a night tells the same story through either door.
#[test]
fn both_doors_say_the_same() -> meridian_tests::Kept {
    use meridian_tests::{contract::words::tour, doors};
    let (mut direct, mut http) = (Vec::new(), Vec::new());
    doors::direct(async |stage| {
        direct = tour(stage).await?;
        Ok(())
    })?;
    doors::http(async |stage| {
        http = tour(stage).await?;
        Ok(())
    })?;
    for (direct, http) in direct.iter().zip(&http) {
        assert_eq!(direct, http);
    }
    assert_eq!(direct.len(), http.len());
    Ok(())
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
