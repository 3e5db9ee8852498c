//! Takes one region to a release, and verifies the fleet: CodePipeline's actions `Promote-<region>` and `Verify-Fleet`.

use meridian_aws::AwsPorts;
use meridian_aws::function::{self, Invocation};
use meridian_handlers::context::{Context, FunctionKind};
use meridian_handlers::{entry, status::Memory};
use serde_json::Value;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Lasts as long as the process: Lambda keeps it warm between calls.
    let memory = Memory::default();
    function::run(FunctionKind::Promote.name(), async move |ports: &AwsPorts, event: Value, call: &Invocation| {
        let ctx = Context {
            fleet: call.policy.fleet.clone(),
            policy: call.policy.digest,
            region: call.region.clone(),
            request_id: call.request_id.clone(),
            memory: memory.clone(),
        };
        entry::promote(ports, &ctx, event).await
    })
}
