//! What operator commands say, whole, where the command line's own tests do not read it so.

use crate::given::{BR, EU, JP, actor, at, fleet, name, overridden, release, said, version};
use jiff::SignedDuration;
use meridian_domain::ManifestFault;
use meridian_domain::overview::{CondemnedRow, FailoverRow};
use meridian_domain::quarantine::Object;
use meridian_domain::reason::EvaluationReason;
use meridian_domain::{
    ApprovedHoldout, Carries, Chain, Evacuated, Exposure, Holdout, HomeMove, Override, RegionName, Rule, Sha256,
};
use meridian_messages::operator::{FailoverStands, HomeHandedOver, HomeTakenOver, HubSource, Restored, refused};
use meridian_messages::{Voice, operator};

#[test]
fn a_halt_is_told_with_the_command_that_lifts_it() {
    let (fleet, tokyo) = (fleet(), Chain::Region(name(JP)));
    let voice = Voice::of(&fleet);
    for (words, told) in [
        (
            voice.halt_set(&Chain::Home, None),
            "the fleet is halted in home's chain: nothing starts until it is lifted (meridian lift --region home --who ... --why ...)",
        ),
        (
            voice.halt_set(&tokyo, Some(&said("incident 4711"))),
            "the fleet was halted already: incident 4711 (meridian lift --region ap-northeast-1 --who ... --why ...)",
        ),
        (
            voice.halt_lifted(&tokyo, "the link is back", &said("incident 4711")),
            "ap-northeast-1: the halt is lifted (the link is back). It had been set because: incident 4711",
        ),
    ] {
        assert_eq!(words, told);
    }
}

#[test]
fn an_override_is_told_with_its_rule_region_and_end() {
    let fleet = fleet();
    let voice = Voice::of(&fleet);
    let everywhere = Override { region: None, ..overridden() };
    for (words, told) in [
        (
            operator::set_aside(Rule::Skew, None, at("04:00:00")),
            "the skew is set aside for every region until 2026-11-20T04:00:00Z",
        ),
        (operator::holds_again(Rule::Order, Some(&name(BR))), "the order holds again for sa-east-1"),
        (
            voice.override_in_force(&overridden()),
            "the freeze is set aside for JP until 2026-11-20T04:00:00Z, by maria: the fix must go out",
        ),
        (
            voice.override_in_force(&everywhere),
            "the freeze is set aside for every region until 2026-11-20T04:00:00Z, by maria: the fix must go out",
        ),
    ] {
        assert_eq!(words, told);
    }
}

