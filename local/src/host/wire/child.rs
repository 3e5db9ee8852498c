//! One function's process.

use super::{WireError, WireSettings};
use crate::http::runtime_api::line::ChildId;
use crate::world::Invocation;
use meridian_deployment::Function;
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A process that dies with this value. Should this whole program die without dropping it, the process ends by itself:
/// every way it has of waiting is a request to this program, and breaks with it.
#[derive(Debug)]
pub(super) struct Child {
    pub id: ChildId,
    pub function: FunctionKind,
    pub region: RegionName,
    /// Where its output goes.
    pub log: PathBuf,
    /// The deployment of its function that it is of.
    pub deployment: u64,
    process: std::process::Child,
}

impl Child {
    /// Starts the function's binary with an environment like Lambda's, and nothing else in it.
    pub fn spawn(
        settings: &WireSettings,
        (deployment, task_root): (u64, Option<&PathBuf>),
        door: &str,
        id: ChildId,
        invocation: &Invocation,
        deployed: &Function,
    ) -> Result<Self, WireError> {
        let (function, region) = (invocation.function, &invocation.region);
        let binary = settings.binaries.join(function.name());
        let log = settings.logs.join(format!("{function}-{region}-{id}.log"));
        let cannot_log = |source| WireError::Log { path: log.clone(), source };
        let file = OpenOptions::new().create(true).append(true).open(&log).map_err(cannot_log)?;
        let same_file = file.try_clone().map_err(cannot_log)?;
        let root = task_root.map(|folder| ("LAMBDA_TASK_ROOT", folder));
        let process = Command::new(&binary)
            .env_clear()
            .envs(root)
            .envs(environment(settings, door, id, invocation, deployed))
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(same_file)
            .spawn()
            .map_err(|source| WireError::Binary { path: binary, source })?;
        Ok(Child { id, function, region: region.clone(), log, deployment, process })
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Whether the process has ended by itself.
    pub fn is_dead(&mut self) -> bool {
        // A process that cannot even be asked is as good as dead.
        !matches!(self.process.try_wait(), Ok(None))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

fn environment(
    settings: &WireSettings,
    door: &str,
    id: ChildId,
    invocation: &Invocation,
    deployed: &Function,
) -> Vec<(String, String)> {
    let (function, region, name) = (invocation.function, &invocation.region, deployed.name.clone());
    let variables: Vec<(&str, String)> = vec![
        // lambda_runtime takes a whole URL here, so that one port serves every child.
        ("AWS_LAMBDA_RUNTIME_API", format!("{door}/_runtime/{id}")),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", deployed.memory.to_string()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/{id}")),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_REGION", region.to_string()),
        ("AWS_DEFAULT_REGION", region.to_string()),
        ("AWS_ACCESS_KEY_ID", "NOTAREALKEY".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "not-a-secret".to_owned()),
        ("AWS_ENDPOINT_URL", format!("{door}{}", id.path())),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("MERIDIAN_CLOCK_URL", format!("{door}/_clock/{id}")),
    ];
    let own = variables.into_iter().map(|(name, value)| (name.to_owned(), value));
    own.chain(deployed.environment.clone()).chain((settings.environment)(function, region)).collect()
}
