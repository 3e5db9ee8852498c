//! `meridian night --serve`: a night that boto3, the AWS CLI and `sam local` can call while it runs.

use super::{Error, Night};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::Fleet;
use meridian_local::night::Session;
use meridian_local::world::Moment;
use std::time::{Duration, Instant};

/// How a night is served.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Open the night to other programs: boto3, the AWS CLI, `sam local`. It stays open until Ctrl-C.
    #[arg(long)]
    pub serve: bool,
    /// The port on 127.0.0.1 [default: any that is free].
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, requires = "serve")]
    port: u16,
    /// Live at once up to this moment, such as 03:47.
    #[arg(long, value_name = "TIME", requires = "serve")]
    at: Option<Moment>,
    /// Virtual seconds that pass in a real one; 0 stands still [default: 60, or 0 with --at].
    #[arg(long, value_name = "N", requires = "serve", value_parser = clap::value_parser!(u32).range(..=86_400))]
    pace: Option<u32>,
    /// End with the night, as without --serve, instead of keeping its last moment open.
    #[arg(long, requires = "serve")]
    pub close: bool,
}

/// How often a served night looks at the machine's clock, and at who waits at its door.
const LOOK: Duration = Duration::from_millis(20);

/// Opens the door and runs the night to its end.
pub fn run(night: &mut Night<'_, '_>, arguments: &Serve) -> Result<(), Error> {
    let (start, end) = (night.scenario.start, night.scenario.end());
    let at = arguments.at.map_or(start, |at| at.after(start)).min(end);
    night.run_until(at)?;
    let url = night.session.open_door(arguments.port)?.url();
    let pace = arguments.pace.unwrap_or(if arguments.at.is_some() { 0 } else { 60 });
    let welcome = if night.quiet { url } else { welcome(&night.session, &url, pace) };
    night.say(&welcome)?;
    let begun = instant();
    while night.session.now() < end {
        let passed = SignedDuration::try_from(begun.elapsed()).unwrap_or(SignedDuration::MAX);
        let paced = passed.checked_mul(pace.cast_signed()).and_then(|passed| at.checked_add(passed).ok());
        look(night, paced.unwrap_or(end).min(end))?;
    }
    Ok(())
}

/// Keeps the last moment open. Only a guest who waits for a later one moves it.
///
/// # Errors
/// Always: it ends by a signal.
pub fn linger(night: &mut Night<'_, '_>) -> Result<(), Error> {
    if !night.quiet {
        night.say("\nThe night is over, and stays open as it is. Ctrl-C closes it.")?;
    }
    loop {
        let now = night.session.now();
        look(night, now)?;
    }
}

/// Goes on to a moment, or to a later one that a guest waits for, then rests.
fn look(night: &mut Night<'_, '_>, to: Timestamp) -> Result<(), Error> {
    let to = night.session.awaited().map_or(to, |awaited| awaited.max(to)).max(night.session.now());
    night.run_until(to)?;
    rest();
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a pace is virtual time by real time, for people who look on")]
fn instant() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "between two looks at the machine's clock")]
fn rest() {
    std::thread::sleep(LOOK);
}

/// What to type.
fn welcome(night: &Session<'_>, url: &str, pace: u32) -> String {
    let fleet: &Fleet = night.fleet();
    let time = night.now().strftime("%H:%M:%S").to_string();
    let how = match pace {
        0 => format!("It stands still at {time}"),
        1 => format!("It is {time}, and time passes as it does"),
        pace => format!("It is {time}, and {pace} virtual seconds pass in one"),
    };
    let regions: Vec<&str> = fleet.regions.iter().map(|region| region.name.as_str()).collect();
    let endpoint = &fleet.endpoint;
    let looks = fleet.regions.iter().map(|region| {
        format!("  aws sagemaker describe-endpoint --endpoint-name {endpoint} --region {}\n", region.name)
    });
    let bucket = fleet.region(&fleet.home).map(|home| home.bucket.to_string()).unwrap_or_default();
    format!(
        "\nThe night is open at {url} in {}. {how}. Ctrl-C closes it.\n\n  export AWS_ENDPOINT_URL={url} \
         AWS_ACCESS_KEY_ID=NOTAREALKEY AWS_SECRET_ACCESS_KEY=not-a-secret\n{}  aws s3 ls --recursive \
         s3://{bucket}/ledger/{}/home/ --region {}\n\nMeridian's own functions, run by somebody else (sam local), need its \
         clock too: MERIDIAN_CLOCK_URL={url}/_clock/outside\n",
        regions.join(", "),
        looks.collect::<String>(),
        fleet.name,
        fleet.home,
    )
}
