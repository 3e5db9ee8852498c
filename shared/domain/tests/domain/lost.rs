//! A wave whose execution CodePipeline ended before the wave did: its end is put on record, people are told once, and home goes on.

use crate::night::{AU, BR, EU, JP, Night, actor, at, name, release, said, version};
use crate::plans::Says;
use crate::tries::{due, regions, resumed, start, wave};
use jiff::SignedDuration;
use meridian_domain::plan::{Act, EndedExecution, Finish, is_accounted_for, lost_wave, open_wave};
use meridian_domain::reason::{ExecutionEnd, JobFailure, Return, WaveEnd};
use meridian_domain::{EndpointStatus, Epoch, Record, RegionName, Resumed, Try};
use meridian_judge::RegionEvidence;

/// EU and AU serve v427, and no job of the wave is answered any more.
fn left_alone() -> Night {
    let mut night = Night::confirmed_in(&[EU, AU]);
    start(&mut night, at("03:00:00"));
    night
}

/// What home's sweep puts on record: the regions that lag, and the page.
fn end(night: &Night, how: ExecutionEnd) -> Option<(Record, Vec<RegionName>, Option<WaveEnd>)> {
    let regions = regions(night);
    let regions = regions.iter().map(|(name, own)| (name.clone(), &**own)).collect();
    let (release, execution) = (release("v427"), night.sight.execution.clone());
    let lost = EndedExecution { execution, release, how };
    let record = lost_wave(&night.fleet, &night.sight.hub, &regions, &lost, night.now)?;
    let Record::WaveEnded { execution, lagging, page, .. } = record.clone() else { panic!("{record:?}") };
    assert_eq!(execution, night.sight.execution);
    Some((record, lagging, page.map(|end| *end)))
}

/// The same, and it is written.
fn ends(night: &mut Night, how: ExecutionEnd) -> Option<WaveEnd> {
    let (record, _, page) = end(night, how).unwrap();
    night.hub(record);
    assert_eq!((open_wave(&night.sight.hub), end(night, how)), (None, None), "once");
    page
}

fn again(page: Option<WaveEnd>) -> bool {
    matches!(page, Some(WaveEnd::Lost { again: true, .. }))
}

#[test]
fn a_lost_wave_is_told_once_and_home_goes_on() {
    let mut night = left_alone();
    let (epoch, until) = (Epoch(night.sight.hub.epoch.0 + 1), night.now + SignedDuration::from_mins(5));
    night.hub(Record::LeaseTaken { epoch, until });
    let lagging = vec![name(JP), name(BR)];
    assert_eq!(end(&night, ExecutionEnd::Failed).unwrap().1, lagging);
    let page = ends(&mut night, ExecutionEnd::Failed);
    let expected = WaveEnd::Lost { version: version("v427"), how: ExecutionEnd::Failed, lagging, again: true };
    assert_eq!(page, Some(expected));
    // Its last call may still act while it holds the lease.
    assert_eq!(due(&night), None);
    night.pass("30m");
    assert_eq!(due(&night).unwrap().resumed, Resumed { after: night.sight.execution.clone(), attempt: 2 });
    resumed(&mut night, "wave-2");
    for region in [EU, AU] {
        assert_eq!(night.next_after(region, &[Act::Scale]).finish(), Some(Finish::Done), "{region} serves it already");
        night.new_call();
    }
    night.starts(JP);
}

/// Who stopped it, or what took its place, knows why; a defect comes again with each execution.
#[test]
fn home_goes_on_only_where_that_may_help() {
    use ExecutionEnd::{Cancelled, Failed, Stopped, Succeeded, Superseded};
    for how in [Succeeded, Stopped, Superseded, Cancelled] {
        let mut night = left_alone();
        let page = ends(&mut night, how);
        assert!(page.is_some() && !again(page), "{how:?}");
        night.pass("30m");
        assert_eq!(due(&night), None, "{how:?}");
    }
    let mut night = left_alone();
    night.pass("4h");
    assert!(!again(ends(&mut night, Failed)), "the time for this release is over");
    let mut night = left_alone();
    assert!(again(ends(&mut night, Failed)));
    night.pass("30m");
    resumed(&mut night, "wave-2");
    let page = ends(&mut night, Failed);
    assert!(page.is_some() && !again(page), "what is lost again");
}

#[test]
fn what_people_know_is_not_told_again() {
    let mut night = left_alone();
    let execution = night.sight.execution.clone();
    night.hub(Record::JobFailed { execution: execution.clone(), why: Box::new(JobFailure::Panicked) });
    assert_eq!(ends(&mut night, ExecutionEnd::Failed), None, "its job's page said it");
    night.pass("30m");
    assert_eq!(due(&night), None);

    let mut night = left_alone();
    let deferred =
        Record::Deferred { region: name(JP), execution, release: release("v427"), why: said("dark"), paged: true };
    night.hub(deferred);
    let Some((_, lagging, Some(WaveEnd::Lost { lagging: waiting, .. }))) = end(&night, ExecutionEnd::Failed) else {
        panic!("no page names BR")
    };
    assert_eq!((lagging, waiting), (vec![name(JP), name(BR)], vec![name(BR)]));
    night.tell(AU, Record::Halted { why: said("the guardrail rolled it back without a judge") });
    assert_eq!(ends(&mut night, ExecutionEnd::Failed), None, "whose page sends people to the pipeline");
}

