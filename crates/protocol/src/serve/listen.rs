//! The handshake: whether we may run, where we listen, and how we tell the host.

use std::{
    env,
    io::{self, Write as _},
};

use super::ServeError;

/// go-plugin's own version, and the version of Grafana's protocol on top of it.
const CORE_VERSION: u8 = 1;
const PROTOCOL_VERSION: u8 = 2;

/// Set by Grafana for every backend plugin, also for apps and panels.
const MAGIC_COOKIE: (&str, &str) = ("grafana_plugin_type", "datasource");

/// An error if the process was not started by a host.
pub(super) fn check_host() -> Result<(), ServeError> {
    check_variables(|name| env::var(name).ok())
}

fn check_variables(variable: impl Fn(&str) -> Option<String>) -> Result<(), ServeError> {
    if variable(MAGIC_COOKIE.0).as_deref() != Some(MAGIC_COOKIE.1) {
        return Err(ServeError::NotStartedByHost);
    }
    if let Some(offered) = variable("PLUGIN_PROTOCOL_VERSIONS").filter(|offered| !offered.is_empty())
        && !offered.split(',').any(|version| version.trim().parse() == Ok(PROTOCOL_VERSION))
    {
        return Err(ServeError::ProtocolVersion(offered));
    }
    if variable("PLUGIN_CLIENT_CERT").is_some_and(|certificate| !certificate.is_empty()) {
        return Err(ServeError::Tls);
    }
    Ok(())
}

/// An open socket.
pub(super) struct Listener {
    /// The connections to it.
    pub(super) incoming: imp::Incoming,
    /// `unix|PATH` or `tcp|ADDRESS`.
    address: String,
}

/// Opens the socket.
pub(super) fn open() -> Result<Listener, ServeError> {
    let (incoming, address) = imp::open().map_err(|(place, source)| ServeError::Listen { place, source })?;
    Ok(Listener { incoming, address })
}

impl Listener {
    /// Writes the line with the socket's address, the only line that the host reads from standard output.
    pub(super) fn announce(&self) -> Result<(), ServeError> {
        let line = format!("{CORE_VERSION}|{PROTOCOL_VERSION}|{}|grpc\n", self.address);
        let mut stdout = io::stdout().lock();
        stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()).map_err(ServeError::Handshake)
    }
}

#[cfg(unix)]
mod imp {
    use std::{
        env, fs, io,
        os::unix::fs::DirBuilderExt as _,
        path::{Path, PathBuf},
        pin::Pin,
        process,
        task::{Context, Poll},
        time::{SystemTime, UNIX_EPOCH},
    };

    use tokio::net::{UnixListener, UnixStream};
    use tokio_stream::Stream;

    /// Connections on a Unix socket; the socket is removed when this is dropped.
    pub(in crate::serve) struct Incoming {
        listener: UnixListener,
        _place: Place,
    }

    impl Stream for Incoming {
        type Item = io::Result<UnixStream>;

        fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.listener.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
        }
    }

    /// The socket's file, and its folder if we created one.
    struct Place {
        socket: PathBuf,
        folder: Option<PathBuf>,
    }

    impl Drop for Place {
        fn drop(&mut self) {
            // Both may be gone if the host cleans up too.
            fs::remove_file(&self.socket).unwrap_or_default();
            if let Some(folder) = &self.folder {
                fs::remove_dir(folder).unwrap_or_default();
            }
        }
    }

    pub(super) fn open() -> Result<(Incoming, String), (String, io::Error)> {
        let place = place().map_err(|error| (format!("under {}", env::temp_dir().display()), error))?;
        let listener =
            UnixListener::bind(&place.socket).map_err(|error| (format!("at {}", place.socket.display()), error))?;
        let address = format!("unix|{}", place.socket.display());
        Ok((Incoming { listener, _place: place }, address))
    }

    /// In the folder that the host names, or in a new one that no other user can enter.
    fn place() -> io::Result<Place> {
        if let Some(folder) = env::var_os("PLUGIN_UNIX_SOCKET_DIR").filter(|folder| !folder.is_empty()) {
            let socket = Path::new(&folder).join(format!("plugin-{}.sock", process::id()));
            return Ok(Place { socket, folder: None });
        }
        let folder = private_folder()?;
        Ok(Place { socket: folder.join("plugin.sock"), folder: Some(folder) })
    }

    fn private_folder() -> io::Result<PathBuf> {
        let mut attempt = 0;
        loop {
            let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
            // The name is short because a socket's path may have only about 100 bytes.
            let folder = env::temp_dir().join(format!("gpx-{:x}-{nanos:x}", process::id()));
            // Creating a folder fails if it exists, so nobody can prepare it; mode 0700 keeps others out.
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 16 => attempt += 1,
                result => return result.map(|()| folder),
            }
        }
    }
}

#[cfg(windows)]
mod imp {
    use std::{
        env, io,
        pin::Pin,
        task::{Context, Poll},
    };

    use tokio::net::{TcpListener, TcpStream};
    use tokio_stream::Stream;

    /// Connections on a port of the loopback address.
    pub(in crate::serve) struct Incoming(TcpListener);

    impl Stream for Incoming {
        type Item = io::Result<TcpStream>;

        fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
        }
    }

    pub(super) fn open() -> Result<(Incoming, String), (String, io::Error)> {
        let port = |name| env::var(name).ok().and_then(|port| port.parse::<u16>().ok()).filter(|port| *port > 0);
        let ports = match (port("PLUGIN_MIN_PORT"), port("PLUGIN_MAX_PORT")) {
            (Some(first), Some(last)) => first..=last,
            // Port 0: the system chooses one.
            _ => 0..=0,
        };
        let place = format!("on a port of 127.0.0.1 from {} to {}", ports.start(), ports.end());
        let mut refused = io::Error::from(io::ErrorKind::AddrInUse);
        for port in ports {
            match listen(port) {
                Ok((listener, address)) => return Ok((Incoming(listener), format!("tcp|{address}"))),
                Err(error) => refused = error,
            }
        }
        Err((place, refused))
    }

    fn listen(port: u16) -> io::Result<(TcpListener, std::net::SocketAddr)> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((TcpListener::from_std(listener)?, address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], expected: Result<(), &str>) {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        match (check_variables(variable), expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (result, _) => panic!("{variables:?}: {result:?}"),
        }
    }

    #[test]
    fn runs_only_under_a_host_that_speaks_the_protocol() {
        let cookie = ("grafana_plugin_type", "datasource");
        check(&[], Err("Grafana starts"));
        check(&[("grafana_plugin_type", "app")], Err("Grafana starts"));
        check(&[cookie], Ok(()));
        check(&[cookie, ("PLUGIN_PROTOCOL_VERSIONS", "1,2")], Ok(()));
        check(&[cookie, ("PLUGIN_PROTOCOL_VERSIONS", "1,3")], Err("offers 1,3"));
        check(&[cookie, ("PLUGIN_CLIENT_CERT", "-----BEGIN")], Err("TLS"));
    }
}
