//! After the bake: the shift that is to come, and what the golden records then say.

use crate::night::{AU, Night, name, release};
use crate::plans::Says;
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish};
use meridian_domain::reason::{Proof, Wait};
use meridian_domain::{Reason, Seen, VariantPhase};

/// Another call asks the golden records, and they prove the release.
fn is_done(night: &mut Night) {
    night.new_call();
    night.did(Act::Beat);
    night.is_proved(AU);
}

#[test]
fn a_shift_without_a_decision_is_ordered_to_roll_back() {
    let mut night = Night::baking(AU);
    night.now = night.canary_ends(AU);
    night.phase(AU, VariantPhase::ActivatingTraffic);
    assert!(night.next(AU).does(Act::Trip));
}

#[test]
fn golden_records_confirm_and_disarm_the_heartbeat() {
    for phase in [Some(VariantPhase::Baking), None] {
        let mut night = Night::shifted(AU);
        if let Some(Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(AU)) {
            view.pending.as_mut().unwrap().phase = phase;
        }
        assert!(night.next_after(AU, &[Act::Beat]).does(Act::AskGolden));
        is_done(&mut night);
    }
}

/// I4: `InService` on the target proves nothing while another model answers.
#[test]
fn wrong_golden_answers_are_tolerated_a_while_and_never_confirm() {
    let mut night = Night::shifted(AU);
    night.asked(AU, Some(9));
    assert!(night.next_after(AU, &[Act::Beat]).waits());
    night.pass("3m");
    assert!(night.next(AU).does(Act::Trip));
    night.in_service(AU, "v427");
    let page = night.next(AU);
    assert!(page.pages(), "{page:?}");
    night.sent(page);
    assert_eq!(night.next(AU).finish(), Some(Finish::Failed));
    assert!(!night.history(AU).serves(&release("v427")));
}

/// The control plane was dark after the decision, and SageMaker's timer stood still with it: the champion still answers, and the
/// release is not blamed for that.
#[test]
fn a_timer_that_stood_still_in_the_dark_is_waited_for() {
    // No darkness that is borne with lasts longer than policy's patience.
    for (after, trips) in [(4, false), (5, false), (7, true)] {
        let mut night = Night::let_through(AU);
        let since = night.history(AU).update.as_ref().unwrap().canary.unwrap().0;
        night.now = night.canary_ends(AU) + SignedDuration::from_mins(after);
        night.phase(AU, VariantPhase::Baking);
        if let Some(Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(AU)) {
            view.pending.as_mut().unwrap().phase_since = Some(since);
        }
        night.sight.since = since;
        night.asked(AU, Some(9));
        let plan = night.next_after(AU, &[Act::Beat]);
        assert_eq!((plan.does(Act::Trip), plan.waits()), (trips, !trips), "{after} minutes: {plan:?}");
        if !trips {
            night.phase(AU, VariantPhase::Baking);
            is_done(&mut night);
        }
    }
}

/// An endpoint that does not answer its golden records has not answered them wrong; but nothing is confirmed on silence.
#[test]
fn unanswered_golden_records_are_waited_for() {
    let mut night = Night::shifted(AU);
    night.asked(AU, None);
    let plan = night.next_after(AU, &[Act::Beat]);
    assert!(plan.waits() && matches!(plan.why, Reason::Wait(Wait::Proof(Proof::Unasked { .. }))), "{plan:?}");
    is_done(&mut night);
}
