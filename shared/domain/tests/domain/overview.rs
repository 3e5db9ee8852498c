//! The fleet on one screen: what needs a person, and what does not.

use crate::account::{Chains, OWN, WAVE, confirmed, decided, intended, reverted, started, target};
use crate::night::{self, BR, JP, actor, at, bytes_unknown, fleet, name, release, said, unseen, version};
use meridian_domain::failover::FailoverStep;
use meridian_domain::overview::{Need, Next, OpenPage, Overview, PageCause, RegionSeen, WaveStop, overview};
use meridian_domain::quarantine::Object;
use meridian_domain::reason::{Fault, RegionState, Return, Unseen, WaveEnd, WayBackReason};
use meridian_domain::{
    Chain, Decision, EndpointStatus, EndpointView, Entry, Epoch, Exposure, Fleet, Frozen, ProbationAction, Reason,
    Record, RegionName, Rule, Seen, WorseThanBefore,
};

/// JP in service on a release, with a quiet alarm.
fn jp<'a>(fleet: &'a Fleet, entries: Option<&'a [Entry]>, serves: &str) -> RegionSeen<'a> {
    let endpoint = EndpointView {
        status: EndpointStatus::InService,
        config: target(serves).config,
        instances: None,
        pending: None,
        failure: None,
    };
    let region = fleet.region(&name(JP)).unwrap();
    let (endpoint, alarm) = (Seen::Known(Some(endpoint)), Seen::Known(false));
    RegionSeen { region, is_home: false, entries, endpoint, alarm, frozen: None, paging: Vec::new() }
}

fn seen(chains: &Chains, serves: &str, time: &str) -> Overview {
    let fleet = fleet();
    overview(&fleet, Some(&chains.hub.1), &[jp(&fleet, Some(&chains.own.1), serves)], at(time))
}

fn wave_started() -> Record {
    Record::WaveStarted {
        release: release("v427"),
        version: version("v427"),
        execution: actor(WAVE),
        late: Vec::new(),
        order: None,
        resumes: None,
        policy: None,
    }
}

fn wave_ended(lagging: Vec<RegionName>) -> Record {
    night::wave_ended(release("v427"), actor(WAVE), lagging)
}

#[test]
fn a_fleet_at_rest_and_a_wave_on_its_way_need_nobody() {
    let mut chains = Chains::settled();
    assert_eq!(seen(&chains, "v427", "04:00:00").needs, []);
    chains.hub("03:00:20", WAVE, wave_started());
    let running = seen(&Chains::updating(), "v426", "03:12:00");
    assert_eq!(running.needs, []);
    let wave = seen(&chains, "v427", "04:00:00").wave.unwrap();
    assert_eq!((wave.version, wave.ended), (version("v427"), None));
    chains.hub("04:10:00", WAVE, wave_ended(vec![name(JP)]));
    assert_eq!(seen(&chains, "v427", "05:00:00").wave.unwrap().ended, Some((at("04:10:00"), vec![name(JP)])));
    // A person's rerun is an execution of its own, and the last word.
    let rerun = night::wave_ended(release("v427"), actor("wave-2"), Vec::new());
    chains.hub("04:50:00", "wave-2", rerun);
    let wave = seen(&chains, "v427", "05:00:00").wave.unwrap();
    assert_eq!((wave.execution, wave.ended), (actor("wave-2"), Some((at("04:50:00"), Vec::new()))));
}

#[test]
fn a_wave_on_its_way_names_whom_it_left_behind() {
    let mut chains = Chains::settled();
    let (region, execution, release) = (name(BR), actor(WAVE), release("v427"));
    let deferred = Record::Deferred { region, execution, release, why: said("year-end"), paged: false };
    chains.hub("03:00:20", WAVE, wave_started()).hub("03:40:00", WAVE, deferred);
    let left = |chains: &Chains| seen(chains, "v427", "04:00:00").wave.unwrap().left;
    assert_eq!(left(&chains), [(name(BR), said("year-end"))]);
    // Its end says it once more.
    chains.hub("03:50:00", WAVE, wave_ended(vec![name(BR)]));
    assert_eq!(left(&chains), []);
}

