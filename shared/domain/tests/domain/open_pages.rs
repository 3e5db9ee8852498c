//! Pages of altered chains and of executions that failed: open until their cause is over.

use crate::account::{Chains, OWN, WAVE};
use crate::night::{EU, JP, actor, at, fleet, name, release, said, version, wave_ended};
use meridian_domain::heads::{Departure, KeptHead};
use meridian_domain::lost_home::HomeSeen;
use meridian_domain::overview::{OpenPage, PageCause, RegionSeen, overview};
use meridian_domain::quarantine::Object;
use meridian_domain::reason::JobFailure;
use meridian_domain::{Binding, Chain, Entry, Head, Record, RegionName, Seen, Sha256, Verdict};

/// What is open at 09:00:00 of home, whose region's chain is empty, and JP. `jp`: its chain, where that can be read and believed.
fn open(hub: &[Entry], jp: Option<&[Entry]>, eu: &[Entry]) -> Vec<OpenPage> {
    let fleet = fleet();
    let region = |title: &str, entries| RegionSeen {
        region: fleet.region(&name(title)).unwrap(),
        is_home: title == EU,
        entries,
        endpoint: Seen::Known(None),
        alarm: Seen::Known(false),
        frozen: None,
        paging: Vec::new(),
    };
    overview(&fleet, Some(hub), &[region(EU, Some(eu)), region(JP, jp)], at("09:00:00")).pages
}

fn started(text: &str, execution: &str) -> Record {
    Record::WaveStarted {
        release: release(text),
        version: version(text),
        execution: actor(execution),
        late: Vec::new(),
        order: None,
        resumes: None,
        policy: None,
    }
}

fn kept(entry: &Entry) -> KeptHead {
    KeptHead { seq: entry.seq, hash: entry.hash() }
}

/// EU keeps the ends of JP's chain, and pages where an entry is gone.
#[test]
fn an_altered_chains_page_is_open_until_the_entry_is_back() {
    let jp = Chains::settled().own.1;
    let (chain, departure) = (Chain::Region(name(JP)), Departure::Missing);
    for seen in [jp.last().unwrap(), &jp[1]] {
        let kept = kept(seen);
        let mut eu = Chains::default();
        let departed = Record::ChainDeparted { chain: chain.clone(), kept, departure };
        eu.own("04:10:00", "replication.eu-west-1", departed);
        let eu = eu.own.1;
        let cause = PageCause::ChainAltered { chain: chain.clone(), kept, departure };
        let page = [OpenPage { region: name(JP), since: at("04:10:00"), cause }];
        let cut = usize::try_from(kept.seq).unwrap();
        // Cut before it; another entry in its place; not to be read, or not to be believed.
        assert_eq!(open(&[], Some(&jp[..cut]), &eu), page);
        let mut other = jp[..=cut].to_vec();
        other[cut].record = Record::Lifted { why: "by hand".to_owned() };
        assert_eq!(open(&[], Some(&other), &eu), page);
        assert_eq!(open(&[], None, &eu), page);
        assert_eq!(open(&[], Some(&jp), &eu), []);
    }
}

/// The hub's chain lies in home's bucket.
#[test]
fn an_altered_hubs_page_is_homes() {
    let mut chains = Chains::installed();
    let hub = chains.hub.1.clone();
    let (chain, departure) = (Chain::Home, Departure::Other { found: Sha256::of(b"other") });
    let cause = |kept| PageCause::ChainAltered { chain: chain.clone(), kept, departure };
    let gone = KeptHead { seq: 7, hash: Sha256::of(b"gone") };
    chains.own("04:10:00", OWN, Record::ChainDeparted { chain: chain.clone(), kept: gone, departure });
    let page = OpenPage { region: name(EU), since: at("04:10:00"), cause: cause(gone) };
    assert_eq!(open(&hub, Some(&chains.own.1), &[]), [page]);
    let there = kept(&hub[0]);
    chains.own("05:10:00", OWN, Record::ChainDeparted { chain: chain.clone(), kept: there, departure });
    assert_eq!(open(&hub, Some(&chains.own.1), &[]), []);
}

