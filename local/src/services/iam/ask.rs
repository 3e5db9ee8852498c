//! What a caller must be allowed to do.

use meridian_deployment::Context;

/// Operations that ask one thing of one resource.
macro_rules! one_ask {
    ($($operation:ty: $action:literal, |$own:ident, $world:ident, $region:ident| $resource:expr;)*) => {$(
        impl Guarded for $operation {
            fn asks(&self, $world: &World, $region: &RegionName) -> Vec<Ask> {
                let $own = self;
                vec![Ask::new($action, $resource)]
            }
        }
    )*};
}
pub(crate) use one_ask;

/// One thing that a caller must be allowed to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Such as `s3:GetObject`.
    pub action: &'static str,
    /// An ARN, or `*`.
    pub resource: String,
    /// What conditions may ask for.
    pub context: Context,
}

impl Ask {
    pub(crate) fn new(action: &'static str, resource: impl Into<String>) -> Self {
        Ask { action, resource: resource.into(), context: Context::new() }
    }

    /// The same with a condition key.
    pub(crate) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context.entry(key.to_ascii_lowercase()).or_default().push(value.into());
        self
    }
}
