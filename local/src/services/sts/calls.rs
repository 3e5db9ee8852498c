//! `AssumeRole` and `GetCallerIdentity`, and in whose name a call is made.

use crate::services::iam::session::{Caller, Session};
use crate::services::sts::types::{
    AssumeRole, AssumeRoleOutput, AssumedRoleUser, Credentials, GetCallerIdentity, GetCallerIdentityOutput,
};
use crate::world::error::ApiError;
use crate::world::operation::Operation;
use crate::world::random::Random;
use crate::world::service::Service;
use crate::world::state::World;
use jiff::SignedDuration;
use meridian_deployment::Principal;
use meridian_domain::RegionName;
use meridian_domain::reason::OperationName;

/// How long a session lasts that asks for no other length, and the longest of a role that says nothing of it.
const HOUR: u32 = 3600;
/// The shortest session.
const SHORTEST: u32 = 900;

impl World {
    /// Whether an access key's id is that of a session that was given out.
    pub(crate) fn is_session(&self, id: &str) -> bool {
        self.sessions.contains_key(id)
    }

    /// A new session of a role.
    fn session(&mut self, role: &str, seconds: u32) -> Credentials {
        let mut random = Random::labelled(self.config.seed, ["session", &self.sessions.len().to_string()]);
        let credentials = Credentials {
            access_key_id: format!("ASIA{}", random.token(16).to_uppercase()),
            secret_access_key: random.token(40),
            session_token: random.token(160),
            expiration: self.later(SignedDuration::from_secs(i64::from(seconds))),
        };
        let token = credentials.session_token.clone();
        let session = Session { role: role.to_owned(), token, until: credentials.expiration };
        self.sessions.insert(credentials.access_key_id.clone(), session);
        credentials
    }

    /// As whom a caller acts; none for an administrator, whom nobody asks.
    pub(crate) fn principal(&self, caller: &Caller, service: Service) -> Result<Option<Principal>, ApiError> {
        let Some(keys) = &caller.session else {
            let own = caller.invocation.and_then(|id| self.lambda.place(id));
            let role = own.and_then(|(function, region)| Some(self.function(&region, function)?.role.clone()));
            return Ok(role.map(Principal::Role));
        };
        let session = self.sessions.get(&keys.id).filter(|session| session.token == keys.token);
        let session = session.ok_or_else(|| invalid(service))?;
        if session.until <= self.now {
            return Err(expired(service));
        }
        Ok(Some(Principal::Role(session.role.clone())))
    }
}

impl Operation for AssumeRole {
    const SERVICE: Service = Service::Sts;
    const OPERATION: OperationName = OperationName::AssumeRole;
    type Output = AssumeRoleOutput;

    /// Whether the caller may, and whether the role trusts it, has been asked: IAM does.
    fn apply(self, world: &mut World, _: &RegionName) -> Result<AssumeRoleOutput, ApiError> {
        let seconds = self.seconds()?;
        let role = self.role_arn.rsplit_once('/').filter(|_| world.deployment.role(&self.role_arn).is_some());
        let Some((_, role)) = role else {
            // STS does not say whether there is such a role.
            let message = format!("not authorized to perform: sts:AssumeRole on resource: {}", self.role_arn);
            return Err(ApiError::new("AccessDenied", 403, message));
        };
        let id = Random::labelled(world.config.seed, ["role", role]).token(16).to_uppercase();
        let name = &self.role_session_name;
        let account = account_of(&self.role_arn);
        let assumed_role_user = AssumedRoleUser {
            assumed_role_id: format!("AROA{id}:{name}"),
            arn: format!("arn:aws:sts::{account}:assumed-role/{role}/{name}"),
        };
        Ok(AssumeRoleOutput { credentials: world.session(&self.role_arn, seconds), assumed_role_user })
    }
}

impl Operation for GetCallerIdentity {
    const SERVICE: Service = Service::Sts;
    const OPERATION: OperationName = OperationName::GetCallerIdentity;
    type Output = GetCallerIdentityOutput;

    fn apply(self, world: &mut World, region: &RegionName) -> Result<GetCallerIdentityOutput, ApiError> {
        let caller = world.calling.clone();
        let session = match caller.invocation.and_then(|id| world.lambda.place(id)) {
            Some((function, region)) => world.function(&region, function).map(|own| own.name.clone()),
            None => None,
        };
        let (account, id, arn) = match world.principal(&caller, Service::Sts)? {
            Some(Principal::Role(role)) => {
                let account = account_of(&role).to_owned();
                let role = role.rsplit('/').next().unwrap_or_default().to_owned();
                let session = session.unwrap_or_else(|| "session".to_owned());
                let id = Random::labelled(world.config.seed, ["role", &role]).token(16).to_uppercase();
                let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{session}");
                (account, format!("AROA{id}:{session}"), arn)
            }
            // Whoever asks from outside has a profile for each account.
            _ => {
                let account = world.account(region).to_owned();
                let arn = format!("arn:aws:iam::{account}:user/operator");
                (account, "AIDALOCALWORLD".to_owned(), arn)
            }
        };
        Ok(GetCallerIdentityOutput { user_id: id, account, arn })
    }
}

fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

impl AssumeRole {
    /// How long the session is to last; a call that STS does not take is refused.
    fn seconds(&self) -> Result<u32, ApiError> {
        let refuse = |message: &str| Err(ApiError::new("ValidationError", 400, message));
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let name = &self.role_session_name;
        if !(2..=64).contains(&name.len()) || !name.chars().all(allowed) {
            return refuse("Member must satisfy regular expression pattern: [\\w+=,.@-]*: roleSessionName");
        }
        match self.duration_seconds.unwrap_or(HOUR) {
            seconds if (SHORTEST..=HOUR).contains(&seconds) => Ok(seconds),
            _ => refuse("The requested DurationSeconds exceeds the bounds set for this role."),
        }
    }
}

/// Keys that nobody gave out, or with another token, in the service's own words.
fn invalid(service: Service) -> ApiError {
    let (code, status) = match service {
        Service::S3 => ("InvalidToken", 400),
        Service::Sns | Service::Sts | Service::Iam => ("InvalidClientTokenId", 403),
        _ => ("UnrecognizedClientException", 403),
    };
    ApiError::new(code, status, "The security token included in the request is invalid.")
}

/// Keys that have ended, likewise.
fn expired(service: Service) -> ApiError {
    let (code, status) = match service {
        Service::S3 => ("ExpiredToken", 400),
        Service::Sns | Service::Sts | Service::Iam => ("ExpiredToken", 403),
        _ => ("ExpiredTokenException", 403),
    };
    ApiError::new(code, status, "The security token included in the request is expired.")
}
