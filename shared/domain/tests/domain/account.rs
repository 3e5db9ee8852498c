//! What the ledger says of one moment: one configuration where it knows, two where it does not.

use crate::night::{EU, JP, actor, at, bytes_unknown, fleet, name, release, said, version};
use jiff::Timestamp;
use meridian_domain::account::{Account, Phase, Share, State, account};
use meridian_domain::plan::Bake;
use meridian_domain::reason::Fault;
use meridian_domain::{Actor, Cause, Decision, Entry, Epoch, Head, Reason, Record, Target};

pub const WAVE: &str = "wave-1";
pub const OWN: &str = "rollback.ap-northeast-1";

/// Which version may have answered, and which share of the requests.
type Answered = (String, Share, Option<u32>);

pub fn target(text: &str) -> Target {
    let fleet = fleet();
    Target::of(&fleet, fleet.region(&name(JP)).unwrap(), release(text), &version(text))
}

/// JP's chain and the hub's, as they are written.
#[derive(Default)]
pub struct Chains {
    pub own: (Head, Vec<Entry>),
    pub hub: (Head, Vec<Entry>),
}

impl Chains {
    /// v426 serves since midnight; v427 is attested and approved.
    pub fn installed() -> Self {
        let mut chains = Self::default();
        for version in ["v426", "v427"] {
            chains.attested(version);
        }
        chains.own("00:00:00", "installation", confirmed("v426", "installation"));
        chains.hub("03:00:17", WAVE, Record::Approved { release: release("v427"), created: at("03:00:00") });
        chains
    }

    pub fn attested(&mut self, text: &str) {
        let record = Record::Attested { release: release(text), version: version(text) };
        self.own("00:00:00", "replication.ap-northeast-1", record);
    }

    pub fn own(&mut self, time: &str, by: &str, record: Record) -> &mut Self {
        push(&mut self.own, time, by, record);
        self
    }

    pub fn hub(&mut self, time: &str, by: &str, record: Record) -> &mut Self {
        push(&mut self.hub, time, by, record);
        self
    }

    /// ... and v427's update is taken: intended at 03:10:00.
    pub fn updating() -> Self {
        let mut chains = Self::installed();
        chains.own("03:10:00", WAVE, intended("v427", Some("v426"), WAVE)).own("03:10:01", WAVE, started(WAVE));
        chains
    }

    /// ... and its canary is seen, which began before that was written: from 03:13:00 to 03:21:00.
    fn baking() -> Self {
        let mut chains = Self::updating();
        let canary = Record::CanaryStarted { execution: actor(WAVE), from: at("03:13:00"), ends: at("03:21:00") };
        chains.own("03:13:20", WAVE, canary);
        chains
    }

    /// ... and v427 is let through, proved and settled.
    pub fn settled() -> Self {
        let mut chains = Self::baking();
        chains
            .own("03:19:30", WAVE, decided(Decision::Proceed))
            .own("03:22:10", WAVE, confirmed("v427", WAVE))
            .own("03:26:00", WAVE, full_load("v427"))
            .own("03:40:00", WAVE, Record::Settled { target: target("v427"), execution: actor(WAVE) });
        chains
    }

    fn at(&self, time: &str) -> Account {
        let fleet = fleet();
        account(fleet.region(&name(JP)).unwrap(), &self.own.1, Some(&self.hub.1), at(time))
    }

    /// State, phase of an open update, and who may have answered with which share, at a moment.
    fn told(&self, time: &str) -> (State, Option<Phase>, Vec<Answered>) {
        let account = self.at(time);
        let answers = account.answers.iter().map(|own| (own.target.version.to_string(), own.share, own.percent));
        (account.state, account.update.as_ref().map(|update| update.phase), answers.collect())
    }
}

fn push((head, entries): &mut (Head, Vec<Entry>), time: &str, by: &str, record: Record) {
    let entry = head.entry(at(time), actor(by), record);
    head.follow(&entry).unwrap();
    entries.push(entry);
}

