//! What the decisions are worth: simulations of the judge, random histories and the model of the planner. Pure and
//! seeded: no clock, no I/O, no SDK; a seed tells the same story on every machine. It may know the handlers and what they know.

pub mod ask;
pub mod driver;
pub mod histories;
pub mod judging;
pub mod model;
pub mod random;
pub mod world;
