//! The content security policy that Grafana sends when its administrator turns it on.

use clap::ValueEnum;

/// How much the page may do. Hardened installations of Grafana remove `unsafe-eval`, and some forbid WebAssembly with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Policy {
    /// Grafana's own template: scripts may use `eval`, and with it WebAssembly.
    Default,
    /// No `eval`; WebAssembly only.
    WasmOnly,
    /// Neither `eval` nor WebAssembly.
    Strict,
}

impl Policy {
    /// Reads the `csp` parameter of a page's address; `None` if there is no policy of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }

    /// The header's value for one response.
    ///
    /// `nonce` must be fresh for each response; `host` is `address:port` as the browser sees it, for the web socket sources.
    #[must_use]
    pub fn header(self, nonce: &str, host: &str) -> String {
        let eval = match self {
            Self::Default => "'unsafe-eval' ",
            Self::WasmOnly => "'wasm-unsafe-eval' ",
            Self::Strict => "",
        };
        [
            &format!("script-src 'self' {eval}'unsafe-inline' 'strict-dynamic' 'nonce-{nonce}'"),
            "object-src 'none'",
            "font-src 'self'",
            "style-src 'self' 'unsafe-inline' blob:",
            "img-src * data:",
            "base-uri 'self'",
            &format!("connect-src 'self' grafana.com ws://{host} wss://{host}"),
            "manifest-src 'self'",
            "media-src 'none'",
            "form-action 'self'",
        ]
        .join(";")
    }
}

/// A fresh nonce: 128 bits in hexadecimal.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn nonce() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random bytes for the page's nonce: {error}"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_forbids_what_its_name_says() {
        let check = |policy: Policy, eval: bool, wasm: bool| {
            let header = policy.header("abc", "127.0.0.1:3000");
            assert_eq!(header.contains("'unsafe-eval'"), eval, "{policy:?}: {header}");
            assert_eq!(header.contains("'wasm-unsafe-eval'"), wasm, "{policy:?}: {header}");
            assert!(header.contains("'strict-dynamic' 'nonce-abc'"), "{policy:?}: {header}");
            assert!(header.contains("ws://127.0.0.1:3000"), "{policy:?}: {header}");
        };
        check(Policy::Default, true, false);
        check(Policy::WasmOnly, false, true);
        check(Policy::Strict, false, false);
    }

    #[test]
    fn names_in_the_address_are_those_of_the_command_line() {
        assert_eq!(Policy::from_name("wasm-only"), Some(Policy::WasmOnly));
        assert_eq!(Policy::from_name("strict"), Some(Policy::Strict));
        assert_eq!(Policy::from_name("off"), None);
    }

    #[test]
    fn nonces_are_long_and_differ() {
        let (a, b) = (nonce().unwrap(), nonce().unwrap());
        assert_eq!(a.len(), 32);
        assert_ne!(a, b);
    }
}
