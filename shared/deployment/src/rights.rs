//! Who may do what: a request held against the policies of everything that is deployed (IAM User Guide, "Policy evaluation
//! logic", within one account and across accounts).

use crate::policy::{Effect, Grant, Principal, Request, Statement};
use crate::stack::Deployment;

/// A request that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not authorized to perform: {action} on resource: {resource} {why}")]
pub struct Denied {
    /// The action that was asked for.
    pub action: String,
    /// The resource that it was asked for.
    pub resource: String,
    /// What the policies say against it.
    pub why: Denial,
}

/// What policies say against a request; displayed in IAM's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// No statement that counts allows it.
    #[error("because no policy allows it")]
    NoPolicyAllows,
    /// Neither does a statement of what stands above the role.
    #[error("because {ceiling} above the role does not allow it")]
    NoCeilingAllows {
        /// Its name.
        ceiling: String,
    },
    /// A statement denies it, whatever allows it.
    #[error("with an explicit deny in {owner}.{sid}")]
    ExplicitDeny {
        /// Logical name of the policy or role that has the statement.
        owner: String,
        /// `Sid` of the statement.
        sid: String,
    },
}

impl Deployment {
    /// Whether a request is allowed, and by what: refused where any statement denies it, else let through by a statement of
    /// the role's own policies, or by one of the resource's where a service asks. A key lets a role's own policies count only
    /// where its policy names the account, or lets the role in by itself; and a role is lent only where its trust policy says
    /// so too. What belongs to another account than the role must be allowed by both sides. What a role may do by all of these, each
    /// ceiling above it must let through as well.
    ///
    /// # Errors
    /// No statement allows it, or one denies it.
    pub fn authorise(&self, request: &Request<'_>) -> Result<Vec<Grant>, Denied> {
        let mut grants = self.granted_below(request)?;
        if let Principal::Role(arn) = request.principal {
            let boundary = self.role(arn).and_then(|role| role.boundary.as_ref());
            let above = self.ceilings.iter().filter(|own| own.boundary.is_none() || own.boundary.as_ref() == boundary);
            for ceiling in above {
                grants.push(ceiling.lets(request)?);
            }
        }
        Ok(grants)
    }

    fn granted_below(&self, request: &Request<'_>) -> Result<Vec<Grant>, Denied> {
        let role = match request.principal {
            Principal::Role(arn) => self.role(arn),
            Principal::Service(_) => None,
        };
        let own = role.into_iter().flat_map(|role| role.statements.iter().map(|one| (role.logical.as_str(), one)));
        let own = allowed(own, request)?;
        let of_resource = allowed(self.policies_of(request.resource), request)?;
        let is_foreign = match request.principal {
            Principal::Role(arn) => self.owner(request.resource).is_some_and(|own| arn.split(':').nth(4) != Some(own)),
            Principal::Service(_) => false,
        };
        let asks_both =
            is_foreign || request.resource.starts_with("arn:aws:kms:") || request.action == "sts:AssumeRole";
        let delegated = !asks_both || of_resource.is_some();
        let direct = || {
            let own = self.policies_of(request.resource).filter(|(_, own)| own.is_direct());
            allowed(own, request).ok().flatten().filter(|_| request.action != "sts:AssumeRole")
        };
        match (request.principal, own, of_resource) {
            (Principal::Role(_), Some(own), delegation) if delegated => {
                Ok([own].into_iter().chain(delegation.filter(|_| asks_both)).collect())
            }
            (Principal::Service(_), _, Some(grant)) => Ok(vec![grant]),
            (Principal::Role(_), None, Some(_)) if !is_foreign => match direct() {
                Some(grant) => Ok(vec![grant]),
                None => Err(unallowed(request)),
            },
            _ => Err(unallowed(request)),
        }
    }
}

impl Request<'_> {
    /// The first of these statements that allows it.
    ///
    /// # Errors
    /// None does, or one denies it.
    pub(crate) fn granted_by<'a>(
        &self,
        statements: impl Iterator<Item = (&'a str, &'a Statement)>,
    ) -> Result<Grant, Denied> {
        allowed(statements, self)?.ok_or_else(|| unallowed(self))
    }
}

/// The first statement that allows a request, if none denies it.
fn allowed<'a>(
    statements: impl Iterator<Item = (&'a str, &'a Statement)>,
    request: &Request<'_>,
) -> Result<Option<Grant>, Denied> {
    let mut first = None;
    for (owner, statement) in statements {
        let Some((action, number)) = statement.meets(request) else { continue };
        if statement.effect == Effect::Deny {
            let (owner, sid) = (owner.to_owned(), statement.sid.clone());
            return Err(denied(request, Denial::ExplicitDeny { owner, sid }));
        }
        first.get_or_insert_with(|| Grant {
            owner: owner.to_owned(),
            sid: statement.sid.clone(),
            action: action.to_owned(),
            number,
            resource: statement.resources.get(number).cloned().unwrap_or_default(),
        });
    }
    Ok(first)
}

fn unallowed(request: &Request<'_>) -> Denied {
    denied(request, Denial::NoPolicyAllows)
}

fn denied(request: &Request<'_>, why: Denial) -> Denied {
    Denied { action: request.action.to_owned(), resource: request.resource.to_owned(), why }
}