/// What `region` says of its own halt: nothing of the release.
fn broken(region: &str) -> Record {
    Record::Halted { why: Return::Broken { region: name(region), status: EndpointStatus::Failed }.into() }
}

/// JP has left v427 in this wave, and has halted and paged for it.
fn left_by_jp() -> Night {
    let mut night = left_alone();
    let (from, to) = (night.target(JP, "v427"), night.target(JP, "v426"));
    night.tell(JP, Record::Reverted { from, to, why: said("nobody judged it") });
    night.tell(JP, broken(JP));
    night
}

/// What ails one region is that region's.
#[test]
fn a_region_that_halted_by_itself_keeps_no_other_from_going_on() {
    for mut night in [left_alone(), left_by_jp()] {
        let told = night.history(JP).halt.is_some();
        night.tell(JP, broken(JP));
        assert_eq!(ends(&mut night, ExecutionEnd::Failed).is_none(), told, "JP's page told of this wave");
        night.pass("30m");
        resumed(&mut night, "wave-2");
        assert_eq!(night.next(JP).finish(), Some(Finish::Deferred));
        night.new_call();
        night.starts(BR);
        // And where that comes to nothing too, somebody has to look.
        let end = ends(&mut night, ExecutionEnd::Failed);
        let (version, how, lagging) = (version("v427"), ExecutionEnd::Failed, vec![name(BR)]);
        assert_eq!(end, Some(WaveEnd::Lost { version, how, lagging, again: false }));
    }
}

/// A halt of another night, or for something else, has told nobody of this wave.
#[test]
fn a_halt_that_is_not_this_waves_silences_nobody() {
    let mut night = left_alone();
    night.tell(JP, broken(JP));
    night.pass("4h");
    assert!(matches!(ends(&mut night, ExecutionEnd::Failed), Some(WaveEnd::Lost { again: false, .. })));
    let mut night = left_alone();
    night.tell(JP, broken(JP));
    night.rerun("wave-9");
    assert!(matches!(end(&night, ExecutionEnd::Failed), Some((_, _, Some(_)))), "nor of a person's execution");
    let mut night = left_by_jp();
    assert_eq!(ends(&mut night, ExecutionEnd::Stopped), None, "JP's page told of it");
    night.pass("30m");
    assert_eq!(due(&night), None);
}

/// A try too many would only be undecided again.
#[test]
fn home_does_not_go_on_to_regions_without_a_try_left() {
    let mut night = left_alone();
    night.fleet.wave.tries = 1;
    for region in [JP, BR] {
        let tried = Try { execution: actor("wave-1"), bake: None, evidence: RegionEvidence::default() };
        night.history_mut(region).tries.insert(release("v427"), vec![tried]);
    }
    assert!(!again(ends(&mut night, ExecutionEnd::Failed)));
}

/// Whoever started it knows that it ended, and perhaps nobody else does.
#[test]
fn a_persons_execution_is_told_and_home_does_not_go_on_with_it() {
    let mut night = left_alone();
    let home = night.sight.execution.clone();
    assert!(is_accounted_for(&night.sight.hub, &home), "home's own");
    night.rerun("wave-9");
    assert!(!is_accounted_for(&night.sight.hub, &actor("wave-9")));
    let (record, _, page) = end(&night, ExecutionEnd::Failed).unwrap();
    let lagging = vec![name(JP), name(BR)];
    let told = WaveEnd::Lost { version: version("v427"), how: ExecutionEnd::Failed, lagging, again: false };
    assert_eq!(page, Some(told));
    night.hub(record);
    assert!(is_accounted_for(&night.sight.hub, &actor("wave-9")));
    assert_eq!(open_wave(&night.sight.hub), Some((release("v427"), &home)), "home's own is as it was");
    let mut night = left_alone();
    night.hub(Record::Halted { why: said("we look into it") });
    night.rerun("wave-9");
    assert!(matches!(end(&night, ExecutionEnd::Stopped), Some((_, _, None))), "who halted the fleet knows");
    // A newer release has had its wave: nobody waits for this one.
    let mut night = left_alone();
    let (release, version, execution) = (release("v428"), version("v428"), actor("wave-2"));
    night.hub(Record::WaveStarted {
        release,
        version,
        execution,
        late: vec![],
        order: None,
        resumes: None,
        policy: None,
    });
    night.rerun("wave-9");
    assert_eq!(end(&night, ExecutionEnd::Stopped), None);
    let why = Box::new(JobFailure::Panicked);
    night.hub(Record::JobFailed { execution: actor("wave-8"), why });
    assert!(is_accounted_for(&night.sight.hub, &actor("wave-8")), "its job's page said it");
}

#[test]
fn a_wave_that_is_over_is_not_lost() {
    let mut night = Night::confirmed_in(&[EU, AU, JP, BR]);
    start(&mut night, at("03:00:00"));
    assert_eq!(ends(&mut night, ExecutionEnd::Failed), None, "nothing lags");

    let mut night = left_alone();
    night.hub(Record::Rejected { release: release("v427"), why: said("held-out AUC 0.8550") });
    assert_eq!(end(&night, ExecutionEnd::Failed), None, "its rejection said it");

    let mut night = left_alone();
    let resumes = Some(Resumed { after: night.sight.execution.clone(), attempt: 2 });
    night.hub(wave("wave-2", resumes));
    assert_eq!(open_wave(&night.sight.hub), Some((release("v427"), &actor("wave-2"))), "the last one counts");
}
