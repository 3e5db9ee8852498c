//! The report: `evaluation.json` for machines, one self-contained page for people.

mod costs;
mod drift;
mod figures;
mod gates;
mod json;
mod junit;
mod markdown;
mod markup;
mod page;
mod provenance;
mod reasons;
mod svg;
mod table;
mod words;

pub use json::{SlicesInWords, json, policy_digest};
pub use junit::junit;
pub use markdown::{
    costs as markdown_costs, drift as markdown_drift, markdown, slices as markdown_slices, table as markdown_table,
};
pub use page::html;
pub use provenance::{Approval, Digests, EvaluateCommand, Named, Provenance, shell_line};
