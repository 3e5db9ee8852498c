//! Tables for people (Markdown that reads as text) and for machines (JSON), and the promises with what was found.

use super::share::Share;
use meridian_messages::layout::markdown;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::fmt;

/// Everything that one run of the simulation says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Waves simulated for each row.
    pub runs: u64,
    /// The seed of every stream.
    pub seed: u64,
    /// The fleet that is simulated.
    pub fleet: Table,
    /// One for each question.
    pub tables: Vec<Table>,
    /// What was promised, and whether these runs show it kept.
    pub promises: Vec<Promise>,
}

impl Report {
    /// The worst standing of any promise.
    pub fn standing(&self) -> Standing {
        self.promises.iter().map(|promise| promise.standing).max().unwrap_or(Standing::Kept)
    }
}

/// A promise, and whether these runs show it kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// What must be true.
    pub claim: String,
    /// Whether these runs show it.
    pub standing: Standing,
    /// The figures that say so.
    pub found: String,
}

/// Whether a promise is kept, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// These runs show it.
    Kept,
    /// So few runs can neither show nor refute it.
    Open,
    /// These runs show the contrary.
    Broken,
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { claim, standing, found } = self;
        write!(f, "{standing}: {claim} ({found})")
    }
}

impl Standing {
    /// By what the runs show: `kept`, or at least not the contrary.
    pub fn of(kept: bool, possible: bool) -> Self {
        match (kept, possible) {
            (true, _) => Standing::Kept,
            (false, true) => Standing::Open,
            (false, false) => Standing::Broken,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Standing::Kept => "kept",
            Standing::Open => "open, too few runs",
            Standing::Broken => "BROKEN",
        })
    }
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The question that it answers.
    pub title: String,
    /// What the rows have in common, and how to read them.
    pub note: String,
    /// One name for each column.
    pub columns: Vec<String>,
    /// As long as `columns`, each.
    pub rows: Vec<Vec<Cell>>,
}

/// One figure of a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// Words instead of a figure.
    Text(String),
    /// A number, shown with so many decimals.
    Number(f64, #[serde(skip)] usize),
    /// A share of runs.
    Share(ShareCell),
    /// A share of runs with its upper 95 % bound.
    Bounded(ShareCell),
    /// No figure: the row has none in this column.
    Empty,
}

/// A share as JSON has it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ShareCell {
    /// Runs in which it happened.
    hits: u64,
    /// Runs in all.
    of: u64,
    /// `hits` over `of`.
    share: f64,
    /// Its one-sided upper 95 % bound (Clopper-Pearson).
    upper_95: f64,
}

impl From<Share> for ShareCell {
    fn from(share: Share) -> Self {
        ShareCell { hits: share.hits, of: share.of, share: share.value(), upper_95: share.upper() }
    }
}

impl Cell {
    /// A share of runs.
    pub fn share(share: Share) -> Cell {
        Cell::Share(share.into())
    }

    /// A share of runs with its upper bound.
    pub fn bounded(share: Share) -> Cell {
        Cell::Bounded(share.into())
    }

    /// Words instead of a figure.
    pub fn text(text: impl fmt::Display) -> Cell {
        Cell::Text(text.to_string())
    }

    /// A number with so many decimals; nothing where there is none.
    pub fn number(number: Option<f64>, decimals: usize) -> Cell {
        number.map_or(Cell::Empty, |number| Cell::Number(number, decimals))
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Text(text) => f.write_str(text),
            Cell::Number(number, decimals) => write!(f, "{number:.decimals$}"),
            Cell::Share(cell) => f.write_str(&per_cent(cell.share)),
            Cell::Bounded(cell) => write!(f, "{} (< {})", per_cent(cell.share), per_cent(cell.upper_95)),
            Cell::Empty => f.write_str("-"),
        }
    }
}

/// Per cent with the decimals that matter.
pub fn per_cent(share: f64) -> String {
    let value = 100.0 * share;
    if value > 0.0 && value < 10.0 { format!("{value:.2} %") } else { format!("{value:.0} %") }
}

impl Table {
    /// Names of columns that are the same whatever the fleet.
    pub fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
        names.map(str::to_owned).into()
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Row<'a>(&'a [String], &'a [Cell]);
        impl Serialize for Row<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let cells =
                    self.0.iter().zip(self.1).map(|(name, cell)| (name, (*cell != Cell::Empty).then_some(cell)));
                serializer.collect_map(cells)
            }
        }
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("title", &self.title)?;
        map.serialize_entry("note", &self.note)?;
        let rows: Vec<Row<'_>> = self.rows.iter().map(|row| Row(&self.columns, row)).collect();
        map.serialize_entry("rows", &rows)?;
        map.end()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.iter().map(|row| row.iter().map(Cell::to_string));
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        write!(f, "## {}\n\n{}\n\n{}", self.title, self.note, markdown(&columns, rows))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in std::iter::once(&self.fleet).chain(&self.tables) {
            writeln!(f, "{table}")?;
        }
        writeln!(f, "## Promises\n")?;
        self.promises.iter().try_for_each(|promise| writeln!(f, "- {promise}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let share = Share { hits: 63, of: 10_000 };
        Table {
            title: "Wrong fails".to_owned(),
            note: "Equal arms.".to_owned(),
            columns: Table::names(["bursts", "waves failed", "median"]),
            rows: vec![
                vec![Cell::text("Poisson"), Cell::bounded(share), Cell::number(Some(3.0), 1)],
                vec![Cell::text("shared x5"), Cell::share(share), Cell::number(None, 1)],
            ],
        }
    }

    #[test]
    fn a_table_reads_as_text_and_as_markdown() {
        let wanted = "## Wrong fails\n\nEqual arms.\n\n\
            | bursts    | waves failed      | median |\n\
            |-----------|-------------------|--------|\n\
            | Poisson   | 0.63 % (< 0.78 %) | 3.0    |\n\
            | shared x5 | 0.63 %            | -      |\n";
        assert_eq!(table().to_string(), wanted);
    }

    #[test]
    fn a_report_is_as_good_as_its_worst_promise() {
        let promise = |standing| Promise { claim: "few wrong fails".to_owned(), standing, found: "0.63 %".to_owned() };
        let standing = |promises| Report { runs: 1, seed: 7, fleet: table(), tables: Vec::new(), promises }.standing();
        let (kept, open, broken) = (Standing::of(true, true), Standing::of(false, true), Standing::of(false, false));
        assert_eq!(standing(vec![promise(kept)]), Standing::Kept);
        assert_eq!(standing(vec![promise(kept), promise(open)]), Standing::Open);
        assert_eq!(standing(vec![promise(broken), promise(open)]), Standing::Broken);
    }
}
