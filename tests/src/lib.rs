//! meridian-tests