/// The false sentence of a page was "regions after JP never saw v427": the ledgers say who serves it.
#[test]
fn a_condemned_release_needs_a_person_while_it_may_be_met() {
    let mut chains = Chains::settled();
    let condemned = Record::Condemned { release: release("v427"), region: name(JP), why: said("5 % of 5xx") };
    chains.hub("03:00:20", WAVE, wave_started()).hub("04:50:00", WAVE, condemned);
    let told = seen(&chains, "v427", "05:00:00");
    let serves = Exposure::Serves { since: at("03:22:10"), back: Some(target("v426").config) };
    let exposed = vec![(name(JP), serves)];
    assert_eq!(told.needs, [Need::Condemned { version: version("v427"), exposed: exposed.clone() }]);
    assert_eq!((told.condemned[0].since, &told.condemned[0].exposed), (at("04:50:00"), &exposed));
    // It is leaving: nobody has to do that again.
    chains.own("05:01:00", OWN, intended("v426", None, OWN)).own("05:01:01", OWN, started(OWN));
    let told = seen(&chains, "v427", "05:02:00");
    assert_eq!((told.needs.as_slice(), &told.condemned[0].exposed[0].1), (&[][..], &Exposure::InUpdate));
    chains.own("05:09:00", OWN, reverted("v427", "v426"));
    assert_eq!(seen(&chains, "v426", "05:10:00").condemned[0].exposed, []);
}

#[test]
fn what_cannot_be_read_is_named_and_never_taken_for_fine() {
    let fleet = fleet();
    let chains = Chains::settled();
    let told = overview(&fleet, None, &[jp(&fleet, None, "v427")], at("04:00:00"));
    let [own, home] = [Chain::Region(name(JP)), Chain::Home].map(|chain| Need::Ledger { chain });
    assert_eq!((told.needs, told.wave), (vec![own, home], None));
    let mut dark = jp(&fleet, Some(&chains.own.1), "v427");
    (dark.endpoint, dark.alarm) = (Seen::Unknown(unseen()), Seen::Unknown(unseen()));
    let told = overview(&fleet, Some(&chains.hub.1), &[dark], at("04:00:00"));
    let alarm = Need::AlarmUnseen { region: name(JP), why: unseen() };
    assert_eq!(told.needs, [Need::EndpointUnseen { region: name(JP) }, alarm]);
    assert_eq!((told.regions[0].status, told.regions[0].alarm), (None, None));
    // Without its ledger nothing says whether it rolls back.
    let mut rings = jp(&fleet, None, "v427");
    rings.alarm = Seen::Known(true);
    let told = overview(&fleet, Some(&chains.hub.1), &[rings], at("04:00:00"));
    assert_eq!(told.needs[0], Need::Alarm { region: name(JP), ledger_known: false });
}

/// A region without its alarm does not roll back by itself, and one without its endpoint serves nobody.
#[test]
fn an_alarm_or_endpoint_that_is_gone_needs_a_person() {
    let (fleet, chains) = (fleet(), Chains::settled());
    let why = Unseen::NoAlarm { alarm: "fraud-rollback".to_owned() };
    let mut gone = jp(&fleet, Some(&chains.own.1), "v427");
    (gone.endpoint, gone.alarm) = (Seen::Known(None), Seen::Unknown(why.clone()));
    let told = overview(&fleet, Some(&chains.hub.1), &[gone], at("04:00:00"));
    let endpoint = Need::EndpointGone { region: name(JP), config: target("v427").config };
    assert_eq!(told.needs, [endpoint, Need::AlarmUnseen { region: name(JP), why }]);
    // Before its first release a region has no endpoint.
    let chains = Chains::default();
    let mut empty = jp(&fleet, Some(&chains.own.1), "v427");
    empty.endpoint = Seen::Known(None);
    assert_eq!(overview(&fleet, Some(&chains.hub.1), &[empty], at("04:00:00")).needs, []);
}

