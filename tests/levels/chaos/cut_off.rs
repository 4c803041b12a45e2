//! cut_off
