//! Takes one region to a release, and verifies the fleet: CodePipeline's actions `Promote-<region>` and `Verify-Fleet`.
//! It joins the handler to AWS, and decides nothing.

use meridian_aws::function;
use meridian_handlers::context::FunctionKind;
use meridian_handlers::entry;
use std::process::ExitCode;

fn main() -> ExitCode {
    function::run(FunctionKind::Promote, async |ports, ctx, event| entry::promote(ports, ctx, event).await)
}
