//! Stands between customers and the region's endpoint: the load balancer's `POST /score`, with `FrontKind=proxy`.
//! It joins the handler to AWS, and decides nothing.

use meridian_aws::function;
use meridian_handlers::context::FunctionKind;
use meridian_handlers::entry;
use std::process::ExitCode;

fn main() -> ExitCode {
    function::run(FunctionKind::Proxy, async |ports, ctx, event| entry::front(ports, ctx, event).await)
}
