//! Active, standby and joining regions; canary, linear, rolling and all at once; zones: what each of them may do.

use crate::night::{AU, BR, EU, JP, Night, actor, name, release, said, version};
use crate::plans::Says;
use crate::problems::{GOOD, is_malformed, minutes};
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Bake, Finish, Next, Plan};
use meridian_domain::reason::{Gate, Lagging, Proceed, Wait};
use meridian_domain::{
    Decision, EndpointStatus, Fleet, FleetError, FleetProblem, Invariant, Kind, Record, RegionProblem, Routing, Style,
    VariantPhase, Zone, audit,
};

/// The repository's fleet, with these lines added to regions.
fn with(regions: &[(&str, &str)]) -> String {
    regions.iter().fold(GOOD.to_owned(), |text, (region, lines)| {
        let name = format!("name = \"{region}\"");
        assert!(text.contains(&name));
        text.replacen(&name, &format!("{name}\n{lines}"), 1)
    })
}

fn fleet(regions: &[(&str, &str)]) -> Fleet {
    Fleet::parse(&with(regions)).unwrap()
}

fn refused(regions: &[(&str, &str)]) -> FleetError {
    Fleet::parse(&with(regions)).unwrap_err()
}

const STANDBY: &str = "kind = \"warm-standby\"";
const JOINING: &str = "kind = \"joining\"";

fn standby(confirmed: &[&str]) -> Night {
    Night { fleet: fleet(&[(BR, STANDBY)]), ..Night::confirmed_in(confirmed) }
}

#[test]
fn a_region_is_active_and_goes_by_canary_where_it_says_nothing() {
    let fleet = Fleet::parse(GOOD).unwrap();
    assert!(
        fleet.regions.iter().all(|own| (own.kind, own.style) == (Kind::Active, Style::Canary) && own.zone.is_none())
    );
    let night = standby(&[]);
    assert_eq!((night.region(BR).kind, night.region(BR).style), (Kind::WarmStandby, Style::AllAtOnce));
}

/// What is impossible, on its line.
#[test]
fn a_kind_and_a_style_that_do_not_go_together_are_refused() {
    use RegionProblem as Problem;
    let (eu, au, br) = (|| name(EU), || name(AU), || name(BR));
    let rolling = Style::Rolling { batch: 50 };
    let line_of = |text: &str, line: &str| text.lines().position(|own| own.contains(line)).map(|at| at + 1);
    for (regions, problem, line) in [
        (
            &[(AU, "style = \"all-at-once\"")][..],
            Problem::NoCanary { region: au(), style: Style::AllAtOnce },
            "all-at-once",
        ),
        (&[(AU, "style = \"rolling\"\nbatch = 50")], Problem::NoCanary { region: au(), style: rolling }, "rolling"),
        (
            &[(BR, "kind = \"warm-standby\"\nstyle = \"canary\"")],
            Problem::NoEvidence { region: br(), style: Style::Canary },
            "\"canary\"",
        ),
        (
            &[(BR, "kind = \"joining\"\nstyle = \"linear\"\nstep = 50")],
            Problem::NoEvidence { region: br(), style: Style::Linear { step: 50 } },
            "linear",
        ),
        (&[(AU, "style = \"linear\"")], Problem::NoShare { field: "step", least: 10 }, "name = \"ap-southeast-2\""),
        (&[(AU, "style = \"linear\"\nstep = 9")], Problem::Share { field: "step", least: 10 }, "step = 9"),
        (
            &[(BR, "kind = \"warm-standby\"\nstyle = \"rolling\"\nbatch = 51")],
            Problem::Share { field: "batch", least: 5 },
            "batch = 51",
        ),
        (&[(AU, "step = 20")], Problem::StrayStep { region: au(), style: Style::Canary }, "step = 20"),
        (&[(AU, "batch = 20")], Problem::StrayBatch { region: au(), style: Style::Canary }, "batch = 20"),
        (&[(AU, "style = \"blue\"")], Problem::UnknownStyle("blue".to_owned()), "\"blue\""),
        (&[(EU, STANDBY)], Problem::ActiveListedLate { region: au(), after: eu() }, "name = \"ap-southeast-2\""),
        (&[(EU, STANDBY), (AU, STANDBY), (JP, STANDBY), (BR, JOINING)], Problem::NoneActive, "name = \"eu-west-1\""),
        (&[(AU, "zone = \"EU!\"")], Problem::ZoneName("EU!".to_owned()), "EU!"),
        (&[(AU, "zone = \"apac\"")], Problem::ZoneOfSome { region: au(), first: eu() }, "name = \"ap-southeast-2\""),
    ] {
        let expected = FleetError { line: line_of(&with(regions), line), problem: problem.into() };
        assert_eq!(refused(regions), expected, "{regions:?}");
    }
    let passive = [(AU, "kind = \"passive\"")];
    let error = refused(&passive);
    assert!(is_malformed(&error.problem, "region.kind"), "{error}");
    assert_eq!(error.line, line_of(&with(&passive), "passive"), "{error}");
    // Nine waits of thirteen minutes.
    let linear = with(&[(EU, "style = \"linear\"\nstep = 10")]);
    let error = Fleet::parse(&linear.replacen("max_execution = \"2h\"", "max_execution = \"90m\"", 1)).unwrap_err();
    let (style, bake, longest) = (Style::Linear { step: 10 }, minutes(13), minutes(90));
    assert_eq!(error.problem, FleetProblem::Region(Problem::TooManyWaits { region: eu(), style, bake, longest }));
}

