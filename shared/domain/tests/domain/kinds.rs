//! Active, standby and joining regions; canary, linear, rolling and all at once; zones: what each of them may do.

use crate::night::{AU, BR, EU, JP, Night, actor, name, release, said, version};
use crate::problems::{GOOD, is_malformed, minutes};
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Bake, Finish, Next, Plan};
use meridian_domain::reason::{Gate, Lagging, Proceed, Wait};
use meridian_domain::{
    Decision, EndpointStatus, Fleet, FleetError, FleetProblem, Invariant, Kind, Record, RegionProblem, Routing, Seen,
    Style, VariantPhase, Zone, audit,
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

const STANDBY: &str = "kind = \"standby\"";
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
    assert_eq!((night.region(BR).kind, night.region(BR).style), (Kind::Standby, Style::AllAtOnce));
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
            &[(BR, "kind = \"standby\"\nstyle = \"canary\"")],
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
            &[(BR, "kind = \"standby\"\nstyle = \"rolling\"\nbatch = 51")],
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
    assert!(is_malformed(&error.problem, "region.kind", "unknown variant `passive`"), "{error}");
    assert_eq!(error.line, line_of(&with(&passive), "passive"), "{error}");
    // Nine waits of thirteen minutes.
    let linear = with(&[(EU, "style = \"linear\"\nstep = 10")]);
    let error = Fleet::parse(&linear.replacen("max_execution = \"2h\"", "max_execution = \"90m\"", 1)).unwrap_err();
    let (style, bake, longest) = (Style::Linear { step: 10 }, minutes(13), minutes(90));
    assert_eq!(error.problem, FleetProblem::Region(Problem::TooManyWaits { region: eu(), style, bake, longest }));
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
        ("kind = \"standby\"\nstyle = \"rolling\"\nbatch = 50", Routing::Rolling { batch: 50, wait: bake }),
    ] {
        let night = Night { fleet: fleet(&[(BR, lines)]), ..Night::new() };
        let spec =
            night.target(BR, "v427").update_spec(&night.fleet, &night.region(BR), Bake::usual(&night.region(BR)), 4);
        assert_eq!(spec.routing, routing);
        // Whatever the style, an update without guards is none.
        assert_eq!(spec.rollback_alarms.len(), 5);
    }
}

#[test]
fn a_standby_uses_the_actives_evidence_and_is_proved() {
    let mut night = standby(&[EU, AU, JP]);
    assert!(night.call(BR).did(Act::Update));
    night.pass("30s");
    let call = night.call(BR);
    assert!(!call.did(Act::Look));
    let update = night.history(BR).update.as_ref().unwrap();
    let (decision, why) = update.decision.as_ref().unwrap();
    assert_eq!(*decision, Decision::Proceed);
    assert_eq!(*why, Proceed::RelyOn([EU, AU, JP].map(name).into()).into());
    night.pass("4m");
    night.phase(BR, VariantPhase::Baking);
    let call = night.call(BR);
    assert!(call.did(Act::AskGolden));
    assert_eq!(call.finish(), Some(Finish::Done));
    assert!(night.history(BR).serves(&release("v427")));
}

/// I11: its update is found running after the hub's chain was away for longer than a lease.
#[test]
fn a_standby_proceeds_by_who_holds_the_lease() {
    let mut night = standby(&[EU, AU, JP]);
    night.call_until(BR, |night| night.history(BR).update.as_ref().is_some_and(|update| update.started));
    night.pass("11m");
    night.phase(BR, VariantPhase::Creating);
    let call = night.call(BR);
    let at = |is: fn(&Next) -> bool| call.plans.iter().position(|plan| is(&plan.next));
    let taken = at(|next| matches!(next, Next::TakeLease { .. }));
    let decided = at(|next| matches!(next, Next::TellRegion(_, Record::Decided { decision: Decision::Proceed, .. })));
    assert!(taken.is_some() && taken < decided, "{:?}", call.plans);
}

/// Its traffic moves whatever anybody sees: what is decided about it does not wait for a control plane that does not answer.
#[test]
fn a_standby_is_decided_although_its_endpoint_cannot_be_seen() {
    let mut night = standby(&[EU, AU, JP]);
    night.call_until(BR, |night| night.history(BR).update.as_ref().is_some_and(|update| update.started));
    night.dark(BR);
    night.call(BR);
    assert!(night.history(BR).update.as_ref().unwrap().is_decided(Decision::Proceed), "{:?}", night.history(BR).update);
}

