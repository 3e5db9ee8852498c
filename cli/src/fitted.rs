//! Lines that fit the terminal: the stream through which all text for people goes, whichever command writes it.

use anstream::adapter::strip_str;
use meridian_messages::layout::hanging;
use std::borrow::Cow;
use std::io::{self, Write};

/// A row's further lines stand under its second cell, if that begins within so many columns.
const SECOND_CELL: usize = 32;
/// A line with so many gaps between its words is a row of a table.
const GAPS: usize = 3;
/// Stands for a space between words that stay together.
const TOGETHER: &str = "\u{a0}";

/// A stream that breaks each line between words where the terminal ends, and indents what follows. Without columns it breaks none:
/// nobody lays out a pipe.
#[derive(Debug)]
pub struct Fitted<W: Write> {
    out: W,
    columns: Option<usize>,
    /// What was written of a line without end.
    line: Vec<u8>,
}

impl<W: Write> Fitted<W> {
    /// For a terminal of so many columns.
    pub fn new(out: W, columns: Option<usize>) -> Self {
        Self { out, columns, line: Vec::new() }
    }
}

impl<W: Write> Write for Fitted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(columns) = self.columns else { return self.out.write(bytes) };
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                self.out.write_all(fit(&line, columns).as_bytes())?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&std::mem::take(&mut self.line))?;
        self.out.flush()
    }
}

impl<W: Write> Drop for Fitted<W> {
    fn drop(&mut self) {
        // Who wants to know whether it was written has flushed.
        let _ = self.flush();
    }
}

/// A line, with its end, in lines of at most `columns` columns where words allow it.
fn fit(line: &str, columns: usize) -> Cow<'_, str> {
    let plain = strip_str(line.trim_end()).to_string();
    // A table in Markdown is there to be copied, and a page's lines are marked and broken already.
    if width(&plain) <= columns || plain.trim_start().starts_with('|') {
        return Cow::Borrowed(line);
    }
    let text = line.trim_start_matches(' ');
    let (lead, indent) = (line.len() - text.len(), indent(&plain).min(columns / 2));
    let broken = |text: &str| hanging(text, columns, lead, indent);
    let fits = |lines: &Vec<String>| lines.iter().all(|line| width(&strip_str(line).to_string()) <= columns);
    let text = text.trim_end_matches('\n');
    let lines = row(text).map(|row| broken(&row)).filter(fits).unwrap_or_else(|| broken(text));
    Cow::Owned(lines.join("\n").replace(TOGETHER, " ") + "\n")
}

/// A table's row, in which no cell can be broken; none where the line is prose.
fn row(text: &str) -> Option<String> {
    let cells: Vec<&str> = text.split("  ").collect();
    let count = cells.iter().filter(|cell| !cell.is_empty()).count();
    (count > GAPS).then(|| cells.iter().map(|cell| together(cell)).collect::<Vec<_>>().join("  "))
}

/// A cell, of which no word is parted from the next; spaces around it stay.
fn together(cell: &str) -> String {
    let words = cell.trim_matches(' ');
    cell.replacen(words, &words.replace(' ', TOGETHER), 1)
}

fn width(plain: &str) -> usize {
    plain.chars().count()
}

/// Columns before a line's further lines: they stand under the text behind its bullet, or under its second cell.
fn indent(line: &str) -> usize {
    let text = line.trim_start_matches(' ');
    let lead = line.len() - text.len();
    if let Some(bullet) = ["- ", "-> "].iter().find(|bullet| text.starts_with(**bullet)) {
        return lead + bullet.len();
    }
    let second = text.split_once("  ").map(|(first, rest)| {
        let gap = 2 + rest.len() - rest.trim_start_matches(' ').len();
        first.chars().count() + gap
    });
    lead + second.filter(|second| *second <= SECOND_CELL).unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstyle::AnsiColor;

    fn written(columns: Option<usize>, pieces: &[&str]) -> String {
        let mut out = Vec::new();
        let mut fitted = Fitted::new(&mut out, columns);
        pieces.iter().for_each(|piece| fitted.write_all(piece.as_bytes()).unwrap());
        drop(fitted);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn further_lines_stand_under_the_text_of_the_first() {
        for (line, fitted) in [
            ("in prose the second line is indented", "in prose the second\n  line is indented"),
            ("  - a bullet keeps its other lines", "  - a bullet keeps\n    its other lines"),
            ("EU  eu-west-1  since 03:17 by a wave", "EU  eu-west-1  since\n    03:17 by a wave"),
            ("EU  v427   since 03:17  1 of 2", "EU  v427\n    since 03:17\n    1 of 2"),
        ] {
            assert_eq!(written(Some(20), &[line, "\n"]), format!("{fitted}\n"));
        }
    }

    #[test]
    fn colours_take_no_columns_and_pieces_make_one_line() {
        let red = AnsiColor::Red.on_default();
        let line = format!("{red}twenty columns here.{red:#}\n");
        let (first, second) = line.split_at(12);
        assert_eq!(written(Some(20), &[first, second]), line);
        assert_eq!(written(Some(20), &["without", " an end"]), "without an end");
    }

    #[test]
    fn a_pipe_a_command_and_a_marked_line_keep_their_lines() {
        let line = "the second line is broken here\n";
        assert_eq!(written(None, &[line]), line);
        for line in ["  aws s3 ls --recursive s3://bucket/ledger/\n", "  | a table in Markdown | is copied |\n"] {
            assert_eq!(written(Some(20), &[line]), line);
        }
    }
}
