//! What goes wrong inside a statement, and how it is told. Knows SQLite's error codes, so that
//! nothing else must.

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::ffi;

use super::open::BUSY_TIMEOUT;
use crate::state::backend::BackendError;
use crate::state::record::StackId;

/// An error without its place.
#[derive(Debug)]
pub(super) enum Trouble {
    /// SQLite's own.
    Sql(rusqlite::Error),
    /// A stored row that cannot be read.
    Row(String),
    /// A change that does not fit.
    Conflict(StackId, String),
    /// One that is complete already.
    Told(BackendError),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl Trouble {
    /// The error with its place and what was attempted there.
    pub(super) fn at(self, path: &Path, action: &'static str) -> BackendError {
        match self {
            Self::Sql(error) => told(error, path, action),
            Self::Row(reason) => BackendError::Corrupt { location: path.display().to_string(), reason },
            Self::Conflict(stack, reason) => BackendError::Conflict { stack, reason },
            Self::Told(error) => error,
        }
    }

    /// A statement's error, where a broken constraint means that the change does not fit.
    pub(super) fn of_change(
        error: rusqlite::Error,
        stack: &StackId,
        change: impl FnOnce() -> String,
    ) -> Self {
        let why = match error.sqlite_error().map(|error| error.extended_code) {
            Some(ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE) => "it exists already",
            Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => "its run never began",
            Some(code) if code & 0xff == ffi::SQLITE_CONSTRAINT => "a column has an impossible value",
            _ => return Self::Sql(error),
        };
        Self::Conflict(stack.clone(), format!("{}: {why}", change()))
    }
}

fn told(error: rusqlite::Error, path: &Path, action: &'static str) -> BackendError {
    let location = path.display().to_string();
    let unavailable =
        |reason: String| BackendError::Unavailable { action, location: location.clone(), reason };
    let Some(code) = error.sqlite_error_code() else {
        return match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => BackendError::Corrupt {
                location,
                reason: format!("a column has an impossible value: {error}"),
            },
            _ => unavailable(format!("{error}; this is a defect, please report it")),
        };
    };
    match code {
        ErrorCode::DiskFull => {
            unavailable("the disk is full; nothing more was written; free some space and run again".into())
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => unavailable(format!(
            "another process kept it locked for {} s; wait until that one ends and run again",
            BUSY_TIMEOUT.as_secs()
        )),
        ErrorCode::DatabaseCorrupt => BackendError::Corrupt { location, reason: error.to_string() },
        ErrorCode::NotADatabase => BackendError::NotOurs {
            location,
            reason: "it is no SQLite file, or its first bytes are damaged".into(),
        },
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => unavailable(
            "the file or its directory is not writable for this user; make both writable, or pass another path"
                .into(),
        ),
        ErrorCode::CannotOpen => unavailable(
            "the file, or the -wal and -shm files beside it, cannot be opened; make the file and its directory \
             readable and writable for this user"
                .into(),
        ),
        ErrorCode::SystemIoFailure => unavailable(format!(
            "the disk reported an error ({error}); nothing more was written; check the disk and the system log, \
             then run again"
        )),
        ErrorCode::OutOfMemory => unavailable("there is not enough memory; free some and run again".into()),
        _ => unavailable(format!("{error}; this is a defect, please report it")),
    }
}
