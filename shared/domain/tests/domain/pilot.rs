//! A pilot light: a wave leaves it what an endpoint needs, and it makes its endpoint once it is to carry another region's customers.

use crate::night::{AU, BR, EU, JP, Night, actor, name, release, said, version};
use crate::plans::Says;
use crate::problems::GOOD;
use meridian_domain::failover::FailoverStep;
use meridian_domain::plan::{Act, Finish, Next, Plan};
use meridian_domain::reason::{Gate, Lagging, Quiet, Return, Wait, WaveEnd};
use meridian_domain::{EndpointStatus, EndpointView, Fleet, Invariant, Kind, Record, Seen, audit};
use std::num::NonZeroU32;
use std::sync::Arc;

/// BR keeps v426, and nothing runs there; `confirmed` serve v427.
fn dark(confirmed: &[&str]) -> Night {
    let text = GOOD.replacen("name = \"sa-east-1\"", "name = \"sa-east-1\"\nkind = \"pilot-light\"", 1);
    let mut night = Night { fleet: Fleet::parse(&text).unwrap(), ..Night::confirmed_in(confirmed) };
    night.sight.regions.insert(name(BR), Seen::Known(Arc::default()));
    for text in ["v426", "v427"] {
        night.tell(BR, Record::Attested { release: release(text), version: version(text) });
    }
    let target = night.target(BR, "v426");
    night.tell(BR, Record::Kept { target, execution: actor("installation") });
    night.sight.endpoints.insert(name(BR), Seen::Known(None));
    night
}

/// BR is to carry EU's customers.
fn asked() -> Night {
    let mut night = dark(&[]);
    let step = FailoverStep::Asked { from: name(EU), why: "it is dead".to_owned() };
    night.tell_as(&actor("maria"), BR, Record::Failover(step));
    night
}

fn over(night: &mut Night) {
    night.tell_as(&actor("maria"), BR, Record::Failover(FailoverStep::Over { why: "it lives".to_owned() }));
}

fn shows(night: &mut Night, status: EndpointStatus, text: &str) {
    let config = night.target(BR, text).config;
    let view = EndpointView { status, config, instances: NonZeroU32::new(2), pending: None, failure: None };
    night.sight.endpoints.insert(name(BR), Seen::Known(Some(view)));
}

/// Its endpoint was asked for, and SageMaker makes it.
fn lighting() -> Night {
    let mut night = asked();
    assert!(night.next_of_rollback(BR).does(Act::Create));
    let own = actor(&format!("rollback.{BR}"));
    let intent = night.history(BR).update.as_ref().unwrap();
    assert_eq!(
        (&intent.target, &intent.execution),
        (&night.target(BR, "v426"), &own),
        "on record before the call (I8)"
    );
    night.own.done.insert(Act::Create);
    night.tell_as(&own, BR, Record::UpdateStarted { execution: own.clone() });
    shows(&mut night, EndpointStatus::Creating, "v426");
    night
}

/// It serves what it kept, proved.
fn lit() -> Night {
    let mut night = lighting();
    night.new_call();
    shows(&mut night, EndpointStatus::InService, "v426");
    assert!(night.next_of_rollback(BR).does(Act::AskGolden));
    night.own_asked(Some(10));
    night.next_of_rollback(BR);
    assert!(night.history(BR).serves(&release("v426")) && night.history(BR).update.is_none());
    night
}

#[test]
fn a_wave_leaves_what_an_endpoint_needs_and_no_endpoint() {
    let mut night = dark(&[EU, AU, JP]);
    let plan = night.next_after(BR, &[Act::Prepare, Act::Disarm]);
    assert_eq!(plan.why, WaveEnd::Keeps { region: name(BR), version: version("v427") }.into());
    assert_eq!(plan.finish(), Some(Finish::Done));
    let history = night.history(BR);
    assert_eq!(history.target(), Some(&night.target(BR, "v427")));
    assert!(history.has(&release("v427")) && !history.serves(&release("v427")), "{history:?}");
    // The wave ends well with it.
    night.new_call();
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Done));
}

#[test]
fn a_pilot_light_that_does_not_keep_the_release_lags() {
    let mut night = dark(&[EU, AU, JP]);
    let page = night.next_of_verify();
    assert!(page.pages() && page.lagging() == [(name(BR), Lagging::NotKept)], "{page:?}");
}

