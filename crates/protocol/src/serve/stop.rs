//! When and why the process stops.

use std::{io, sync::Arc};

use tokio::sync::watch;

/// How often to check that the host is alive. Its streams show that at once; this is for a host that died before it
/// opened them.
#[cfg(unix)]
const PARENT_CHECK: std::time::Duration = std::time::Duration::from_secs(1);

/// The order to stop, shared by everything that waits for it. Only the first reason is kept.
#[derive(Clone)]
pub(super) struct Stop(Arc<watch::Sender<Option<&'static str>>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Stop {
    pub(super) fn stop(&self, reason: &'static str) {
        self.0.send_if_modified(|known| known.is_none() && known.replace(reason).is_none());
    }

    /// Waits for the order.
    pub(super) async fn stopped(&self) {
        // There would be an error if the sender were gone, but `self` holds it.
        self.0.subscribe().wait_for(Option::is_some).await.map(drop).unwrap_or_default();
    }

    pub(super) fn reason(&self) -> &'static str {
        self.0.borrow().unwrap_or("the server ended")
    }

    /// Stops at the signals that systems and terminals use to end a process.
    #[cfg(unix)]
    pub(super) fn watch_signals(&self) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        for (kind, reason) in [(SignalKind::terminate(), "SIGTERM"), (SignalKind::interrupt(), "SIGINT")] {
            let (mut signals, stop) = (signal(kind)?, self.clone());
            tokio::spawn(async move {
                signals.recv().await;
                stop.stop(reason);
            });
        }
        Ok(())
    }

    /// Stops at Ctrl-C and when the console is closed.
    #[cfg(windows)]
    pub(super) fn watch_signals(&self) -> io::Result<()> {
        use tokio::signal::windows::{ctrl_c, ctrl_close};
        let (mut interrupts, mut closings, stop) = (ctrl_c()?, ctrl_close()?, self.clone());
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = closings.recv() => {}
            }
            stop.stop("the console asked");
        });
        Ok(())
    }

    /// Stops when the process gets another parent because the host died.
    ///
    /// Linux' parent-death signal is not suitable: it is sent when the *thread* that started us ends, and Go moves its
    /// work between threads. On Windows a process keeps its parent's id, so only the host's streams show its end there.
    #[cfg(unix)]
    pub(super) fn watch_parent(&self) {
        let (parent, stop) = (std::os::unix::process::parent_id(), self.clone());
        tokio::spawn(async move {
            while std::os::unix::process::parent_id() == parent {
                tokio::time::sleep(PARENT_CHECK).await;
            }
            stop.stop("the host has died");
        });
    }
}
