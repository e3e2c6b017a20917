//! `headroom-preview`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the terminal is its user interface")]

use std::{io::ErrorKind, process::ExitCode, sync::Arc};

use clap::Parser as _;
use headroom_preview::{browser, host::Host, http, options::Options, provisioning::dashboards};
use tokio::{net::TcpListener, signal};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headroom-preview: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {} is in use by another program; stop it, or choose another port with --port {} (--port 0 takes a free one)",
            options.port,
            options.port.wrapping_add(1)
        ),
        ErrorKind::PermissionDenied => anyhow::anyhow!("port {} needs more rights; choose one above 1023", options.port),
        _ => anyhow::anyhow!("cannot listen on 127.0.0.1:{}: {error}", options.port),
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    let host = Arc::new(Host::load(&options));
    greet(&host, &url);
    if !options.no_open
        && let Err(error) = browser::open(&url)
    {
        println!("  No browser could be opened ({error}); open the address by hand.");
    }
    tokio::select! {
        served = axum::serve(listener, http::router(Arc::clone(&host))) => served?,
        () = asked_to_end() => {}
    }
    host.backends.stop().await;
    Ok(())
}

/// Waits for Ctrl-C, or for the signal of a service manager.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        let terminate = async {
            match signal::unix::signal(signal::unix::SignalKind::terminate()) {
                Ok(mut terminate) => drop(terminate.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = signal::ctrl_c() => {}
            () = terminate => {}
        }
    }
    #[cfg(not(unix))]
    signal::ctrl_c().await.unwrap_or_default();
}

fn greet(host: &Host, url: &str) {
    println!("Headroom preview (not a Grafana server) at {url}\n");
    for dashboard in dashboards::load(&host.providers).items {
        println!("  {:<28} {url}/d/{}", dashboard.title, dashboard.uid);
    }
    for plugin in host.plugins.iter().filter(|plugin| plugin.kind == "app") {
        println!("  {:<28} {url}/a/{}", plugin.name, plugin.id);
    }
    println!();
    for problem in &host.problems {
        println!("  ! {problem}");
    }
    println!("  Press Ctrl-C to stop.");
}
