//! What stands above the policies of roles.

use crate::document;
use crate::error::DeploymentError;
use crate::level::Level;
use crate::policy::{Grant, Request, Statement};
use crate::rights::{Denial, Denied};
use std::cell::RefCell;

/// A permissions boundary or a service control policy: a role does only what its own policies *and* each of these allow, and nothing
/// that one of them denies (IAM User Guide, "Policy evaluation logic"). What a service does by itself is beneath neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// Its name, which grants and refusals bear.
    pub name: String,
    /// Of a boundary, its ARN: only roles that name it are beneath it. None of a service control policy, which is above every role.
    pub boundary: Option<String>,
    pub(crate) statements: Vec<Statement>,
}

impl Ceiling {
    /// A permissions boundary with this ARN, read from a policy document.
    ///
    /// # Errors
    /// What is no policy document, or has parts that are not known here.
    pub fn boundary(name: &str, arn: &str, document: &str) -> Result<Self, DeploymentError> {
        Ok(Ceiling { boundary: Some(arn.to_owned()), ..Self::control(name, document)? })
    }

    /// A service control policy, read from a policy document.
    ///
    /// # Errors
    /// As [`Ceiling::boundary`].
    pub fn control(name: &str, document: &str) -> Result<Self, DeploymentError> {
        let left = RefCell::default();
        let level = Level::new(name.to_owned(), document::read(document)?, &left)?;
        let statements = Statement::read_all(level, name)?;
        match left.into_inner().first() {
            Some(unknown) => Err(DeploymentError::at(unknown.clone(), "it is not known here")),
            None => Ok(Ceiling { name: name.to_owned(), boundary: None, statements }),
        }
    }

    /// The statement that lets a request through.
    ///
    /// # Errors
    /// None does, or one denies it.
    pub fn lets(&self, request: &Request<'_>) -> Result<Grant, Denied> {
        let answer = request.granted_by(self.statements.iter().map(|one| (self.name.as_str(), one)));
        answer.map_err(|denied| match denied.why {
            Denial::NoPolicyAllows => Denied { why: Denial::NoCeilingAllows { ceiling: self.name.clone() }, ..denied },
            _ => denied,
        })
    }
}
