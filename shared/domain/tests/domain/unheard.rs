//! Waves whose end is not on record, and of which nothing is heard: they are not said to be in progress.

use crate::account::{Chains, OWN, WAVE, intended};
use crate::night::{BR, JP, actor, at, fleet, name, release, said, version, wave_ended};
use meridian_domain::overview::{Next, Overview, RegionSeen, Unheard, overview};
use meridian_domain::reason::{Return, WayBackReason};
use meridian_domain::{Epoch, Frozen, Record, Seen};

fn started(execution: &str) -> Record {
    Record::WaveStarted {
        release: release("v427"),
        version: version("v427"),
        execution: actor(execution),
        late: Vec::new(),
        order: None,
        resumes: None,
        policy: None,
    }
}

fn seen(chains: &Chains, frozen: Option<Frozen>, time: &str) -> Overview {
    let fleet = fleet();
    let region = |title: &str, entries, frozen| RegionSeen {
        region: fleet.region(&name(title)).unwrap(),
        is_home: false,
        entries: Some(entries),
        endpoint: Seen::Known(None),
        alarm: Seen::Known(false),
        frozen,
        paging: Vec::new(),
    };
    let all = [region(JP, chains.own.1.as_slice(), None), region(BR, &[], frozen)];
    overview(&fleet, Some(&chains.hub.1), &all, at(time))
}

fn unheard(chains: &Chains, time: &str) -> Option<Unheard> {
    seen(chains, None, time).wave.unwrap().unheard
}

/// The wave holds the lease until 03:15:21, and its last word is JP's update of 03:10:00.
fn leased() -> Chains {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", "replication.eu-west-1", started(WAVE));
    chains.hub("03:05:21", WAVE, Record::LeaseTaken { epoch: Epoch(1), until: at("03:15:21") });
    chains.own("03:10:00", WAVE, intended("v427", Some("v426"), WAVE));
    chains
}

/// Its function died and its execution has failed: neither writes anything, and the lease is not renewed.
#[test]
fn a_wave_whose_lease_ran_out_is_unheard_since_its_last_entry() {
    let mut chains = leased();
    // The region's own watch says what it does, not that the wave lives.
    let (region, from, to) = (name(JP), Some(version("v427")), version("v426"));
    let told = Return::RollsBackFrom { region, from, to, why: WayBackReason::JudgeSilent };
    chains.own("03:14:00", OWN, Record::Halted { why: told.into() });
    assert_eq!(unheard(&chains, "03:15:21"), None);
    let told = Some(Unheard { since: at("03:10:00"), lease: Some(at("03:15:21")) });
    assert_eq!(unheard(&chains, "03:15:22"), told);
    assert_eq!(unheard(&chains, "04:30:00"), told);
    assert_eq!(seen(&chains, None, "03:15:22").next, []);
    // It lives after all: it renews the lease, or ends.
    chains.hub("03:16:00", WAVE, Record::LeaseTaken { epoch: Epoch(2), until: at("03:26:00") });
    assert_eq!(unheard(&chains, "03:20:00"), None);
    let (release, lagging) = (release("v427"), vec![name(JP)]);
    let ended = wave_ended(release, actor(WAVE), lagging);
    chains.hub("03:21:00", WAVE, ended);
    assert_eq!(unheard(&chains, "04:30:00"), None);
}

/// Its evaluation failed without a ruling, or it was stopped before any region's turn: no lease tells that it is gone.
#[test]
fn a_wave_that_never_took_the_lease_is_unheard_after_a_while() {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", "replication.eu-west-1", started("wave-2"));
    assert_eq!(unheard(&chains, "03:15:20"), None);
    assert_eq!(unheard(&chains, "03:15:21"), Some(Unheard { since: at("03:00:20"), lease: None }));
    // It waits for the one before it, which holds the lease.
    chains.hub("03:16:00", "wave-1", Record::LeaseTaken { epoch: Epoch(1), until: at("03:40:00") });
    assert_eq!(seen(&chains, None, "03:39:00").wave.unwrap().unheard, None);
}

/// A freeze holds whether or not the wave still runs; where it goes next is not said.
#[test]
fn what_is_frozen_is_told_of_an_unheard_wave_too() {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", WAVE, started(WAVE));
    let (from, until) = (at("00:00:00"), at("23:00:00"));
    let frozen = Frozen { name: "year-end".to_owned(), why: "volumes".to_owned(), from, until };
    let next = |time: &str| seen(&chains, Some(frozen.clone()), time).next;
    let held = Next::Held { region: name(BR), frozen: frozen.clone() };
    let goes_on = Next::Regions { version: version("v427"), regions: vec![name(JP)] };
    assert_eq!(next("03:10:00"), [goes_on, held.clone()]);
    assert_eq!(next("03:30:00"), [held]);
}

/// A rejected release's wave is over, and its row says so.
#[test]
fn a_rejected_releases_wave_is_not_waited_for() {
    let mut chains = Chains::installed();
    chains.hub("03:00:20", WAVE, started(WAVE));
    chains.hub("03:00:30", WAVE, Record::Rejected { release: release("v427"), why: said("held-out AUC 0.8550") });
    assert_eq!(unheard(&chains, "09:00:00"), None);
}
