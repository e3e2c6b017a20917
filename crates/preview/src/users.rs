//! Who makes a request: whoever sits at the preview, or a service account with a token.

use headroom_base::Secret;
use headroom_protocol::User;

/// The roles that Grafana has.
const ROLES: [&str; 4] = ["Admin", "Editor", "Viewer", "None"];

/// A token, and the role of requests that bring it.
#[derive(Debug, Clone)]
pub struct ServiceAccount {
    token: Secret,
    role: &'static str,
}

impl ServiceAccount {
    /// Reads `TOKEN=ROLE`.
    ///
    /// # Errors
    /// What was expected, without the token.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || format!("expected TOKEN=ROLE, with one of the roles {}", ROLES.join(", "));
        let (token, role) = text.rsplit_once('=').filter(|(token, _)| !token.is_empty()).ok_or_else(expected)?;
        let role = ROLES.into_iter().find(|known| *known == role).ok_or_else(expected)?;
        Ok(Self { token: Secret::new(token), role })
    }
}

/// The user of a request with this `Authorization` header. Without one it is an Admin, because the preview has no login;
/// `None` if it has credentials that nobody knows, which Grafana refuses as well.
#[must_use]
pub fn user(accounts: &[ServiceAccount], authorization: Option<&str>) -> Option<User> {
    let Some(authorization) = authorization else {
        return Some(User {
            login: "preview".to_owned(),
            name: "Preview".to_owned(),
            email: "preview@localhost".to_owned(),
            role: "Admin".to_owned(),
        });
    };
    let token = authorization.strip_prefix("Bearer ")?;
    let account = accounts.iter().find(|account| account.token.expose() == token)?;
    Some(User {
        login: format!("sa-1-{}", account.role.to_lowercase()),
        name: format!("{} of the preview", account.role),
        email: String::new(),
        role: account.role.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_the_role_that_it_was_given() {
        let accounts = ["a=b=Editor", "c=Viewer"].map(|text| ServiceAccount::parse(text).unwrap());
        let check = |authorization: Option<&str>, role: Option<&str>| {
            let found = user(&accounts, authorization);
            assert_eq!(found.as_ref().map(|user| user.role.as_str()), role, "{authorization:?}");
        };
        check(None, Some("Admin"));
        check(Some("Bearer a=b"), Some("Editor"));
        check(Some("Bearer c"), Some("Viewer"));
        check(Some("Bearer a"), None);
        check(Some("Bearer "), None);
        check(Some("Basic c"), None);
        check(Some("c"), None);
    }

    #[test]
    fn what_is_no_account_is_refused_without_its_token() {
        for text in ["MARKER", "MARKER=Owner", "=Editor", ""] {
            let message = ServiceAccount::parse(text).unwrap_err();
            assert!(message.contains("TOKEN=ROLE") && !message.contains("MARKER"), "{message}");
        }
        assert!(!format!("{:?}", ServiceAccount::parse("MARKER=Editor").unwrap()).contains("MARKER"));
    }
}
