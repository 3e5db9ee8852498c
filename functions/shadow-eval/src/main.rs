//! Registers and evaluates a challenger: CodePipeline's action `Register`.

use meridian_aws::function;
use meridian_handlers::context::FunctionKind;
use meridian_handlers::entry;
use std::process::ExitCode;

fn main() -> ExitCode {
    function::run(FunctionKind::ShadowEval, async |ports, ctx, event| entry::shadow_eval(ports, ctx, event).await)
}
