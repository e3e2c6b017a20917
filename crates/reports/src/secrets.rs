//! What must never leave a report: keys, tokens, passwords.

/// Words in a label's name that mark its value as secret.
const NAMES: &[&str] =
    &["authorization", "apikey", "secret", "password", "passwd", "credential", "bearer", "cookie", "privatekey"];

/// Prefixes of well-known kinds of secrets.
const VALUES: &[&str] =
    &["bearer ", "basic ", "sk-", "hf_", "ghp_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "akia", "eyj", "nvapi-"];

/// Whether a label must be dropped because its name or its value looks like a secret.
pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    let name: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let value = value.trim().to_ascii_lowercase();
    NAMES.iter().any(|word| name.contains(word))
        || name.ends_with("token")
        || VALUES.iter().any(|start| value.starts_with(start))
        || has_userinfo(&value)
}

/// Whether a URL contains a user name or password.
fn has_userinfo(value: &str) -> bool {
    value
        .split_once("://")
        .is_some_and(|(_, rest)| rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let cases = [
            ("api_key", "x", true),
            ("X-Api-Key", "x", true),
            ("hf_token", "x", true),
            ("prompt_tokens", "128", false),
            ("note", "Bearer abc", true),
            ("note", "sk-live", true),
            ("endpoint", "https://user:pw@host/v1", true),
            ("endpoint", "https://host/v1?q=a@b", false),
            ("gpu", "H100", false),
            ("deployment", "skylake-bf16", false),
        ];
        for (name, value, secret) in cases {
            assert_eq!(is_secret(name, value), secret, "{name}={value}");
        }
    }
}
