//! Lines for a person: coloured on a terminal and as wide as it is, plain in a pipe (`anstream` decides, and honours `NO_COLOR`).

use crate::fitted::Fitted;
use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use meridian_desk::Progress;
use meridian_domain::{Verdict, edge};
use meridian_local::night::{Line, Tone};
use meridian_messages::layout::{self, WIDTH};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use terminal_size::{Width, terminal_size_of};

/// How `evaluate` and `compare` print verdicts. `simulate` has no verdict that a CI counts as a test, and so no JUnit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Text,
    Json,
    Markdown,
    Junit,
}

/// Writes one line of a story, for a terminal of so many columns.
///
/// # Errors
/// The stream is closed.
pub fn line(out: &mut impl Write, line: &Line, columns: Option<usize>) -> io::Result<()> {
    let style = style(line.tone);
    let time = line.at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string();
    let dim = Style::new().dimmed();
    let text = line.paragraph(columns);
    writeln!(
        out,
        "{dim}{time}{dim:#}  {place}{:<2}{place:#}  {style}{text}{style:#}",
        line.place,
        place = Style::new().bold()
    )
}

/// Writes lines, each in its own style.
///
/// # Errors
/// The stream is closed.
pub fn styled(out: &mut impl Write, styles: impl IntoIterator<Item = Style>, lines: &[String]) -> io::Result<()> {
    let mut both = styles.into_iter().zip(lines);
    both.try_for_each(|(style, line)| writeln!(out, "{style}{line}{style:#}"))
}

/// What may go to a terminal: colours, and nothing else that it obeys. Names and reasons from files and accounts are among what is
/// written, and could clear the screen or write another line than they are.
fn obedient(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Cow::Borrowed(bytes) };
    if !text.contains(edge::is_hidden) {
        return Cow::Borrowed(bytes);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find(ESCAPE) {
        let (before, from) = rest.split_at(at);
        clean += &edge::visible(before);
        let length = colour(from).unwrap_or(ESCAPE.len_utf8());
        let (own, behind) = from.split_at(length);
        clean += &if length > ESCAPE.len_utf8() { Cow::Borrowed(own) } else { edge::visible(own) };
        rest = behind;
    }
    clean += &edge::visible(rest);
    Cow::Owned(clean.into_bytes())
}

const ESCAPE: char = '\u{1b}';

/// The length of the colour that `text` begins with, as [`anstyle`] writes those that are used here: bold, dimmed, a foreground, none.
fn colour(text: &str) -> Option<usize> {
    let code = text.strip_prefix("\u{1b}[")?;
    let end = code.find('m')?;
    let known = |code: &str| matches!(code, "0" | "1" | "2" | "30" | "31" | "32" | "33" | "34" | "35" | "36" | "37");
    code.get(..end)?.split(';').all(known).then_some(end + 3)
}

/// A reason as a person gives it, for the ledger, plans and pages.
///
/// # Errors
/// Nothing, too much, or what nobody can read.
pub fn why(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("say why".to_owned());
    }
    if text.chars().count() > LONGEST_WHY || text.chars().any(|c| edge::is_hidden(c) || c == '\n') {
        return Err(format!("expected one line of at most {LONGEST_WHY} characters, without control characters"));
    }
    Ok(text.to_owned())
}

/// A seed, or another number of 64 bits, as a person gives it.
///
/// # Errors
/// Anything else, a number of more bits too.
pub fn whole_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

/// Characters of a reason.
const LONGEST_WHY: usize = 500;

/// A stream that people read, piece by piece of text: nothing reaches a terminal that it obeys, but for colours. Documents for machines
/// do not go through it.
#[derive(Debug)]
pub struct Legible<W>(pub W);

impl<W: Write> Write for Legible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(&obedient(bytes)).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A stream whose reader may leave early, as `head` does: that is no error, and what comes after it goes nowhere.
#[derive(Debug)]
pub struct Leaving<W>(pub W);

impl<W: Write> Write for Leaving<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

/// Columns below which no text can be laid out: a narrower terminal breaks lines itself.
const NARROWEST: usize = 40;

/// How many columns the terminal of a stream has; none where it is a pipe or a file, which nobody lays out.
pub fn columns_of(stream: impl AsFd) -> Option<usize> {
    let (Width(columns), _) = terminal_size_of(stream)?;
    Some(usize::from(columns)).filter(|columns| *columns >= NARROWEST)
}

/// The same of standard output.
pub fn columns() -> Option<usize> {
    columns_of(io::stdout())
}

/// How far the work is, on standard error: where that is a terminal, and not with `--quiet`.
pub fn progress(quiet: bool) -> Progress {
    Progress::new(columns_of(io::stderr()).filter(|_| !quiet))
}

