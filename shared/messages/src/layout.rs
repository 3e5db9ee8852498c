//! How text stands on a terminal: running text in lines, cells in columns, numbers in groups of three.

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{CellAlignment, Table, TableStyle};
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

/// Lines of at most `width` columns where words allow it. No word is broken, so that a digest can be copied.
pub fn lines(text: &str, width: usize) -> Vec<String> {
    let options = Options::new(width)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .break_words(false);
    textwrap::wrap(text, options).into_iter().map(String::from).collect()
}

/// A paragraph that stands `indent` columns in and ends at column `width`. The caller writes what stands before its first line.
pub fn paragraph(text: &str, width: usize, indent: usize) -> String {
    lines(text, width.saturating_sub(indent)).join(&format!("\n{:indent$}", ""))
}

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
