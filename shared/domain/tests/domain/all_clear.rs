//! Whom an all-clear tells what, once, and what keeps it back.

use crate::night::{AU, BR, EU, JP, Night, actor, at, bytes_unknown, name, release, said, unseen, version, wave_ended};
use crate::plans::Says;
use meridian_domain::plan::{Finish, Next, Plan};
use meridian_domain::quarantine::Object;
use meridian_domain::reason::{Fault, Gate, Return, Step, WaveEnd, WayBackReason};
use meridian_domain::{
    Advice, EndpointStatus, Epoch, Frozen, PageOnRecord, ProbationAction, Reason, Record, Seen, WorseThanBefore,
};
use meridian_judge::Tally;

const ALL: [&str; 4] = [EU, AU, JP, BR];

/// Every region serves v427.
fn done() -> Night {
    Night::confirmed_in(&ALL)
}

/// An earlier wave left JP behind.
fn deferred(night: &mut Night, why: Reason, paged: bool) {
    let (region, execution, release) = (name(JP), actor("wave-0"), release("v426b"));
    night.hub(Record::Deferred { region, execution, release, why, paged });
}

/// The same, with a page: what most nights here begin with.
fn paged() -> Night {
    let mut night = done();
    deferred(&mut night, Fault::NoAnswer.into(), true);
    night
}

fn rolled_back() -> Reason {
    let (region, from, to) = (name(JP), version("v427"), version("v426"));
    Return::RolledBack { region, from, to, why: WayBackReason::Guardrail }.into()
}

/// The pages that people are told are over.
fn told(plan: &Plan) -> &[PageOnRecord] {
    match (&plan.next, &plan.why) {
        (Next::Advise { .. }, Reason::Step(Step::AllClear { pages, .. })) => pages,
        _ => panic!("{plan:?}"),
    }
}

/// The next plan of the wave's last action is its end: nobody is told anything.
fn is_done(night: &mut Night) {
    assert_eq!(night.next_of_verify().finish(), Some(Finish::Done));
}

/// What nobody was told yet is in one message; neither a repeat of the call nor another execution says it again.
#[test]
fn one_all_clear_names_every_page_and_is_sent_once() {
    let mut night = done();
    deferred(&mut night, Fault::NoAnswer.into(), true);
    night.pass("1m");
    night.tell(JP, Record::Halted { why: rolled_back() });
    night.tell(JP, Record::Lifted { why: "seen".to_owned() });
    night.pass("1m");
    let (execution, why) = (actor("rollback.BR"), bytes_unknown());
    night.tell(BR, Record::BytesUnknown { execution, why, paged: Some(name(BR)) });
    night.history_mut(BR).unknown = None;
    let all_clear = night.next_of_verify();
    let status = EndpointStatus::UpdateRollbackFailed;
    let expected: [Reason; 3] = [
        WaveEnd::Deferred { region: name(JP), why: Box::new(Fault::NoAnswer.into()) }.into(),
        rolled_back(),
        Return::BytesUnknown { region: name(BR), status }.into(),
    ];
    let pages: Vec<_> = told(&all_clear).iter().map(|page| (page.at, &page.why)).collect();
    let times = ["03:02:00", "03:03:00", "03:04:00"].map(at);
    assert_eq!(pages, times.into_iter().zip(&expected).collect::<Vec<_>>());
    night.sent(all_clear);
    is_done(&mut night);
    night.new_call();
    is_done(&mut night);
    night.rerun("wave-2");
    is_done(&mut night);
    // What people are paged for after it is told by the next one, alone.
    night.pass("1m");
    night.tell(AU, Record::Halted { why: rolled_back() });
    night.tell(AU, Record::Lifted { why: "seen".to_owned() });
    night.rerun("wave-3");
    assert_eq!(told(&night.next_of_verify()).len(), 1);
}