/// Columns of running text on standard output.
pub fn width() -> usize {
    columns().map_or(WIDTH, |columns| columns.min(WIDTH))
}

/// Standard output for people: what they read goes through it, whichever command writes it.
pub fn stdout() -> impl Write {
    Fitted::new(Legible(Leaving(anstream::stdout().lock())), columns())
}

/// Standard error for people.
pub fn stderr() -> impl Write {
    Fitted::new(Legible(Leaving(anstream::stderr())), columns_of(io::stderr()))
}

/// Writes one line to standard output.
///
/// # Errors
/// It cannot be written, for another reason than that nobody reads on.
pub fn say(text: &str) -> io::Result<()> {
    let mut stdout = stdout();
    writeln!(stdout, "{}", edge::visible(text))?;
    stdout.flush()
}

/// Writes one JSON document to standard output.
///
/// # Errors
/// It cannot be written, for another reason than that nobody reads on.
pub fn document(document: &impl Serialize) -> io::Result<()> {
    let mut stdout = Leaving(io::stdout().lock());
    serde_json::to_writer_pretty(&mut stdout, document)?;
    writeln!(stdout)?;
    stdout.flush()
}

/// Writes a document for machines to standard output.
///
/// # Errors
/// It cannot be written, for another reason than that nobody reads on.
pub fn text(document: &str) -> io::Result<()> {
    let mut stdout = Leaving(io::stdout().lock());
    stdout.write_all(document.as_bytes())?;
    stdout.flush()
}

/// Asks a person at the terminal; anything but a yes is a no.
///
/// # Errors
/// The terminal is closed.
pub fn ask(question: &str) -> io::Result<bool> {
    let mut stderr = anstream::stderr().lock();
    write!(stderr, "{}\nGo on? [y/N] ", edge::visible(question))?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks a person at the terminal for a line; answers it without the space around it.
///
/// # Errors
/// The terminal is closed.
pub fn asked(question: &str) -> io::Result<String> {
    let mut stderr = anstream::stderr().lock();
    write!(stderr, "{}\n> ", edge::visible(question))?;
    stderr.flush()?;
    let mut answer = String::new();
    if io::stdin().read_line(&mut answer)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(answer.trim().to_owned())
}

/// Writes an error to standard error.
pub fn error(message: &str) {
    labelled("error:", AnsiColor::Red.on_default().bold(), message);
}

/// Writes a warning to standard error.
pub fn warning(message: &str) {
    labelled("warning:", AnsiColor::Yellow.on_default().bold(), message);
}

/// Writes to standard error what is waited for.
pub fn waiting(message: &str) {
    labelled("waiting:", Style::new().bold(), message);
}

/// A message under its label.
fn labelled(label: &str, style: Style, message: &str) {
    let message = edge::visible(message);
    let text = match columns_of(io::stderr()) {
        Some(columns) => Cow::Owned(layout::paragraph(&message, columns, label.len() + 1)),
        None => message,
    };
    // Nothing can be said where standard error is closed.
    let _ = writeln!(anstream::stderr().lock(), "{style}{label}{style:#} {text}");
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

/// How a verdict looks.
pub fn verdict(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default(),
        Verdict::Fail => AnsiColor::Red.on_default(),
        Verdict::Inconclusive => AnsiColor::Yellow.on_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_colours_and_no_other_escape() {
        let mut seen = Vec::new();
        let hostile = "v1\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}[8mhidden\u{9b}2J\u{202e}";
        let red = AnsiColor::Red.on_default().bold();
        writeln!(Legible(&mut seen), "{red}{hostile}{red:#}").unwrap();
        let seen = String::from_utf8(seen).unwrap();
        assert_eq!(
            seen,
            format!("{red}v1\\u{{1b}}[2J\\u{{1b}}]0;title\\u{{7}}\\u{{1b}}[8mhidden\\u{{9b}}2J\\u{{202e}}{red:#}\n")
        );
    }

    #[test]
    fn a_whole_number_of_64_bits_is_taken_and_nothing_else() {
        assert_eq!(whole_number("18446744073709551615"), Ok(u64::MAX));
        for bad in ["", "x", "-1", "1.5", "0x7", "18446744073709551616"] {
            assert_eq!(whole_number(bad).unwrap_err(), "expected a whole number from 0 to 18446744073709551615");
        }
    }

    #[test]
    fn a_reason_is_one_readable_line() {
        assert!(why("the acquirer asked for it").is_ok());
        for bad in ["", "  ", "two\nlines", "\u{1b}[2J", "\u{202e}abc", &"x".repeat(501)] {
            assert!(why(bad).is_err(), "{bad:?}");
        }
    }
}
