//! After the bake: the shift that is to come, and what the golden records then say.

use crate::night::{AU, Night, name, release};
use jiff::SignedDuration;
use meridian_domain::plan::{Act, Finish};
use meridian_domain::reason::{Proof, Wait};
use meridian_domain::{Reason, Seen, VariantPhase};

#[test]
fn a_shift_without_a_decision_is_ordered_to_roll_back() {
    let mut night = Night::baking(AU);
    night.now = night.canary_ends(AU);
    night.phase(AU, VariantPhase::ActivatingTraffic);
    let call = night.call(AU);
    assert!(call.did(Act::Trip) && !call.did(Act::Beat));
}

#[test]
fn golden_records_confirm_and_disarm_the_heartbeat() {
    for phase in [Some(VariantPhase::Baking), None] {
        let mut night = Night::let_through(AU);
        night.now = night.canary_ends(AU) + SignedDuration::from_mins(1);
        night.phase(AU, VariantPhase::Baking);
        if let Some(Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(AU)) {
            view.pending.as_mut().unwrap().phase = phase;
        }
        let call = night.call(AU);
        assert!(call.did(Act::AskGolden) && call.did(Act::Disarm));
        assert!(night.history(AU).serves(&release("v427")));
        assert_eq!(night.calls(AU).finish(), Some(Finish::Done));
    }
}

/// I4: `InService` on the target proves nothing while another model answers.
#[test]
fn wrong_golden_answers_are_tolerated_a_while_and_never_confirm() {
    let mut night = Night::let_through(AU);
    night.right = Some(9);
    night.now = night.canary_ends(AU) + SignedDuration::from_mins(1);
    night.phase(AU, VariantPhase::Baking);
    assert_eq!(night.call(AU).finish(), None);
    night.pass("3m");
    assert!(night.call(AU).did(Act::Trip));
    night.in_service(AU, "v427");
    assert_eq!(night.call(AU).finish(), Some(Finish::Failed));
    assert!(!night.history(AU).serves(&release("v427")));
}

/// The control plane was dark after the decision, and SageMaker's timer stood still with it: the champion still answers, and the
/// release is not blamed for that.
#[test]
fn a_timer_that_stood_still_in_the_dark_is_waited_for() {
    // No darkness that is borne with lasts longer than policy's patience.
    for (after, trips) in [(4, false), (5, false), (7, true)] {
        let mut night = Night::let_through(AU);
        night.right = Some(9);
        let since = night.history(AU).update.as_ref().unwrap().canary.unwrap().0;
        night.now = night.canary_ends(AU) + SignedDuration::from_mins(after);
        night.phase(AU, VariantPhase::Baking);
        if let Some(Seen::Known(Some(view))) = night.sight.endpoints.get_mut(&name(AU)) {
            view.pending.as_mut().unwrap().phase_since = Some(since);
        }
        night.sight.since = since;
        let call = night.call(AU);
        assert_eq!(call.did(Act::Trip), trips, "{after} minutes: {:?}", call.plans);
        night.right = Some(10);
        night.phase(AU, VariantPhase::Baking);
        assert!(trips || night.calls(AU).finish() == Some(Finish::Done), "{after} minutes");
    }
}

/// An endpoint that does not answer its golden records has not answered them wrong; but nothing is confirmed on silence.
#[test]
fn unanswered_golden_records_are_waited_for() {
    let mut night = Night::let_through(AU);
    night.right = None;
    night.now = night.canary_ends(AU) + SignedDuration::from_mins(1);
    night.phase(AU, VariantPhase::Baking);
    let call = night.call(AU);
    assert!(call.finish().is_none());
    assert!(matches!(call.last().why, Reason::Wait(Wait::Proof(Proof::Unasked { .. }))), "{:?}", call.last());
    night.right = Some(10);
    assert_eq!(night.calls(AU).finish(), Some(Finish::Done));
}
