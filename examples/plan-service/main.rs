//! An HTTP service that plans and applies stacks, as a program would be written that embeds the engine:
//! callers make a plan, read it, have exactly that plan applied, and watch its events.
//!
//! ```text
//! cargo run --example plan-service                # prints how to call it with curl
//! cargo test --example plan-service
//! ```
//!
//! Callers need the token in `PLAN_SERVICE_TOKEN`; without the variable one is made and printed. It
//! works on a simulated Hetzner Cloud inside this program unless `HCLOUD_TOKEN` is set. State, key and
//! simulated cloud are kept in `.iac/plan-service` (`--data DIR`). It speaks plain HTTP on loopback:
//! something that speaks TLS belongs in front of it.

mod access;
mod cloud;
mod event_log;
mod plans;
mod problem;
mod program;
mod routes;
mod runs;
mod service;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use iac::state::{KeyFile, SqliteBackend};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::access::Token;
use crate::cloud::Cloud;
use crate::service::{Place, Service};

/// The variable with the callers' token.
const TOKEN_VARIABLE: &str = "PLAN_SERVICE_TOKEN";

/// How long callers may read on after the last run has ended.
const PARTING: Duration = Duration::from_secs(5);

/// Plans and applies stacks over HTTP.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8088")]
    listen: SocketAddr,
    /// Where state, key and simulated cloud are kept
    #[arg(long, value_name = "DIR", default_value = ".iac/plan-service")]
    data: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until a signal comes and everything that goes on has ended.
async fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(&arguments.data)
        .map_err(|error| format!("cannot make {}: {error}", arguments.data.display()))?;
    let state = arguments.data.join("state.sqlite");
    let cloud = Cloud::choose(&arguments.data).await?;
    let (token, is_new) = match std::env::var(TOKEN_VARIABLE) {
        Ok(token) => (Token::new(token).map_err(|error| format!("{TOKEN_VARIABLE}: {error}"))?, false),
        Err(_) => (Token::random()?, true),
    };
    let place = Place {
        backend: Arc::new(SqliteBackend::open(&state)?),
        keyring: Arc::new(KeyFile::open_or_create(arguments.data.join("state.key"))?),
    };
    let service = Service::new(place, cloud.connector(), token.clone());
    let listener = TcpListener::bind(arguments.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}; pass another --listen", arguments.listen))?;
    say_hello(listener.local_addr()?, &token, is_new, &cloud, &arguments.data);

    let (stopping, stopped) = watch::channel(false);
    let stop = {
        let service = Arc::clone(&service);
        async move {
            stop_signal().await;
            println!("stopping: running steps end, nothing new starts; once more abandons them");
            // Streams of events end with their runs, and then the server does.
            service.drain();
            stopping.send_replace(true);
            tokio::spawn(async move {
                stop_signal().await;
                service.abandon();
            });
        }
    };
    let router = routes::router(Arc::clone(&service));
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(stop).into_future() => served?,
        () = waited_long_enough(&service, stopped) => println!("callers who do not read are left alone"),
    }
    service.finished().await;
    cloud.stop().await?;
    println!("stopped");
    Ok(())
}

/// Ends some time after everything was done that was to be done before the end: a caller who does not read
/// its answer does not keep the process.
async fn waited_long_enough(service: &Service, mut stopped: watch::Receiver<bool>) {
    // The sender is dropped only after it has said so.
    let _ = stopped.wait_for(|stopped| *stopped).await;
    service.finished().await;
    tokio::time::sleep(PARTING).await;
}

/// Ends at Ctrl-C, and at SIGTERM where there is one.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signals the process is stopped from outside, which the next run finds out.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn say_hello(address: SocketAddr, token: &Token, is_new: bool, cloud: &Cloud, data: &Path) {
    println!("listening on http://{address}");
    println!("{}; state in {}", cloud.describe(), data.display());
    println!();
    if is_new {
        println!("  TOKEN={}   # made for this start; {TOKEN_VARIABLE} sets one", token.expose());
    } else {
        println!("  TOKEN=${TOKEN_VARIABLE}");
    }
    println!("  URL=http://{address}");
    for line in [
        r#"curl -sH "Authorization: Bearer $TOKEN" $URL/plans --json '{"stack":"dev","settings":{"workers":2}}'"#,
        r#"curl -sH "Authorization: Bearer $TOKEN" -X POST $URL/plans/PLAN/apply"#,
        r#"curl -sNH "Authorization: Bearer $TOKEN" $URL/runs/RUN/events"#,
        r#"curl -sH "Authorization: Bearer $TOKEN" $URL/stacks/dev/outputs"#,
    ] {
        println!("  {line}");
    }
    println!();
}