pub fn intended(to: &str, back: Option<&str>, by: &str) -> Record {
    let wave = by == WAVE;
    Record::UpdateIntended {
        target: target(to),
        back: back.map(target),
        execution: actor(by),
        epoch: wave.then_some(Epoch(1)),
        bake: wave.then(|| Bake { wait: "8m".parse().unwrap(), percent: 25 }),
    }
}

pub fn started(by: &str) -> Record {
    Record::UpdateStarted { execution: actor(by) }
}

pub fn confirmed(text: &str, by: &str) -> Record {
    Record::Confirmed { target: target(text), execution: actor(by), golden: 200 }
}

pub fn full_load(text: &str) -> Record {
    Record::FullLoadJudged { target: target(text), execution: actor(WAVE), why: said("quiet"), judgement: None }
}

pub fn decided(decision: Decision) -> Record {
    let cause = (decision == Decision::Revert).then_some(Cause::Region);
    Record::Decided { execution: actor(WAVE), decision, why: said("its reasons"), judgement: None, cause }
}

pub fn reverted(from: &str, to: &str) -> Record {
    Record::Reverted { from: target(from), to: target(to), why: said("it was slow") }
}

fn all(version: &str) -> Vec<(String, Share, Option<u32>)> {
    vec![(version.to_owned(), Share::All, None)]
}

fn perhaps(versions: [&str; 2]) -> Vec<(String, Share, Option<u32>)> {
    versions.map(|version| (version.to_owned(), Share::Perhaps, None)).to_vec()
}

#[test]
fn before_the_first_release_nothing_serves() {
    let chains = Chains::installed();
    let before = "2026-11-19T23:59:59Z".parse::<Timestamp>().unwrap();
    let fleet = fleet();
    let told = account(fleet.region(&name(JP)).unwrap(), &chains.own.1, Some(&chains.hub.1), before);
    assert_eq!((told.state, told.answers, told.way_back), (State::Nothing, vec![], None));
}

#[test]
fn a_first_release_is_on_its_way_until_it_is_proved() {
    let mut chains = Chains::default();
    chains.attested("v427");
    chains.own("03:10:00", WAVE, intended("v427", None, WAVE)).own("03:16:00", WAVE, confirmed("v427", WAVE));
    let on_its_way = vec![("v427".to_owned(), Share::Perhaps, None)];
    assert_eq!(chains.told("03:12:00"), (State::Either, Some(Phase::First), on_its_way));
    assert_eq!(chains.told("03:16:00"), (State::One, Some(Phase::Soak), all("v427")));
    assert_eq!(chains.at("03:16:00").way_back, None);
}

#[test]
fn what_serves_is_told_with_since_when_by_whom_and_proof() {
    let chains = Chains::settled();
    let told = chains.at("04:00:00");
    assert_eq!((told.state, told.update, told.way_back), (State::One, None, Some(target("v426"))));
    let own = &told.answers[0];
    assert_eq!((&own.target, own.since, own.by.clone()), (&target("v427"), Some(at("03:22:10")), Some(actor(WAVE))));
    let proof = &own.proof;
    assert_eq!((proof.attested, proof.approved), (Some(at("00:00:00")), Some(at("03:00:17"))));
    assert_eq!(proof.golden.map(|golden| (golden.at, golden.asked)), Some((at("03:22:10"), 200)));
    assert_eq!(proof.full_load.as_ref().map(|check| (check.at, check.verdict)), Some((at("03:26:00"), None)));
    assert_eq!(proof.settled, Some(at("03:40:00")));
    // What came later proves nothing of an earlier moment.
    let proof = &chains.at("03:25:00").answers[0].proof;
    assert_eq!((proof.golden.is_some(), proof.full_load.is_some(), proof.settled), (true, false, None));
}