/// I4 for those who show no evidence too.
#[test]
fn a_standby_that_answers_wrong_rolls_back() {
    let mut night = standby(&[EU, AU, JP]);
    night.call(BR);
    night.pass("4m");
    night.phase(BR, VariantPhase::Baking);
    night.right = Some(9);
    night.call(BR);
    night.pass("30s");
    assert!(night.call(BR).did(Act::Trip));
    assert!(!night.history(BR).serves(&release("v427")));
}

#[test]
fn a_rolling_standby_is_proved_once_every_batch_is_in_service() {
    let lines = "kind = \"standby\"\nstyle = \"rolling\"\nbatch = 50";
    let mut night = Night { fleet: fleet(&[(BR, lines)]), ..Night::confirmed_in(&[EU, AU, JP]) };
    night.call(BR);
    night.pass("4m");
    // Between two batches: some instances are old.
    night.phase(BR, VariantPhase::Baking);
    let call = night.call(BR);
    assert!(!call.did(Act::AskGolden) && matches!(call.last().next, Next::Wait), "{:?}", call.last());
    night.pass("10m");
    night.in_service(BR, "v427");
    let call = night.call(BR);
    assert!(call.did(Act::AskGolden));
    assert_eq!(call.finish(), Some(Finish::Done));
}

#[test]
fn a_standby_without_an_actives_evidence_does_not_start() {
    let mut night = standby(&[]);
    for region in [EU, AU, JP] {
        let (region, execution, why) = (name(region), actor("wave-1"), said("dark"));
        night.hub(Record::Deferred { region, execution, release: release("v427"), why, paged: false });
    }
    let call = night.call(BR);
    assert!(!call.did(Act::Prepare));
    let gate = Gate::NoEvidence { version: version("v427") };
    assert_eq!(call.last().why, Wait::Gate { region: None, gate }.into());
    night.pass("4m");
    assert_eq!(night.call(BR).finish(), Some(Finish::Deferred));
}

#[test]
fn a_stopped_wave_rolls_a_standby_back() {
    let mut night = standby(&[EU, AU, JP]);
    night.call(BR);
    night.pass("30s");
    night.call(BR);
    night.tell(AU, Record::Halted { why: said("its alarm") });
    night.pass("30s");
    assert!(night.call(BR).did(Act::Trip));
}

#[test]
fn a_region_that_joins_holds_up_nobody() {
    let text = with(&[(JP, JOINING), (BR, STANDBY)]);
    let mut night = Night { fleet: Fleet::parse(&text).unwrap(), ..Night::confirmed_in(&[EU, AU]) };
    // It lags, and the standby after it starts all the same.
    assert!(night.call(BR).did(Act::Update));
    let mut night = Night { fleet: Fleet::parse(&text).unwrap(), ..Night::confirmed_in(&[EU, AU, BR]) };
    let call = night.verify();
    assert_eq!((call.finish(), call.pages()), (Some(Finish::Done), 0));
    assert_eq!(call.lagging(), [(name(JP), Lagging::NamesConfig { config: night.target(JP, "v426").config })]);
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
    night.due(AU);
    night.call(AU);
    assert!(night.history(AU).update.as_ref().unwrap().is_decided(Decision::Proceed));
    night.now = night.canary_ends(AU);
    night.phase(AU, VariantPhase::Baking);
    for _ in 0..2 {
        // The second and the third step: some traffic is on blue, and golden records would say so.
        let call = night.call(AU);
        assert!(call.did(Act::Beat) && !call.did(Act::AskGolden) && matches!(call.last().next, Next::Wait));
        night.now += night.region(AU).bake;
    }
    assert!(night.call(AU).did(Act::AskGolden));
    assert!(night.history(AU).serves(&release("v427")));
}

#[test]
fn an_endpoint_in_an_unknown_state_is_nobodys_evidence() {
    let mut night = standby(&[EU, AU, JP]);
    night.call(BR);
    night.status(BR, EndpointStatus::UpdateRollbackFailed);
    night.pass("4m");
    let call = night.call(BR);
    assert!(call.finish().is_some() && !night.history(BR).serves(&release("v427")), "{:?}", call.last());
    assert!(matches!(night.sight.endpoints[&name(BR)], Seen::Known(Some(_))));
}
