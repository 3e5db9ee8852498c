use crate::support::*;
use crate::traffic::read_of;
use jiff::SignedDuration;
use meridian_handlers::context::FunctionKind;
use meridian_local::services::sagemaker::DescribeEndpoint;
use meridian_local::world::{Behaviour, Clients, Fault, FaultKind, InvocationEnd, What, World, WorldConfig};
use serde_json::json;

/// Clients whose resolvers keep an answer for so many seconds, and who are led to the first of these.
fn clients(ttl: i64, next: &[&str]) -> Clients {
    let next = next.iter().map(|name| region(name)).collect();
    Clients { ttl: SignedDuration::from_secs(ttl), next, ignore_ttl: 0.0, retries: 0 }
}

/// JP's front answers nothing good from the start: three checks, 30 s apart, take it out of DNS at 03:01:30.
fn without_tokyo(clients: Option<Clients>) -> World {
    without(&[JP], WorldConfig { clients, ..night() })
}

/// The same of other regions, for seven minutes.
fn without(ill: &[&str], config: WorldConfig) -> World {
    let mut world = world(WorldConfig { health_checks: true, ..config });
    for _ in 0..14 {
        run_for(&mut world, 30);
        for own in world.take_invocations().iter().filter(|own| own.function == FunctionKind::Status) {
            let status = if ill.iter().any(|name| own.region == region(name)) { 503 } else { 200 };
            world.invocation_ended(own.id, InvocationEnd::Answered(json!({ "statusCode": status })));
        }
    }
    world
}

#[test]
fn a_region_out_of_dns_loads_its_neighbour_a_ttl_later() {
    let (mut led, mut alone) = (without_tokyo(Some(clients(60, &[AU, EU]))), without_tokyo(None));
    assert!(!led.is_healthy(&region(JP)) && led.is_healthy(&region(AU)));
    let mut of = |name: &str, metric: &str, stat: &str, minute: &str| {
        let to = format!("{minute}:59");
        let from = format!("{minute}:00");
        let one =
            |world: &mut World| read_of(world, name, metric, stat, None, &from, &to).first().copied().unwrap_or(0.0);
        (one(&mut led), one(&mut alone))
    };
    let near = |seen: f64, wanted: f64| (seen / wanted - 1.0).abs() < 0.03;
    // In the minute of the change half of it is before; in its second half the answers that resolvers hold run out.
    let ((before, _), (_, tokyo)) = (of(AU, "Invocations", "Sum", "03:00"), of(JP, "Invocations", "Sum", "03:00"));
    let (in_between, without) = of(AU, "Invocations", "Sum", "03:01");
    assert!(near(in_between, without + tokyo * 0.125), "{in_between}, {without} alone, {tokyo} of JP's");
    let (left, nobody) = of(JP, "Invocations", "Sum", "03:02");
    assert!(near(left, tokyo * 0.125) && nobody == 0.0, "{left} of {tokyo}");
    let (after, _) = of(AU, "Invocations", "Sum", "03:04");
    assert!(near(after, before + tokyo), "{after}: AU's {before} and JP's {tokyo}");
    let (loaded, usual) = of(AU, "ModelLatency", "p99", "03:04");
    assert!(loaded > usual * 1.05, "{loaded} is not slower than {usual}");
    assert!(near(of(EU, "Invocations", "Sum", "03:04").0, of(EU, "Invocations", "Sum", "03:04").1), "EU gets nobody");
}

/// What a region was asked for in a minute.
fn asked(world: &mut World, name: &str, minute: &str) -> f64 {
    let (from, to) = (format!("{minute}:00"), format!("{minute}:59"));
    read_of(world, name, "Invocations", "Sum", None, &from, &to).first().copied().unwrap_or(0.0)
}

