//! How a wave ends: what its last action waits for, what it says, and whom it pages.

use crate::night::{AU, BR, EU, JP, Night, actor, name, release, said, version, wave_ended};
use crate::plans::Says;
use meridian_domain::plan::{Act, Finish, Next, Plan, verify};
use meridian_domain::reason::{Lagging, Wait};
use meridian_domain::{Advice, EndpointStatus, Epoch, Reason, Record, Seen};
use std::sync::Arc;

const ALL: [&str; 4] = [EU, AU, JP, BR];

/// Every region serves; BR's endpoint shows `status`.
fn ends_with(status: EndpointStatus) -> Night {
    let mut night = Night::confirmed_in(&ALL);
    if let Some(Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(BR)) {
        view.status = status;
    }
    night
}

/// The wave's last action pages, and then it ends badly.
fn fails(night: &mut Night) -> Plan {
    let page = night.next_of_verify();
    assert!(page.pages(), "{page:?}");
    night.sent(page);
    let end = night.next_of_verify();
    assert_eq!(end.finish(), Some(Finish::Failed));
    end
}

/// I4, I13: an endpoint that is no longer on its way anywhere is not waited for.
#[test]
fn a_region_whose_endpoint_is_broken_or_unknown_at_the_end_lags() {
    for (status, lagging) in [
        (EndpointStatus::UpdateRollbackFailed, Lagging::BytesUnknown(EndpointStatus::UpdateRollbackFailed)),
        (EndpointStatus::OutOfService, Lagging::EndpointIs(EndpointStatus::OutOfService)),
    ] {
        assert_eq!(fails(&mut ends_with(status)).lagging(), [(name(BR), lagging)]);
    }
    let mut back = ends_with(EndpointStatus::RollingBack);
    assert_eq!(back.next_of_verify().why, Wait::Lag { region: name(BR), why: Lagging::RollingBack }.into());
    // Where another region's halt ends the wave, one that rolls back lags, whatever its ledger says.
    back.tell(AU, Record::Halted { why: said("its alarm rang") });
    assert!(fails(&mut back).lagging().contains(&(name(BR), Lagging::RollingBack)));
    let mut soaks = ends_with(EndpointStatus::SystemUpdating);
    assert_eq!(soaks.next_of_verify().why, Wait::Lag { region: name(BR), why: Lagging::Soaks }.into());
}

/// While it waits, it holds the lease: no other wave begins beside a soak.
#[test]
fn the_last_action_holds_the_lease_while_it_waits() {
    let mut night = ends_with(EndpointStatus::SystemUpdating);
    let plan = verify(&night.fleet, &night.sight, night.now);
    assert!(matches!(plan.next, Next::TakeLease { epoch: Epoch(1), .. }), "{plan:?}");
    assert!(night.next_of_verify().waits());
    assert_eq!(night.sight.hub.lease.as_ref().unwrap().holder, actor("wave-1"));
}

/// I7: a halted fleet is not waited for; a region that still moves there serves the release no more than one that stands.
#[test]
fn a_halted_fleet_is_not_waited_for() {
    for halted in [EU, AU] {
        let mut night = ends_with(EndpointStatus::RollingBack);
        night.history_mut(BR).confirmed.clear();
        assert!(night.next_of_verify().waits());
        night.tell(halted, Record::Halted { why: said("its alarm rang") });
        fails(&mut night);
        assert!(night.sight.hub.ended[&actor("wave-1")].contains(&name(BR)), "{:?}", night.sight.hub.ended);
        assert!(!night.sight.hub.ended[&actor("wave-1")].contains(&name(JP)));
    }
    // One that soaks and is proved does serve it.
    let mut night = ends_with(EndpointStatus::SystemUpdating);
    night.tell(EU, Record::Halted { why: said("its alarm rang") });
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Failed));
    assert_eq!(night.sight.hub.ended[&actor("wave-1")], [name(EU)]);
}

