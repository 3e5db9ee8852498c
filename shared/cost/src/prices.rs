//! `prices.toml`: the table of prices, read into values that cannot be wrong.

mod problem;

pub use problem::{TableError, TableProblem};

use crate::kind::PriceKind;
use crate::usage::Usage;
use jiff::civil::Date;
use meridian_domain::Fleet;
use meridian_domain::edge::{Unusual, check_toml};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The repository's own table.
pub const BUILT_IN: &str = include_str!("../../../prices.toml");

/// No number of a table is larger, and none but 0 smaller: what is reckoned with them stays a number.
const BOUNDS: std::ops::RangeInclusive<f64> = 1e-12..=1e9;

/// Stands for every region that has no row of its own.
const EVERY_REGION: &str = "*";
/// Written instead of a date where it is unknown since when a price holds.
const UNDATED: &str = "undated";

/// The table of prices: `prices.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceTable {
    /// When somebody last looked through it.
    pub date: Date,
    /// What the forecast reckons with beside prices.
    pub usage: Usage,
    /// As listed; no kind twice for one region and instance type.
    pub prices: Vec<Price>,
}

/// What one unit of something costs in a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// What AWS bills for.
    pub kind: PriceKind,
    /// AWS's name of the region, or `*` for every region that has no row of its own.
    pub region: String,
    /// Of hosting, and of nothing else: SageMaker's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// What one of it costs `usd`.
    pub unit: String,
    /// US dollars, without tax.
    pub usd: f64,
    /// Where it was read.
    pub source: String,
    /// Of when the source is, in its own words; `undated` where nothing tells.
    pub as_of: String,
    /// Of a price that was not read as such: how it was derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<String>,
}

impl Price {
    /// Whether nothing tells of when its source is.
    pub fn is_undated(&self) -> bool {
        self.as_of == UNDATED
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    date: Option<toml::Spanned<String>>,
    usage: Option<toml::Spanned<Usage>>,
    #[serde(default)]
    price: Vec<toml::Spanned<Price>>,
}

impl PriceTable {
    /// The table that the program carries.
    ///
    /// # Errors
    /// None, while the tests pass.
    pub fn built_in() -> Result<Self, TableError> {
        Self::parse(BUILT_IN)
    }

    /// This table with what another text says beside it: its prices come first, one of its own for every region takes the place of
    /// each region's, and a date or assumptions of its own replace these.
    ///
    /// # Errors
    /// The first thing that is wrong with the text, with its line and field.
    pub fn with(&self, text: &str) -> Result<Self, TableError> {
        let mut table = Self::read(text, Some(self))?;
        let same = |own: &Price, other: &Price| {
            own.kind == other.kind
                && own.instance_type == other.instance_type
                && (own.region == other.region || own.region == EVERY_REGION)
        };
        let others = self.prices.iter().filter(|other| !table.prices.iter().any(|own| same(own, other)));
        let others: Vec<Price> = others.cloned().collect();
        table.prices.extend(others);
        Ok(table)
    }

    /// Reads a whole table.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and field.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        Self::read(text, None)
    }

    /// Reads a table; what it does not say of date and assumptions is another's.
    fn read(text: &str, base: Option<&Self>) -> Result<Self, TableError> {
        let raw: Raw = toml::from_str(text).map_err(|error| TableError {
            line: error.span().map(|span| line(text, span.start)),
            problem: TableProblem::Malformed { quoted: error.message().to_owned() },
        })?;
        let wrong = |at: usize, problem| TableError { line: Some(line(text, at)), problem };
        let absent = |field| TableError { line: None, problem: TableProblem::Missing(field) };
        let date = match (raw.date, base) {
            (Some(date), _) => {
                let other = |_| wrong(date.span().start, TableProblem::Date(date.get_ref().clone()));
                date.get_ref().parse::<Date>().map_err(other)?
            }
            (None, base) => base.ok_or_else(|| absent("date"))?.date,
        };
        let start = raw.usage.as_ref().map_or(0, |usage| usage.span().start);
        let usage = match (raw.usage, base) {
            (Some(usage), _) => usage.into_inner(),
            (None, base) => base.ok_or_else(|| absent("usage"))?.usage.clone(),
        };
        for (field, number) in usage.numbers() {
            if !is_usual(number) {
                return Err(wrong(start, TableProblem::Usage { field, found: number }));
            }
        }
        if usage.requests_per_instance < 1.0 {
            return Err(wrong(start, TableProblem::RequestsPerInstance));
        }
        if usage.capacity_unit_gb <= 0.0 {
            return Err(wrong(start, TableProblem::CapacityUnit));
        }
        let mut seen = BTreeMap::new();
        let mut prices = Vec::with_capacity(raw.price.len());
        for row in raw.price {
            let at = row.span().start;
            let price = row.into_inner();
            check(&price).map_err(|problem| wrong(at, problem))?;
            let key = (price.kind, price.region.clone(), price.instance_type.clone());
            if let Some(first) = seen.insert(key, line(text, at)) {
                let problem = TableProblem::Twice { region: price.region, kind: price.kind, first };
                return Err(wrong(at, problem));
            }
            prices.push(price);
        }
        check_toml(text)
            .map_err(|Unusual { line, problem }| TableError { line, problem: TableProblem::Unusual(problem) })?;
        Ok(Self { date, usage, prices })
    }

    /// The table as a fleet uses it: how much an instance carries is its policy's to say, where it does (`[scaling]`).
    pub(crate) fn under(&self, fleet: &Fleet) -> Self {
        let mut table = self.clone();
        if let Some(scaling) = &fleet.scaling {
            table.usage.requests_per_instance = scaling.requests_per_instance;
        }
        table
    }

    /// The price of `kind` in a region: its own row, or the one for every region.
    pub fn price(&self, kind: PriceKind, region: &str, instance_type: &str) -> Option<&Price> {
        let of_kind = |price: &&Price| {
            price.kind == kind && price.instance_type.as_deref().is_none_or(|named| named == instance_type)
        };
        let at = |place: &str| self.prices.iter().filter(of_kind).find(|price| price.region == place);
        at(region).or_else(|| at(EVERY_REGION))
    }
}

fn check(price: &Price) -> Result<(), TableProblem> {
    let Price { kind, region, instance_type, unit, usd, source, as_of, estimate } = price;
    let (kind, region) = (*kind, || region.clone());
    if unit != kind.unit() {
        return Err(TableProblem::Unit { kind, region: region(), unit: unit.clone() });
    }
    if !is_usual(*usd) {
        return Err(TableProblem::Usd { kind, region: region(), usd: *usd });
    }
    if (kind == PriceKind::Hosting) != instance_type.is_some() {
        return Err(TableProblem::InstanceType { kind, region: region() });
    }
    for (field, text) in [
        ("region", Some(&price.region)),
        ("source", Some(source)),
        ("as_of", Some(as_of)),
        ("estimate", estimate.as_ref()),
    ] {
        if text.is_some_and(|text| text.trim().is_empty()) {
            return Err(TableProblem::Empty { field, kind, region: region() });
        }
    }
    Ok(())
}

fn is_usual(number: f64) -> bool {
    number == 0.0 || BOUNDS.contains(&number)
}

/// 1-based line of a byte.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
