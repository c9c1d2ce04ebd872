//! The figures as text or JSON.

use std::fmt::Write as _;

use crate::Args;
use crate::workload::Figures;

/// KiB in a MiB.
const KIB_PER_MIB: f64 = 1024.0;

/// One JSON object: what was asked for, and the figures.
pub(crate) fn json(args: &Args, round: u32, figures: &Figures) -> String {
    serde_json::json!({
        "shape": format!("{:?}", args.shape).to_lowercase(),
        "resources": args.resources,
        "op": format!("{:?}", args.op).to_lowercase(),
        "latency": format!("{:?}", args.latency).to_lowercase(),
        "parallelism": args.parallelism,
        "round": round,
        "figures": figures,
    })
    .to_string()
}

/// A few lines for people.
pub(crate) fn text(args: &Args, round: u32, figures: &Figures) -> String {
    let mut text = format!("{:?} {:?}, {} resources", args.op, args.shape, args.resources);
    text.push_str(&if args.rounds > 1 { format!(", round {round}\n") } else { "\n".to_owned() });
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<22} {value}");
    };
    line("wall", format!("{:.3} s", figures.wall_s));
    line("  declare", format!("{:.3} s", figures.declare_s));
    line("  plan or refresh", format!("{:.3} s", figures.plan_s));
    line("  apply", format!("{:.3} s", figures.apply_s));
    if let Some(cpu_s) = figures.cpu_s {
        line("cpu", format!("{cpu_s:.3} s"));
    }
    if let Some(kib) = figures.peak_rss_kib {
        line("peak memory", format!("{:.1} MiB", kib as f64 / KIB_PER_MIB));
    }
    line("steps", figures.steps.to_string());
    line("calls to the cloud", figures.calls.to_string());
    line("journal rows", figures.journal_rows.to_string());
    let per_commit = figures.rows as f64 / figures.commits.max(1) as f64;
    line("commits", format!("{} ({per_commit:.1} changes each)", figures.commits));
    let per_flush = figures.rows as f64 / figures.flushes.max(1) as f64;
    line("flushes", format!("{} ({per_flush:.1} changes each)", figures.flushes));
    if figures.lower_bound_s > 0.0 {
        let ratio = figures.apply_s / figures.lower_bound_s;
        line(
            "lower bound of apply",
            format!("{:.3} s (apply took {ratio:.3} times that)", figures.lower_bound_s),
        );
    }
    if let Some(expected_s) = figures.expected_s {
        line("expected of apply", format!("{expected_s:.3} s"));
    }
    text.trim_end().to_owned()
}
