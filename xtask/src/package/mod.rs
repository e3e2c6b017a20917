//! `cargo xtask package`: builds the zips that Grafana installs.

use std::env::consts;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::build::{self, BACKEND};
use crate::plugin_zip;
use crate::readme;
use crate::shell::{self, say};
use crate::stamp::walk;
use crate::system;
use crate::{npm, paths};

/// The app's id, which is the name of the zip's only folder.
const PLUGIN: &str = "headroom-llm-app";

/// Where the dashboards come from in an installation.
///
/// When the app is enabled, Grafana imports the dashboards that `plugin.json` includes. If a file provides one of them
/// already, Grafana refuses to save it and logs an error at every start. So there is one zip for each way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edition {
    /// From the plugin: Grafana imports them and puts them into its menu.
    Complete,
    /// From files or custom resources in a repository: the plugin includes none.
    GitOps,
}

impl Edition {
    fn file_name(self, version: &str) -> String {
        match self {
            Self::Complete => format!("{PLUGIN}-{version}.zip"),
            Self::GitOps => format!("{PLUGIN}-{version}-gitops.zip"),
        }
    }
}

/// A system that Grafana runs on.
struct Platform {
    os: &'static str,
    arch: &'static str,
    /// Linux binaries are linked statically with musl, because Grafana's own container image has no glibc.
    triple: &'static str,
}

const PLATFORMS: [Platform; 5] = [
    Platform { os: "linux", arch: "x86_64", triple: "x86_64-unknown-linux-musl" },
    Platform { os: "linux", arch: "aarch64", triple: "aarch64-unknown-linux-musl" },
    Platform { os: "macos", arch: "x86_64", triple: "x86_64-apple-darwin" },
    Platform { os: "macos", arch: "aarch64", triple: "aarch64-apple-darwin" },
    Platform { os: "windows", arch: "x86_64", triple: "x86_64-pc-windows-gnu" },
];

/// Builds the release for this machine and for every other platform whose target is installed, creates the zips of both
/// editions and checks them.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    let repository = match arguments {
        [] => None,
        [option, address] if option == "--repository" && address.starts_with("https://") => Some(address.as_str()),
        _ => bail!(
            "package: expected nothing or `--repository https://…`, the address that links lead to; found `{}`",
            arguments.join(" ")
        ),
    };
    if repository.is_none() {
        say("package", "no --repository: links into the repository are left out of the plugin's README");
    }
    build::scripts()?;
    let binaries = backends()?;
    let version = npm::version()?;
    let folder = paths::target().join("package");
    let editions = [Edition::Complete, Edition::GitOps];
    for edition in editions {
        let target = folder.join(edition.file_name(&version));
        write_zip(&target, edition, &binaries, repository)?;
        plugin_zip::check(&target, PLUGIN, &version)?;
        let size = target.metadata()?.len() as f64 / 1e6;
        say("package", format!("{} ({size:.1} MB)", target.display()));
    }
    remove_others(&folder, &editions.map(|edition| edition.file_name(&version)))
}

/// Removes zips of other versions, because somebody who installs everything in this folder would install them too.
fn remove_others(folder: &Path, keep: &[String]) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_zip = Path::new(&name).extension().is_some_and(|extension| extension == "zip");
        let is_ours = is_zip && name.strip_prefix(PLUGIN).is_some_and(|rest| rest.starts_with('-'));
        if is_ours && !keep.contains(&name) {
            fs::remove_file(entry.path()).with_context(|| format!("removing {}", entry.path().display()))?;
            say("package", format!("{name}: removed, it is of another version"));
        }
    }
    Ok(())
}

/// The data source process for every platform that can be built here: its name in the plugin, and the file.
fn backends() -> Result<Vec<(String, PathBuf)>> {
    let mut built = Vec::new();
    for platform in &PLATFORMS {
        let name = build::executable(platform.os, platform.arch)?;
        let host = platform.os == consts::OS && platform.arch == consts::ARCH;
        if host && !installed(platform)? && shell::which("rustup").is_some() {
            say("package", format!("the target {} is missing: installing it with rustup", platform.triple));
            shell::run("package", shell::command("rustup").args(["target", "add", platform.triple]))?;
        }
        if !installed(platform)? {
            say(
                "package",
                format!("{name}: left out, `rustup target add {}` and a linker for it would bring it", platform.triple),
            );
            continue;
        }
        match compile(platform, host) {
            Ok(binary) => built.push((name, binary)),
            Err(error) if !host => say("package", format!("{name}: left out, it does not link here ({error:#})")),
            Err(error) => return Err(error),
        }
    }
    if built.is_empty() {
        bail!("package: no platform of Grafana's can be built for on this machine");
    }
    Ok(built)
}

fn installed(platform: &Platform) -> Result<bool> {
    let sysroot = shell::output(shell::command("rustc").args(["--print", "sysroot"]))?;
    Ok(Path::new(&sysroot).join("lib/rustlib").join(platform.triple).join("lib").is_dir())
}

fn compile(platform: &Platform, host: bool) -> Result<PathBuf> {
    let mut command = cargo_for(platform, host)?;
    command.args(["build", "--package", "headroom-backend", "--bin", BACKEND, "--profile", "release"]);
    command.args(["--target", platform.triple]);
    shell::run("package", &mut command)?;
    let suffix = if platform.os == "windows" { ".exe" } else { "" };
    Ok(paths::target().join(platform.triple).join("release").join(format!("{BACKEND}{suffix}")))
}

