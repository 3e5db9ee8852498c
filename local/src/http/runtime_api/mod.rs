//! The Lambda Runtime API, as the door offers it to the functions' processes.

pub(crate) mod line;
pub(crate) mod routes;