/// CloudWatch pages for a lost event or a function that fails: the ledgers say nothing of it.
#[test]
fn an_alarm_that_pages_by_itself_needs_a_person() {
    let (fleet, chains) = (fleet(), Chains::settled());
    let mut lost = jp(&fleet, Some(&chains.own.1), "v427");
    let alarm = "meridian-fraud-dead-letters".to_owned();
    lost.paging = vec![alarm.clone()];
    let told = overview(&fleet, Some(&chains.hub.1), &[lost], at("04:00:00"));
    assert_eq!(told.needs, [Need::PagingAlarm { region: name(JP), alarm }]);
}

/// Probation found it worse and policy says `tell`: nobody but a person rolls it back.
#[test]
fn a_rollback_left_to_people_needs_one_while_it_serves() {
    let mut chains = Chains::settled();
    let today = meridian_judge::Tally { total: 340_000, bad: 512 };
    let metric = "5xx".parse().unwrap();
    let worse = WorseThanBefore { metric, today, expected: 170.0, tolerated: 1.3, days: 14 };
    let (target, action) = (target("v427"), ProbationAction::Tell);
    chains.own("05:00:00", OWN, Record::ProbationFound { region: name(JP), target, worse, action });
    let weigh = Need::WeighRollback { region: name(JP), version: version("v427") };
    assert!(seen(&chains, "v427", "05:10:00").needs.contains(&weigh));
    chains.own("05:20:00", OWN, reverted("v427", "v426"));
    assert!(!seen(&chains, "v426", "05:30:00").needs.contains(&weigh));
}

#[test]
fn the_most_urgent_need_comes_first() {
    let fleet = fleet();
    let mut chains = Chains::updating();
    let unknown = Record::BytesUnknown { execution: actor(OWN), why: bytes_unknown(), paged: None };
    chains.own("03:19:00", OWN, unknown).own("03:20:00", OWN, Record::Halted { why: said("unknown bytes") });
    chains.own("03:20:01", WAVE, decided(Decision::Revert));
    let mut broken = jp(&fleet, Some(&chains.own.1), "v426");
    broken.alarm = Seen::Known(true);
    if let Seen::Known(Some(view)) = &mut broken.endpoint {
        view.status = EndpointStatus::UpdateRollbackFailed;
    }
    let told = overview(&fleet, Some(&chains.hub.1), &[broken], at("03:30:00"));
    let kinds = told.needs.iter().map(|need| match need {
        Need::Endpoint { .. } => "endpoint",
        Need::UnknownRelease { .. } => "unknown",
        Need::Halt { .. } => "halt",
        _ => "other",
    });
    assert_eq!(kinds.collect::<Vec<_>>(), ["endpoint", "unknown", "halt"]);
}

/// In service on what the ledger does not say, with no update on record: bytes that nobody proved.
#[test]
fn an_endpoint_not_on_the_ledgers_configuration_needs_a_person() {
    let told = seen(&Chains::settled(), "v426", "04:00:00");
    let (config, expected) = (target("v426").config, target("v427").config);
    assert_eq!(told.needs, [Need::ForeignConfig { region: name(JP), config, expected }]);
}

/// Left behind with a page, which the hub's ledger keeps after the region answers again: nobody has to act, and it is listed.
#[test]
fn a_page_of_a_region_left_behind_is_open_until_it_catches_up() {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", WAVE, wave_started());
    let silent = Box::new(Fault::NoAnswer.into());
    let why = Reason::LeftBehind { why: silent, state: RegionState::Stays { version: version("v426") } };
    let deferred = Record::Deferred {
        region: name(JP),
        execution: actor(WAVE),
        release: release("v427"),
        why: why.clone(),
        paged: true,
    };
    chains.hub("03:51:00", WAVE, deferred).hub("04:10:00", WAVE, wave_ended(vec![name(JP)]));
    let told = seen(&chains, "v426", "05:00:00");
    let cause = PageCause::LeftBehind { version: version("v427"), why: Box::new(why) };
    assert_eq!((told.needs, told.pages), (vec![], vec![OpenPage { region: name(JP), since: at("03:51:00"), cause }]));
    assert_eq!(told.next, [Next::CatchUp { version: version("v427"), regions: vec![name(JP)] }, Next::Release]);
    chains.hub("04:50:00", "wave-2", wave_ended(vec![]));
    assert_eq!(seen(&chains, "v426", "05:00:00").pages, []);
}

