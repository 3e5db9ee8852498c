use crate::support::*;
use crate::traffic::read_of;
use jiff::SignedDuration;
use meridian_handlers::context::FunctionKind;
use meridian_local::world::{Dns, InvocationEnd, World, WorldConfig};
use serde_json::json;
use std::collections::BTreeMap;

/// JP's front answers nothing good from the start: three checks, 30 s apart, take it out of DNS at 03:01:30.
fn without_tokyo(dns: Option<Dns>) -> World {
    let mut world = world(WorldConfig { health_checks: true, dns, ..night() });
    for _ in 0..14 {
        run_for(&mut world, 30);
        for own in world.take_invocations().iter().filter(|own| own.function == FunctionKind::Status) {
            let status = if own.region == region(JP) { 503 } else { 200 };
            world.invocation_ended(own.id, InvocationEnd::Answered(json!({ "statusCode": status })));
        }
    }
    world
}

#[test]
fn a_region_out_of_dns_loads_its_neighbour_a_ttl_later() {
    let next = BTreeMap::from([(region(JP), vec![region(AU), region(EU)])]);
    let ttl = SignedDuration::from_secs(60);
    let (mut led, mut alone) = (without_tokyo(Some(Dns { ttl, next })), without_tokyo(None));
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
    let led = |ttl: i64, next: &[&str]| {
        let next = BTreeMap::from([(region(JP), next.iter().map(|name| region(name)).collect())]);
        without_tokyo(Some(Dns { ttl: SignedDuration::from_secs(ttl), next }))
    };
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
