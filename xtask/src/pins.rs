//! Checks that everything that pipelines and containers run has an exact version: whoever can move a tag can change the
//! code.

use crate::paths;

/// The problems of a workflow or a compose file, as `file:line: what is wrong`; empty for other files.
pub(crate) fn check(name: &str, text: &str) -> Vec<String> {
    let workflow = name.starts_with(".github/workflows/");
    let compose = name == "docker-compose.yaml";
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let line = line.strip_prefix("- ").unwrap_or(line);
        let wrong = match line.split_once(": ") {
            Some(("uses", action)) if workflow => unpinned_action(action),
            Some(("image", image)) if compose => unpinned_image(image),
            _ if compose => missing_mount(line).or_else(|| open_port(line)),
            _ => None,
        };
        found.extend(wrong.map(|wrong| format!("{name}:{}: {wrong}", index + 1)));
    }
    if workflow && !text.lines().any(|line| line == "permissions:") {
        found.push(format!("{name}: no `permissions` for the whole workflow: what it does not need it must not have"));
    }
    found
}

fn unpinned_action(action: &str) -> Option<String> {
    let commit = action.rsplit_once('@').map_or("", |(_, commit)| commit);
    let exact = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    (!exact).then(|| format!("`{action}`: expected an action at a full commit hash"))
}

/// The problem of an image without an exact version; in `${NAME:-version}` the default must be exact.
fn unpinned_image(image: &str) -> Option<String> {
    let tag = image.split_once(':').map_or("", |(_, tag)| tag);
    let tag = tag.split_once(":-").map_or(tag, |(_, default)| default.trim_end_matches('}'));
    let exact = tag.trim_start_matches('v').split('.').filter(|part| part.parse::<u32>().is_ok()).count() == 3;
    (!exact).then(|| format!("`{image}`: expected an image with an exact version"))
}

/// The problem of a mounted file or folder of the repository that does not exist. Build output is below `target`.
fn missing_mount(line: &str) -> Option<String> {
    let (here, _) = line.strip_prefix("./")?.split_once(':')?;
    let there = here.starts_with("target/") || paths::at(here).exists();
    (!there).then(|| format!("`./{here}`: mounted, and not in the repository"))
}

/// The problem of a port `HOST:CONTAINER` without an address: it is open to the network.
fn open_port(line: &str) -> Option<String> {
    let parts: Vec<&str> = line.trim_matches('"').split(':').collect();
    let ports = parts.len() == 2 && parts.iter().all(|part| part.parse::<u16>().is_ok());
    ports.then(|| format!("`{line}`: a port on every address; begin with 127.0.0.1:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_line(name: &str, line: &str, expected: Option<&str>) {
        let found = check(name, &format!("permissions:\n  contents: read\n{line}\n"));
        assert_eq!(found.len(), usize::from(expected.is_some()), "{line}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "expected `{expected}` in `{found}`");
        }
    }

    #[test]
    fn actions_are_pinned_by_their_commit() {
        let workflow = ".github/workflows/ci.yml";
        check_line(workflow, "- uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0", None);
        check_line(workflow, "- uses: actions/checkout@v5", Some("full commit hash"));
        check_line(workflow, "  uses: actions/checkout", Some("full commit hash"));
        check_line("docs/a.md", "- uses: actions/checkout@v5", None);
        assert_eq!(check(workflow, "on: push\n").len(), 1, "no permissions");
    }

    #[test]
    fn images_have_an_exact_version() {
        let compose = "docker-compose.yaml";
        check_line(compose, "image: prom/prometheus:v3.5.0", None);
        check_line(compose, "image: grafana/grafana:${GRAFANA_TAG:-12.4.0}", None);
        check_line(compose, "image: grafana/grafana:latest", Some("exact version"));
        check_line(compose, "image: busybox", Some("exact version"));
    }

    #[test]
    fn what_is_mounted_is_there_and_no_port_is_open_to_the_network() {
        let compose = "docker-compose.yaml";
        check_line(compose, "- ./provisioning:/etc/grafana/provisioning:ro", None);
        check_line(compose, "- ./target/package:/package:ro", None);
        check_line(compose, "- ./dashboards:/dashboards:ro", Some("not in the repository"));
        check_line(compose, "- 127.0.0.1:3000:3000", None);
        check_line(compose, "- \"3000:3000\"", Some("every address"));
    }
}