/// A canary that was seen proves that before it began v427 had no traffic: also of the moment before anybody had seen it.
#[test]
fn mid_canary_two_answer_and_before_it_one() {
    let chains = Chains::settled();
    let parts =
        |old, new| vec![("v426".to_owned(), Share::Part, Some(old)), ("v427".to_owned(), Share::Part, Some(new))];
    assert_eq!(chains.told("03:09:59"), (State::One, None, all("v426")));
    assert_eq!(chains.told("03:10:00"), (State::One, Some(Phase::BeforeCanary), all("v426")));
    assert_eq!(chains.told("03:12:59"), (State::One, Some(Phase::BeforeCanary), all("v426")));
    for time in ["03:13:00", "03:13:20", "03:20:59"] {
        assert_eq!(chains.told(time), (State::Two, Some(Phase::Canary), parts(75, 25)), "{time}");
    }
    assert_eq!(chains.told("03:21:00"), (State::Either, Some(Phase::Shifting), perhaps(["v426", "v427"])));
    assert_eq!(chains.told("03:22:10"), (State::One, Some(Phase::Soak), all("v427")));
    let ended = chains.at("03:15:00").update.unwrap().ended.unwrap();
    assert_eq!(ended.record, confirmed("v427", WAVE));
    assert_eq!(chains.at("03:15:00").way_back, Some(target("v426")));
}

/// Of a fleet whose instances are replaced one after another it is unknown which share answers.
#[test]
fn a_share_is_told_only_where_one_stands_still() {
    let chains = Chains::settled();
    let mut region = fleet().region(&name(JP)).unwrap().clone();
    region.style = meridian_domain::Style::Rolling { batch: 50 };
    let told = account(&region, &chains.own.1, None, at("03:15:00"));
    let shares: Vec<Share> = told.answers.iter().map(|own| own.share).collect();
    assert_eq!((told.state, shares), (State::Either, vec![Share::Perhaps; 2]));
}

/// I13: a canary that nobody has seen may have begun.
#[test]
fn an_update_whose_canary_is_not_on_record_leaves_two() {
    let mut chains = Chains::installed();
    chains.own("03:10:00", WAVE, intended("v427", Some("v426"), WAVE));
    let both = || perhaps(["v426", "v427"]);
    assert_eq!(chains.told("03:10:30"), (State::Either, Some(Phase::Asked), both()));
    chains.own("03:10:40", WAVE, started(WAVE));
    assert_eq!(chains.told("03:11:00"), (State::Either, Some(Phase::Provisioning), both()));
    chains.own("03:16:00", WAVE, decided(Decision::Revert)).own("03:30:00", OWN, reverted("v427", "v426"));
    assert_eq!(chains.told("03:11:00"), (State::Either, Some(Phase::Provisioning), both()));
    assert_eq!(chains.told("03:16:00"), (State::Either, Some(Phase::RollingBack), both()));
    assert_eq!(chains.told("03:30:00"), (State::One, None, all("v426")));
    // One that was only intended: whether it was taken is as unknown afterwards.
    assert_eq!(chains.told("03:10:30"), (State::Either, Some(Phase::Asked), both()));
}

#[test]
fn in_soak_the_new_release_serves_and_the_old_is_the_way_back() {
    let told = Chains::settled().at("03:30:00");
    let update = told.update.unwrap();
    assert_eq!((told.state, update.phase, update.from), (State::One, Phase::Soak, Some(target("v426"))));
    assert_eq!((told.way_back, update.ended.unwrap().at), (Some(target("v426")), at("03:40:00")));
}

#[test]
fn after_a_revert_there_is_no_second_rollback() {
    let mut chains = Chains::settled();
    chains.own("04:27:00", OWN, intended("v426", None, OWN)).own("04:27:01", OWN, started(OWN)).own(
        "04:33:00",
        OWN,
        reverted("v427", "v426"),
    );
    assert_eq!(chains.told("04:26:59"), (State::One, None, all("v427")));
    assert_eq!(chains.told("04:27:00"), (State::Either, Some(Phase::RollingBack), perhaps(["v427", "v426"])));
    let told = chains.at("04:33:00");
    assert_eq!((told.state, told.way_back), (State::One, None));
    let own = &told.answers[0];
    assert_eq!((&own.target, own.since, own.by.clone()), (&target("v426"), Some(at("04:33:00")), Some(actor(OWN))));
    assert_eq!(own.proof.golden.unwrap().at, at("00:00:00"));
    // What v427 had shown before it was left proves nothing of it any more.
    chains.own("05:10:00", WAVE, intended("v427", Some("v426"), WAVE));
    let again = chains.at("05:11:00");
    assert_eq!((again.answers[1].target.clone(), again.answers[1].proof.golden), (target("v427"), None));
}

