//! meridian-local
