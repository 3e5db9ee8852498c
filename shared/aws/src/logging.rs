//! Structured logs: one JSON object a line, on stderr, at the clock's time.

use crate::clock::AwsClock;
use meridian_domain::edge::is_hidden;
use meridian_handlers::ports::Clock;
use std::{fmt, io};
use tracing::Subscriber;
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;

/// The Lambda runtime's own lines repeat ours: its spans, and every failed call once more.
const QUIET: &str = "lambda_runtime=warn,lambda_runtime::layers::panic=off";

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// Not a filter: levels, or targets with levels, with commas between them.
    #[error("MERIDIAN_LOG: {0}")]
    Filter(#[from] ParseError),
    /// Somebody else logs already.
    #[error("a log subscriber is already installed: {0}")]
    Twice(#[from] tracing::subscriber::SetGlobalDefaultError),
}

/// Sends this process's logs to stderr.
///
/// # Errors
/// The filter is none, or logging has begun already.
pub fn init(filter: &str, clock: AwsClock) -> Result<(), LoggingError> {
    tracing::subscriber::set_global_default(subscriber(filter, clock, std::io::stderr)?)?;
    if finest(&targets(filter)?) > STATIC_MAX_LEVEL {
        tracing::warn!(most = %STATIC_MAX_LEVEL, "the filter asks for a level that release builds do not log");
    }
    Ok(())
}

/// The logs' format: event fields at the top of the object, the fields of the enclosing spans in `spans`.
///
/// # Errors
/// The filter is none.
pub fn subscriber<W>(filter: &str, clock: AwsClock, writer: W) -> Result<impl Subscriber, LoggingError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = targets(filter)?;
    Ok(tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(true)
        .with_timer(ClockTime(clock))
        .with_max_level(LevelFilter::TRACE)
        .with_writer(Legible(writer))
        .finish()
        .with(filter))
}

/// Writes lines in which nothing is hidden: JSON escapes what C0 holds, and leaves what turns text around or moves other cursors.
struct Legible<W>(W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for Legible<W> {
    type Writer = Legible<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Legible(self.0.make_writer())
    }
}

impl<W: io::Write> io::Write for Legible<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A line comes whole: it is formatted before it is written.
        match std::str::from_utf8(line).ok().filter(|line| line.contains(is_hidden)) {
            Some(text) => self.0.write_all(escaped(text).as_bytes())?,
            None => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Hidden characters as JSON writes them; all of a line's stand in strings.
fn escaped(line: &str) -> String {
    let mut seen = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        if is_hidden(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| seen += &format!("\\u{unit:04x}"));
        } else {
            seen.push(c);
        }
    }
    seen
}

/// By target alone: filters by the fields of spans would bring regular expressions into every function.
fn targets(filter: &str) -> Result<Targets, ParseError> {
    format!("{QUIET},{filter}").parse()
}

fn finest(targets: &Targets) -> LevelFilter {
    let named = targets.iter().map(|(_, level)| level);
    named.chain(targets.default_level()).max().unwrap_or(LevelFilter::OFF)
}

/// Log lines carry the time of the function's clock.
struct ClockTime(AwsClock);

impl FormatTime for ClockTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{:.3}", self.0.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::WorldClock;
    use serde_json::Value;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_object_at_the_worlds_time_with_its_spans() {
        let lines = Lines::default();
        let clock = WorldClock::new("http://world");
        clock.observe("2026-11-20T03:47:00Z".parse().unwrap());
        let writer = lines.clone();
        let logs = subscriber("info", AwsClock::World(clock), move || writer.clone()).unwrap();
        tracing::subscriber::with_default(logs, || {
            let span = tracing::info_span!("call", request_id = "request-1", release = "v427");
            span.in_scope(|| tracing::info!(region = "ap-northeast-1", "reverted"));
            tracing::debug!("not requested");
        });
        let bytes = lines.0.lock().unwrap().clone();
        let line: Value = serde_json::from_slice(&bytes).expect("one line of JSON");
        assert_eq!(line["timestamp"], "2026-11-20T03:47:00.000Z");
        assert_eq!(line["level"], "INFO");
        assert_eq!((line["message"].as_str(), line["region"].as_str()), (Some("reverted"), Some("ap-northeast-1")));
        assert_eq!(line["spans"][0]["request_id"], "request-1");
        assert_eq!(line["spans"][0]["release"], "v427");
    }

    #[test]
    fn nothing_in_a_line_is_hidden_and_nothing_is_lost() {
        let lines = Lines::default();
        let writer = lines.clone();
        let logs =
            subscriber("info", AwsClock::World(WorldClock::new("http://world")), move || writer.clone()).unwrap();
        let hostile = "v427\u{1b}[2J\u{9b}2J\u{202e}gnp.exe\u{e0041}";
        tracing::subscriber::with_default(logs, || tracing::info!(error = hostile, "failed"));
        let bytes = lines.0.lock().unwrap().clone();
        let line = std::str::from_utf8(&bytes).unwrap();
        assert!(!line.trim_end().contains(is_hidden), "{line}");
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["error"], hostile);
    }

    #[test]
    fn a_filter_is_as_fine_as_its_finest_level() {
        for (filter, level) in
            [("warn", LevelFilter::WARN), ("info", LevelFilter::INFO), ("warn,aws=debug", LevelFilter::DEBUG)]
        {
            assert_eq!(finest(&targets(filter).unwrap()), level, "{filter}");
        }
    }

    #[test]
    fn a_filter_that_is_none_is_an_error() {
        assert!(subscriber("info,meridian_aws=loud", AwsClock::new(None), std::io::stderr).is_err());
    }
}
