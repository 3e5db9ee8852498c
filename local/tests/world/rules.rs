use crate::support::*;
use meridian_local::services::eventbridge::*;
use meridian_local::world::World;
use serde_json::{Value, json};

fn rules(world: &mut World, name: &str) -> Vec<Rule> {
    call(world, name, ListRules::default()).unwrap().rules
}

fn takes(world: &mut World, pattern: &str, event: &Value) -> Result<bool, String> {
    let test = TestEventPattern { event_pattern: pattern.to_owned(), event: event.to_string() };
    call(world, EU, test).map(|answer| answer.result).map_err(|error| error.code)
}

fn event() -> Value {
    json!({
        "version": "0", "id": "1", "detail-type": "Made up", "source": "made.up", "account": "111122223333",
        "time": "2026-11-20T03:00:00Z", "region": EU, "resources": [], "detail": { "a": "x" },
    })
}

#[test]
fn the_templates_rules_are_shown_with_what_they_call() {
    let mut world = world(night());
    let names: Vec<String> = rules(&mut world, JP).into_iter().map(|own| own.name).collect();
    let short = ["replication-manifest", "replication-sweep", "rollback-alarm", "rollback-endpoint", "rollback-sweep"];
    assert_eq!(names, short.map(|own| format!("meridian-fraud-{own}")));
    let ask = DescribeRule { name: names[2].clone(), event_bus_name: Some("default".to_owned()) };
    let alarm = call(&mut world, JP, ask).unwrap();
    assert_eq!(alarm.created_by, "111122223333");
    let pattern: Value = serde_json::from_str(alarm.rule.event_pattern.as_deref().unwrap()).unwrap();
    let arn = |alarm: &str| format!("arn:aws:cloudwatch:ap-northeast-1:111122223333:alarm:fraud-{alarm}");
    assert_eq!(pattern["resources"], json!([arn("rollback"), arn("endpoint-4xx")]));
    assert_eq!((alarm.rule.state.as_str(), alarm.rule.schedule_expression), ("ENABLED", None));
    let sweep = call(&mut world, JP, DescribeRule { name: names[4].clone(), event_bus_name: None }).unwrap().rule;
    assert_eq!((sweep.schedule_expression.as_deref(), sweep.event_pattern), (Some("rate(5 minutes)"), None));
    assert!(sweep.description.unwrap().contains("never a rollback"));
    let ask = ListTargetsByRule { rule: names[4].clone(), ..ListTargetsByRule::default() };
    let targets = call(&mut world, JP, ask).unwrap().targets;
    assert_eq!(targets.len(), 1);
    assert!(targets[0].arn.ends_with(":function:meridian-fraud-rollback"), "{targets:?}");
    assert!(targets[0].dead_letter_config.as_ref().unwrap().arn.contains(":sqs:ap-northeast-1:"), "{targets:?}");
    let ask = ListRuleNamesByTarget { target_arn: targets[0].arn.clone(), ..ListRuleNamesByTarget::default() };
    assert_eq!(call(&mut world, JP, ask).unwrap().rule_names, names[2..]);
}

#[test]
fn rules_come_in_pages_and_by_the_beginning_of_their_names() {
    let mut world = world(night());
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let ask = ListRules { limit: Some(2), next_token: token, ..ListRules::default() };
        let page = call(&mut world, EU, ask).unwrap();
        seen.push(page.rules.len());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, [2, 2, 1]);
    let ask = ListRules { name_prefix: Some("meridian-fraud-rollback".to_owned()), ..ListRules::default() };
    assert_eq!(call(&mut world, EU, ask).unwrap().rules.len(), 3);
    for bad in [
        ListRules { limit: Some(0), ..ListRules::default() },
        ListRules { next_token: Some("strange".to_owned()), ..ListRules::default() },
    ] {
        assert_eq!(call(&mut world, EU, bad).unwrap_err().code, "ValidationException");
    }
}

#[test]
fn a_rule_or_a_bus_that_is_not_there_is_not_found() {
    let mut world = world(night());
    let not_found = |error: meridian_local::services::ApiError| assert_eq!(error.code, "ResourceNotFoundException");
    let (none, bus) = ("none".to_owned(), Some("none".to_owned()));
    not_found(call(&mut world, EU, DescribeRule { name: none.clone(), event_bus_name: None }).unwrap_err());
    let ask = ListTargetsByRule { rule: none.clone(), ..ListTargetsByRule::default() };
    not_found(call(&mut world, EU, ask).unwrap_err());
    not_found(call(&mut world, EU, DescribeRule { name: none, event_bus_name: bus.clone() }).unwrap_err());
    not_found(call(&mut world, EU, ListRules { event_bus_name: bus, ..ListRules::default() }).unwrap_err());
    let nameless = call(&mut world, EU, DescribeRule::default()).unwrap_err();
    assert_eq!(nameless.code, "ValidationException");
}

/// What a guest is told of a pattern is what wakes a function.
#[test]
fn a_pattern_matches_the_events_that_invoked_a_function() {
    let mut config = night();
    config.behaviours = vec![toml::from_str("release = \"v426\"\nerrors_5xx = 0.5\nregion = \"eu-west-1\"").unwrap()];
    let mut world = world(config);
    run_until(&mut world, "03:01:07");
    let woken: Vec<String> =
        world.take_invocations().iter().filter_map(|own| own.payload["id"].as_str().map(str::to_owned)).collect();
    let own = rules(&mut world, EU);
    let patterns: Vec<String> = own.into_iter().filter_map(|rule| rule.event_pattern).collect();
    let events: Vec<Value> =
        world.bus().iter().filter(|own| own.region.as_str() == EU).map(|own| own.event.clone()).collect();
    let mut taken = 0;
    for event in events {
        let by_a_rule = patterns.iter().any(|pattern| takes(&mut world, pattern, &event).unwrap());
        assert_eq!(by_a_rule, woken.iter().any(|id| event["id"] == **id), "{event}");
        taken += usize::from(by_a_rule);
    }
    assert_eq!(taken, 1, "the composite alarm's");
}

#[test]
fn bad_patterns_and_bad_events_are_refused_by_name() {
    let mut world = world(night());
    assert_eq!(takes(&mut world, r#"{"source": ["made.up"]}"#, &event()), Ok(true));
    for pattern in ["", "{", "[]", "{}", r#"{"source": "made.up"}"#, r#"{"source": [{"wildcard": "*"}]}"#] {
        let refused = takes(&mut world, pattern, &event());
        assert_eq!(refused, Err("InvalidEventPatternException".to_owned()), "{pattern}");
    }
    for member in ["id", "account", "source", "time", "region", "detail-type"] {
        let mut event = event();
        event.as_object_mut().unwrap().remove(member);
        let refused = takes(&mut world, r#"{"source": ["made.up"]}"#, &event);
        assert_eq!(refused, Err("ValidationException".to_owned()), "{member}");
    }
    let mut bare = event();
    bare.as_object_mut().unwrap().remove("resources");
    assert_eq!(takes(&mut world, r#"{"source": ["made.up"]}"#, &bare), Ok(true));
    let long = format!(r#"{{"source": ["{}"]}}"#, "x".repeat(4096));
    assert_eq!(takes(&mut world, &long, &event()), Err("ValidationException".to_owned()));
}
