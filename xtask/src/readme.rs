//! The README and the changes in the zip: those of the repository, with links that work on a plugin's page in Grafana, where the files
//! of the repository are not available.

/// The text for the plugin. Links into the repository point to `repository`, its address on the web. Without an address
/// the links are replaced by their texts, and pictures and list entries that consist only of a link are removed,
/// because a dead link is worse than none.
pub(crate) fn of_plugin(text: &str, repository: Option<&str>) -> String {
    let mut shipped = String::with_capacity(text.len());
    let mut fenced = false;
    for line in text.split_inclusive('\n') {
        fenced ^= line.starts_with("```");
        if fenced || line.starts_with("```") {
            shipped.push_str(line);
            continue;
        }
        if repository.is_none() && is_only_a_link(line) {
            continue;
        }
        shipped.push_str(&rewritten(line, repository));
    }
    without_empty_sections(&shipped)
}

/// The link targets in a text that are files of the repository, each as it is written.
pub(crate) fn relative_links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        if fenced {
            continue;
        }
        let mut rest = line;
        while let Some((link, after)) = next(rest) {
            if is_relative(link.target) {
                found.push(link.target);
            }
            rest = after;
        }
    }
    found
}

/// A link `[words](target)`, or a picture with an exclamation mark before it.
struct Link<'a> {
    /// Index of its opening bracket, or of the exclamation mark before it.
    at: usize,
    picture: bool,
    words: &'a str,
    target: &'a str,
}

/// The first link of a text, and the rest of the text.
fn next(text: &str) -> Option<(Link<'_>, &str)> {
    let middle = text.find("](")?;
    let target = &text[middle + 2..];
    let length = target.find(')')?;
    let opens = text[..middle].rfind('[')?;
    let picture = text[..opens].ends_with('!');
    let link = Link {
        at: if picture { opens - 1 } else { opens },
        picture,
        words: &text[opens + 1..middle],
        target: &target[..length],
    };
    Some((link, &target[length + 1..]))
}

/// Whether a target is a file of the repository: neither an address nor an anchor in the text itself.
fn is_relative(target: &str) -> bool {
    !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:")
}

/// Whether a line is a list entry that consists only of a link, or a picture on a line of its own.
fn is_only_a_link(line: &str) -> bool {
    let bare = line.trim();
    let entry = bare.strip_prefix("- ").unwrap_or(bare);
    let Some((link, _)) = next(entry) else { return false };
    link.at == 0 && is_relative(link.target) && (link.picture || bare.starts_with("- "))
}

fn rewritten(line: &str, repository: Option<&str>) -> String {
    let mut written = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((link, after)) = next(rest) {
        let whole = &rest[link.at..rest.len() - after.len()];
        written.push_str(&rest[..link.at]);
        match repository {
            _ if !is_relative(link.target) => written.push_str(whole),
            None => written.push_str(link.words),
            Some(repository) => {
                // As on GitHub, GitLab and Forgejo: `blob` is the page of a file, `raw` the file itself.
                let kind = if link.picture { "raw" } else { "blob" };
                let mark = if link.picture { "!" } else { "" };
                let base = repository.trim_end_matches('/');
                written.extend([mark, "[", link.words, "](", base, "/", kind, "/HEAD/", link.target, ")"]);
            }
        }
        rest = after;
    }
    written.push_str(rest);
    written
}

/// Removes headings without any text before the next one.
fn without_empty_sections(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut kept = String::with_capacity(text.len());
    for (at, line) in lines.iter().enumerate() {
        let heading = line.starts_with("## ");
        let follows = lines[at + 1..].iter().find(|next| !next.trim().is_empty());
        if heading && follows.is_none_or(|next| next.starts_with("## ")) {
            continue;
        }
        kept.push_str(line);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, repository: Option<&str>, expected: &str) {
        assert_eq!(of_plugin(text, repository), expected);
        assert_eq!(relative_links(&of_plugin(text, repository)), Vec::<&str>::new());
    }

    const HOME: Option<&str> = Some("https://example.org/headroom/");

    #[test]
    fn links_into_the_repository_lead_there() {
        check(
            "See [settings](docs/settings.md) and [`demo`](demo).\n",
            HOME,
            "See [settings](https://example.org/headroom/blob/HEAD/docs/settings.md) and \
             [`demo`](https://example.org/headroom/blob/HEAD/demo).\n",
        );
        check(
            "![the dashboard](src/img/a.png)\n",
            HOME,
            "![the dashboard](https://example.org/headroom/raw/HEAD/src/img/a.png)\n",
        );
    }

    #[test]
    fn without_an_address_words_stay_and_links_go() {
        check(
            "Read [settings](docs/settings.md) or [rustup](https://rustup.rs).\n",
            None,
            "Read settings or [rustup](https://rustup.rs).\n",
        );
        check("A\n\n![the dashboard](src/img/a.png)\n\nB\n", None, "A\n\n\nB\n");
        check("## More\n\n- [Changes](CHANGELOG.md)\n\n## Next\n\nText\n", None, "\n\n## Next\n\nText\n");
        check(
            "- reads [GuideLLM](https://example.org) and [others](docs/x.md)\n",
            None,
            "- reads [GuideLLM](https://example.org) and others\n",
        );
    }

    #[test]
    fn what_is_no_link_stays() {
        for text in ["```\n[a](b)\n```\n", "a[0](x\n", "see [above](#try-it)\n", "(a) [b] (c)\n"] {
            assert_eq!(of_plugin(text, None), text);
        }
    }

    #[test]
    fn the_shipped_readme_has_no_dead_link() {
        let text = std::fs::read_to_string(crate::paths::at("README.md")).unwrap();
        assert!(relative_links(&text).len() > 10, "the repository's own has them");
        for repository in [None, HOME] {
            let shipped = of_plugin(&text, repository);
            assert_eq!(relative_links(&shipped), Vec::<&str>::new(), "{repository:?}");
            assert!(shipped.contains("## Use it in Grafana"));
        }
    }
}
