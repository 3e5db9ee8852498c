//! meridian-handlers