/// Several control planes did not answer: the wave stopped, and its page is open until JP serves its release or a later one.
#[test]
fn a_page_of_a_waves_end_is_open_until_a_wave_serves() {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", WAVE, wave_started());
    let why = Box::new(Fault::NoAnswer.into());
    let end = WaveEnd::NotOn { region: name(JP), version: version("v427"), why };
    let page = Some(Box::new(end.clone()));
    let (execution, release, lagging) = (actor(WAVE), release("v427"), vec![name(JP)]);
    let cleared = Vec::new();
    chains.hub("03:51:00", WAVE, Record::WaveEnded { execution, release, lagging, page, cleared, again: false });
    let cause = PageCause::Ended(Box::new(end));
    let open = OpenPage { region: name(JP), since: at("03:51:00"), cause };
    assert_eq!(seen(&chains, "v426", "05:00:00").pages, [open]);
    chains.hub("04:50:00", "wave-2", wave_ended(vec![]));
    assert_eq!(seen(&chains, "v426", "05:00:00").pages, []);
}

/// The page of a region's own rollback is open while its halt holds, and is owed until it went out; a person's halt is no page.
#[test]
fn a_halts_page_is_open_while_the_halt_holds() {
    let mut chains = Chains::settled();
    let (region, from, to) = (name(JP), Some(version("v427")), version("v426"));
    let told = Return::RollsBackFrom { region, from, to, why: WayBackReason::Undecided };
    chains.own("04:00:00", OWN, Record::Halted { why: told.clone().into() });
    let open = OpenPage { region: name(JP), since: at("04:00:00"), cause: PageCause::Told(Box::new(told)) };
    assert_eq!(seen(&chains, "v427", "04:10:00").pages, [open]);
    chains.own("04:20:00", "maria", Record::Lifted { why: "found".to_owned() });
    assert_eq!(seen(&chains, "v427", "04:30:00").pages, []);
    chains.own("04:40:00", "maria", Record::Halted { why: said("incident 4711") });
    let told = seen(&chains, "v427", "04:50:00");
    assert_eq!((told.pages, told.next), (vec![], vec![Next::Lift { chains: vec![Chain::Region(name(JP))] }]));
}

#[test]
fn next_in_a_wave_is_its_next_region_and_then_its_end() {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", WAVE, wave_started());
    let regions = vec![name(JP)];
    assert_eq!(seen(&chains, "v426", "03:05:00").next, [Next::Regions { version: version("v427"), regions }]);
    let mut chains = Chains::updating();
    chains.hub("03:10:20", WAVE, wave_started());
    assert_eq!(seen(&chains, "v426", "03:12:00").next, [Next::WaveEnds { version: version("v427") }]);
    assert_eq!(seen(&Chains::settled(), "v427", "04:00:00").next, [Next::Release]);
}

/// Nothing of a rejected release ever starts, and no entry ends its wave.
#[test]
fn a_rejected_releases_wave_is_not_said_to_go_on() {
    let mut chains = Chains::installed();
    let why = said("held-out AUC 0.8550");
    chains.hub("03:00:20", WAVE, wave_started());
    chains.hub("03:00:30", WAVE, Record::Rejected { release: release("v427"), why: why.clone() });
    let told = seen(&chains, "v426", "03:10:00");
    assert_eq!((told.needs, told.next), (vec![], vec![Next::Release]));
    assert_eq!(told.wave.unwrap().stopped, Some(WaveStop::Rejected { why: Box::new(why) }));
}

