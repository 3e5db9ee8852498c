//! A region's model packages.

use crate::services::sagemaker::types::DescribeModelPackageOutput;
use crate::world::error::ApiError;

/// One region's packages, in the order of their versions. The template makes home's one group, named as the fleet is.
#[derive(Debug, Default)]
pub(crate) struct Registry(pub Vec<Package>);

#[derive(Debug)]
pub(crate) struct Package {
    pub client_token: Option<String>,
    pub described: DescribeModelPackageOutput,
}

impl Registry {
    pub fn find_mut(&mut self, arn: &str) -> Result<&mut DescribeModelPackageOutput, ApiError> {
        let found = self.0.iter_mut().find(|package| package.described.model_package_arn == arn);
        found.map(|package| &mut package.described).ok_or_else(|| no_such_package(arn))
    }
}

pub(crate) fn no_such_package(arn: &str) -> ApiError {
    ApiError::validation(format!("ModelPackage {arn} does not exist."))
}
