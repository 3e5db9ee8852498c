//! Two executions of one release at once: what one of them left, the other may have brought again. Found by the model in
//! `proof/`.

use crate::night::{AU, BR, EU, JP, Night, actor, good, release, said};
use crate::plans::Says;
use meridian_domain::lookout::Lookout;
use meridian_domain::plan::{Act, Finish};
use meridian_domain::{Cause, Decision, Record};

/// The later execution's update of the region rolled back; then the earlier one brought the release, let it through, and died
/// before it could prove it. The later one is called.
fn brought_by_the_other_one(region: &str) -> Night {
    let others: Vec<&str> = [EU, AU, JP, BR].into_iter().take_while(|other| *other != region).collect();
    let mut night = Night::confirmed_in(&others);
    night.rerun("wave-2");
    night.starts(region);
    let why = said("its judge stood still");
    let (decision, cause) = (Decision::Revert, Some(Cause::Unclear));
    let decided = Record::Decided { execution: actor("wave-2"), decision, why: why.clone(), judgement: None, cause };
    night.tell(region, decided);
    let (from, to) = (night.target(region, "v427"), night.target(region, "v426"));
    night.tell(region, Record::Reverted { from, to, why });
    night.in_service(region, "v426");
    let left = night.history(region).returned.get(&release("v427"));
    assert!(left.is_some_and(|left| left.wave == actor("wave-2")));
    night.hub_mut().lease = None;
    night.rerun("wave-1");
    night.new_call();
    night.starts(region);
    night.new_call();
    night.bakes(region);
    night.passes(region);
    night.pass("10m");
    night.in_service(region, "v427");
    night.hub_mut().lease = None;
    night.rerun("wave-2");
    night
}

/// It is proved on behalf of the one that brought it: the ledger does not listen to a wave that has left, and asking for
/// ever is no answer.
#[test]
fn what_the_other_execution_brought_is_proved_in_its_name() {
    let mut night = brought_by_the_other_one(AU);
    assert!(night.next(AU).does(Act::AskGolden));
    night.asked(AU, Some(10));
    assert!(night.next_after(AU, &[Act::Disarm]).waits());
    night.now = Lookout::full_load_due(&night.fleet, night.now);
    night.looked(good());
    assert_eq!(night.next_after(AU, &[Act::Scale]).finish(), Some(Finish::Done));
    assert!(night.history(AU).full_load.contains(&release("v427")), "and judged at full load");
    assert_eq!(night.history(AU).confirmed[&release("v427")], actor("wave-1"));
    assert!(night.history(AU).serves(&release("v427")));
}

/// The last look closes the other one's soak, and the wave ends.
#[test]
fn what_the_other_execution_brought_is_settled_in_its_name() {
    let mut night = brought_by_the_other_one(BR);
    let target = night.target(BR, "v427");
    night.tell(BR, Record::Confirmed { target, execution: actor("wave-1"), golden: 10 });
    assert!(night.next_of_verify().does(Act::AskGolden));
    night.asked(BR, Some(10));
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Done));
    assert_eq!(night.history(BR).update, None);
}

/// One left the region unproved, then the other: neither brings the release there again, however long both go on.
#[test]
fn two_executions_bring_a_release_to_a_region_once_each() {
    let mut night = Night::confirmed_in(&[EU]);
    for wave in ["wave-1", "wave-2"] {
        night.hub_mut().lease = None;
        night.rerun(wave);
        night.new_call();
        night.starts(AU);
        night.in_service(AU, "v426");
        let (from, to) = (night.target(AU, "v427"), night.target(AU, "v426"));
        night.tell(AU, Record::Reverted { from, to, why: said("golden records are not answered") });
    }
    for wave in ["wave-1", "wave-2"] {
        night.hub_mut().lease = None;
        night.rerun(wave);
        night.new_call();
        let plan = night.next(AU);
        assert!(plan.does(Act::Look) || plan.pages() || plan.finish().is_some(), "{wave}: {plan:?}");
    }
    // A third one is a new beginning.
    night.hub_mut().lease = None;
    night.rerun("wave-3");
    night.new_call();
    night.starts(AU);
}