#[test]
fn a_barred_releases_wave_goes_on_to_no_region() {
    let (v427, why) = (release("v427"), "trained on leaked labels".to_owned());
    let quarantined = Record::Quarantined { object: Object::Release(v427), releases: vec![v427], why };
    let condemned = Record::Condemned { release: v427, region: name(JP), why: said("5 % of 5xx") };
    for record in [quarantined, condemned] {
        let mut chains = Chains::installed();
        chains.hub("03:00:20", WAVE, wave_started()).hub("03:05:00", WAVE, record);
        let told = seen(&chains, "v426", "03:06:00");
        assert_eq!(told.next, [Next::WaveEnds { version: version("v427") }]);
        assert!(matches!(told.wave.unwrap().stopped, Some(WaveStop::Barred(_))));
    }
}

/// The ledger does not say when the old instances are gone: SageMaker does. A first release leaves none.
#[test]
fn an_update_is_not_in_progress_after_its_soak() {
    let (fleet, mut chains) = (fleet(), Chains::updating());
    chains.own("03:19:30", WAVE, decided(Decision::Proceed)).own("03:22:10", WAVE, confirmed("v427", WAVE));
    let mut first = Chains::default();
    first.attested("v427");
    first.own("03:10:00", WAVE, intended("v427", None, WAVE)).own("03:16:00", WAVE, confirmed("v427", WAVE));
    let in_progress = |chains: &Chains, status| {
        let mut soaks = jp(&fleet, Some(&chains.own.1), "v427");
        if let Seen::Known(Some(view)) = &mut soaks.endpoint {
            view.status = status;
        }
        overview(&fleet, Some(&chains.hub.1), &[soaks], at("03:30:00")).regions[0].in_progress().is_some()
    };
    assert!(in_progress(&chains, EndpointStatus::Updating));
    assert!(!in_progress(&chains, EndpointStatus::InService));
    assert!(!in_progress(&first, EndpointStatus::Updating));
}

#[test]
fn a_region_that_a_rerun_updates_is_not_to_catch_up() {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", WAVE, wave_started()).hub("04:10:00", WAVE, wave_ended(vec![name(JP)]));
    chains.own("04:50:00", WAVE, intended("v427", Some("v426"), WAVE));
    assert_eq!(seen(&chains, "v426", "05:00:00").next, [Next::Release]);
}

#[test]
fn a_rerun_is_in_progress_once_it_holds_the_lease() {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", WAVE, wave_started()).hub("04:10:00", WAVE, wave_ended(vec![name(JP)]));
    let until = at("09:05:00");
    chains.hub("09:00:12", "rerun", Record::LeaseTaken { epoch: Epoch(2), until });
    chains.own("09:02:00", "rerun", intended("v427", Some("v426"), "rerun"));
    let wave = |time: &str| seen(&chains, "v426", time).wave.unwrap();
    let told = wave("09:03:00");
    assert_eq!((told.version, told.execution, told.ended), (version("v427"), actor("rerun"), None));
    let silent = seen(&chains, "v426", "09:20:01").needs;
    assert!(matches!(silent.as_slice(), [Need::WaveSilent { since, .. }] if *since == until), "{silent:?}");
}

#[test]
fn a_wave_goes_on_to_no_halted_region_and_not_while_silent() {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", WAVE, wave_started());
    let lease = Record::LeaseTaken { epoch: Epoch(1), until: at("03:15:00") };
    chains.hub("03:00:21", WAVE, lease);
    let regions = vec![name(JP)];
    assert_eq!(seen(&chains, "v426", "03:15:00").next, [Next::Regions { version: version("v427"), regions }]);
    let silent = seen(&chains, "v426", "03:30:01");
    assert!(matches!(silent.needs.as_slice(), [Need::WaveSilent { .. }]), "{:?}", silent.needs);
    assert_eq!(silent.next, []);
    let (region, from, to) = (name(JP), Some(version("v427")), version("v426"));
    let told = Return::RollsBackFrom { region, from, to, why: WayBackReason::Undecided };
    chains.own("03:10:00", OWN, Record::Halted { why: told.into() });
    assert_eq!(seen(&chains, "v426", "03:15:00").next, [Next::WaveEnds { version: version("v427") }]);
}