/// The ways of routing differ in who is next and in how long an answer is held: docs/routing.md.
#[test]
fn each_way_of_routing_leads_customers_where_it_says_and_when() {
    let led = |ttl: i64, next: &[&str]| without_tokyo(Some(clients(ttl, next)));
    let near = |seen: f64, wanted: f64| (seen - wanted).abs() < wanted * 0.03 + 1.0;
    let mut alone = without_tokyo(None);
    let tokyo = asked(&mut alone, JP, "03:00");
    let mut of = |world: &mut World, name: &str| asked(world, name, "03:02") - asked(&mut alone, name, "03:02");

    // Global Accelerator: its addresses stay, and no resolver holds anything back.
    let mut accelerator = led(0, &[AU, EU]);
    assert_eq!(asked(&mut accelerator, JP, "03:02"), 0.0);
    assert!(near(of(&mut accelerator, AU), tokyo));
    // Failover: the standby has them, however far it is; what the TTL holds back came to nobody.
    let mut failover = led(60, &[BR]);
    assert!(near(of(&mut failover, BR), tokyo * 0.875), "{tokyo}");
    assert!(of(&mut failover, AU).abs() < tokyo * 0.03);
    // Geolocation without a region for the others: they are led nowhere.
    let mut geolocation = led(60, &[]);
    assert!([EU, AU, BR].iter().all(|name| of(&mut geolocation, name).abs() < tokyo * 0.03));
    assert_eq!(asked(&mut geolocation, JP, "03:04"), 0.0);
}

#[test]
fn clients_that_ignore_a_ttl_stay_with_the_region_that_is_lost() {
    let staying = Clients { ignore_ttl: 0.25, ..clients(0, &[AU]) };
    let (mut led, mut alone) = (without_tokyo(Some(staying)), without_tokyo(None));
    let (stayed, tokyo) = (asked(&mut led, JP, "03:04"), asked(&mut alone, JP, "03:00"));
    assert!((stayed / tokyo - 0.25).abs() < 0.03, "{stayed} of {tokyo}");
}

/// Route 53 answers as if every region were healthy where none is.
#[test]
fn where_no_region_is_healthy_each_has_its_own_customers() {
    let all = [EU, AU, JP, BR];
    let mut none = without(&all, WorldConfig { clients: Some(clients(0, &all)), ..night() });
    let mut usual = without(&[], WorldConfig { clients: Some(clients(0, &all)), ..night() });
    for name in all {
        let (some, whole) = (asked(&mut none, name, "03:04"), asked(&mut usual, name, "03:04"));
        assert!((some / whole - 1.0).abs() < 0.05, "{name}: {some} of {whole}");
    }
}

/// A world in which each of a region's instances carries so many requests a second.
fn carrying(capacity_rps: f64, clients: Clients) -> WorldConfig {
    let behaviour = Behaviour { capacity_rps: Some(capacity_rps), ..Behaviour::of_every_release() };
    WorldConfig { behaviours: vec![behaviour], clients: Some(clients), ..night() }
}

/// Two instances of AU have room for 285 requests a second; AU's 200 and JP's 150 come.
#[test]
fn a_survivor_without_room_turns_requests_away_and_repeats_make_it_worse() {
    let lost = |retries| {
        let clients = Clients { retries, ..clients(0, &[AU]) };
        let mut world = without(&[JP], carrying(150.0, clients));
        let answers = world.answers(&region(AU)).unwrap();
        (answers.lost / answers.came, asked(&mut world, AU, "03:04"))
    };
    let ((once, first), (thrice, repeated)) = (lost(0), lost(2));
    assert!(once > 0.1 && thrice > 0.5 * once, "{once}, {thrice}");
    assert!(repeated > 1.2 * first, "{repeated} after {first}");
    let mut alone = without(&[], carrying(150.0, clients(0, &[AU])));
    let answers = alone.answers(&region(AU)).unwrap();
    assert!(answers.lost < 20.0 && answers.many_lost_until.is_none(), "{answers:?}");
}

