//! What a fleet costs in a month: `fleet.toml` and a table of prices in, a forecast out. It may know the
//! domain and how messages lay out tables. No clock, no I/O, no SDK.
//!
//! Two fleets are always reckoned with the same prices: the fleet as it is, and one endpoint in home that serves the same
//! customers. What a smaller floor, a retired region, another front or another routing would save is the difference of two
//! forecasts.

mod kind;
mod model;
mod page;
mod prices;
mod reach;
mod report;
mod site;
mod traffic;
mod usage;
mod way;

pub use kind::{Item, PriceKind};
pub use model::{Amount, Missing};
pub use page::{Mark, PageLine};
pub use prices::{BUILT_IN, Price, PriceTable, TableError, TableProblem};
pub use reach::{Line, LineCost, Reach, RegionAmount, Unpriced, WayCost};
pub use report::{
    Beside, CostReport, FloorSaving, ItemCost, NightSaving, OneRegion, RegionCost, RetirementSaving, SCHEMA, Step,
    report,
};
pub use usage::{Call, Calls, Usage};
pub use way::{FrontKind, Routing, Way, WayError};