/// What `meridian status` says of a failover, and what its commands say.
#[test]
fn a_failover_is_told_with_who_asked_for_it_and_how_it_ends() {
    let fleet = fleet();
    let voice = Voice::of(&fleet);
    let (eu, jp) = (name(EU), name(JP));
    let (by, why, since) = (|| actor("maria"), || "a new network".to_owned(), at("04:00:00"));
    let evacuated = Evacuated { to: jp.clone(), by: by(), why: why(), since };
    let carries = |ready| Carries { from: eu.clone(), by: by(), why: why(), since, ready, over: false };
    let told = |region: &RegionName, evacuated, carries| {
        voice.failover_in_force(&FailoverRow { region: region.clone(), evacuated, carries })
    };
    assert_eq!(
        told(&eu, Some(evacuated), None),
        [
            "EU's customers are sent away, JP is ready for them, since 2026-11-20 04:00:00, by maria: a new network (meridian \
          failback --region EU --who ... --why ...)"
        ]
    );
    assert_eq!(
        told(&jp, None, Some(carries(None))),
        [
            "JP makes itself ready for EU's customers, since 2026-11-20 04:00:00, by maria: a new network (meridian failback \
          --region EU --who ... --why ...)"
        ]
    );
    assert_eq!(
        told(&jp, None, Some(carries(Some(since)))),
        [
            "JP is ready for EU's customers, since 2026-11-20 04:00:00, by maria: a new network (meridian failback --region EU \
          --who ... --why ...)"
        ]
    );
    for (stands, words) in [
        (
            FailoverStands::Asked { short: Some((4, 3)) },
            "JP makes itself ready for EU's customers, from its next look within five minutes; once it is, they are sent away from \
             EU. JP needs 4 instances for them and gets 3 at most: raise its most_instances, or answers will be late or lost",
        ),
        (
            FailoverStands::Asked { short: None },
            "JP makes itself ready for EU's customers, from its next look within five minutes; once it is, they are sent away from EU",
        ),
        (
            FailoverStands::Waits { short: None },
            "JP is not ready for EU's customers yet; once it is, they are sent away from EU",
        ),
        (
            FailoverStands::Moved,
            "JP is ready, and EU is out of service: within a minute its /health answers 503, and DNS leads its customers elsewhere",
        ),
        (FailoverStands::Stood, "EU is out of service already, and JP is ready for its customers"),
    ] {
        assert_eq!(voice.failover(&eu, &jp, stands), words);
    }
    for (carried, unread, words) in [
        (
            vec![jp.clone()],
            vec![],
            "EU is in service: its customers come back as DNS is asked again; JP scales as usual again",
        ),
        (vec![], vec![], "EU is in service: its customers come back as DNS is asked again"),
        (
            vec![jp],
            vec![eu.clone()],
            "the failover of EU ends; JP scales as usual again; the ledger of EU does not answer: give the command again once it does",
        ),
    ] {
        assert_eq!(voice.failed_back(&eu, &carried, &unread), words);
    }
}

#[test]
fn a_quarantine_lists_the_releases_that_it_concerns() {
    let key = Object::Key("releases/model.tar.gz".to_owned());
    let (one, other) = (release("one"), release("other"));
    assert_eq!(
        operator::quarantined(&key, &[one, other]),
        format!("releases/model.tar.gz is in quarantine; releases that it concerns: 2\n  {one}\n  {other}")
    );
    assert_eq!(
        operator::quarantine_lifted(&key, &[]),
        "releases/model.tar.gz is no longer in quarantine; releases that it concerns: 0"
    );
}

#[test]
fn a_hold_out_is_told_from_when_it_counts() {
    let sha256 = Sha256::of(b"records");
    let holdout = Holdout { sha256, bytes: 9, rows: 10_000, positives: 312 };
    assert_eq!(
        operator::holdout_approved(&holdout),
        format!("approved: releases published from now on are evaluated on {sha256} (10000 records, 312 positives)")
    );
    let (since, by, why) = (at("03:00:00"), actor("ana"), "new labels".to_owned());
    assert_eq!(
        operator::holdout_stands(&ApprovedHoldout { holdout, since, by, why }),
        "these records were approved at 2026-11-20T03:00:00Z by ana already"
    );
}

#[test]
fn what_is_asked_or_declined_says_what_it_is_about() {
    for (words, told) in [
        (operator::question("it is done", "agreed", &actor("maria")), "it is done (\"agreed\", maria)"),
        (operator::not_done("it is done"), "nothing was written; not done: it is done"),
    ] {
        assert_eq!(words, told);
    }
}

#[test]
fn the_screen_counts_what_needs_a_person() {
    let told = ["Nothing needs you.", "One thing needs you.", "3 things need you, the most urgent first."];
    assert_eq!([0, 1, 3].map(operator::needs), told);
}

#[test]
fn a_condemned_release_is_told_with_whether_it_serves() {
    let fleet = fleet();
    let row = |exposure| CondemnedRow {
        release: release("bad"),
        version: version("v428"),
        since: at("03:20:00"),
        why: said("5xx are worse"),
        exposed: vec![(name(JP), exposure)],
    };
    for (exposure, told) in [
        (
            Exposure::Serves { since: at("03:10:00"), back: None },
            "condemned: v428 since 2026-11-20 03:20:00: 5xx are worse",
        ),
        (
            Exposure::InUpdate,
            "condemned: v428 since 2026-11-20 03:20:00, and serves nowhere by the ledgers: 5xx are worse",
        ),
    ] {
        assert_eq!(Voice::of(&fleet).condemned(&row(exposure)), told);
    }
}

