//! Lines for a person: coloured on a terminal, plain in a pipe (`anstream` decides, and honours `NO_COLOR`).

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use meridian_local::night::{Line, Tone};
use std::io::{ErrorKind, Write};

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

/// A stream whose reader may leave early, as `head` does: that is no error, and what comes after it goes nowhere.
#[derive(Debug)]
pub struct Leaving<W>(pub W);

impl<W: Write> Write for Leaving<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

/// Writes one line to standard output.
///
/// # Errors
/// It cannot be written, for another reason than that nobody reads on.
pub fn say(text: &str) -> std::io::Result<()> {
    let mut stdout = Leaving(anstream::stdout().lock());
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// Writes an error to standard error.
pub fn error(message: &str) {
    let red = AnsiColor::Red.on_default().bold();
    let mut stderr = anstream::stderr().lock();
    // Nothing can be said where standard error is closed.
    let _ = writeln!(stderr, "{red}error:{red:#} {message}");
}

/// Writes a warning to standard error.
pub fn warning(message: &str) {
    let yellow = AnsiColor::Yellow.on_default().bold();
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{yellow}warning:{yellow:#} {message}");
}

/// How a tone looks.
pub fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Quiet => Style::new().dimmed(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Warn => AnsiColor::Yellow.on_default(),
        Tone::Bad => AnsiColor::Red.on_default(),
        Tone::Page => AnsiColor::Magenta.on_default().bold(),
    }
}