/// I6: a region rolls back also while its ledger cannot be written. What is written afterwards says that it had, and not since
/// when: from the last proof on, either may have answered.
#[test]
fn a_late_recorded_rollback_leaves_two_candidates() {
    let mut chains = Chains::settled();
    chains.own("04:41:00", OWN, reverted("v427", "v426"));
    assert_eq!(chains.told("03:39:00"), (State::One, Some(Phase::Soak), all("v427")));
    assert_eq!(chains.told("04:35:00"), (State::Either, Some(Phase::RolledBackUnseen), perhaps(["v427", "v426"])));
    assert_eq!(chains.told("04:41:00"), (State::One, None, all("v426")));
    // SageMaker's own return within a canary is no other case.
    let mut chains = Chains::baking();
    chains.own("03:17:00", OWN, reverted("v427", "v426"));
    assert_eq!(chains.told("03:12:00"), (State::One, Some(Phase::BeforeCanary), all("v426")));
    assert_eq!(chains.told("03:15:00"), (State::Either, Some(Phase::RolledBackUnseen), perhaps(["v426", "v427"])));
    // A return that was decided first is one: until the decision the canary had its share.
    let mut chains = Chains::baking();
    chains.own("03:16:00", WAVE, decided(Decision::Revert)).own("03:17:00", OWN, reverted("v427", "v426"));
    assert_eq!(chains.told("03:15:00").0, State::Two);
    assert_eq!(chains.told("03:16:00"), (State::Either, Some(Phase::RollingBack), perhaps(["v426", "v427"])));
}

#[test]
fn unknown_bytes_are_unknown_until_they_are_proved() {
    let mut chains = Chains::baking();
    let unknown = Record::BytesUnknown { execution: actor(OWN), why: bytes_unknown(), paged: None };
    chains
        .own("03:16:00", WAVE, decided(Decision::Revert))
        .own("03:18:00", OWN, unknown)
        .own("03:20:00", OWN, intended("v426", None, OWN))
        .own("03:25:00", OWN, reverted("v427", "v426"));
    for (time, way_back) in [("03:18:00", Some("v426")), ("03:24:59", None)] {
        let told = chains.at(time);
        assert_eq!((told.state, told.unknown.unwrap().since), (State::Unknown, at("03:18:00")), "{time}");
        assert!(told.answers.iter().all(|own| own.share == Share::Perhaps), "{time}");
        assert_eq!(told.way_back, way_back.map(target), "{time}");
    }
    let versions: Vec<_> = chains.at("03:24:59").answers.iter().map(|own| own.target.version.to_string()).collect();
    assert_eq!(versions, ["v426", "v427"]);
    assert_eq!(chains.told("03:25:00"), (State::One, None, all("v426")));
}

#[test]
fn a_deferral_and_an_illness_are_told_until_they_are_over() {
    let mut chains = Chains::updating();
    let ill = Record::RegionIll { region: name(JP), execution: actor(WAVE), why: said("no answer") };
    let why = || said("its control plane does not answer");
    let deferred = Record::Deferred {
        region: name(JP),
        execution: actor(WAVE),
        release: release("v427"),
        why: why(),
        paged: false,
    };
    let elsewhere = Record::RegionIll { region: name(EU), execution: actor(WAVE), why: why() };
    chains.hub("03:12:00", WAVE, ill).hub("03:12:30", WAVE, elsewhere).hub("03:15:00", WAVE, deferred);
    chains.own("03:30:00", OWN, reverted("v427", "v426"));
    let told = |time: &str| {
        let account = chains.at(time);
        (account.ill.map(|ill| ill.since), account.deferred.map(|deferral| deferral.at))
    };
    assert_eq!(told("03:11:59"), (None, None));
    assert_eq!(told("03:14:59"), (Some(at("03:12:00")), None));
    assert_eq!(told("03:15:00"), (Some(at("03:12:00")), Some(at("03:15:00"))));
    // It rolled back, which shows that it answers; what it did not get it still has not.
    assert_eq!(told("03:30:00"), (None, Some(at("03:15:00"))));
    chains.own("09:00:00", "wave-2", intended("v427", Some("v426"), WAVE));
    assert_eq!(chains.at("09:00:00").deferred, None);
}

