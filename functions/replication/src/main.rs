//! Attests replicas and, in home, starts waves: S3 events and a sweep.
//! It joins the handler to AWS, and decides nothing.

use meridian_aws::function;
use meridian_handlers::context::FunctionKind;
use meridian_handlers::entry;
use std::process::ExitCode;

fn main() -> ExitCode {
    function::run(FunctionKind::Replication, async |ports, ctx, event| entry::replication(ports, ctx, event).await)
}
