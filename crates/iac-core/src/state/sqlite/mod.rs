//! State in one SQLite file: its format, its one writer, its readers.

mod backend;
mod check;
mod compact;
mod duration;
mod inspect;
mod lease;
mod open;
mod past;
mod read;
mod reseal;
mod schema;
mod text;
mod trace;
mod trouble;
mod worker;
mod write;

pub use backend::SqliteBackend;
pub use inspect::StateFile;
