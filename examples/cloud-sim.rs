//! A simulated cloud that any client can be pointed at.
//!
//! ```text
//! cargo run --example cloud-sim -- hetzner --listen 127.0.0.1:0 --data cloud.json
//! cargo run --example cloud-sim -- cloudflare --paid
//! ```
//!
//! The first line on standard output is the URL; it serves until it is stopped. With `--data` the
//! cloud survives a restart. Any non-empty token is accepted unless `--token` names one.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use iac_cloudflare::sim as cloudflare;
use iac_hetzner::sim as hetzner;
use iac_testkit::sim::{Fault, FaultMatch, FaultScript, SimOptions, SimServer};

/// Serves a simulated cloud on loopback; the first line printed is its URL.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    cloud: Cloud,
}

#[derive(Subcommand)]
enum Cloud {
    /// Hetzner Cloud and its DNS zones (API version 1).
    Hetzner(Options),
    /// Cloudflare (API version 4): one account.
    Cloudflare(CloudflareOptions),
}

#[derive(clap::Args)]
struct CloudflareOptions {
    #[command(flatten)]
    options: Options,
    /// Allow what needs a paid plan.
    #[arg(long)]
    paid: bool,
}

#[derive(clap::Args)]
struct Options {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// File that keeps the cloud between runs.
    #[arg(long)]
    data: Option<PathBuf>,
    /// File to append every exchange to, as JSON lines without credentials.
    #[arg(long)]
    log: Option<PathBuf>,
    /// Accept this token only, instead of any.
    #[arg(long)]
    token: Option<String>,
    /// Finish every action at once instead of step by step.
    #[arg(long)]
    instant: bool,
    /// Do not limit the rate of requests.
    #[arg(long)]
    no_rate_limit: bool,
    /// Lose the answer of requests with this probability, 0 to 1, after their effect.
    #[arg(long, default_value_t = 0.0)]
    lose_answers: f64,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve(Args::parse().cloud).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: failed to serve the simulated cloud: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(cloud: Cloud) -> std::io::Result<()> {
    let (server, base_path) = match cloud {
        Cloud::Hetzner(options) => (start_hetzner(options).await?, hetzner::BASE_PATH),
        Cloud::Cloudflare(options) => (start_cloudflare(options).await?, cloudflare::BASE_PATH),
    };
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}{base_path}", server.url())?;
    stdout.flush()?;
    stopped().await?;
    server.shutdown().await
}

async fn start_hetzner(options: Options) -> std::io::Result<SimServer> {
    let mut config = hetzner::SimConfig::new().seed(options.seed);
    if let Some(token) = &options.token {
        config = config.token(token);
    }
    if options.instant {
        config = config.pace(hetzner::Pace::Instant);
    }
    if options.no_rate_limit {
        config = config.without_rate_limit();
    }
    hetzner::start(server_options(options), config).await
}

async fn start_cloudflare(
    CloudflareOptions { options, paid }: CloudflareOptions,
) -> std::io::Result<SimServer> {
    let mut config = cloudflare::SimConfig::new().seed(options.seed);
    if let Some(token) = &options.token {
        config = config.token(token);
    }
    if options.instant {
        config = config.pace(cloudflare::Pace::Instant);
    }
    if options.no_rate_limit {
        config = config.without_rate_limit();
    }
    if paid {
        config = config.paid();
    }
    cloudflare::start(server_options(options), config).await
}

/// How the server listens, remembers and misbehaves, whichever cloud it is.
fn server_options(options: Options) -> SimOptions {
    let mut server = SimOptions::new().listen(options.listen);
    if let Some(path) = options.data {
        server = server.data(path);
    }
    if let Some(path) = options.log {
        server = server.log_file(path);
    }
    if options.lose_answers > 0.0 {
        let lost = FaultMatch::any().probability(options.lose_answers);
        server = server.faults(FaultScript::seeded(options.seed).rule(lost, Fault::DropAfter));
    }
    server
}

/// Waits for Ctrl-C or, where there is one, SIGTERM.
async fn stopped() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