#[test]
fn a_wave_goes_on_to_no_frozen_region() {
    let (fleet, mut chains) = (fleet(), Chains::installed());
    chains.hub("03:00:20", WAVE, wave_started());
    let (from, until) = (at("00:00:00"), at("23:00:00"));
    let frozen = Frozen { name: "year-end".to_owned(), why: "volumes".to_owned(), from, until };
    let next = |chains: &Chains, others: bool| {
        let free = jp(&fleet, Some(&chains.own.1), "v426");
        let region = fleet.region(&name(BR)).unwrap();
        let mut seen = vec![RegionSeen { region, frozen: Some(frozen.clone()), ..free.clone() }];
        seen.extend(others.then_some(free));
        overview(&fleet, Some(&chains.hub.1), &seen, at("03:05:00")).next
    };
    let goes_on = |regions: &[&str]| Next::Regions {
        version: version("v427"),
        regions: regions.iter().map(|region| name(region)).collect(),
    };
    let held = Next::Held { region: name(BR), frozen: frozen.clone() };
    assert_eq!(next(&chains, true), [goes_on(&[JP]), held.clone()]);
    assert_eq!(next(&chains, false), [held]);
    let why = "incident 4711".to_owned();
    chains.hub("03:01:00", "maria", Record::Overridden { what: Rule::Freeze, region: Some(name(BR)), why, until });
    assert_eq!(next(&chains, true), [goes_on(&[BR, JP])]);
}

#[test]
fn a_frozen_region_catches_up_after_its_freeze() {
    let (fleet, mut chains) = (fleet(), Chains::installed());
    chains.hub("03:00:20", WAVE, wave_started()).hub("04:10:00", WAVE, wave_ended(vec![name(JP)]));
    let (from, until) = (at("00:00:00"), at("23:00:00"));
    let frozen = Frozen { name: "year-end".to_owned(), why: "volumes".to_owned(), from, until };
    let next = |chains: &Chains| {
        let region = RegionSeen { frozen: Some(frozen.clone()), ..jp(&fleet, Some(&chains.own.1), "v426") };
        overview(&fleet, Some(&chains.hub.1), &[region], at("05:00:00")).next
    };
    let (region, version) = (name(JP), version("v427"));
    let holds = Next::Frozen { region: region.clone(), version: version.clone(), frozen: frozen.clone() };
    assert_eq!(next(&chains), [holds, Next::Release]);
    let why = "incident 4711".to_owned();
    let record = Record::Overridden { what: Rule::Freeze, region: Some(region.clone()), why, until };
    chains.hub("04:30:00", "maria", record);
    assert_eq!(next(&chains), [Next::CatchUp { version, regions: vec![region] }, Next::Release]);
}

#[test]
fn a_region_in_a_failover_gets_nothing_before_that_is_over() {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", WAVE, wave_started());
    let asked = FailoverStep::Asked { from: name(BR), why: "a new network".to_owned() };
    chains.own("03:01:00", "maria", Record::Failover(asked));
    let running = seen(&chains, "v426", "03:05:00");
    assert_eq!(running.next, [Next::WaveEnds { version: version("v427") }]);
    assert_eq!((running.failovers[0].region.clone(), running.failovers.len()), (name(JP), 1));
    chains.hub("04:10:00", WAVE, wave_ended(vec![name(JP)]));
    let waits = Next::InFailover { region: name(JP), version: version("v427") };
    assert_eq!(seen(&chains, "v426", "05:00:00").next, [waits, Next::Release]);
    chains.own("05:00:00", "maria", Record::Failover(FailoverStep::Over { why: "built".to_owned() }));
    let over = seen(&chains, "v426", "05:01:00");
    let catch_up = Next::CatchUp { version: version("v427"), regions: vec![name(JP)] };
    assert_eq!((over.next, over.failovers), (vec![catch_up, Next::Release], vec![]));
}

