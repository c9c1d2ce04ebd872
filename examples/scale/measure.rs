//! What the process has used, as the operating system counts it. Knows nothing of the engine.
//! Answers nothing where there is no `/proc`.

use std::fs;

/// Nanoseconds in a second.
const NS_PER_S: f64 = 1e9;

/// Processor time of all living threads so far, in seconds.
pub(crate) fn cpu_s() -> Option<f64> {
    let mut total_ns = 0.0;
    for thread in fs::read_dir("/proc/self/task").ok()? {
        // A thread may end in between.
        let Ok(text) = fs::read_to_string(thread.ok()?.path().join("schedstat")) else { continue };
        total_ns += text.split_whitespace().next()?.parse::<f64>().ok()?;
    }
    Some(total_ns / NS_PER_S)
}

/// The most memory that was resident at once, in KiB.
pub(crate) fn peak_rss_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").trim().parse().ok()
}
