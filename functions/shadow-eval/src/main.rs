//! Registers and evaluates a challenger: CodePipeline's action `Register`.
//! It joins the handler to AWS, and decides nothing.

use meridian_aws::function;
use meridian_evaluation::isolated;
use meridian_handlers::context::FunctionKind;
use meridian_handlers::entry;
use std::process::ExitCode;

fn main() -> ExitCode {
    // A held-out file is read by this program in a process of its own.
    if let Some(code) = isolated::serve() {
        return code;
    }
    function::run(FunctionKind::ShadowEval, async |ports, ctx, event| entry::shadow_eval(ports, ctx, event).await)
}
