//! The history as a person reads it.

use super::Told;
use crate::terminal;
use anstyle::Style;
use meridian_domain::{Chain, Entry, Fleet, Image, Manifest, Record};
use meridian_handlers::history::{Bytes, Held, Read, RegionTold, Trouble};
use meridian_local::night::Line;
use meridian_messages::chains;
use meridian_messages::layout::{day, paragraph};
use meridian_messages::ledger::{Phrasebook, Tone};
use meridian_messages::moment::{Clock, details, headline, place};
use std::io::{self, Write};

/// Columns of running text, where the terminal has no fewer.
const WIDTH: usize = 112;
/// Columns before a headline: `JP  ap-northeast-1  `.
const HEADLINE: usize = 20;
/// Columns before a sentence: `    way back  `.
const INDENT: usize = 14;

/// Where the page is written, and how wide it may be.
struct Page<W> {
    out: W,
    /// None in a pipe.
    columns: Option<usize>,
}

impl<W: Write> Write for Page<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the page, for a terminal of so many columns.
///
/// # Errors
/// The stream is closed.
pub fn write(out: &mut impl Write, told: &Told<'_>, columns: Option<usize>) -> io::Result<()> {
    let out = &mut Page { out, columns };
    let words = Phrasebook::of(told.chains.iter().flat_map(|read| &read.entries));
    match told.since {
        None => moment(out, told, &words)?,
        Some(_) => {
            entries(out, told, &words)?;
            writeln!(out)?;
        }
    }
    chains(out, told)
}

/// Writes what was asked for in a line for each region or entry, and the chains only where something is wrong with one.
///
/// # Errors
/// The stream is closed.
pub fn brief(out: &mut impl Write, told: &Told<'_>, columns: Option<usize>) -> io::Result<()> {
    let out = &mut Page { out, columns };
    match told.since {
        None => told.regions.iter().try_for_each(|region| line(out, told.fleet, region))?,
        Some(_) => entries(out, told, &Phrasebook::of(told.chains.iter().flat_map(|read| &read.entries)))?,
    }
    if told.is_whole() { Ok(()) } else { chains(out, told) }
}

fn moment(out: &mut Page<impl Write>, told: &Told<'_>, words: &Phrasebook) -> io::Result<()> {
    let bold = Style::new().bold();
    let clock = told.at.strftime("%H:%M:%S");
    writeln!(out, "{bold}What served {} on {} at {clock} UTC{bold:#}, by its ledger\n", told.fleet.name, day(told.at))?;
    for region in told.regions {
        one(out, told, region, words)?;
    }
    condemned(out, told, words)?;
    bytes(out, told)
}

/// Releases that were condemned by then, whichever region is asked about: nobody has to know which minute to ask for.
fn condemned(out: &mut Page<impl Write>, told: &Told<'_>, words: &Phrasebook) -> io::Result<()> {
    let hub = told.chains.iter().filter(|read| read.chain == Chain::Home).flat_map(|read| &read.entries);
    let entries: Vec<_> = hub.filter(|entry| entry.at <= told.at).collect();
    let is_condemned = |entry: &&&Entry| matches!(entry.record, Record::Condemned { .. });
    for entry in entries.iter().filter(is_condemned) {
        let text = format!("{} {}", Clock(told.at).of(entry.at), words.say_any(told.fleet, entry).1);
        wrapped(out, "CONDEMNED  ", 11, terminal::style(Tone::Bad), &text)?;
    }
    if entries.iter().any(|entry| is_condemned(&entry)) { writeln!(out) } else { Ok(()) }
}

fn one(out: &mut Page<impl Write>, told: &Told<'_>, region: &RegionTold, words: &Phrasebook) -> io::Result<()> {
    line(out, told.fleet, region)?;
    if let Some(account) = &region.account {
        for (about, said) in details(account, &Clock(told.at), told.fleet, words) {
            sentence(out, about, &said)?;
        }
    }
    writeln!(out)
}

/// What served a region.
fn line(out: &mut Page<impl Write>, fleet: &Fleet, region: &RegionTold) -> io::Result<()> {
    let (bold, title) = (Style::new().bold(), fleet.title(&region.region));
    let (tone, headline) = headline(region.account.as_ref());
    let lead = format!("{bold}{title:<3}{bold:#} {:<15} ", region.region);
    wrapped(out, &lead, HEADLINE, terminal::style(tone), &headline)
}

