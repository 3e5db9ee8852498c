//! An address in AWS's stead, as `AWS_ENDPOINT_URL` names it.

use http::Uri;
use http::uri::Scheme;
use std::fmt;
use std::str::FromStr;

/// Where somebody answers as AWS: `http://127.0.0.1:4566`, or with a path. The SDK panics at one without a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl(String);

/// A text that is no such address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no endpoint: expected http:// or https:// with a host, such as http://127.0.0.1:4566")]
pub struct EndpointUrlError(String);

impl FromStr for EndpointUrl {
    type Err = EndpointUrlError;

    fn from_str(text: &str) -> Result<Self, EndpointUrlError> {
        let uri = text.parse::<Uri>().ok();
        let is_web = |uri: &Uri| [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&uri.scheme());
        match uri.filter(is_web) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(EndpointUrlError(text.to_owned())),
        }
    }
}

impl EndpointUrl {
    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_without_a_host_is_refused_before_the_sdk_sees_it() {
        for right in
            ["http://127.0.0.1:4566", "https://vpce-1.sagemaker.eu-west-1.vpce.amazonaws.com/", "http://[::1]:9/id"]
        {
            assert_eq!(right.parse::<EndpointUrl>().map(|url| url.to_string()), Ok(right.to_owned()));
        }
        for wrong in ["", "localhost:4566", "/path", "http://", "ftp://host", "http://two words"] {
            let error = wrong.parse::<EndpointUrl>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{wrong:?} is no endpoint: expected http://")), "{error}");
        }
    }
}
