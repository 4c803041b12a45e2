//! deaf