#[test]
fn a_refused_command_says_what_to_do_instead() {
    let (fleet, br) = (fleet(), name(BR));
    let key = Object::Key("releases/x".to_owned());
    let week = SignedDuration::from_hours(7 * 24);
    for (words, told) in [
        (
            refused::no_such_region(&name("us-east-1"), &fleet.name, &[br.clone(), name(JP)]),
            "region us-east-1 is not in fleet fraud: it has sa-east-1, ap-northeast-1",
        ),
        (refused::not_halted(&Chain::Region(br.clone())), "nothing is halted in chain sa-east-1"),
        (refused::whole_order(), "the order is overridden for one region at a time: name it with --region"),
        (
            refused::override_too_long(week, at("03:00:00.7")),
            "an override lasts at most 168h, not until 2026-11-20T03:00:00Z: a longer exception belongs in fleet.toml",
        ),
        (
            refused::names_nothing("v 1"),
            "\"v 1\" names nothing that can be put in quarantine: expected a release's digest (64 hexadecimal digits), \
             its name such as v427, or a key under releases/",
        ),
        (
            refused::not_one_release(&version("v427"), &br, &[]),
            "0 releases in sa-east-1 are called v427: name one by its digest",
        ),
        (refused::not_in_quarantine(&key), "releases/x is not in quarantine"),
        (
            refused::no_hub(&br),
            "the hub's ledger in sa-east-1 is empty, so it was never home: meridian home show says which region is. Nothing was changed",
        ),
        (
            refused::move_unfinished(&br, &name(JP)),
            "home's move from sa-east-1 to ap-northeast-1 is not finished: give that command again first, with the fleet.toml that says \
             home = \"sa-east-1\". Nothing was changed",
        ),
    ] {
        assert_eq!(words, told);
    }
    let (one, other) = (release("one"), release("other"));
    assert_eq!(
        refused::not_one_release(&version("v427"), &br, &[one, other]),
        format!("2 releases in sa-east-1 are called v427: name one by its digest\n  {one}\n  {other}")
    );
}

#[test]
fn what_is_not_published_or_approved_is_told_with_the_cause() {
    let (v427, future) = (version("v427"), release("future"));
    let fault = ManifestFault::Digest { expected: release("one"), found: future };
    assert_eq!(
        refused::no_manifest(&v427, &fault),
        format!("v427 cannot be published: {}", meridian_messages::files::manifest(&fault))
    );
    for (words, told) in [
        (
            refused::would_be_rejected(&v427, &EvaluationReason::NothingRequired),
            "v427 is not published, for evaluation would reject it: no gate is required; require at least one in \
             [evaluation]",
        ),
        (refused::unpublished(&v427, &"no answer"), "v427 is not published: no answer"),
        (refused::holdout_unreadable(&"no header"), "the hold-out cannot be read: no header"),
        (
            refused::holdout_unfit(&["too few", "too alike"]),
            "the hold-out is not fit to evaluate on: too few; too alike",
        ),
        (
            refused::key_cannot_sign("alias/training"),
            "alias/training cannot sign releases: expected a key of KMS with KeySpec ECC_NIST_P256 and KeyUsage SIGN_VERIFY",
        ),
        (
            refused::key_not_trusted("PEM"),
            "fleet.toml does not trust this key: add it to keys of [signing] with this public_key and deploy, or sign with \
             another\nPEM",
        ),
    ] {
        assert_eq!(words, told);
    }
}