/// CodePipeline gave the wave up: home goes on by itself, and a person who starts an execution too gets in its way.
#[test]
fn after_a_lost_wave_home_goes_on_by_itself_and_nobody_is_sent_to_start_another() {
    let (fleet, mut chains) = (fleet(), Chains::installed());
    let approved = Record::Approved { release: release("v427"), created: at("02:59:00") };
    let lease = Record::LeaseTaken { epoch: Epoch(1), until: at("04:15:00") };
    let lost = |again| Record::WaveEnded {
        release: release("v427"),
        execution: actor(WAVE),
        lagging: vec![name(JP), name(BR)],
        page: None,
        cleared: Vec::new(),
        again,
    };
    let begun = |chains: &mut Chains, again| {
        chains.hub("03:00:10", WAVE, approved.clone()).hub("03:00:20", WAVE, wave_started());
        chains.hub("03:00:30", WAVE, lease.clone()).hub("04:10:00", "replication", lost(again));
    };
    let next = |chains: &Chains, time: &str| {
        let jp = jp(&fleet, Some(&chains.own.1), "v426");
        let region = fleet.region(&name(BR)).unwrap();
        let br = RegionSeen { region, entries: Some(&[]), ..jp.clone() };
        overview(&fleet, Some(&chains.hub.1), &[jp, br], at(time)).next
    };
    let regions = |regions: &[&str]| regions.iter().map(|region| name(region)).collect::<Vec<_>>();
    let goes_on = |to: &[&str]| Next::GoesOn { version: version("v427"), regions: regions(to) };
    let catch_up = |of: &[&str]| Next::CatchUp { version: version("v427"), regions: regions(of) };
    begun(&mut chains, true);
    // While somebody still holds the lease too: home waits for that by itself.
    for time in ["04:11:00", "04:20:00"] {
        assert_eq!(next(&chains, time), [goes_on(&[JP, BR]), Next::Release], "{time}");
    }
    // Policy gives a wave four hours.
    assert_eq!(next(&chains, "07:00:20"), [catch_up(&[JP, BR]), Next::Release]);
    let foreign = Return::Foreign { region: name(JP), version: version("v426"), config: target("v425").config };
    chains.own("04:12:00", OWN, Record::Halted { why: foreign.into() });
    assert_eq!(next(&chains, "04:20:00"), [goes_on(&[BR]), catch_up(&[JP]), Next::Release]);
    let mut chains = Chains::installed();
    begun(&mut chains, false);
    assert_eq!(next(&chains, "04:20:00"), [catch_up(&[JP, BR]), Next::Release]);
}

/// Not since when the release before served: while two may answer, their own begin counts.
#[test]
fn a_state_is_shown_since_it_began_itself() {
    let mut chains = Chains::updating();
    let began = |chains: &Chains, time| {
        let told = seen(chains, "v426", time);
        let own = told.regions[0].account.as_ref().unwrap().began();
        own.map(|(since, by)| (since, by.cloned()))
    };
    assert_eq!(began(&chains, "03:05:00"), Some((at("00:00:00"), Some(actor("installation")))));
    assert_eq!(began(&chains, "03:12:00"), Some((at("03:10:00"), Some(actor(WAVE)))));
    let canary = Record::CanaryStarted { execution: actor(WAVE), from: at("03:13:00"), ends: at("03:21:00") };
    chains.own("03:13:20", WAVE, canary);
    assert_eq!(began(&chains, "03:15:00"), Some((at("03:13:00"), Some(actor(WAVE)))));
    // When it was decided is not in the region's account.
    chains.own("03:16:00", WAVE, decided(Decision::Revert));
    assert_eq!(began(&chains, "03:17:00"), None);
    let unknown = Record::BytesUnknown { execution: actor(OWN), why: bytes_unknown(), paged: None };
    chains.own("03:19:00", OWN, unknown);
    assert_eq!(began(&chains, "03:30:00"), Some((at("03:19:00"), None)));
}
