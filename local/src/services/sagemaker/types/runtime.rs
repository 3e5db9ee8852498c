//! SageMaker's data plane.

use bytes::Bytes;

/// `InvokeEndpoint`: scores one payload. The HTTP door takes the name from the path and the rest from headers and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvokeEndpoint {
    /// The endpoint to ask.
    pub endpoint_name: String,
    /// MIME type of the payload; the stock XGBoost container takes `text/csv`.
    pub content_type: Option<String>,
    /// MIME type wanted for the answer.
    pub accept: Option<String>,
    /// The variant to ask, where there are several.
    pub target_variant: Option<String>,
    /// At most 6 MB.
    pub body: Bytes,
}

/// What `InvokeEndpoint` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvokeEndpointOutput {
    /// MIME type of the answer.
    pub content_type: String,
    /// The variant that answered. Green and blue share one name: this does not tell them apart.
    pub invoked_production_variant: String,
    /// The model's answer.
    pub body: Bytes,
}
