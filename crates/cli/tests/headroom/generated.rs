//! Help, completions and manual pages come from one definition.

use headroom_engine::slo::presets;

use crate::stdout;

#[test]
fn every_shell_gets_completions_of_commands_and_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&["completions", shell]);
        for word in
            ["analyze", "compare", "history", "check", "next", "bench", "push", "rules", "deployments", "completions"]
        {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    // These shells complete values, too.
    for shell in ["bash", "fish", "zsh"] {
        assert!(stdout(&["completions", shell]).contains("conversational"), "{shell}");
    }
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    assert!(stdout(&["man"]).contains(".TH headroom 1"));
    for command in
        ["analyze", "compare", "history", "check", "next", "bench", "push", "rules", "slos", "completions", "man"]
    {
        let page = stdout(&["man", command]);
        assert!(page.contains(&format!(".TH headroom-{command} 1")), "{page}");
    }
}

#[test]
fn help_names_every_option_and_an_example() {
    let usual = ["--slo", "--limit", "--deployments", "--format", "--color", "Examples:", "Exit status:"];
    for command in ["analyze", "compare", "history", "check", "next", "bench", "push", "rules"] {
        let help = stdout(&[command, "--help"]);
        // What is written for other programs has no colours.
        for part in usual.into_iter().filter(|part| command != "rules" || *part != "--color") {
            // What judges is the data source.
            if command == "push" && !["--format", "Examples:", "Exit status:"].contains(&part) {
                continue;
            }
            assert!(help.contains(part), "{command} {part}");
        }
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{command}");
    }
}

#[test]
fn every_preset_is_listed_with_its_source() {
    let (listed, parsed) = (stdout(&["slos"]), stdout(&["slos", "--format", "json"]));
    let parsed: serde_json::Value = serde_json::from_str(&parsed).unwrap();
    let unwrapped = listed.split_whitespace().collect::<Vec<_>>().join(" ");
    for (index, slo) in presets().into_iter().enumerate() {
        assert!(unwrapped.contains(&slo.id) && unwrapped.contains(&slo.source), "{}", slo.id);
        assert_eq!(parsed[index]["id"], slo.id.as_str());
        assert_eq!(parsed[index]["default"], index == 0);
    }
}
