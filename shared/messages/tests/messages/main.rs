//! What people read, one module a part: every sentence is made of data that is given here.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

mod alarms;
mod causes;
mod chains;
mod doctor;
mod events;
mod every;
mod forecast;
mod given;
mod judging;
mod ledger;
mod moment;
mod operator;
mod order;
mod overview;
mod reasons;
mod recovery;
mod replay;
mod unseen;