/// A page is over only for those who had it.
#[test]
fn nobody_is_told_that_what_they_were_not_paged_for_is_over() {
    let mut night = done();
    let (from, until) = (at("03:00:00"), at("09:00:00"));
    let frozen = Frozen { name: "year end".to_owned(), why: "no changes".to_owned(), from, until };
    deferred(&mut night, Gate::Frozen(frozen).into(), false);
    night.hub(Record::Halted { why: said("incident 4711") });
    night.hub(Record::Lifted { why: "over".to_owned() });
    night.tell(JP, Record::Halted { why: said("incident 4711") });
    night.tell(JP, Record::Lifted { why: "over".to_owned() });
    let (execution, why) = (actor("wave-0"), bytes_unknown());
    night.tell(AU, Record::BytesUnknown { execution, why, paged: None });
    night.history_mut(AU).unknown = None;
    // A release does not end what callers send.
    let why = Return::Leaves { region: name(BR), version: version("v426") };
    night.tell(BR, Record::PageSent { why: why.into() });
    let (release, execution, lagging) = (release("v426b"), actor("wave-0"), vec![name(JP)]);
    night.hub(wave_ended(release, execution, lagging));
    is_done(&mut night);
}

/// A later release's wave has begun: what people were paged for since is that wave's to end.
#[test]
fn a_page_of_a_later_wave_is_not_over() {
    let mut night = done();
    let first = (release("v427"), night.now);
    night.pass("1m");
    let later = (release("v428"), night.now);
    night.hub_mut().started = vec![first, later];
    deferred(&mut night, Fault::ReplicaLate.into(), true);
    is_done(&mut night);
}

/// Where it did not go out, the next wave that is done tells it.
#[test]
fn an_all_clear_that_was_not_sent_is_told_by_the_next_wave() {
    let mut night = paged();
    assert_eq!(told(&night.next_of_verify()).len(), 1);
    night.sight.advised = Some(false);
    is_done(&mut night);
    night.new_call();
    night.rerun("wave-2");
    assert_eq!(told(&night.next_of_verify()).len(), 1);
}

/// One that did not go out is owed, and is a page from when it went out.
#[test]
fn a_page_is_on_record_once_it_went_out() {
    let mut night = done();
    night.tell(JP, Record::PageOwed { why: rolled_back(), advice: Advice::ReadPromoteLog });
    night.tell(JP, Record::Halted { why: rolled_back() });
    assert!(night.history(JP).pages.is_empty());
    night.pass("5m");
    night.tell(JP, Record::PageSent { why: rolled_back() });
    let page = PageOnRecord { at: night.now, why: rolled_back() };
    assert_eq!(night.history(JP).pages, [page]);
}