/// Dublin's 600 requests a second and Sao Paulo's 100, 250 an instance: three.
#[test]
fn a_hot_standby_always_has_the_largest_regions_instances_beside_its_own() {
    let hot = "kind = \"hot-standby\"";
    let with = |region: &str| {
        with(&[(BR, region)]).replacen("instances = 2\nmost_instances = 6\nalarm", "most_instances = 6\nalarm", 1)
    };
    let refused = |text: &str| Fleet::parse(text).unwrap_err().problem;
    let few = |least| {
        let (region, largest) = (name(BR), name(EU));
        FleetProblem::Region(RegionProblem::HotWithTooFew { region, least, needed: 3, largest })
    };
    assert_eq!(refused(&with(&format!("{hot}\ninstances = 2"))), few(2));
    let enough = with(&format!("{hot}\ninstances = 3"));
    let fleet = Fleet::parse(&enough).unwrap();
    assert_eq!((fleet.regions[3].kind, fleet.regions[3].kind.word()), (Kind::HotStandby, "hot-standby"));
    assert_eq!(refused(&with(&format!("{hot}\ninstances = 3\nnight_instances = 2"))), few(2), "by night too");
    // Without [scaling] nobody knows what an instance serves.
    let (head, rest) = enough.split_once("[scaling]").unwrap();
    let (_, rest) = rest.split_once("[judge]").unwrap();
    let strip = |line: &&str| !line.starts_with("most_instances") && !line.starts_with("night_instances");
    let unscaled = format!("{head}[judge]{rest}").lines().filter(strip).collect::<Vec<_>>().join("\n");
    assert_eq!(refused(&unscaled), FleetProblem::Region(RegionProblem::HotWithoutScaling(name(BR))));
}

/// Two other regions look at each, so many times that it comes to an end; and regions that move home need a deputy to move it to.
#[test]
fn what_regions_decide_among_themselves_needs_the_regions_for_it() {
    let threshold = |looks: u32, text: &str| {
        let text = text.replacen("takeover = \"ask\"", &format!("failover_threshold = {looks}"), 1);
        Fleet::parse(&text).map_err(|error| error.problem)
    };
    let stands_by = with(&[(BR, STANDBY)]);
    let fleet = threshold(3, &stands_by).unwrap();
    assert_eq!(fleet.stand_in().map(|(region, looks)| (region.name.clone(), looks)), Some((name(BR), 3)));
    for (looks, text) in [(0, &stands_by), (13, &stands_by), (3, &GOOD.to_owned()), (3, &with(&[(BR, JOINING)]))] {
        assert_eq!(threshold(looks, text), Err(FleetProblem::FailoverThreshold), "{looks}");
    }
    assert!(Fleet::parse(&stands_by).unwrap().stand_in().is_none());
    let auto = GOOD.replacen("takeover = \"ask\"", "takeover = \"auto\"", 1);
    assert!(Fleet::parse(&auto).is_ok());
    let alone = auto.replacen("deputies = [\"ap-northeast-1\"]", "deputies = []", 1);
    assert_eq!(Fleet::parse(&alone).unwrap_err().problem, FleetProblem::Takeover(4));
}

/// Golden records are held-out customers' payloads and go to every region: over a zone's border only where the fleet's
/// people say that they may.
#[test]
fn two_zones_need_golden_records_that_may_leave_them() {
    let zones = [(EU, "zone = \"eu\""), (AU, "zone = \"apac\""), (JP, "zone = \"apac\""), (BR, "zone = \"latam\"")];
    let error = refused(&zones);
    assert_eq!(error.problem, FleetProblem::Region(RegionProblem::GoldenRecordsLeaveZone(name(AU))));
    let text = with(&zones).replacen("order = ", "golden_records = \"may-leave-zone\"\norder = ", 1);
    let fleet = Fleet::parse(&text).unwrap();
    assert_eq!(fleet.regions[1].zone.as_ref().map(Zone::as_str), Some("apac"));
    let one = [EU, AU, JP, BR].map(|region| (region, "zone = \"one\""));
    assert!(Fleet::parse(&with(&one)).is_ok(), "one zone needs no such word");
}

