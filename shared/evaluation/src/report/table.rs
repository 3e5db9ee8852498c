//! Tables that a narrow screen and a screen reader can read.

use super::markup::{Element, el};
use super::words::NONE;

/// A column's heading, and whether it holds numbers.
pub(crate) enum Column {
    /// Words, set from the left.
    Words(&'static str),
    /// Numbers, set from the right.
    Number(&'static str),
}

/// How a table fits a narrow screen.
#[derive(Clone, Copy)]
pub(crate) enum Narrow {
    /// It scrolls by itself, its first column standing.
    Scroll,
    /// Each row becomes a block, every cell with its column's heading.
    Stack,
    /// Each row becomes a block with its cells beside each other below its name.
    Beside,
}

/// What stands in a cell; `None` where there is nothing to say.
pub(crate) type Cell = Option<Element>;

/// A table. The first cell of every row names the row; a column in which no row has anything to say is left out. `caption`
/// says to a screen reader what the heading above says to the eye.
pub(crate) fn table(narrow: Narrow, caption: &str, columns: &[Column], rows: Vec<Vec<Cell>>) -> Element {
    let said = |column: usize| column == 0 || rows.iter().any(|row| row.get(column).is_some_and(Option::is_some));
    let kept: Vec<bool> = (0..columns.len()).map(said).collect();
    let heads = columns.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(column, _)| {
        let (name, class) = column.parts();
        el("th").class(class).attr("scope", "col").attr("role", "columnheader").text(name)
    });
    let rows = rows.into_iter().map(|cells| {
        let cells = cells.into_iter().zip(columns).zip(&kept).enumerate().filter(|(_, (_, kept))| **kept);
        el("tr").attr("role", "row").children(cells.map(|(i, ((cell, column), _))| cell_of(i == 0, cell, column)))
    });
    // A table that is laid out as blocks is none to some browsers, unless it says what it is.
    let table = el("table")
        .attr("role", "table")
        .child(el("caption").child(el("span").class("only-read").text(caption)))
        .child(el("thead").attr("role", "rowgroup").child(el("tr").attr("role", "row").children(heads)))
        .child(el("tbody").attr("role", "rowgroup").children(rows));
    match narrow {
        Narrow::Stack => el("div").class("table stack").child(table),
        Narrow::Beside => el("div").class("table stack beside").child(table),
        Narrow::Scroll => {
            // It can be scrolled by keyboard, so it can be reached and says what it is.
            let frame = el("div").class("table scroll").attr("role", "group").attr("aria-label", caption);
            frame.attr("tabindex", 0).child(table)
        }
    }
}

fn cell_of(first: bool, content: Cell, column: &Column) -> Element {
    let (name, class) = column.parts();
    let content = content.unwrap_or_else(|| el("span").text(NONE));
    if first {
        return el("th").class(class).attr("scope", "row").attr("role", "rowheader").child(content);
    }
    el("td").class(class).attr("role", "cell").attr("data-column", name).child(content)
}

impl Column {
    fn parts(&self) -> (&'static str, &'static str) {
        match self {
            Column::Words(name) => (name, "words"),
            Column::Number(name) => (name, "number"),
        }
    }
}

/// A cell with text.
pub(crate) fn cell(text: impl std::fmt::Display) -> Cell {
    Some(el("span").text(text))
}

/// A cell with a name from outside, which may be long and without blanks.
pub(crate) fn name(name: &str) -> Cell {
    Some(el("span").class("name").text(name))
}

/// What only those need who look twice: folded away, open on paper.
pub(crate) fn folded(summary: &str, content: impl IntoIterator<Item = Element>) -> Element {
    el("details").child(el("summary").text(summary)).children(content)
}
