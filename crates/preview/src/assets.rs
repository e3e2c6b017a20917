//! Files for the browser: their paths, which must not leave their folder, and their content types.

use std::path::{Path, PathBuf};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// The file that a URL path names below `root`.
///
/// `relative` is already percent-decoded. `None` if it names nothing, a folder, or something outside `root`, whether by
/// `..`, an absolute path or a symbolic link.
#[must_use]
pub fn resolve(root: &Path, relative: &str) -> Option<PathBuf> {
    let clean = !relative.is_empty()
        && !relative.contains(['\\', '\0'])
        && relative.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains(':'));
    if !clean {
        return None;
    }
    let root = root.canonicalize().ok()?;
    let file = root.join(relative).canonicalize().ok()?;
    (file.starts_with(&root) && file.is_file()).then_some(file)
}

/// The `content-type` for a file name; an unknown ending gives plain bytes.
#[must_use]
pub fn mime(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("woff") => "font/woff",
        Some("ttf") => "font/ttf",
        Some("md" | "txt") => "text/plain; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Serves a file below a folder, or 404.
pub async fn serve(root: &Path, relative: &str) -> Response {
    let Some(file) = resolve(root, relative) else {
        return (StatusCode::NOT_FOUND, "no such file").into_response();
    };
    let content_type = mime(&file);
    match tokio::task::spawn_blocking(move || std::fs::read(file)).await {
        Ok(Ok(bytes)) => (
            [
                (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
                (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                // A rebuilt plugin must show on reload; everything is local, so caching would gain nothing.
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ],
            bytes,
        )
            .into_response(),
        Ok(Err(_)) | Err(_) => (StatusCode::NOT_FOUND, "no such file").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_files_below_the_root_resolve() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("public");
        fs::create_dir_all(root.join("img")).unwrap();
        fs::write(root.join("module.js"), "").unwrap();
        fs::write(root.join("img/logo.svg"), "").unwrap();
        fs::write(folder.path().join("secret"), "").unwrap();
        let check = |path: &str, found: bool| assert_eq!(resolve(&root, path).is_some(), found, "{path:?}");
        check("module.js", true);
        check("img/logo.svg", true);
        check("", false);
        check("img", false);
        check("missing.js", false);
        check("../secret", false);
        check("img/../../secret", false);
        check("img/../module.js", false);
        check("..\\secret", false);
        check("/etc/passwd", false);
        check("img//logo.svg", false);
        check("./module.js", false);
        check("C:/secret", false);
        check("module.js\0", false);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leaves_the_root_does_not_resolve() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("public");
        fs::create_dir_all(&root).unwrap();
        fs::write(folder.path().join("secret"), "").unwrap();
        fs::write(root.join("inside.js"), "").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), root.join("out.js")).unwrap();
        std::os::unix::fs::symlink(root.join("inside.js"), root.join("alias.js")).unwrap();
        assert_eq!(resolve(&root, "out.js"), None);
        assert!(resolve(&root, "alias.js").is_some());
    }

    #[test]
    fn browsers_get_the_types_that_they_insist_on() {
        let check = |name: &str, expected: &str| assert_eq!(mime(Path::new(name)), expected);
        check("panel_bg.abc123.wasm", "application/wasm");
        check("module.js", "text/javascript; charset=utf-8");
        check("plugin.json", "application/json");
        check("gpx_headroom_linux_amd64", "application/octet-stream");
    }
}