/// Its bytes are its own, and the evidence an active's; a halt, and a failover, keep it as it is.
#[test]
fn what_keeps_a_release_from_a_region_keeps_it_from_a_pilot_light() {
    let mut alone = dark(&[]);
    [EU, AU, JP].iter().for_each(|region| alone.deferred(region, "v427"));
    let gate = Gate::NoEvidence { version: version("v427") };
    assert_eq!(alone.next(BR).why, Wait::Gate { region: None, gate }.into());
    let mut new = dark(&[]);
    [EU, AU, JP].iter().for_each(|region| new.deferred(region, "v427"));
    new.sight.regions.insert(name(BR), Seen::Known(Arc::default()));
    new.tell(BR, Record::Attested { release: release("v427"), version: version("v427") });
    assert!(new.next(BR).waits() && new.history(BR).target().is_none(), "its first one too");
    let mut unproved = dark(&[EU, AU, JP]);
    unproved.history_mut(BR).attested.remove(&release("v427"));
    let gate = Gate::NotAttested { region: name(BR), version: version("v427") };
    assert_eq!(unproved.next(BR).why, Wait::Gate { region: None, gate }.into());
    let mut halted = dark(&[EU, AU, JP]);
    let why = Return::Broken { region: name(BR), status: EndpointStatus::Failed }.into();
    halted.tell(BR, Record::Halted { why });
    assert_eq!(halted.next(BR).finish(), Some(Finish::Deferred));
    let mut carries = dark(&[EU, AU, JP]);
    let step = FailoverStep::Asked { from: name(EU), why: "it is dead".to_owned() };
    carries.tell_as(&actor("maria"), BR, Record::Failover(step));
    assert_eq!(carries.next(BR).finish(), Some(Finish::Deferred));
    for night in [alone, unproved, halted, carries] {
        assert_eq!(night.history(BR).target(), Some(&night.target(BR, "v426")));
    }
}

#[test]
fn nobody_waits_for_a_pilot_light() {
    let lines = "name = \"ap-northeast-1\"\nkind = \"pilot-light\"";
    let standby = "name = \"sa-east-1\"\nkind = \"warm-standby\"";
    let text = GOOD.replacen("name = \"ap-northeast-1\"", lines, 1).replacen("name = \"sa-east-1\"", standby, 1);
    let mut night = Night { fleet: Fleet::parse(&text).unwrap(), ..Night::confirmed_in(&[EU, AU]) };
    assert_eq!(night.region(JP).kind, Kind::PilotLight);
    let target = night.target(JP, "v426");
    night.tell(JP, Record::Kept { target, execution: actor("installation") });
    night.sight.endpoints.insert(name(JP), Seen::Known(None));
    night.starts(BR);
}

/// The audit's own look: an endpoint that runs is not said to be none, nor is a release kept that no active serves.
#[test]
fn the_audit_lets_no_release_be_kept_without_evidence_or_where_something_runs() {
    let broken = |night: &Night, region: &str| {
        let record = Record::Kept { target: night.target(region, "v427"), execution: actor("wave-1") };
        let plan = Plan { next: Next::TellRegion(name(region), record), why: said("") };
        audit(&night.fleet, &night.sight, &plan, night.now).iter().map(|note| note.invariant()).collect::<Vec<_>>()
    };
    let mut night = dark(&[EU, AU, JP]);
    night.next(BR);
    assert_eq!(broken(&night, BR), []);
    assert_eq!(broken(&night, JP), [Invariant::I5, Invariant::I3]);
    let mut alone = dark(&[]);
    [EU, AU, JP].iter().for_each(|region| alone.deferred(region, "v427"));
    alone.next(BR);
    assert_eq!(broken(&alone, BR), [Invariant::I11, Invariant::I3], "nobody holds the lease either");
}

#[test]
fn nothing_runs_there_while_nobodys_customers_are_to_come() {
    let mut night = dark(&[]);
    let plan = night.next_of_rollback(BR);
    assert_eq!(plan.why, Quiet::Keeps { version: version("v426") }.into());
    assert!(night.history(BR).update.is_none());
}

