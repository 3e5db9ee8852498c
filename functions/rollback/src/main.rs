//! Rolls back its own region: alarms, endpoint events and a sweep.
//! It joins the handler to AWS, and decides nothing.

use meridian_aws::function;
use meridian_handlers::context::FunctionKind;
use meridian_handlers::entry;
use std::process::ExitCode;

fn main() -> ExitCode {
    function::run(FunctionKind::Rollback, async |ports, ctx, event| entry::rollback(ports, ctx, event).await)
}