#[test]
fn a_home_that_moved_is_told_with_what_is_to_be_done() {
    let fleet = fleet();
    let (voice, jp) = (Voice::of(&fleet), name(JP));
    assert_eq!(
        voice.home_handed_over(&jp, HomeHandedOver { entries: 812, copied: 3 }),
        "JP is home: the hub's ledger of 812 entries goes on in its bucket (3 copied now). It stands ready and goes on with what \
         was evaluated. No new release starts there until every region is deployed with home = \"ap-northeast-1\" and the hold-out is approved there"
    );
    let to_br = voice.home_handed_over(&name(BR), HomeHandedOver { entries: 812, copied: 3 });
    assert!(to_br.contains("(3 copied now). Nothing starts there until every region"), "no deputy: {to_br}");
    let taken = |wave| {
        let source = HubSource::Copy { holder: name(BR), entries: 812, last: Some(at("03:31:07")) };
        voice.home_taken_over(&jp, &HomeTakenOver { source, wave, knows: false })
    };
    assert!(
        taken(Some((version("v427"), true)))
            .contains("not in it. The wave of v427 was open, and goes on there. The old home")
    );
    let ended = "The wave of v427 was open, and has ended: the next release brings the regions that wait. The old home";
    assert!(taken(Some((version("v427"), false))).contains(ended));
    assert_eq!(
        taken(None),
        "JP is home: the hub's ledger goes on in its bucket from the copy of 812 entries in BR, up to 2026-11-20 03:31:07 UTC: what \
         was written after that is not in it. The old home does not know it: give this command again, with this fleet.toml, as soon as it answers. \
         It stands ready and goes on with what was evaluated. No new release starts there until every region is deployed with home = \"ap-northeast-1\" and the hold-out is approved there"
    );
    let knows = |source| voice.home_taken_over(&jp, &HomeTakenOver { source, wave: None, knows: true });
    let starts_nothing =
        "The old home's bucket answers: what is deployed with that home in its fleet.toml starts nothing any more. ";
    let whole = knows(HubSource::Home { entries: 812 });
    let begun = format!("JP is home: the hub's ledger of 812 entries goes on in its bucket, whole. {starts_nothing}");
    assert!(whole.starts_with(&begun), "{whole}");
    let stood = knows(HubSource::Stood);
    assert!(stood.starts_with(&format!("JP is home: it took over before. {starts_nothing}")), "{stood}");
    let moved = |lost| {
        let (from, to, by, why) = (name(EU), jp.clone(), actor("maria"), "a drill".to_owned());
        HomeMove { from, to, lost, by, why, since: at("04:00:00") }
    };
    assert_eq!(voice.home_shown(&name(EU), None, &[]), "EU (eu-west-1) is home");
    let silent = "EU (eu-west-1) is home. JP and BR do not answer, and may know better";
    assert_eq!(voice.home_shown(&name(EU), None, &[name(JP), name(BR)]), silent);
    for (lost, words) in [
        (false, "What is deployed with another home in its fleet.toml starts nothing"),
        (
            true,
            "The old home may not know it: meridian home move --to JP --lost, given again with the fleet.toml that says home = \
             \"eu-west-1\", says so",
        ),
    ] {
        let told = format!("JP is home since 2026-11-20 04:00:00, by maria: a drill. {words}");
        assert_eq!(voice.home_shown(&jp, Some(&moved(lost)), &[]), told);
    }
}

#[test]
fn a_restored_chain_is_told_with_how_far_its_copy_goes() {
    let fleet = fleet();
    let (voice, chain) = (Voice::of(&fleet), Chain::Region(name(JP)));
    let told = |written| {
        voice.restored(&chain, &Restored { holder: name(EU), entries: 12, written, last: Some(at("03:31:07")) })
    };
    assert_eq!(
        told(12),
        "chain ap-northeast-1 is restored from the copy in EU: 12 of 12 entries were missing. It goes up to 2026-11-20 03:31:07 UTC: \
         what was written after that is not in it"
    );
    assert_eq!(
        told(0),
        "chain ap-northeast-1 has all 12 entries that EU keeps of it, up to 2026-11-20 03:31:07 UTC: what was written after that is not \
         in it"
    );
}
