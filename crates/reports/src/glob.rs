//! Shell-like patterns for matching paths and model names.

/// Whether a path matches a pattern. `?` is one character and `*` any number of characters, both within one folder
/// name; `**` also crosses folders. A pattern may match from any folder on, so `bf16/**` matches both `bf16/a.json` and
/// `results/bf16/a.json`; with a leading `/` it must match from the start.
pub(crate) fn path_matches(pattern: &str, path: &str) -> bool {
    let path = path.replace('\\', "/");
    if let Some(anchored) = pattern.strip_prefix('/') {
        return matches(anchored, path.trim_start_matches('/'), true);
    }
    let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
    starts.into_iter().any(|start| path.get(start..).is_some_and(|rest| matches(pattern, rest, true)))
}

/// Whether a name matches a pattern; `/` has no special meaning.
pub(crate) fn name_matches(pattern: &str, name: &str) -> bool {
    matches(pattern, name, false)
}

/// Dynamic programming over both strings, so that no pattern takes more than `pattern × text` steps, however many stars
/// it has.
fn matches(pattern: &str, text: &str, folders: bool) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // reach[j]: whether the pattern so far matches text[..j].
    let mut reach = vec![false; text.len() + 1];
    reach[0] = true;
    let mut at = 0;
    while let Some(&symbol) = pattern.get(at) {
        if symbol == '*' {
            let stars = pattern[at..].iter().take_while(|&&c| c == '*').count();
            let crosses = !folders || stars > 1;
            for j in 0..text.len() {
                if reach[j] && (crosses || text[j] != '/') {
                    reach[j + 1] = true;
                }
            }
            at += stars;
        } else {
            for j in (0..text.len()).rev() {
                let one = if symbol == '?' { !folders || text[j] != '/' } else { text[j] == symbol };
                reach[j + 1] = reach[j] && one;
            }
            reach[0] = false;
            at += 1;
        }
    }
    reach[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let cases = [
            ("tiny-llama-bf16/**", "tiny-llama-bf16/a.json", true),
            ("tiny-llama-bf16/**", "demo/reports/tiny-llama-bf16/x/a.json", true),
            ("tiny-llama-bf16/**", "tiny-llama-int8/a.json", false),
            ("/tiny/**", "demo/tiny/a.json", false),
            ("/tiny/**", "tiny/a.json", true),
            ("*.json", "a/b.json", true),
            ("*.json", "a/b.json.zst", false),
            ("a/*", "a/b/c.json", false),
            ("a/**", "a/b/c.json", true),
            ("a/?.json", "a/b.json", true),
            ("a?b", "a/b", false),
            ("**", "anything/at/all", true),
            ("", "a", false),
            ("dir/*.json", "dir\\a.json", true),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn names() {
        let cases = [
            ("*Llama*", "RedHatAI/Llama-3.1-8B", true),
            ("RedHatAI/*", "RedHatAI/Llama-3.1-8B", true),
            ("llama", "llama-2", false),
            ("*", "", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(name_matches(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn many_stars_stay_polynomial() {
        let pattern = "*a".repeat(200);
        assert!(!name_matches(&pattern, &"a".repeat(150)));
    }
}