/// 350 requests a second on two instances are less than a target of 250 each; with EU's 680 they are more, for three minutes.
#[test]
fn instances_are_added_where_they_have_more_requests_than_the_target() {
    let added = |ill: &[&str]| {
        let config = WorldConfig { clients: Some(clients(0, &[AU])), start: at("12:00:00"), ..night() };
        let mut world = without(ill, config);
        run_for(&mut world, 900);
        let log = world.log().iter();
        log.filter_map(|event| match &event.what {
            What::InstancesAdded { instances, .. } if event.region == region(AU) => Some(*instances),
            _ => None,
        })
        .collect::<Vec<u32>>()
    };
    assert!(added(&[JP]).is_empty());
    assert_eq!(added(&[EU]), [3]);
}

/// Wherever customers are led, every request came somewhere: as many as where no region is lost, and within a TTL too.
#[test]
fn no_request_is_forgotten_when_customers_move() {
    let all = [EU, AU, JP, BR];
    let came = |ill: &[&str], ttl, next: &[&str]| {
        let mut world = without(ill, WorldConfig { clients: Some(clients(ttl, next)), ..night() });
        let answers = all.map(|name| world.answers(&region(name)).unwrap());
        (answers.iter().map(|own| own.came).sum::<f64>(), answers.iter().map(|own| own.lost).sum::<f64>())
    };
    let (usual, lost) = came(&[], 60, &all);
    assert!(lost < 50.0, "{lost}");
    for (ill, next) in [(&[JP][..], &[AU][..]), (&[AU, JP], &[AU, JP]), (&all, &all), (&[EU, AU, JP], &[AU, BR])] {
        for ttl in [0, 45, 600] {
            let (moved, _) = came(ill, ttl, next);
            assert!((moved - usual).abs() <= 4.0, "{ill:?} led to {next:?}, {ttl} s: {moved} of {usual}");
        }
    }
    // Who may be led to regions alone that are lost too is answered by nobody.
    let (_, nobody) = came(&[AU], 0, &[AU]);
    assert!(nobody > 200.0 * 300.0 / 2.0, "{nobody}");
}

/// How many instances an endpoint has and is to have, blue's and green's.
fn instances(world: &mut World, name: &str) -> Vec<[u32; 2]> {
    let describe = DescribeEndpoint { endpoint_name: "fraud".to_owned() };
    let described = call(world, name, describe).unwrap();
    let green = described.pending_deployment_summary.into_iter().flat_map(|own| own.production_variants);
    let all = described.production_variants.into_iter().chain(green);
    all.map(|own| [own.current_instance_count, own.desired_instance_count]).collect()
}

/// AU loses a zone at a moment.
fn losing_a_zone(at: &str) -> World {
    let lost = Fault { region: Some(region(AU)), from: Some(at.parse().unwrap()), ..Fault::of(FaultKind::ZoneLost) };
    let mut world = world(WorldConfig { faults: vec![lost], ..night() });
    prepare_v427(&mut world, AU);
    world
}

/// At rest and in a canary: one instance of two is left until SageMaker has made another.
#[test]
fn a_lost_zones_instances_are_made_again() {
    for (update, all) in [(false, 1), (true, 2)] {
        let mut world = losing_a_zone("03:05");
        if update {
            call(&mut world, AU, canary("fraud-v427-cfg", &[])).unwrap();
        }
        run_until(&mut world, "03:04:59");
        assert_eq!(instances(&mut world, AU), vec![[2, 2]; all]);
        run_until(&mut world, "03:07:59");
        assert_eq!(instances(&mut world, AU), vec![[1, 2]; all]);
        assert_eq!(instances(&mut world, JP), [[2, 2]]);
        run_until(&mut world, "03:08:01");
        assert_eq!(instances(&mut world, AU), vec![[2, 2]; all]);
        assert!(world.unmet_faults().is_empty());
    }
}

/// Blue's go with blue, and what green lost comes when green serves alone.
#[test]
fn what_a_zone_took_from_green_comes_after_the_update_too() {
    let mut world = losing_a_zone("03:17");
    call(&mut world, AU, canary("fraud-v427-cfg", &[])).unwrap();
    run_until(&mut world, "03:17:01");
    assert_eq!(instances(&mut world, AU).last(), Some(&[1, 2]));
    run_until(&mut world, "03:40:00");
    assert_eq!(instances(&mut world, AU), [[2, 2]]);
}