#[test]
fn it_makes_its_endpoint_proves_it_and_is_ready_once_it_has_the_instances() {
    let mut night = lighting();
    assert_eq!(night.next_of_rollback(BR).why, Quiet::Lighting { version: version("v426") }.into());
    let mut night = lit();
    // The same as of any other region from here on.
    assert!(night.next_of_rollback(BR).does(Act::Scale));
    night.own.done.insert(Act::Scale);
    night.next_of_rollback(BR);
    assert!(night.history(BR).carries().unwrap().ready.is_some());
}

/// A call that died, one that SageMaker did not answer, and an endpoint that does not show yet: the next look asks again.
#[test]
fn an_endpoint_that_does_not_show_is_asked_for_again() {
    let mut night = lighting();
    night.sight.endpoints.insert(name(BR), Seen::Known(None));
    assert_eq!(night.next_of_rollback(BR).why, Quiet::Lighting { version: version("v426") }.into(), "once a call");
    night.new_call();
    assert!(night.next_of_rollback(BR).does(Act::Create));
}

/// People hear once of one that answers wrong, or not at all for as long as policy waits for an update (I14).
#[test]
fn one_that_answers_wrong_or_not_at_all_takes_no_customer() {
    for right in [Some(9), None] {
        let mut night = lighting();
        night.new_call();
        shows(&mut night, EndpointStatus::InService, "v426");
        assert!(night.next_of_rollback(BR).does(Act::AskGolden));
        night.own_asked(right);
        night.own_ends(BR, right.is_some());
        if right.is_none() {
            night.new_call();
            night.now += night.fleet.guardrail.max_execution;
            night.pass("1s");
            assert!(night.next_of_rollback(BR).does(Act::AskGolden));
            night.own_asked(right);
            night.own_ends(BR, true);
        }
        night.new_call();
        night.own_ends(BR, false);
        assert!(night.history(BR).serving.is_none() && night.history(BR).halt.is_some(), "{right:?}");
    }
}

#[test]
fn one_that_is_made_without_end_pages_once() {
    let mut night = lighting();
    night.new_call();
    night.now += night.fleet.guardrail.max_execution;
    night.own_ends(BR, false);
    night.pass("1s");
    night.own_ends(BR, true);
    night.new_call();
    night.own_ends(BR, false);
}

#[test]
fn one_that_cannot_be_made_pages_once() {
    let mut night = lighting();
    night.new_call();
    shows(&mut night, EndpointStatus::Failed, "v426");
    night.own_ends(BR, true);
    night.new_call();
    night.own_ends(BR, false);
}

/// Nobody here asked for what a person made by hand.
#[test]
fn an_endpoint_of_another_release_is_no_lighting() {
    let mut night = lighting();
    night.new_call();
    shows(&mut night, EndpointStatus::InService, "v427");
    night.own_ends(BR, true);
    assert!(night.history(BR).halt.is_some());
}

#[test]
fn it_is_dark_again_once_a_person_has_taken_its_endpoint_away() {
    let mut night = lit();
    over(&mut night);
    night.new_call();
    night.sight.endpoints.insert(name(BR), Seen::Known(None));
    let plan = night.next_of_rollback(BR);
    assert_eq!(plan.why, Quiet::Keeps { version: version("v426") }.into());
    let history = night.history(BR);
    assert!(history.serving.is_none() && history.scaled.is_none() && history.update.is_none(), "{history:?}");
    assert_eq!(history.target(), Some(&night.target(BR, "v426")));
    // Sent back before it served: what was asked for is not asked for any more.
    let mut night = asked();
    night.next_of_rollback(BR);
    over(&mut night);
    assert_eq!(night.next_of_rollback(BR).why, Quiet::Keeps { version: version("v426") }.into());
    assert!(night.history(BR).update.is_none());
}

/// SageMaker takes minutes for that: nobody is paged meanwhile, and a wave waits.
#[test]
fn an_endpoint_that_is_being_taken_away_is_no_broken_one() {
    let mut night = lit();
    over(&mut night);
    night.new_call();
    shows(&mut night, EndpointStatus::Deleting, "v426");
    night.own_ends(BR, false);
    assert!(night.history(BR).halt.is_none());
    assert!(night.next(BR).waits());
}

