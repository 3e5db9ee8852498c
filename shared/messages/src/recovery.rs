//! What a region's loss costs, in sentences: `meridian plan --failover`.

use crate::layout::thousands;
use jiff::SignedDuration;
use meridian_domain::Fleet;
use meridian_domain::plan::{PROVISIONING, SLOWEST_PROVISIONING};
use meridian_domain::recovery::{Capacity, Recovery, Span, self_asked};

/// The heads of [`row`]'s columns.
pub const HEADS: [&str; 8] =
    ["lost", "goes to", "both at their busiest", "runs", "needs", "answered again after", "lost", "made ready in"];

/// One region's loss, carried by one other.
pub fn row(fleet: &Fleet, own: &Recovery) -> [String; 8] {
    let to = format!("{} ({})", fleet.title(&own.to), own.kind.word());
    let busiest = format!("{:.0}/s at {}", own.load, own.at.strftime("%H:%M"));
    let needed = own.needed.map_or_else(|| "?".to_owned(), |needed| needed.to_string());
    [
        fleet.title(&own.lost).to_owned(),
        to,
        busiest,
        own.runs.to_string(),
        needed,
        again(own),
        lost(own),
        own.ready.map_or_else(|| "-".to_owned(), minutes),
    ]
}

fn again(own: &Recovery) -> String {
    match own.capacity {
        Capacity::Runs => minutes(own.elsewhere),
        Capacity::Comes(span) => minutes(span),
        Capacity::Never { most } => format!("never: at most {most} instances"),
        Capacity::Unknown => "unknown".to_owned(),
    }
}

fn lost(own: &Recovery) -> String {
    let [usual, worst] = own.unanswered().map(thousands);
    match own.at_risk() {
        Some(0) => format!("{usual} to {worst}"),
        Some(more) => format!("{usual} to {worst}, and some of {}", thousands(more)),
        None if own.capacity == Capacity::Unknown => format!("{usual} to {worst} at least"),
        None => format!("{usual} to {worst}, and what is over that"),
    }
}

/// How the table is read.
pub fn meaning(fleet: &Fleet) -> String {
    let (releases, skew) = (fleet.wave.skew_releases, fleet.wave.skew);
    let scaled = fleet.scaling.as_ref().map(|own| own.requests_per_instance).map_or_else(
        || "nothing scales the regions, and nothing says what an instance serves".to_owned(),
        |each| format!("an instance is reckoned with {each} requests a second"),
    );
    let itself = fleet.stand_in().map_or_else(String::new, |(standby, looks)| {
        format!(
            " {} asks itself, once it and another region have missed one for {looks} looks: {} after the loss.",
            standby.title,
            minutes(self_asked(looks))
        )
    });
    format!(
        "As a rule, and at worst. \"Answered again\" (RTO): health checks, the names that resolvers still hold, and where the instances \
         do not run yet, target tracking and new instances ({PROVISIONING:#} to {SLOWEST_PROVISIONING:#}); {scaled}. \"Lost\": requests \
         that nobody answers until names lead elsewhere; where instances come later, some of those that come to both regions until \
         then. \"Made ready\": by meridian failover, after which no request waits for instances. RPO: no answer is stored, so requests \
         are all that is lost. A region answers with the release that it was last proved on; people hear of one that is more than \
         {releases} releases or {skew:#} behind.{itself}"
    )
}

/// `2 to 3 min`: in whole minutes, as a rule rounded to the nearest, at worst rounded up.
fn minutes(span: Span) -> String {
    let seconds = |time: SignedDuration| time.as_secs();
    let (usual, worst) = ((seconds(span.usual) + 30) / 60, (seconds(span.worst) + 59) / 60);
    format!("{usual} to {worst} min")
}
