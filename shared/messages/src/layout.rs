//! How text stands on a terminal: running text in lines, cells in columns, numbers in groups of three, moments as dates.

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{CellAlignment, Table, TableStyle};
use jiff::Timestamp;
use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// Spaces between two columns.
const GAP: u16 = 2;

/// Where a cell stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cells {
    /// All to the left.
    Words,
    /// To the right, but for each row's first.
    Numbers,
}

/// Columns of running text, where the terminal has no fewer.
pub const WIDTH: usize = 100;

/// Lines of at most `width` columns where words allow it. No word is broken, so that a digest can be copied, and no command with its
/// options.
pub fn lines(text: &str, width: usize) -> Vec<String> {
    hanging(text, width, 0, 0)
}

/// The same, with `lead` spaces before the first line and `indent` before the others.
pub fn hanging(text: &str, width: usize, lead: usize, indent: usize) -> Vec<String> {
    let (lead, indent) = (" ".repeat(lead), " ".repeat(indent));
    let options = Options::new(width)
        .initial_indent(&lead)
        .subsequent_indent(&indent)
        .word_separator(WordSeparator::Custom(words))
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .break_words(false);
    textwrap::wrap(text, options).into_iter().map(String::from).collect()
}

/// A paragraph that stands `indent` columns in and ends at column `width`. The caller writes what stands before its first line.
pub fn paragraph(text: &str, width: usize, indent: usize) -> String {
    lines(text, width.saturating_sub(indent)).join(&format!("\n{:indent$}", ""))
}

/// Words between spaces; a command with its options is one.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut rest = line;
    Box::new(std::iter::from_fn(move || {
        let first = WordSeparator::AsciiSpace.find_words(rest).next()?;
        let length = command(rest).unwrap_or(first.word.len() + first.whitespace.len());
        let (word, behind) = rest.split_at(length);
        rest = behind;
        Some(Word::from(word))
    }))
}

/// The length of the command that `text` begins with; none where that is prose. It ends with its sentence, or behind an option's value.
fn command(text: &str) -> Option<usize> {
    let bare = text.trim_start_matches(['(', '`', '"']);
    let is_named = |program: &str| bare.strip_prefix(program).is_some_and(|rest| rest.starts_with(' '));
    PROGRAMS.into_iter().find(|program| is_named(program))?;
    let (mut length, mut has_options, mut values) = (0, false, 0);
    for piece in text.split_inclusive(' ') {
        let word = piece.trim_end();
        if word.starts_with("--") || word.contains('=') {
            (has_options, values) = (true, 0);
        } else if has_options && !word.is_empty() {
            values += 1;
        }
        if values > 1 {
            break;
        }
        length += piece.len();
        if word != "..." && word.ends_with([')', '`', ',', ';', '.', ':']) {
            break;
        }
    }
    has_options.then_some(length)
}

/// What a person types a command of.
const PROGRAMS: [&str; 3] = ["meridian", "aws", "export"];

/// A line for each row, in columns as wide as their widest cell, without spaces at its end.
pub fn columns<R>(rows: R, cells: Cells) -> Vec<String>
where
    R: IntoIterator,
    R::Item: IntoIterator<Item: AsRef<str>>,
{
    let mut table = table(rows, NOTHING);
    for (number, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if number == 0 { 0 } else { GAP }, 0));
        if cells == Cells::Numbers && number > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// A Markdown table, `head` above `rows`, that also reads as text.
pub fn markdown<R>(head: &[&str], rows: R) -> String
where
    R: IntoIterator,
    R::Item: IntoIterator<Item: AsRef<str>>,
{
    let mut table = table(rows, ASCII_MARKDOWN);
    table.set_header(head.to_vec());
    format!("{table}\n")
}

/// Each cell is one line, whatever stands in it.
fn table<R>(rows: R, style: TableStyle) -> Table
where
    R: IntoIterator,
    R::Item: IntoIterator<Item: AsRef<str>>,
{
    let mut table = Table::new();
    table.load_style(style);
    for row in rows {
        table.add_row(row.into_iter().map(|cell| cell.as_ref().replace(['\n', '\r'], " ")));
    }
    table
}

/// `1,234` of `1234`: digits in groups of three.
pub fn grouped(digits: &str) -> String {
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// The same of a number.
pub fn thousands(number: u64) -> String {
    grouped(&number.to_string())
}

/// The date of a moment, UTC.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_only() {
        let digest = "sha256:0123456789abcdef-0123456789abcdef";
        assert_eq!(
            lines(&format!("rolled back to {digest} by a person"), 20),
            ["rolled back to", digest, "by a person"]
        );
        assert_eq!(lines("", 20), [""]);
    }

    #[test]
    fn a_command_stays_one_line_in_a_sentence() {
        let lift = "(meridian lift --region home --who ... --why ...)";
        assert_eq!(
            lines(&format!("nothing starts until it is lifted {lift} by a person"), 24),
            ["nothing starts until it", "is lifted", lift, "by a person"]
        );
        let enable = "aws kms enable-key --key-id 0123 --region eu-west-1";
        assert_eq!(lines(&format!("{enable} makes it sign again"), 20), [enable, "makes it sign again"]);
        let cancel = "aws kms cancel-key-deletion --key-id 0123;";
        assert_eq!(lines(&format!("{cancel} {enable}, then wait"), 20), [cancel, &format!("{enable},"), "then wait"]);
        assert_eq!(
            lines("publish it with meridian publish. Then wait", 20),
            ["publish it with", "meridian publish.", "Then wait"]
        );
    }

    #[test]
    fn a_paragraph_keeps_its_indent() {
        assert_eq!(
            paragraph("no other region is known to be ill", 20, 4),
            "no other region\n    is known to be\n    ill"
        );
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["", "verdict", "4xx"], ["São Paulo", "pass", "1.00"], ["AU", "inconclusive", ""]];
        assert_eq!(
            columns(rows, Cells::Words),
            ["           verdict       4xx", "São Paulo  pass          1.00", "AU         inconclusive"]
        );
        let rows = [vec!["", "EU", "fleet"], vec!["total", "1,024.00", "2.50"], vec!["floor", "2"]];
        assert_eq!(
            columns(rows, Cells::Numbers),
            ["             EU  fleet", "total  1,024.00   2.50", "floor         2"]
        );
    }

    #[test]
    fn a_cell_is_one_line() {
        assert_eq!(columns([["a\nb", "c"]], Cells::Words), ["a b  c"]);
    }

    #[test]
    fn digits_are_grouped_by_three() {
        for (digits, grouped_digits) in [("", ""), ("999", "999"), ("1234", "1,234"), ("123456", "123,456")] {
            assert_eq!(grouped(digits), grouped_digits);
        }
    }
}