/// A call that came late, or a person, made it of what is kept: it is proved, whoever asked. One of something else is nobody's here.
#[test]
fn an_endpoint_that_nobody_has_on_record_is_proved_where_it_is_of_what_is_kept() {
    let mut night = dark(&[]);
    shows(&mut night, EndpointStatus::InService, "v426");
    assert!(night.next_of_rollback(BR).does(Act::AskGolden));
    night.own_asked(Some(10));
    night.next_of_rollback(BR);
    assert!(night.history(BR).serves(&release("v426")));
    let mut night = dark(&[]);
    shows(&mut night, EndpointStatus::InService, "v427");
    night.own_ends(BR, true);
    assert!(night.history(BR).halt.is_some());
}

/// A person has deleted what was not proved: nothing is made before the halt is lifted, and then anew, with its own time.
#[test]
fn a_halted_pilot_light_makes_nothing_until_a_person_has_lifted_that() {
    let mut night = lighting();
    night.new_call();
    shows(&mut night, EndpointStatus::InService, "v426");
    assert!(night.next_of_rollback(BR).does(Act::AskGolden));
    night.own_asked(Some(9));
    night.own_ends(BR, true);
    night.new_call();
    night.sight.endpoints.insert(name(BR), Seen::Known(None));
    night.pass("3h");
    assert_eq!(night.next_of_rollback(BR).why, Quiet::Halted.into());
    night.tell_as(&actor("maria"), BR, Record::Lifted { why: "it is deleted".to_owned() });
    assert!(night.next_of_rollback(BR).does(Act::Create));
    assert_eq!(night.history(BR).update.as_ref().unwrap().at, night.now);
}

/// SageMaker takes no creation, and says nothing of why: people hear of it (I14).
#[test]
fn an_endpoint_that_never_shows_pages_once() {
    let mut night = lighting();
    night.new_call();
    night.sight.endpoints.insert(name(BR), Seen::Known(None));
    night.pass("3h");
    assert!(night.next_of_rollback(BR).does(Act::Create));
    night.own.done.insert(Act::Create);
    night.own_ends(BR, true);
}

/// The wave that has left it what an endpoint needs ends well, whatever its endpoint does by then.
#[test]
fn an_endpoint_of_a_pilot_light_that_is_made_holds_up_no_waves_end() {
    for status in [EndpointStatus::Creating, EndpointStatus::InService, EndpointStatus::Failed] {
        let mut night = dark(&[EU, AU, JP]);
        night.next_after(BR, &[Act::Prepare, Act::Disarm]);
        let step = FailoverStep::Asked { from: name(EU), why: "it is dead".to_owned() };
        night.tell_as(&actor("maria"), BR, Record::Failover(step));
        assert!(night.next_of_rollback(BR).does(Act::Create));
        shows(&mut night, status, "v427");
        night.new_call();
        assert_eq!(night.next_of_verify().finish(), Some(Finish::Done), "{status:?}");
    }
}

/// What it makes for another region's customers is its own: a wave leaves it alone, pages nobody, and others start.
#[test]
fn a_wave_leaves_a_pilot_light_alone_that_makes_its_endpoint() {
    for status in [EndpointStatus::Creating, EndpointStatus::InService] {
        let mut night = lighting();
        shows(&mut night, status, "v426");
        assert_eq!(night.next(BR).finish(), Some(Finish::Deferred), "{status:?}");
        night.starts(EU);
    }
}

/// Its endpoint is taken away while it carries: it makes another one.
#[test]
fn a_pilot_light_that_goes_out_while_it_carries_lights_again() {
    let mut night = lit();
    night.new_call();
    night.sight.endpoints.insert(name(BR), Seen::Known(None));
    assert!(night.next_of_rollback(BR).does(Act::Create));
    assert_eq!(night.history(BR).carries().unwrap().ready, None);
}

#[test]
fn while_it_has_an_endpoint_a_wave_treats_it_as_a_standby() {
    let mut night = dark(&[EU, AU, JP]);
    night.in_service(BR, "v426");
    let target = night.target(BR, "v426");
    night.tell(BR, Record::Confirmed { target, execution: actor("rollback.sa-east-1"), golden: 10 });
    night.starts(BR);
}
