//! Links to the pages that say what to do about an alert.
//!
//! The rules that ship with Headroom (`provisioning/alerting`, `deploy/prometheus`) use the same links.

/// A page of `docs/runbooks`, which the Headroom app shows in Grafana.
#[derive(Clone, Copy)]
pub(super) struct Runbook {
    /// The page's file.
    pub(super) file: &'static str,
}

impl Runbook {
    /// The link in an alert of Grafana, whose templates know the server's own address, with or without a slash at the
    /// end. `home` is the address of the pages if they are elsewhere.
    pub(super) fn in_grafana(self, home: Option<&str>) -> String {
        home.map_or_else(
            || format!("{{{{ reReplaceAll \"/*$\" \"/a/headroom-llm-app/runbooks/{}\" externalURL }}}}", self.file),
            |home| self.below(home),
        )
    }

    /// The link in an alert of Prometheus, which does not know Grafana's address: the rules that ship with Headroom
    /// record it as a series. If no rule recorded it, the link is empty, because half an address would lead nowhere.
    /// `home` is the address of the pages if they are elsewhere.
    pub(super) fn in_prometheus(self, home: Option<&str>) -> String {
        home.map_or_else(
            || {
                format!(
                    "{{{{ with query \"headroom:runbooks:info\" }}}}{{{{ . | first | label \"url\" }}}}/{}{{{{ end }}}}",
                    self.file
                )
            },
            |home| self.below(home),
        )
    }

    fn below(self, home: &str) -> String {
        format!("{}/{}", super::origin::literal(home.trim_end_matches('/')), self.file)
    }
}
