//! Programs that end with this process, however that ends: by Ctrl-C, a signal, a closed terminal, or SIGKILL, after
//! which no code of ours runs.

use std::io;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

/// Runs its arguments until its standard input ends, which happens when no process holds the other end any more. The
/// system closes that end whatever happens to us. A program that does not end when asked is killed after as many
/// seconds as the first argument says. A shell's background jobs read from nowhere, hence the third descriptor; the
/// shell's own message about the child's end is suppressed. The process that waits must hold none of our ends, or
/// whoever reads the child's output would wait for it too.
#[cfg(unix)]
const GUARD: &str = r#"
patience=$1
shift
exec 3<&0
"$@" < /dev/null 3<&- &
child=$!
exec 2> /dev/null
{ read -r _ <&3; kill "$child"; sleep "$patience" > /dev/null 3<&-; kill -KILL "$child"; } &
watcher=$!
wait "$child"
status=$?
kill "$watcher"
exit "$status"
"#;

/// How many seconds a program has to end by itself after it was asked to. A server closes its files and connections in
/// that time, and nobody who stops a demo waits longer.
#[cfg(unix)]
const PATIENCE_S: u32 = 10;

/// A running program. It is asked to end (SIGTERM) when this is dropped or the process that holds this is gone. If it
/// does not end, it is killed (SIGKILL).
pub(crate) struct Ward {
    child: Child,
    /// Open as long as this process lives, which is how the guard notices its end.
    held: Option<ChildStdin>,
}

impl Ward {
    /// Starts a program with empty standard input. `stdout` and `stderr` say where it writes.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn spawn(command: &Command, stdout: Stdio, stderr: Stdio) -> io::Result<Self> {
        Self::start(guarded(command), stdout, stderr)
    }

    fn start(mut guarded: Command, stdout: Stdio, stderr: Stdio) -> io::Result<Self> {
        guarded.stdin(Stdio::piped()).stdout(stdout).stderr(stderr);
        let mut child = guarded.spawn()?;
        // `wait` would close it.
        let held = child.stdin.take();
        Ok(Self { child, held })
    }

    /// Its exit status; `None` while it runs.
    ///
    /// # Errors
    /// If the system does not say.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// If the system does not say.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        drop(self.held.take());
        if cfg!(not(unix)) {
            // It may have ended already.
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

/// The command with a guard, in a process group of its own: signals that the terminal sends to us must not end the
/// guard before it has ended its child.
#[cfg(unix)]
fn guarded(command: &Command) -> Command {
    guarded_for(command, PATIENCE_S)
}

#[cfg(unix)]
fn guarded_for(command: &Command, patience_s: u32) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut guard = Command::new("sh");
    guard
        .args(["-c", GUARD, "sh", &patience_s.to_string()])
        .arg(command.get_program())
        .args(command.get_args())
        .process_group(0);
    copy_surroundings(command, &mut guard);
    guard
}

/// On other systems a program ends when its ward is dropped, but it survives a kill of this process.
#[cfg(not(unix))]
fn guarded(command: &Command) -> Command {
    let mut plain = Command::new(command.get_program());
    plain.args(command.get_args());
    copy_surroundings(command, &mut plain);
    plain
}

fn copy_surroundings(from: &Command, to: &mut Command) {
    if let Some(folder) = from.get_current_dir() {
        to.current_dir(folder);
    }
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// Whether a process is running, by signal 0.
    fn runs(process: &str) -> bool {
        Command::new("kill").args(["-0", process]).stderr(Stdio::null()).status().unwrap().success()
    }

    fn is_gone(process: &str) -> bool {
        (0..600).any(|_| {
            thread::sleep(Duration::from_millis(50));
            !runs(process)
        })
    }

    /// A program that prints its process id and runs for an hour.
    fn sleeper() -> (Ward, String) {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$; exec sleep 3600"]);
        let mut ward = Ward::spawn(&command, Stdio::piped(), Stdio::inherit()).unwrap();
        let mut process = String::new();
        BufReader::new(ward.child.stdout.take().unwrap()).read_line(&mut process).unwrap();
        (ward, process.trim().to_owned())
    }

    #[test]
    fn a_ward_ends_when_it_is_dropped() {
        let (ward, process) = sleeper();
        assert!(runs(&process));
        drop(ward);
        assert!(!runs(&process), "drop waits for it");
    }

    #[test]
    fn a_ward_ends_when_nobody_holds_it_any_more() {
        let (mut ward, process) = sleeper();
        // This is what the system does when this process is killed.
        drop(ward.held.take());
        assert!(is_gone(&process));
        assert!(!ward.wait().unwrap().success());
    }

    #[test]
    fn a_ward_that_does_not_listen_is_ended() {
        let mut command = Command::new("sh");
        // An ignored signal stays ignored in the program that replaces the shell.
        command.args(["-c", "trap '' TERM; echo $$; exec sleep 3600"]);
        let mut ward = Ward::start(guarded_for(&command, 1), Stdio::piped(), Stdio::inherit()).unwrap();
        let mut process = String::new();
        BufReader::new(ward.child.stdout.take().unwrap()).read_line(&mut process).unwrap();
        let process = process.trim();
        assert!(runs(process));
        drop(ward);
        assert!(!runs(process), "drop waits for it");
    }

    #[test]
    fn a_ward_that_ends_by_itself_says_how() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 3"]);
        let mut ward = Ward::spawn(&command, Stdio::null(), Stdio::null()).unwrap();
        assert_eq!(ward.wait().unwrap().code(), Some(3));
    }
}
