//! Steps in a few words, for stories.

use meridian_domain::Record;
use meridian_domain::plan::Next;

/// A step in a few words.
pub(super) fn step_words(next: &Next) -> String {
    match next {
        Next::Do(act, region, _) => format!("{act:?} in {region}"),
        Next::TellHub(record) => format!("tells the hub {}", record_words(record)),
        Next::TellRegion(region, record) => format!("tells {region} {}", record_words(record)),
        Next::TakeLease { epoch, .. } => format!("takes the lease, epoch {epoch}"),
        Next::Page { .. } => "pages".to_owned(),
        Next::Advise { .. } => "advises".to_owned(),
        Next::Wait => "waits".to_owned(),
        Next::Finish(how) => format!("finishes: {how:?}"),
    }
}

fn record_words(record: &Record) -> String {
    let debug = format!("{record:?}");
    let end = debug.find([' ', '{', '(']).unwrap_or(debug.len());
    let name = debug.get(..end).unwrap_or_default().to_owned();
    match record {
        Record::Decided { decision, cause, .. } => format!("{name} {decision} {cause:?}"),
        _ => name,
    }
}
