//! meridian-scoring
