//! What the next wave would do, in sentences: `meridian plan`. Its order and its warnings are [`Voice`](crate::Voice)'s.

use crate::layout::thousands;
use crate::region::chance_of;
use jiff::Timestamp;
use meridian_domain::Fleet;
use meridian_domain::plan::{Forecast, Left, PROVISIONING, SHIFT, SLOWEST_PROVISIONING, Turn};

/// How many regions the wave reaches, and by when: what matters of the sentence, and its rest.
pub fn outcome(fleet: &Fleet, forecast: &Forecast) -> (String, String) {
    if forecast.turns.is_empty() {
        let hold = fleet.wave.hold;
        return ("Nothing starts".to_owned(), format!(": a wave holds for {hold:#}, and gives up after that."));
    }
    let count = forecast.turns.len();
    let who = if forecast.frozen.is_empty() {
        format!("All {count} regions")
    } else {
        format!("{count} of {} regions", count + forecast.frozen.len())
    };
    (
        format!("{who} on it by {}", clock(forecast.ends)),
        format!(
            " where new instances come within {PROVISIONING:#}, by {} where they take {SLOWEST_PROVISIONING:#}; the last soak of \
             {:#} is over by {} at the earliest.",
            clock(forecast.ends_latest),
            fleet.guardrail.soak,
            clock(forecast.settles)
        ),
    )
}

/// Why a region is left as it is and until when, said after its title.
pub fn frozen(left: &Left) -> String {
    let until = left.until.strftime("%Y-%m-%d %H:%M UTC");
    format!("stays as it is: frozen by {:?} until {until} ({})", left.freeze, left.why)
}

/// How likely a release as good as the champion arrives, and what a fault that no canary shows may then cost.
pub fn chance(fleet: &Fleet, forecast: &Forecast) -> String {
    let (tries, until) = (fleet.wave.tries, clock(forecast.starts + fleet.wave.until));
    let within = match tries {
        1 => String::new(),
        _ => format!(", in {} within {tries} tries by {until}", chance_of(forecast.chance_in_tries)),
    };
    format!(
        "A release as good as the champion passes in each of them in {} of nights at its first canary{within}: what a fault that no \
         canary shows may cost is then within the {} bad answers of policy.",
        chance_of(forecast.chance),
        thousands(fleet.judge.harm)
    )
}

/// How often a release as good as the champion passes in a region at its first canary: "in 99.8 %".
pub fn passes(turn: &Turn) -> String {
    format!("in {}", chance_of(turn.chance))
}

/// How the table of what a fault may cost is read.
pub fn harm_meaning(forecast: &Forecast) -> String {
    let each = forecast.turns.iter().map(|turn| format!("{} in {}", thousands(turn.unproved), turn.title));
    format!(
        "Bad answers beyond the champion's. \"Not ruled out\" is what the canary of a release as good as the champion leaves open, until the \
         verdict at full load; \"lets through\" the most that a faulty one costs until then which a canary takes for good, in 95 of 100 \
         waves; \"a day\" what nothing would find. A fault that only begins with all traffic is in no canary: up to {}.",
        each.collect::<Vec<_>>().join(", ")
    )
}

/// How the table's findings are read.
pub fn meaning(fleet: &Fleet, forecast: &Forecast) -> String {
    let wave = &fleet.wave;
    format!(
        "\"4xx 3.0x\" reads: errors 4xx that are three times as frequent as before are found with chance 0.8. Wanted are {}x with \
         those before and {}x alone, where {} of the requests or more are bad before; under that the same excess. A canary \
         takes the smallest share, then the shortest bake that finds this. Of a bake those minutes are compared that begin \
         after the warm-up and whose counts have arrived when the decision falls. Provisioning and shift are reckoned with \
         {PROVISIONING:#} and {SHIFT:#}{}.",
        wave.detect,
        wave.detect_alone,
        percent(wave.base_rate),
        full_load(forecast)
    )
}

/// How long a region waits for the one before to be judged at full load, where policy asks for that.
fn full_load(forecast: &Forecast) -> String {
    let waits = forecast.turns.iter().map(|turn| turn.judged.duration_since(turn.on_release));
    let longest = waits.max().filter(|wait| wait.is_positive());
    let words = |wait| format!("; the check at full load, for which the next region waits, with {wait:#}");
    longest.map(words).unwrap_or_default()
}

fn percent(share: f64) -> String {
    format!("{} %", 100.0 * share)
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}