/// Home is another region's to miss, also where its own chains cannot be read.
#[test]
fn a_lost_homes_page_is_open_until_it_answers_or_has_moved() {
    let mut chains = Chains::default();
    let mut seen = |time, seen| {
        chains.own(time, OWN, Record::HomeSeen { home: name(EU), seen });
        chains.own.1.clone()
    };
    let silent = seen("03:35:00", HomeSeen::Silent);
    assert_eq!(open(&[], Some(&silent), &[]), []);
    let asked = seen("03:50:00", HomeSeen::Asked { with: vec![] });
    let cause = PageCause::HomeLost { deputy: name(JP) };
    let page = OpenPage { region: name(EU), since: at("03:35:00"), cause };
    assert_eq!(open(&[], Some(&asked), &[]), [page]);
    let why = "the region is gone".to_owned();
    let moved = Record::HomeMoved { binding: Binding, from: name(EU), to: name(JP), lost: true, why };
    let moved = Head::default().entry(at("04:30:00"), actor("maria"), moved);
    assert_eq!(open(&[moved], Some(&asked), &[]), []);
    let answers = seen("05:00:00", HomeSeen::Answers);
    assert_eq!(open(&[], Some(&answers), &[]), []);
}

#[test]
fn a_rejections_page_is_open_until_a_later_release_is_approved() {
    let mut chains = Chains::default();
    let (why, v429) = (said("held-out AUC 0.8550"), release("v429"));
    let evaluated = Record::Evaluated {
        release: v429,
        champion: None,
        holdout: Sha256::of(b"records"),
        verdict: Verdict::Fail,
        why: why.clone(),
        golden: None,
    };
    let approved = |text: &str| Record::Approved { release: release(text), created: at("02:00:00") };
    chains.hub("02:00:00", OWN, started("v428", "w428")).hub("03:00:10", OWN, started("v429", "w429"));
    chains.hub("03:00:20", "w429", evaluated);
    chains.hub("03:00:21", "w429", Record::Rejected { release: v429, why: why.clone() });
    // The one before it is approved late: that mends nothing.
    chains.hub("03:10:00", "w428", approved("v428"));
    let (version, verdict, why) = (Some(version("v429")), Some(Verdict::Fail), Box::new(why));
    let cause = PageCause::Rejected { release: v429, version, verdict, why };
    let page = [OpenPage { region: name(EU), since: at("03:00:21"), cause }];
    assert_eq!(open(&chains.hub.1, None, &[]), page);
    // A later release that is not approved yet mends nothing either.
    chains.hub("04:00:10", OWN, started("v430", "w430"));
    assert_eq!(open(&chains.hub.1, None, &[]), page);
    let mut quarantined = chains.hub.clone();
    let why = "trained on leaked labels".to_owned();
    let record = Record::Quarantined { object: Object::Release(v429), releases: vec![v429], why };
    let entry = quarantined.0.entry(at("04:30:00"), actor("maria"), record);
    quarantined.1.push(entry);
    assert_eq!(open(&quarantined.1, None, &[]), []);
    chains.hub("04:00:20", "w430", approved("v430"));
    assert_eq!(open(&chains.hub.1, None, &[]), []);
}

/// Its handler left the job without an answer, and people were told.
#[test]
fn a_failed_jobs_page_is_open_until_a_wave_has_ended_without_it() {
    let mut chains = Chains::default();
    let why = Box::new(JobFailure::Panicked);
    let failed = |execution: &str| Record::JobFailed { execution: actor(execution), why: why.clone() };
    let ended = |execution: &str, lagging: Vec<RegionName>| {
        let (release, execution) = (release("v427"), actor(execution));
        wave_ended(release, execution, lagging)
    };
    let without_jp = vec![name(JP)];
    chains.hub("03:00:20", OWN, started("v427", WAVE)).hub("03:10:00", WAVE, failed(WAVE));
    chains.hub("03:11:00", WAVE, failed(WAVE)).hub("03:12:00", WAVE, ended(WAVE, without_jp.clone()));
    let cause = PageCause::JobFailed(why.clone());
    assert_eq!(open(&chains.hub.1, None, &[]), [OpenPage { region: name(EU), since: at("03:10:00"), cause }]);
    // What is tried again in the same execution may do all of it.
    for (execution, lagging) in [("rerun", without_jp), (WAVE, vec![])] {
        let mut over = chains.hub.clone();
        let entry = over.0.entry(at("05:10:00"), actor(execution), ended(execution, lagging));
        over.1.push(entry);
        assert_eq!(open(&over.1, None, &[]), []);
    }
}
