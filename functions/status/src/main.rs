//! Says whether its own region serves: API Gateway's `GET /health`.
//! It joins the handler to AWS, and decides nothing.

use meridian_aws::function;
use meridian_handlers::context::FunctionKind;
use meridian_handlers::entry;
use std::process::ExitCode;

fn main() -> ExitCode {
    function::run(FunctionKind::Status, async |ports, ctx, event| entry::status(ports, ctx, event).await)
}
