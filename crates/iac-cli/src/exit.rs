//! The exit codes: what scripts decide on.

/// Done, or nothing to do.
pub const EXIT_DONE: u8 = 0;
/// Something failed, was refused, or could not be understood.
pub const EXIT_FAILED: u8 = 1;
/// `plan --detailed-exitcode` found changes.
pub const EXIT_CHANGES: u8 = 2;
/// A signal stopped the run.
pub const EXIT_CANCELLED: u8 = 130;
