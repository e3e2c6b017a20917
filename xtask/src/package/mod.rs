//! `cargo xtask package`: builds what a release consists of.

mod licences;
mod platform;
mod sbom;
mod shipped;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

pub(crate) use self::platform::Built;
use self::shipped::Root;
use crate::build::{self, CLI};
use crate::plugin_zip;
use crate::readme;
use crate::shell::say;
use crate::stamp::walk;
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
    /// The zip's name; that for all platforms has none in it. Grafana's catalogue wants a platform behind a dot.
    fn file_name(self, version: &str, platform: Option<&str>) -> String {
        let edition = if self == Self::GitOps { "-gitops" } else { "" };
        let platform = platform.map(|platform| format!(".{platform}")).unwrap_or_default();
        format!("{PLUGIN}-{version}{edition}{platform}.zip")
    }
}

/// What `package` was asked for.
struct Request<'a> {
    all: bool,
    repository: Option<&'a str>,
}

impl<'a> Request<'a> {
    fn of(arguments: &'a [String]) -> Result<Self> {
        let mut request = Self { all: false, repository: None };
        let mut words = arguments.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match (word, word == "--repository") {
                ("--all", _) => request.all = true,
                (_, true) => match words.next() {
                    Some(address) if address.starts_with("https://") => request.repository = Some(address),
                    other => {
                        bail!("package: --repository: expected `https://…`, found `{}`", other.unwrap_or("nothing"))
                    }
                },
                (other, _) => bail!("package: expected --all or --repository https://…, found `{other}`"),
            }
        }
        Ok(request)
    }
}

/// Builds the release for this machine, or for all platforms that can be linked here, and writes to `target/package`: a
/// zip of each edition for each platform and one for all of them, the command line, what of others is in it, and the
/// checksums of all of that.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    let request = Request::of(arguments)?;
    if request.repository.is_none() {
        say("package", "no --repository: links into the repository are left out of the plugin's README");
    }
    build::scripts()?;
    let built = platform::build(request.all)?;
    let version = npm::version()?;
    let roots = built.iter().flat_map(|built| {
        ["headroom-backend", "headroom-cli"].map(|package| Root { package, triple: built.platform.triple })
    });
    let components = shipped::components(&roots.chain([shipped::PANEL]).collect::<Vec<_>>())?;
    let shared = Shared { repository: request.repository, licences: licences::text(&components)?, version: &version };
    let folder = paths::target().join("package");
    fs::create_dir_all(&folder)?;

    let mut written = Vec::new();
    for edition in [Edition::Complete, Edition::GitOps] {
        written.push(shared.plugin(&folder, &edition.file_name(&version, None), edition, &built)?);
        for one in &built {
            let name = edition.file_name(&version, Some(&one.platform.suffix()?));
            written.push(shared.plugin(&folder, &name, edition, std::slice::from_ref(one))?);
        }
    }
    for one in &built {
        written.push(shared.command_line(&folder, one)?);
    }
    let sbom = format!("{CLI}-{version}.cdx.json");
    fs::write(folder.join(&sbom), sbom::document(CLI, &version, &components)?)?;
    written.push(sbom);
    remove_others(&folder, &written)?;
    fs::write(folder.join(CHECKSUMS), checksums(&folder, &written)?)?;
    for name in &written {
        say("package", format!("{name} ({:.1} MB)", folder.join(name).metadata()?.len() as f64 / 1e6));
    }
    say("package", format!("{} files and {CHECKSUMS} in {}", written.len(), folder.display()));
    Ok(())
}

/// Compiles our programs as they are shipped for this machine.
///
/// # Errors
/// If they do not compile, or Grafana does not run on such a machine.
pub(crate) fn build_for_this_machine() -> Result<Built> {
    platform::build(false)?.pop().context("expected this machine's platform")
}

/// The file with the SHA-256 of all others, in the form of `sha256sum`.
const CHECKSUMS: &str = "SHA256SUMS";

fn checksums(folder: &Path, names: &[String]) -> Result<String> {
    let mut names: Vec<&String> = names.iter().collect();
    names.sort();
    let mut text = String::new();
    for name in names {
        let digest = Sha256::digest(fs::read(folder.join(name))?);
        let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        writeln!(text, "{hex}  {name}")?;
    }
    Ok(text)
}

/// Removes what an earlier call left here, because somebody who installs everything in this folder would install that too.
fn remove_others(folder: &Path, keep: &[String]) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let extension = Path::new(&name).extension().and_then(|extension| extension.to_str());
        let is_ours = name.starts_with("headroom-") && matches!(extension, Some("zip" | "json"));
        if is_ours && !keep.contains(&name) {
            fs::remove_file(entry.path()).with_context(|| format!("removing {}", entry.path().display()))?;
            say("package", format!("{name}: removed, it is of an earlier build"));
        }
    }
    Ok(())
}

/// What is the same in every zip.
struct Shared<'a> {
    repository: Option<&'a str>,
    licences: String,
    version: &'a str,
}