#[test]
fn each_style_asks_sagemaker_for_its_own_routing() {
    let bake = SignedDuration::from_mins(9);
    for (lines, routing) in [
        ("", Routing::Canary { instances: 2, bake }),
        ("style = \"linear\"\nstep = 25", Routing::Linear { instances: 2, wait: bake }),
        (STANDBY, Routing::AllAtOnceWatched { bake }),
        ("kind = \"warm-standby\"\nstyle = \"rolling\"\nbatch = 50", Routing::Rolling { batch: 50, wait: bake }),
    ] {
        let night = Night { fleet: fleet(&[(BR, lines)]), ..Night::new() };
        let spec =
            night.target(BR, "v427").update_spec(&night.fleet, &night.region(BR), Bake::usual(&night.region(BR)), 4);
        assert_eq!(spec.routing, routing);
        // Whatever the style, an update without guards is none.
        assert_eq!(spec.rollback_alarms.len(), 5);
    }
}

/// BR's update is taken; its instances come.
fn provisioning(mut night: Night) -> Night {
    night.starts(BR);
    night.new_call();
    night
}

/// Golden records, answered right, prove the release in BR.
fn is_proved(night: &mut Night) {
    night.asked(BR, Some(10));
    assert_eq!(night.next_after(BR, &[Act::Disarm, Act::Scale]).finish(), Some(Finish::Done));
    assert!(night.history(BR).serves(&release("v427")));
}

#[test]
fn a_standby_uses_the_actives_evidence_and_is_proved() {
    let mut night = provisioning(standby(&[EU, AU, JP]));
    night.pass("30s");
    // There is nothing to look at.
    assert!(night.next_after(BR, &[Act::Beat]).waits());
    let update = night.history(BR).update.as_ref().unwrap();
    let (decision, why) = update.decision.as_ref().unwrap();
    assert_eq!(*decision, Decision::Proceed);
    assert_eq!(*why, Proceed::RelyOn([EU, AU, JP].map(name).into()).into());
    night.new_call();
    night.pass("4m");
    night.phase(BR, VariantPhase::Baking);
    assert!(night.next_after(BR, &[Act::Beat]).does(Act::AskGolden));
    is_proved(&mut night);
}

/// I11: its update is found running after the hub's chain was away for longer than a lease.
#[test]
fn a_standby_proceeds_by_who_holds_the_lease() {
    let mut night = provisioning(standby(&[EU, AU, JP]));
    night.pass("11m");
    let plan = night.plan(BR);
    let Next::TakeLease { epoch, until } = plan.next else { panic!("{plan:?}") };
    night.hub(Record::LeaseTaken { epoch, until });
    let plan = night.plan(BR);
    let decided = |record: &Record| matches!(record, Record::Decided { decision: Decision::Proceed, .. });
    assert!(matches!(&plan.next, Next::TellRegion(_, record) if decided(record)), "{plan:?}");
}

/// Its traffic moves whatever anybody sees: what is decided about it does not wait for a control plane that does not answer.
#[test]
fn a_standby_is_decided_although_its_endpoint_cannot_be_seen() {
    let mut night = provisioning(standby(&[EU, AU, JP]));
    night.dark(BR);
    night.next(BR);
    assert!(night.history(BR).update.as_ref().unwrap().is_decided(Decision::Proceed), "{:?}", night.history(BR).update);
}

/// I4 for those who show no evidence too. Its traffic may still be moving, or already back for a guard's sake: policy's patience begins
/// with the phase that SageMaker shows, however long ago the update was asked for.
#[test]
fn a_standby_that_answers_wrong_rolls_back() {
    let mut night = provisioning(standby(&[EU, AU, JP]));
    night.pass("4m");
    night.phase(BR, VariantPhase::Baking);
    assert!(night.next_after(BR, &[Act::Beat]).does(Act::AskGolden));
    night.asked(BR, Some(9));
    assert!(night.next(BR).waits());
    night.new_call();
    night.now += night.fleet.wave.region_patience;
    assert!(night.next_after(BR, &[Act::Beat]).does(Act::AskGolden));
    night.asked(BR, Some(9));
    assert!(night.next(BR).does(Act::Trip));
    // And at every look after that.
    night.new_call();
    night.pass("30s");
    assert!(night.next(BR).does(Act::Trip));
    assert!(!night.history(BR).serves(&release("v427")));
}