/// I4's last look: `InService` is not enough when soak is over either.
#[test]
fn a_region_that_answers_wrong_after_its_soak_lags() {
    let mut night = Night::let_through(BR);
    let (target, execution) = (night.target(BR, "v427"), actor("wave-1"));
    night.tell(BR, Record::Confirmed { target, execution, golden: 10 });
    night.judged_at_full_load(BR);
    night.in_service(BR, "v427");
    assert!(night.next_of_verify().does(Act::AskGolden));
    night.asked(BR, Some(9));
    assert_eq!(fails(&mut night).lagging(), [(name(BR), Lagging::GoldenWrong { right: 9, asked: 10 })]);
    assert!(night.history(BR).update.is_some(), "its soak is not said to be over");
}

/// A first release that wave-1 created and wave-2 proved is wave-1's update to its end.
#[test]
fn an_update_is_settled_for_the_wave_that_asked_for_it() {
    let mut night = Night::confirmed_in(&[EU, AU, JP]);
    night.sight.regions.insert(name(BR), Seen::Known(Arc::default()));
    night.tell(BR, Record::Attested { release: release("v427"), version: version("v427") });
    let (target, execution, epoch) = (night.target(BR, "v427"), actor("wave-1"), Some(Epoch(1)));
    night.tell(BR, Record::UpdateIntended { target: target.clone(), back: None, execution, epoch, bake: None });
    night.tell(BR, Record::UpdateStarted { execution: actor("wave-1") });
    night.rerun("wave-2");
    night.tell(BR, Record::Confirmed { target, execution: actor("wave-2"), golden: 10 });
    night.judged_at_full_load(BR);
    night.in_service(BR, "v427");
    assert!(night.next_of_verify().does(Act::AskGolden));
    night.asked(BR, Some(10));
    let plan = verify(&night.fleet, &night.sight, night.now);
    let Next::TellRegion(_, Record::Settled { execution, .. }) = plan.next else { panic!("{:?}", plan.why) };
    assert_eq!(execution, actor("wave-1"));
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Done));
}

/// A region that lags although nobody was ever told: one page, and none from a call that comes late.
#[test]
fn an_unreported_lag_is_paged_when_the_wave_ends() {
    let mut night = Night::confirmed_in(&[EU, AU, JP]);
    fails(&mut night);
    night.new_call();
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Failed), "the wave has ended");
}

/// How far regions are apart is told at the end of a wave that was still in progress, not by its late calls.
#[test]
fn a_wave_that_has_ended_tells_nothing_of_skew() {
    for ended in [false, true] {
        let mut night = Night::confirmed_in(&[EU, AU, JP]);
        let (region, execution) = (name(BR), actor("wave-1"));
        let why = said("dark");
        night.hub(Record::Deferred { region, execution, release: release("v427"), why, paged: false });
        if ended {
            let (release, execution) = (release("v427"), actor("wave-1"));
            night.hub(wave_ended(release, execution, vec![name(BR)]));
        }
        night.pass("40h");
        if !ended {
            let page = night.next_of_verify();
            assert!(page.pages() && matches!(page.why, Reason::Lag(_)), "{page:?}");
            night.sent(page);
        }
        assert_eq!(night.next_of_verify().finish(), Some(Finish::Failed));
    }
}

/// A halt is no sign that people were told, nor is a page that is owed a reason to tell them twice: the call that put it on record may
/// still send it.
#[test]
fn a_halted_wave_pages_only_if_the_halts_page_is_outstanding() {
    for (owed, waited, pages) in [(false, "30s", false), (true, "29s", false), (true, "30s", true)] {
        let mut night = Night::new();
        night.tell(AU, Record::Halted { why: said("its alarm rang") });
        if owed {
            night.tell(AU, Record::PageOwed { why: said("its alarm rang"), advice: Advice::LookAtEndpoint });
        }
        night.pass(waited);
        let end = if pages { night.refused(EU) } else { night.next(EU) };
        assert_eq!(end.finish(), Some(Finish::Failed), "{owed} {waited}");
    }
}
