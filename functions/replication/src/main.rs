//! Attests what has arrived in its own region and, in home, starts the wave: woken by S3's events and a schedule.

use meridian_aws::AwsPorts;
use meridian_aws::function::{self, Invocation};
use meridian_handlers::context::{Context, FunctionKind};
use meridian_handlers::{entry, status::Memory};
use serde_json::Value;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Lasts as long as the process: Lambda keeps it warm between calls.
    let memory = Memory::default();
    function::run(FunctionKind::Replication.name(), async move |ports: &AwsPorts, event: Value, call: &Invocation| {
        let ctx = Context {
            fleet: call.policy.fleet.clone(),
            policy: call.policy.digest,
            region: call.region.clone(),
            request_id: call.request_id.clone(),
            memory: memory.clone(),
        };
        entry::replication(ports, &ctx, event).await
    })
}