#[test]
fn a_rolling_standby_is_proved_once_every_batch_is_in_service() {
    let lines = "kind = \"warm-standby\"\nstyle = \"rolling\"\nbatch = 50";
    let mut night = provisioning(Night { fleet: fleet(&[(BR, lines)]), ..Night::confirmed_in(&[EU, AU, JP]) });
    night.pass("4m");
    // Between two batches: some instances are old.
    night.phase(BR, VariantPhase::Baking);
    assert!(night.next_after(BR, &[Act::Beat]).waits());
    night.new_call();
    night.pass("10m");
    night.in_service(BR, "v427");
    assert!(night.next(BR).does(Act::AskGolden));
    is_proved(&mut night);
}

#[test]
fn a_standby_without_an_actives_evidence_does_not_start() {
    let mut night = standby(&[]);
    for region in [EU, AU, JP] {
        night.deferred(region, "v427");
    }
    let plan = night.next(BR);
    assert!(plan.waits(), "{plan:?}");
    let gate = Gate::NoEvidence { version: version("v427") };
    assert_eq!(plan.why, Wait::Gate { region: None, gate }.into());
    night.pass("4m");
    assert_eq!(night.refused(BR).finish(), Some(Finish::Deferred));
}

#[test]
fn a_stopped_wave_rolls_a_standby_back() {
    let mut night = provisioning(standby(&[EU, AU, JP]));
    night.pass("30s");
    night.next(BR);
    assert!(night.history(BR).update.as_ref().unwrap().is_decided(Decision::Proceed));
    night.tell(AU, Record::Halted { why: said("its alarm") });
    night.pass("30s");
    assert!(night.next(BR).does(Act::Trip));
}

#[test]
fn a_region_that_joins_holds_up_nobody() {
    let text = with(&[(JP, JOINING), (BR, STANDBY)]);
    let mut night = Night { fleet: Fleet::parse(&text).unwrap(), ..Night::confirmed_in(&[EU, AU]) };
    // It lags, and the standby after it starts all the same.
    night.starts(BR);
    let mut night = Night { fleet: Fleet::parse(&text).unwrap(), ..Night::confirmed_in(&[EU, AU, BR]) };
    let end = night.next_of_verify();
    assert_eq!(end.finish(), Some(Finish::Done));
    assert_eq!(end.lagging(), [(name(JP), Lagging::NamesConfig { config: night.target(JP, "v426").config })]);
}

/// I9 by the audit's own look: nobody proceeds without a judgement, unless it has no canary and an active's evidence stands.
#[test]
fn the_audit_lets_nobody_ride_without_evidence() {
    let proceed = |region: &str| {
        let (execution, decision) = (actor("wave-1"), Decision::Proceed);
        let record = Record::Decided { execution, decision, why: said(""), judgement: None, cause: None };
        Plan { next: Next::TellRegion(name(region), record), why: said("") }
    };
    let refused = |night: &Night, region: &str| {
        let notes = audit(&night.fleet, &night.sight, &proceed(region), night.now);
        notes.iter().any(|note| note.invariant() == Invariant::I9)
    };
    assert!(!refused(&standby(&[EU]), BR));
    assert!(refused(&standby(&[]), BR));
    assert!(refused(&standby(&[EU]), AU), "an active has a canary of its own");
}

/// The first step is the canary: decided before the second, watched until the last.
#[test]
fn a_linear_shift_is_decided_first_and_proved_last() {
    let linear = fleet(&[(AU, "style = \"linear\"\nstep = 25")]);
    let mut night = Night { fleet: linear, ..Night::baking(AU) };
    night.passes(AU);
    let (second, bake) = (night.canary_ends(AU), night.region(AU).bake);
    night.phase(AU, VariantPhase::Baking);
    let last = second + bake * 2;
    // The second and the third step: some traffic is on blue, and golden records would say so.
    for at in [second, second + bake, last - SignedDuration::from_secs(1)] {
        night.now = at;
        assert!(night.next_after(AU, &[Act::Beat]).waits(), "{at}");
        night.new_call();
    }
    night.now = last;
    assert!(night.next_after(AU, &[Act::Beat]).does(Act::AskGolden));
    night.asked(AU, Some(10));
    night.next_after(AU, &[Act::Disarm]);
    assert!(night.history(AU).serves(&release("v427")));
}

#[test]
fn an_endpoint_in_an_unknown_state_is_nobodys_evidence() {
    let mut night = provisioning(standby(&[EU, AU, JP]));
    night.next(BR);
    night.new_call();
    night.status(BR, EndpointStatus::UpdateRollbackFailed);
    night.pass("4m");
    assert_eq!(night.refused(BR).finish(), Some(Finish::Deferred));
    assert!(!night.history(BR).serves(&release("v427")));
}
