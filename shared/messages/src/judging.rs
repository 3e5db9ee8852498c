//! What the judge found, in words.

use crate::layout::thousands;
use meridian_domain::replay::{WaveGrounds, WaveVerdict};
use meridian_judge::{
    Finding, Grounds, Judgement, LeftOut, MetricGrounds, MetricJudgement, MetricName, Scattered, Verdict, Witness,
};

/// The verdict, and what decided it.
pub fn judgement(judgement: &Judgement) -> String {
    verdict(judgement.verdict, &judgement.grounds())
}

/// The same for who keeps a verdict beside its grounds.
pub fn verdict(verdict: Verdict, grounds: &Grounds) -> String {
    format!("{verdict}: {}", self::grounds(grounds))
}

/// What decided a judgement, the deciding first, numbers included.
pub fn grounds(grounds: &Grounds) -> String {
    findings(grounds).join("; ")
}

/// The same, each finding by itself.
pub(crate) fn findings(grounds: &Grounds) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(pooled) = &grounds.pooled {
        let names: Vec<&str> = pooled.metrics.iter().map(MetricName::as_str).collect();
        parts.push(format!("{} worse, pooled over {} regions", names.join(" and "), pooled.regions));
    }
    parts.extend(grounds.unknown.iter().map(|name| format!("{name} is not in the policy: add it to [judge.metrics]")));
    parts.extend(grounds.metrics.iter().map(metric_grounds));
    if parts.is_empty() {
        parts.push("no metric could be judged".to_owned());
    }
    parts
}

/// One metric's finding, numbers included.
pub fn metric(metric: &MetricJudgement) -> String {
    metric_grounds(&metric.grounds())
}

/// One metric's finding, as [`Grounds`] hold it.
pub fn metric_grounds(own: &MetricGrounds) -> String {
    let words = finding(own);
    match own.scattered {
        Some(Scattered { of, shown, declared }) => {
            let whose = match of {
                Witness::GreensPart => "green's part of the 4xx scatters",
                Witness::Blue => "blue's minutes scatter",
            };
            format!(
                "{words}; {whose} {shown:.1} times as much as chance, policy declares {declared}: the harm bound uses the measured scatter"
            )
        }
        None => words,
    }
}

fn finding(own: &MetricGrounds) -> String {
    let name = &own.metric;
    let rates =
        || format!("{} on green, {} on blue, {}", percent(own.green.rate()), percent(own.blue.rate()), ratio(own));
    let compared = |meaning: String| format!("{name} {}: {meaning}", rates());
    // What is at stake first, in answers; rates and ratios second.
    let at_stake = |allowed: u64, so_far: &str| {
        let harm = own.harm.map_or_else(|| "an unknown number of".to_owned(), |harm| thousands(harm.answers));
        format!(
            "{name}: at most {harm} bad answers from a fault that these counts cannot show{so_far}, policy allows {}; {}",
            thousands(allowed),
            rates()
        )
    };
    match own.finding {
        Finding::OverBound { served, allowed } => format!(
            "{name} {} of {} requests on green, allowed {}",
            percent(served.rate()),
            served.total,
            percent(Some(allowed))
        ),
        Finding::NoCommonMinutes => format!("{name}: no minute has both canary and baseline data"),
        Finding::MinutesMissing => format!("{name}: too many minutes are missing"),
        Finding::Worse { than } => compared(format!("worse than {than} times")),
        Finding::HarmWithin { allowed } | Finding::HarmOver { allowed } => at_stake(allowed, ""),
        Finding::LookToCome { allowed } => at_stake(allowed, " so far"),
        Finding::StakesUnknown => compared("what is at stake is unknown".to_owned()),
        Finding::LeftOut(why) => compared(format!("left out, {}", left_out(why))),
        Finding::Suspected => compared("green's own minutes scatter too much: neither a failure nor a pass".to_owned()),
        Finding::TooFewRequests { needed } => {
            let least = own.green.total.min(own.blue.total);
            compared(format!("too few requests: {least}, {needed} needed on each side"))
        }
    }
}

/// Why a metric's comparison counts nowhere.
pub fn left_out(why: LeftOut) -> String {
    match why {
        LeftOut::CallersAtFullLoad => {
            "callers cause 4xx too; they are compared only in the same minutes, before the shift".to_owned()
        }
        LeftOut::Load { ratio } => format!(
            "an instance of green serves {ratio:.2} times as many requests as one of blue; latencies are compared at full \
             load, after the shift"
        ),
    }
}

/// What the verdict of a replayed wave means, and the minute that decided it.
pub fn decided(wave: &WaveVerdict) -> String {
    let meaning = match wave.verdict {
        Verdict::Pass => "what it can still cost is within policy",
        Verdict::Fail => "the release is worse",
        Verdict::Inconclusive => "too little evidence to say either",
    };
    format!("{meaning}, decided at minute {}", wave.decided_at_minute)
}

/// What decided a wave whose counts were replayed from a file. Regions have their names here: the file need be of no fleet.
pub fn wave(grounds: &WaveGrounds) -> String {
    let list = |regions: &[_]| regions.iter().map(ToString::to_string).collect::<Vec<String>>().join(", ");
    match grounds {
        WaveGrounds::Failed { region, grounds } => format!("{region}: {}", self::grounds(grounds)),
        WaveGrounds::Missing { regions } => format!("data is missing in {}", list(regions)),
        WaveGrounds::EveryRegion => "every region passes".to_owned(),
        WaveGrounds::Open { regions } => format!("too little data in {}", list(regions)),
    }
}

/// How many times as often green's requests are bad ones: the ratio, and those that are not ruled out.
fn ratio(own: &MetricGrounds) -> String {
    match (own.effect, own.interval) {
        (Some(effect), (low, Some(high))) => format!("{effect:.2} times as many ({low:.2} to {high:.2})"),
        (None, (low, Some(high))) => format!("{low:.2} to {high:.2} times as many"),
        (_, (low, None)) => format!("{low:.2} times as many or more"),
    }
}

fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "none".to_owned(), |rate| format!("{} %", three_digits(100.0 * rate)))
}

/// Two decimals, or three digits where the number is small.
fn three_digits(number: f64) -> String {
    if number == 0.0 || number >= 0.1 { format!("{number:.2}") } else { format!("{number:.4}") }
}
