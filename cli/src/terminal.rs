//! Lines for a person: coloured on a terminal, plain in a pipe (`anstream` decides, and honours `NO_COLOR`).

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use meridian_local::night::{Line, Tone};
use std::io::Write;

/// The width of `HH:MM:SS  JP  `, under which further lines stand.
const INDENT: usize = 14;

/// Writes one line of a story.
///
/// # Errors
/// The stream is closed.
pub fn line(out: &mut impl Write, line: &Line) -> std::io::Result<()> {
    let style = style(line.tone);
    let time = line.at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string();
    let dim = Style::new().dimmed();
    let text = line.wrapped().join(&format!("\n{:INDENT$}", ""));
    writeln!(
        out,
        "{dim}{time}{dim:#}  {place}{:<2}{place:#}  {style}{text}{style:#}",
        line.place,
        place = Style::new().bold()
    )
}

/// Writes an error to standard error.
pub fn error(message: &str) {
    let red = AnsiColor::Red.on_default().bold();
    let mut stderr = anstream::stderr().lock();
    // Nothing can be said where standard error is closed.
    let _ = writeln!(stderr, "{red}error:{red:#} {message}");
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Quiet => Style::new().dimmed(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Warn => AnsiColor::Yellow.on_default(),
        Tone::Bad => AnsiColor::Red.on_default(),
        Tone::Page => AnsiColor::Magenta.on_default().bold(),
    }
}
