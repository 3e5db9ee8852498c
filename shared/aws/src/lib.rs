//! meridian-aws
