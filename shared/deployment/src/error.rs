//! What can be wrong with a template or its parameters.

/// A template, or its settings, that cannot be deployed. Every message names the place and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeploymentError {
    /// The template is not YAML.
    #[error("the template is not YAML: {0}")]
    Yaml(String),
    /// Not TOML, or not as `sam` writes it.
    #[error("samconfig.toml{}: {message}", environment.as_ref().map(|name| format!(", environment {name}")).unwrap_or_default())]
    Settings {
        /// The environment, where one can be named.
        environment: Option<String>,
        /// What is wrong, as the parser or the check says it.
        message: String,
    },
    /// The template contradicts itself or its parameters.
    #[error("template, {place}: {message}")]
    Template {
        /// The resource, parameter or condition, with the path inside it.
        place: String,
        /// What is wrong, and what was expected.
        message: String,
    },
}

impl DeploymentError {
    pub(crate) fn at(place: impl Into<String>, message: impl Into<String>) -> Self {
        DeploymentError::Template { place: place.into(), message: message.into() }
    }
}
