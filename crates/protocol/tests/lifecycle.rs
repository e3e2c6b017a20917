//! How the process starts and ends.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "helpers of tests are tests too")]

mod common;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

use common::{ECHO_PLUGIN, context, query, start, until_gone, until_running};
use headroom_protocol::{
    StreamRequest,
    client::{ClientError, PluginProcess, Start},
};
use tokio_stream::StreamExt as _;

fn echo_plugin() -> Command {
    let mut command = Command::new(ECHO_PLUGIN);
    command
        .env_clear()
        .env("grafana_plugin_type", "datasource")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn a_person_who_starts_it_is_told_what_it_is() {
    let output = echo_plugin().env_remove("grafana_plugin_type").output().expect("the echo plugin starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("a plugin that Grafana starts") && said.contains("allow_loading_unsigned_plugins"), "{said}");
}

#[test]
fn the_socket_is_private_and_removed_at_a_signal() {
    for signal in ["TERM", "INT"] {
        let mut child = echo_plugin().spawn().expect("the echo plugin starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a handshake");
        let parts: Vec<_> = line.trim_end().split('|').collect();
        assert!(matches!(parts[..], ["1", "2", "unix", _, "grpc"]), "{line}");
        let socket = Path::new(parts[3]);
        let folder = socket.parent().expect("a folder");
        assert!(socket.exists());
        assert_eq!(fs::metadata(folder).expect("a folder").permissions().mode() & 0o777, 0o700);

        assert!(
            Command::new("kill")
                .args([format!("-{signal}"), child.id().to_string()])
                .status()
                .expect("kill runs")
                .success()
        );
        assert!(child.wait().expect("it ends").success(), "SIG{signal} ends it in good order");
        assert!(!folder.exists(), "{} is left behind", folder.display());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).expect("a pipe");
        assert_eq!(rest, "", "nothing but the handshake is on standard output");
    }
}

#[test]
fn it_ends_when_a_host_dies_that_never_called() {
    // The shell is the host: it is killed as the kernel kills, without a chance to stop the plugin.
    let mut host = Command::new("sh");
    host.args(["-c", "\"$0\" & wait", ECHO_PLUGIN])
        .env_clear()
        .env("grafana_plugin_type", "datasource")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut host = host.spawn().expect("a shell");
    let mut stdout = BufReader::new(host.stdout.take().expect("a pipe"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a handshake");
    let socket = line.split('|').nth(3).expect("a path").to_owned();
    host.kill().expect("it is killed");
    host.wait().expect("it ends");
    // The plugin removes its socket when it ends.
    until_gone(Path::new(&socket));
    let mut log = String::new();
    host.stderr.take().expect("a pipe").read_to_string(&mut log).expect("a log");
    assert!(log.contains("the host has died"), "{log}");
}

#[tokio::test]
async fn it_stops_when_asked_whatever_is_under_way() {
    let echo = start(&[]).await;
    let client = echo.process.client();
    let mut stream = client
        .run_stream(&context("{}"), StreamRequest { path: "endless".into(), ..Default::default() })
        .await
        .expect("a stream");
    stream.next().await.expect("a first packet").expect("a packet");
    let slow = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .query(
                    &context("{}"),
                    &[query("A", r#"{"do":"wait","seconds":3600}"#), query("B", r#"{"do":"block","seconds":3600}"#)],
                )
                .await
        }
    });
    until_running(&client, 3).await;

    let log = echo.log.clone();
    let stopped = echo.process.stop().await.expect("it stops");
    assert!(stopped.status.success() && !stopped.killed, "{stopped:?}");
    assert!(log.contains("echo_plugin stops: the host asked"));
    assert!(slow.await.expect("no panic").is_err(), "the slow queries were broken off");
    assert!(stream.next().await.is_none_or(|packet| packet.is_err()));
}

#[tokio::test]
async fn dropping_the_host_half_kills_the_plugin() {
    let echo = start(&[]).await;
    let process = echo.process.id().expect("a running process");
    let client = echo.process.client();
    drop(echo);
    until_gone(Path::new(&format!("/proc/{process}/exe")));
    client.ping().await.expect_err("nobody serves");
}

#[tokio::test]
async fn a_program_that_is_no_plugin_is_named() {
    let check = async |program: &str, part: &str| {
        let error = PluginProcess::start(Start::new(program)).await.err().expect("no plugin");
        let text = error.to_string();
        assert!(text.contains(program) && text.contains(part), "{text}");
        error
    };
    assert!(matches!(check("/nowhere/gpx", "build it first").await, ClientError::Spawn { .. }));
    assert!(matches!(check("/bin/false", "exit status: 1").await, ClientError::NoHandshake { .. }));
    assert!(matches!(check("/bin/pwd", "1|2|unix|PATH|grpc").await, ClientError::Handshake { .. }));
}