/// Each release once, with the regions whose own buckets say so; what a bucket cannot say, by region.
fn bytes(out: &mut Page<impl Write>, told: &Told<'_>) -> io::Result<()> {
    let mut known: Vec<(&Bytes, &Manifest, Vec<&str>)> = Vec::new();
    let mut wrong: Vec<(&str, &Bytes, String)> = Vec::new();
    for region in told.regions {
        let title = told.fleet.title(&region.region);
        for bytes in &region.bytes {
            match (&bytes.manifest, known.iter_mut().find(|(own, ..)| own.release == bytes.release)) {
                (Ok(_), Some((.., titles))) => titles.push(title),
                (Ok(manifest), None) => known.push((bytes, manifest, vec![title])),
                (Err(error), _) => wrong.push((title, bytes, error.to_string())),
            }
        }
    }
    if known.is_empty() && wrong.is_empty() {
        return Ok(());
    }
    let bold = Style::new().bold();
    writeln!(out, "{bold}The bytes{bold:#}, by the manifest in each region's own bucket")?;
    for (bytes, manifest, titles) in known {
        writeln!(out, "  {}  release {}  ({})", bytes.version, bytes.release, titles.join(", "))?;
        writeln!(out, "        archive {}  {} bytes", manifest.archive.sha256, manifest.archive.bytes)?;
        for file in &manifest.feature_files {
            writeln!(out, "        file    {}  {}  {} bytes", file.sha256, file.name(), file.bytes)?;
        }
        writeln!(out, "        image   {}  {}", manifest.image.digest, image(&manifest.image))?;
    }
    let style = terminal::style(Tone::Bad);
    for (title, bytes, error) in wrong {
        wrapped(out, "  ", 8, style, &chains::bytes_untold(title, &bytes.version, bytes.release, error))?;
    }
    writeln!(out)
}

fn image(image: &Image) -> String {
    let tag = image.version.map(|version| format!(" (SageMaker's {version})")).unwrap_or_default();
    format!("{}{tag}", image.repository)
}

fn entries(out: &mut Page<impl Write>, told: &Told<'_>, words: &Phrasebook) -> io::Result<()> {
    let mut last = None;
    for (chain, entry) in told.entries {
        if last.replace(day(entry.at)) != Some(day(entry.at)) {
            let bold = Style::new().bold();
            writeln!(out, "{bold}{} UTC, {}{bold:#}", day(entry.at), told.fleet.name)?;
        }
        let (tone, text) = words.say_any(told.fleet, entry);
        let place = told.fleet.title(place(told.fleet, chain, entry)).to_owned();
        let columns = out.columns;
        terminal::line(out, &Line { at: entry.at, place, text, tone }, columns)?;
    }
    if told.entries.is_empty() {
        writeln!(out, "{}", chains::nothing_written(told.since.unwrap_or(told.at), told.at))?;
    }
    Ok(())
}

fn chains(out: &mut Page<impl Write>, told: &Told<'_>) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}The chains{bold:#}, each read from its beginning")?;
    for read in told.chains {
        chain(out, told.fleet, read)?;
        for (seq, stored) in &read.future {
            let text = chains::from_the_future(*seq, *stored);
            wrapped(out, "                  ", 18, terminal::style(Tone::Warn), &text)?;
        }
        told.held.iter().filter(|held| held.chain == read.chain).try_for_each(|own| held(out, told.fleet, own))?;
    }
    Ok(())
}

fn chain(out: &mut Page<impl Write>, fleet: &Fleet, read: &Read) -> io::Result<()> {
    let name = format!("  {:<15} ", read.chain.to_string());
    let (tone, text) = match &read.head {
        Ok(head) if head.next == 0 => (Tone::Plain, chains::whole(head)),
        // Not wrapped: the hash is there to be copied.
        Ok(head) => return writeln!(out, "{name}{}", chains::whole(head)),
        Err(Trouble::Unread(error)) => (Tone::Bad, chains::unread(error)),
        Err(error @ (Trouble::Altered(_) | Trouble::Misnamed(_))) => {
            let bucket = fleet.region(&read.region).map(|region| region.bucket.to_string()).unwrap_or_default();
            (Tone::Bad, chains::altered(error, &bucket, read.entries.len()))
        }
    };
    wrapped(out, &name, name.len(), terminal::style(tone), &text)
}

/// What another region keeps of a chain, where that does not agree with it.
fn held(out: &mut Page<impl Write>, fleet: &Fleet, held: &Held) -> io::Result<()> {
    let holder = fleet.title(&held.holder);
    let (tone, text) = match (&held.said, held.departure()) {
        (_, Some((kept, departure))) => (Tone::Bad, chains::departs(holder, *departure, kept)),
        (Err(error), None) => (Tone::Warn, chains::kept_unread(holder, error)),
        (Ok(_), None) => return Ok(()),
    };
    wrapped(out, "                  ", 18, terminal::style(tone), &text)
}

/// `    way back  text`, with further lines under the first.
fn sentence(out: &mut Page<impl Write>, label: &str, text: &str) -> io::Result<()> {
    wrapped(out, &format!("    {label:<10}"), INDENT, Style::new(), text)
}

fn wrapped(out: &mut Page<impl Write>, lead: &str, indent: usize, style: Style, text: &str) -> io::Result<()> {
    let width = out.columns.map_or(WIDTH, |columns| columns.min(WIDTH));
    writeln!(out, "{lead}{style}{}{style:#}", paragraph(text, width, indent))
}