/// While anything stands nobody is told that pages are over; they are told by the first wave after it.
#[test]
fn an_all_clear_waits_until_nothing_stands() {
    type Change = fn(&mut Night);
    let lift: Change = |night| {
        night.hub(Record::Lifted { why: "over".to_owned() });
        night.tell(AU, Record::Lifted { why: "over".to_owned() });
    };
    let stands: [(&str, Change, Change); 11] = [
        ("the fleet is halted", |night| night.hub(Record::Halted { why: said("4711") }), lift),
        ("a region is halted", |night| night.tell(AU, Record::Halted { why: said("4711") }), lift),
        (
            "a page is owed",
            |night| night.tell(AU, Record::PageOwed { why: said("it rang"), advice: Advice::LookAtEndpoint }),
            |night| night.tell(AU, Record::PageSent { why: said("it rang") }),
        ),
        (
            "an intent is open",
            |night| {
                let (target, back) = (night.target(AU, "v428"), Some(night.target(AU, "v427")));
                let (execution, epoch) = (actor("wave-2"), Some(Epoch(2)));
                night.tell(AU, Record::UpdateIntended { target, back, execution, epoch, bake: None });
            },
            |night| night.history_mut(AU).update = None,
        ),
        (
            "the release is in quarantine",
            |night| {
                let (object, releases) = (Object::Release(release("v427")), vec![release("v427")]);
                night.hub(Record::Quarantined { object, releases, why: "unsigned".to_owned() });
            },
            |night| {
                let object = Object::Release(release("v427"));
                night.hub(Record::QuarantineLifted { object, why: "signed".to_owned() });
            },
        ),
        (
            "the release is worse than the days before",
            |night| {
                let today = Tally { total: 1000, bad: 25 };
                let metric = "5xx".parse().unwrap();
                let worse = WorseThanBefore { metric, today, expected: 10.5, tolerated: 1.25, days: 14 };
                let (region, target, action) = (name(AU), night.target(AU, "v427"), ProbationAction::Act);
                night.tell(AU, Record::ProbationFound { region, target, worse, action });
            },
            |night| night.history_mut(AU).worse = None,
        ),
        (
            "a region is not judged at full load",
            |night| night.history_mut(AU).full_load.clear(),
            |night| night.judged_at_full_load(AU),
        ),
        (
            "what a region serves is unknown",
            |night| {
                let (execution, why) = (actor("wave-0"), bytes_unknown());
                night.tell(AU, Record::BytesUnknown { execution, why, paged: None });
            },
            |night| night.history_mut(AU).unknown = None,
        ),
        (
            "a region is left behind, or frozen out",
            |night| {
                let (region, execution, release) = (name(AU), actor("wave-1"), release("v427"));
                night.hub(Record::Deferred { region, execution, release, why: said("frozen"), paged: false });
            },
            |_| {},
        ),
        ("an endpoint is elsewhere", |night| night.in_service(AU, "v426"), |night| night.in_service(AU, "v427")),
        (
            "a region's ledger is not seen",
            |night| drop(night.sight.regions.insert(name(AU), Seen::Unknown(unseen()))),
            |night| {
                let ledger = done().sight.regions.remove(&name(AU)).unwrap();
                night.sight.regions.insert(name(AU), ledger);
            },
        ),
    ];
    // What nobody was told when it came to be.
    let paged_for = ["what a region serves is unknown", "an endpoint is elsewhere", "a region's ledger is not seen"];
    for (what, begin, end) in stands {
        let mut night = paged();
        begin(&mut night);
        let first = night.next_of_verify();
        assert_eq!(first.pages(), paged_for.contains(&what), "{what}: {first:?}");
        let over = if first.pages() {
            night.sent(first);
            night.next_of_verify()
        } else {
            first
        };
        assert!(over.finish().is_some(), "{what}: {over:?}");
        end(&mut night);
        night.new_call();
        let late = night.next_of_verify();
        assert!(late.finish().is_some(), "{what}: the wave has ended: {late:?}");
        night.rerun("wave-2");
        let all_clear = night.next_of_verify();
        assert!(!told(&all_clear).is_empty(), "{what}");
        night.sent(all_clear);
        is_done(&mut night);
    }
}

/// The pages that a wave sends are on record with what the wave writes after them.
#[test]
fn a_waves_own_pages_are_on_the_hubs_record() {
    let pages = |night: &mut Night| night.hub_mut().pages.iter().map(|page| page.why.clone()).collect::<Vec<_>>();
    // A region that lags, and nobody knew.
    let mut lags = Night::confirmed_in(&[EU, AU, JP]);
    let page = lags.next_of_verify();
    assert!(page.pages(), "{page:?}");
    lags.sent(page);
    let end = lags.next_of_verify();
    assert_eq!((end.finish(), pages(&mut lags)), (Some(Finish::Failed), vec![end.why.clone()]));
    // One that does not answer for longer than policy has patience.
    let mut dark = Night::new();
    dark.dark(EU);
    assert!(dark.next(EU).waits());
    dark.now += dark.fleet.wave.region_patience;
    assert_eq!(dark.refused(EU).finish(), Some(Finish::Deferred));
    let [Reason::Wave(WaveEnd::Deferred { region, .. })] = &pages(&mut dark)[..] else {
        panic!("{:?}", pages(&mut dark))
    };
    assert_eq!(region, &name(EU));
    // A halt that somebody has paged for ends a wave without a page.
    let mut halted = Night::new();
    halted.tell(AU, Record::Halted { why: rolled_back() });
    let end = halted.next(EU).finish();
    assert_eq!((end, pages(&mut halted)), (Some(Finish::Failed), Vec::new()));
}

/// A chain keeps the latest pages, and said twice one is one.
#[test]
fn only_the_latest_pages_are_kept() {
    let mut night = done();
    for number in 0..40 {
        night.pass("1m");
        night.tell(
            JP,
            Record::Halted {
                why: Return::Stays { region: name(JP), version: version(&format!("v{}", number / 2)) }.into(),
            },
        );
    }
    let kept = &night.history(JP).pages;
    assert_eq!((kept.len(), kept.last().map(|page| page.at)), (16, Some(night.now)));
    assert!(kept.windows(2).all(|pair| pair[0].why != pair[1].why), "{kept:?}");
}
