//! What users have today, and the best single look as the bound on what any test can do.

pub mod alarm;
pub mod fixed;
pub mod kayenta;