/// A region whose replica was late is left behind too, and one that gets there by itself is not behind any more.
#[test]
fn a_late_region_is_deferred_until_it_serves_the_release() {
    let mut chains = Chains::updating();
    let late = Record::WaveStarted {
        release: release("v427"),
        version: version("v427"),
        execution: actor(WAVE),
        late: vec![name(JP)],
        order: None,
        resumes: None,
        policy: None,
    };
    chains.hub("03:15:00", WAVE, late).own("03:22:00", WAVE, confirmed("v427", WAVE));
    assert_eq!(chains.at("03:21:00").deferred.unwrap().why, Fault::ReplicaLate.into());
    assert_eq!(chains.at("03:22:00").deferred, None);
}

#[test]
fn halts_are_told_while_they_hold_with_who_and_why() {
    let mut chains = Chains::installed();
    let halted = |why: &str| Record::Halted { why: said(why) };
    chains
        .own("03:30:00", OWN, halted("its alarm rang"))
        .own("03:50:00", "maria", Record::Lifted { why: "mended".to_owned() })
        .hub("03:40:00", "maria", halted("incident"));
    let told = |time: &str| -> Vec<(Actor, Reason, bool)> {
        chains.at(time).halts.into_iter().map(|halt| (halt.by, halt.why, halt.fleet)).collect()
    };
    let own = (actor(OWN), said("its alarm rang"), false);
    let fleet = (actor("maria"), said("incident"), true);
    assert_eq!(told("03:29:59"), []);
    assert_eq!(told("03:45:00"), [own, fleet.clone()]);
    assert_eq!(told("03:50:00"), [fleet]);
}

/// I13: without the hub's chain nothing is said of what stands in it.
#[test]
fn a_hub_that_cannot_be_read_is_no_quiet_hub() {
    let chains = Chains::settled();
    let fleet = fleet();
    let told = account(fleet.region(&name(JP)).unwrap(), &chains.own.1, None, at("04:00:00"));
    assert!(!told.hub_known && chains.at("04:00:00").hub_known);
    assert_eq!(told.answers[0].proof.approved, None);
    assert_eq!(told.answers[0].target, target("v427"));
}

/// After trouble "since" alone would say that nothing happened: the last time with another release is told beside it.
#[test]
fn the_last_interruption_names_the_other_release_and_the_time() {
    let mut chains = Chains::updating();
    assert_eq!(chains.at("03:12:00").answers[0].interrupted, None);
    let canary = Record::CanaryStarted { execution: actor(WAVE), from: at("03:13:00"), ends: at("03:21:00") };
    let unknown = Record::BytesUnknown { execution: actor(OWN), why: bytes_unknown(), paged: None };
    chains.own("03:13:20", WAVE, canary).own("03:19:00", OWN, unknown).own("03:24:00", OWN, reverted("v427", "v426"));
    let answer = chains.at("09:00:00").answers.remove(0);
    assert_eq!((answer.target, answer.since), (target("v426"), Some(at("00:00:00"))));
    let told = answer.interrupted.unwrap();
    assert_eq!((told.other, told.canary, told.why), (Some(target("v427")), true, said("it was slow")));
    assert_eq!((told.from, told.unknown, told.until), (at("03:13:00"), Some(at("03:19:00")), at("03:24:00")));
}

/// What came to nothing interrupted nobody, and neither does what serves now.
#[test]
fn an_update_never_accepted_or_arrived_is_no_interruption() {
    let mut never = Chains::installed();
    never.own("03:10:00", WAVE, intended("v427", Some("v426"), WAVE)).own("03:30:00", WAVE, reverted("v427", "v426"));
    for chains in [never, Chains::settled()] {
        assert_eq!(chains.at("09:00:00").answers[0].interrupted, None);
    }
}