/// SQLite is written in C, so every platform needs its own C compiler: musl's for this machine, and for another one the
/// compiler in rustc's linker setting.
fn cargo_for(platform: &Platform, host: bool) -> Result<Command> {
    let command = shell::cargo();
    if host && platform.os == "linux" {
        system::MUSL_COMPILER.ensure()?;
    }
    Ok(command)
}

fn write_zip(target: &Path, edition: Edition, binaries: &[(String, PathBuf)], repository: Option<&str>) -> Result<()> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    let partial = target.with_extension("partial");
    let mut zip = ZipWriter::new(BufWriter::new(File::create(&partial)?));
    // Without times, so that the same sources give the same zip.
    let plain = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let program = plain.unix_permissions(0o755);

    let dist = paths::at("dist");
    let mut files = Vec::new();
    walk(&dist, &mut files)?;
    files.sort();
    for file in files {
        let name = file.strip_prefix(&dist)?.to_string_lossy().replace('\\', "/");
        if name.contains("gpx_") {
            continue;
        }
        let mut content = content(&name, &file, repository)?;
        if name == "plugin.json" && edition == Edition::GitOps {
            content = without_dashboards(&content).with_context(|| format!("reading {}", file.display()))?;
        }
        add(&mut zip, &format!("{PLUGIN}/{name}"), &content, plain)?;
    }
    for (name, binary) in binaries {
        let content = fs::read(binary).with_context(|| format!("reading {}", binary.display()))?;
        add(&mut zip, &format!("{PLUGIN}/datasource/{name}"), &content, program)?;
    }
    zip.finish()?;
    Ok(fs::rename(&partial, target)?)
}

/// A file as it is shipped: if the repository's address is known, the README and the manifest link to it.
fn content(name: &str, file: &Path, repository: Option<&str>) -> Result<Vec<u8>> {
    let content = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    match (name, repository) {
        ("README.md", _) => Ok(readme::of_plugin(&String::from_utf8(content)?, repository).into_bytes()),
        ("plugin.json", Some(repository)) => manifest(&content, repository),
        _ => Ok(content),
    }
}

/// The app's manifest with links, which Grafana shows on the plugin's page.
fn manifest(content: &[u8], repository: &str) -> Result<Vec<u8>> {
    let base = repository.trim_end_matches('/');
    let mut manifest: Value = serde_json::from_slice(content)?;
    manifest["info"]["links"] = json!([
        { "name": "Repository", "url": base },
        { "name": "Documents", "url": format!("{base}/blob/HEAD/docs/README.md") },
    ]);
    Ok(serde_json::to_vec_pretty(&manifest)?)
}

/// A `plugin.json` without dashboards.
fn without_dashboards(manifest: &[u8]) -> Result<Vec<u8>> {
    let mut manifest: Value = serde_json::from_slice(manifest)?;
    let Some(includes) = manifest["includes"].as_array_mut() else { bail!("expected a list of `includes`") };
    includes.retain(|include| include["type"] != "dashboard");
    let mut text = serde_json::to_vec_pretty(&manifest)?;
    text.push(b'\n');
    Ok(text)
}

fn add(zip: &mut ZipWriter<BufWriter<File>>, name: &str, content: &[u8], options: SimpleFileOptions) -> Result<()> {
    zip.start_file(name, options)?;
    Ok(zip.write_all(content)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_manifest_links_to_the_repository() {
        let shipped =
            manifest(br#"{"id":"x","info":{"links":[],"version":"1"}}"#, "https://example.org/headroom/").unwrap();
        let shipped: Value = serde_json::from_slice(&shipped).unwrap();
        assert_eq!(shipped["info"]["links"][0]["url"], "https://example.org/headroom");
        assert_eq!((&shipped["id"], &shipped["info"]["version"]), (&json!("x"), &json!("1")));
    }

    /// The paths of one type in a manifest.
    fn included<'a>(manifest: &'a Value, kind: &str) -> BTreeSet<&'a str> {
        let all = manifest["includes"].as_array().unwrap();
        all.iter().filter(|one| one["type"] == kind).map(|one| one["path"].as_str().unwrap()).collect()
    }

    #[test]
    fn the_zip_for_gitops_differs_in_the_dashboards_alone() {
        let source = fs::read(paths::at("src/plugin.json")).unwrap();
        let complete: Value = serde_json::from_slice(&source).unwrap();
        let gitops: Value = serde_json::from_slice(&without_dashboards(&source).unwrap()).unwrap();
        assert_eq!(included(&complete, "dashboard").len(), 5);
        assert_eq!(included(&gitops, "dashboard").len(), 0);
        for kind in ["page", "datasource", "panel"] {
            assert_eq!(included(&complete, kind), included(&gitops, kind), "{kind}");
        }
        assert_eq!(complete["dependencies"], gitops["dependencies"]);
        assert!(without_dashboards(b"{}").is_err());
        assert_ne!(Edition::Complete.file_name("1.2.3"), Edition::GitOps.file_name("1.2.3"));
    }

    #[test]
    fn zips_of_other_versions_go_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("headroom-package-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (old, new) = (Edition::GitOps.file_name("1.2.3"), Edition::GitOps.file_name("1.3.0"));
        for name in [&old, &new, "other-1.2.3.zip", "notes.txt"] {
            fs::write(folder.join(name), "x").unwrap();
        }
        remove_others(&folder, std::slice::from_ref(&new)).unwrap();
        let left = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let left: BTreeSet<String> = left.collect();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(left, BTreeSet::from([new, "notes.txt".to_owned(), "other-1.2.3.zip".to_owned()]));
    }
}
