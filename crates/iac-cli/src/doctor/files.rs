//! What the file system says of the place where the state is: free space, permissions. Changes nothing.

use std::path::{Path, PathBuf};

use super::check::Check;

/// Below this nothing can be committed reliably.
const FREE_BYTES_MIN: u64 = 10 * 1024 * 1024;
/// Below this, or below so many times the state's size, a backup or a larger run may not fit.
const FREE_BYTES_WISHED: u64 = 100 * 1024 * 1024;
const FREE_SIZES_WISHED: u64 = 3;

/// The directory of `path`, or the nearest one above it that exists.
pub(super) fn existing_directory(path: &Path) -> PathBuf {
    let above = path.ancestors().skip(1);
    let found = above.map(|place| if place.as_os_str().is_empty() { Path::new(".") } else { place });
    found.into_iter().find(|place| place.is_dir()).unwrap_or(Path::new(".")).to_path_buf()
}

/// Whether this user may make files in the directory.
#[cfg(unix)]
pub(super) fn may_write(directory: &Path) -> bool {
    rustix::fs::access(directory, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
pub(super) fn may_write(directory: &Path) -> bool {
    std::fs::metadata(directory).is_ok_and(|found| !found.permissions().readonly())
}

/// The bytes that this user may still write; `None` where the system does not tell.
#[cfg(unix)]
fn free_bytes(directory: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(directory).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Whether there is room for a state of `bytes` and what stands beside it.
pub(super) fn space(directory: &Path, bytes: u64) -> Check {
    const NAME: &str = "disk space";
    let place = directory.display();
    let Some(free) = free_bytes(directory) else {
        return Check::warning(NAME, format!("the system does not tell how much is free at {place}"))
            .way_out(
                "look for yourself; a full disk stops a run before anything is done that it cannot record",
            );
    };
    let text = format!("{} free at {place}", size(free));
    let wished = FREE_BYTES_WISHED.max(bytes.saturating_mul(FREE_SIZES_WISHED));
    let make_room = "make room, or move the state with `--state`";
    match free {
        free if free < FREE_BYTES_MIN => Check::failed(NAME, text).way_out(make_room),
        free if free < wished => {
            Check::warning(NAME, format!("{text}; {} would leave room for backups", size(wished)))
                .way_out(make_room)
        }
        _ => Check::ok(NAME, text),
    }
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    const STEP: u64 = 1024;
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut rest, mut fraction, mut unit) = (bytes, 0, 0);
    while rest >= STEP && unit + 1 < units.len() {
        fraction = (rest % STEP) * 10 / STEP;
        rest /= STEP;
        unit += 1;
    }
    let name = units.get(unit).copied().unwrap_or_default();
    if unit == 0 { format!("{rest} {name}") } else { format!("{rest}.{fraction} {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Status;

    #[test]
    fn sizes_are_for_people() {
        for (bytes, text) in [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB")] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn the_nearest_directory_is_asked() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("a/b/state.sqlite");
        assert_eq!(existing_directory(&state), directory.path());
        assert_eq!(existing_directory(Path::new("state.sqlite")), Path::new("."));
        assert!(may_write(directory.path()));
        // Nobody has so much room.
        assert_eq!(space(directory.path(), u64::MAX).status, Status::Warning);
    }
}