impl Shared<'_> {
    /// Writes the plugin for these platforms and checks it; the file's name.
    fn plugin(&self, folder: &Path, name: &str, edition: Edition, built: &[Built]) -> Result<String> {
        let target = folder.join(name);
        let binaries: Vec<(String, &Path)> =
            built.iter().map(|one| Ok((one.platform.executable()?, one.backend.as_path()))).collect::<Result<_>>()?;
        write_zip(&target, |zip| self.write_plugin(zip, edition, &binaries))?;
        plugin_zip::check(&target, PLUGIN, self.version)?;
        Ok(name.to_owned())
    }

    fn write_plugin(&self, zip: &mut Zip, edition: Edition, binaries: &[(String, &Path)]) -> Result<()> {
        let dist = paths::at("dist");
        let mut files = Vec::new();
        walk(&dist, &mut files)?;
        files.sort();
        for file in files {
            let name = file.strip_prefix(&dist)?.to_string_lossy().replace('\\', "/");
            if name.contains("gpx_") {
                continue;
            }
            let mut content = content(&name, &file, self.repository)?;
            if name == "plugin.json" && edition == Edition::GitOps {
                content = without_dashboards(&content).with_context(|| format!("reading {}", file.display()))?;
            }
            add(zip, &format!("{PLUGIN}/{name}"), &content, DOCUMENT)?;
        }
        add(zip, &format!("{PLUGIN}/{}", licences::FILE), self.licences.as_bytes(), DOCUMENT)?;
        for (name, binary) in binaries {
            add(zip, &format!("{PLUGIN}/datasource/{name}"), &read(binary)?, PROGRAM)?;
        }
        Ok(())
    }

    /// Writes the command line for one platform; the file's name.
    fn command_line(&self, folder: &Path, built: &Built) -> Result<String> {
        let name = format!("{CLI}-{}.{}.zip", self.version, built.platform.suffix()?);
        write_zip(&folder.join(&name), |zip| {
            add(zip, &built.platform.program(CLI), &read(&built.cli)?, PROGRAM)?;
            add(zip, "LICENSE", &read(&paths::at("LICENSE"))?, DOCUMENT)?;
            add(zip, licences::FILE, self.licences.as_bytes(), DOCUMENT)
        })?;
        Ok(name)
    }
}

/// Permissions of what is run.
const PROGRAM: u32 = 0o755;
/// Permissions of what is read.
const DOCUMENT: u32 = 0o644;

type Zip = ZipWriter<BufWriter<File>>;

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("reading {}", file.display()))
}

/// Writes a zip under another name, and gives it its own when it is whole.
fn write_zip(target: &Path, fill: impl FnOnce(&mut Zip) -> Result<()>) -> Result<()> {
    let partial = target.with_extension("partial");
    let mut zip = ZipWriter::new(BufWriter::new(File::create(&partial)?));
    fill(&mut zip)?;
    zip.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(fs::rename(&partial, target)?)
}

/// Without times, so that the same sources give the same zip.
fn add(zip: &mut Zip, name: &str, content: &[u8], permissions: u32) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(permissions);
    zip.start_file(name, options)?;
    Ok(zip.write_all(content)?)
}

/// A file as it is shipped: if the repository's address is known, the README, the changes and the manifest link to it.
fn content(name: &str, file: &Path, repository: Option<&str>) -> Result<Vec<u8>> {
    let content = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    match (name, repository) {
        ("README.md" | "CHANGELOG.md", _) => {
            Ok(readme::of_plugin(&String::from_utf8(content)?, repository).into_bytes())
        }
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
        assert_eq!(Edition::Complete.file_name("1.2.3", None), "headroom-llm-app-1.2.3.zip");
        let one = Edition::GitOps.file_name("1.2.3", Some("linux_amd64"));
        assert_eq!(one, "headroom-llm-app-1.2.3-gitops.linux_amd64.zip");
    }

    #[test]
    fn what_an_earlier_build_left_goes_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("headroom-package-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (old, new) = (Edition::GitOps.file_name("1.2.3", None), Edition::GitOps.file_name("1.3.0", None));
        for name in [&old, &new, "headroom-1.2.3.linux_amd64.zip", "other-1.2.3.zip", "notes.txt"] {
            fs::write(folder.join(name), "x").unwrap();
        }
        remove_others(&folder, std::slice::from_ref(&new)).unwrap();
        let left = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let left: BTreeSet<String> = left.collect();
        let sums = checksums(&folder, &["notes.txt".to_owned()]).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(left, BTreeSet::from([new, "notes.txt".to_owned(), "other-1.2.3.zip".to_owned()]));
        // That of the one letter `x`.
        assert_eq!(sums, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  notes.txt\n");
    }

    #[test]
    fn arguments_are_taken_in_any_order_and_others_refused() {
        let check = |line: &str, expected: Option<(bool, Option<&str>)>| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let found = Request::of(&words).ok();
            assert_eq!(found.map(|it| (it.all, it.repository)), expected, "{line}");
        };
        check("", Some((false, None)));
        check("--repository https://x --all", Some((true, Some("https://x"))));
        check("--repository http://x", None);
        check("--repository", None);
        check("--every", None);
    }
}
