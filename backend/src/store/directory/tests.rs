use std::fs::File;
use std::time::{Duration, SystemTime};

use super::*;

/// Creates files in a fresh folder. The content of each is its own name.
fn store(paths: &[&str]) -> (tempfile::TempDir, Directory) {
    let root = tempfile::tempdir().unwrap();
    for path in paths {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, path.display().to_string()).unwrap();
    }
    let directory = Directory::new(root.path().to_owned(), "the store".to_owned());
    (root, directory)
}

fn paths(listing: &Listing) -> Vec<&str> {
    listing.reports.iter().map(|mark| mark.path.as_str()).collect()
}

#[track_caller]
fn check(files: &[&str], expected: &[&str]) -> Listing {
    let (_root, directory) = store(files);
    let listing = directory.list(&Cancel::default()).unwrap();
    assert_eq!(paths(&listing), expected);
    listing
}

/// Sets back a file's time of change, so that it looks finished.
fn settle(path: &Path) {
    File::options().write(true).open(path).unwrap().set_modified(SystemTime::now() - Duration::from_hours(1)).unwrap();
}

#[test]
fn reports_are_found_by_their_ending_in_every_folder() {
    check(
        &["b.json", "a/x.yaml", "a/deep/er/y.yml", "z.csv", "lines.jsonl", "p.json.gz", "q.JSON.ZST", "r.csv.zst"],
        &["a/deep/er/y.yml", "a/x.yaml", "b.json", "lines.jsonl", "p.json.gz", "q.JSON.ZST", "r.csv.zst", "z.csv"],
    );
    check(&["a.html", "b.txt", "json", "c.json.bak", "d.gz", "e.zst", "README.md"], &[]);
}

#[test]
fn hidden_files_and_folders_are_left_out() {
    check(&[".a.json", ".git/b.json", "..data/c.json", "d.json"], &["d.json"]);
}

#[test]
fn of_one_report_in_several_formats_the_fullest_is_read() {
    check(
        &["x.json", "x.csv", "x.yaml", "y.csv", "y.json.zst", "z.yaml", "z.yml.gz", "sub/x.csv", "w.json", "w.json.gz"],
        &["sub/x.csv", "w.json", "x.json", "y.json.zst", "z.yaml"],
    );
    // Files with one document per line are not another format of a file with the same name.
    check(&["export.json", "export.jsonl"], &["export.json", "export.jsonl"]);
}

#[test]
fn the_deployments_file_at_the_root_is_told_apart() {
    let listing = check(&["deployments.yaml", "a.json"], &["a.json"]);
    assert_eq!(listing.deployments.unwrap().path, "deployments.yaml");
    let listing = check(&["sub/deployments.yaml", "deployments.yml"], &[]);
    assert_eq!(listing.deployments.unwrap().path, "deployments.yml");
    assert!(listing.notices[0].contains("sub/deployments.yaml is not read"), "{:?}", listing.notices);
    let listing = check(&["deployments.yaml", "deployments.yml"], &[]);
    assert!(listing.notices[0].contains("because there is deployments.yaml too"), "{:?}", listing.notices);
}

#[test]
fn what_is_no_folder_is_said_to_be_what_it_is() {
    let (root, _) = store(&["file.json"]);
    let error = |path: &Path| Directory::new(path.to_owned(), "P".to_owned()).list(&Cancel::default()).unwrap_err();
    assert_eq!(error(&root.path().join("missing")), StoreError::Missing("P".to_owned()));
    assert_eq!(error(&root.path().join("file.json")), StoreError::NotADirectory("P".to_owned()));
    assert_eq!(error(&root.path().join("file.json/below")), StoreError::NotADirectory("P".to_owned()));
}

#[test]
fn a_cancelled_listing_stops() {
    let (_root, directory) = store(&["a.json"]);
    let cancel = Cancel::default();
    cancel.cancel();
    assert_eq!(directory.list(&cancel), Err(StoreError::Cancelled));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn links_are_followed_and_loops_end() {
        let (root, directory) = store(&["real/a.json", "..data/b.json"]);
        symlink(root.path(), root.path().join("real/up")).unwrap();
        symlink("real", root.path().join("twin")).unwrap();
        // As Kubernetes mounts a volume: a link to a file in a hidden folder.
        symlink("..data/b.json", root.path().join("b.json")).unwrap();
        symlink("nowhere.json", root.path().join("broken.json")).unwrap();
        let listing = directory.list(&Cancel::default()).unwrap();
        assert_eq!(paths(&listing), ["b.json", "real/a.json"]);
        assert!(listing.complete);
    }

    #[test]
    fn a_link_that_leads_out_of_the_store_is_left_out() {
        let (outside, _) = store(&["secret.json", "folder/b.json"]);
        let (root, directory) = store(&["a.json"]);
        symlink(outside.path().join("secret.json"), root.path().join("file.json")).unwrap();
        symlink(outside.path().join("folder"), root.path().join("folder")).unwrap();
        // Out and in again by its name is within.
        symlink(root.path().join("a.json"), root.path().join("twin.json")).unwrap();
        let listing = directory.list(&Cancel::default()).unwrap();
        assert_eq!(paths(&listing), ["a.json", "twin.json"]);
        let notices = listing.notices.join("\n");
        for left_out in ["file.json is left out", "folder is left out"] {
            assert!(notices.contains(left_out) && notices.contains("leads out of the store"), "{notices}");
        }
        // The file of facts is looked for without a listing, too.
        fs::write(outside.path().join("facts.yaml"), "deployments: []").unwrap();
        symlink(outside.path().join("facts.yaml"), root.path().join("deployments.yaml")).unwrap();
        assert_eq!(directory.deployments(), None);
        let told = outside.path().to_str().unwrap();
        assert!(!notices.contains(told), "where it leads is nobody's business: {notices}");
    }

    #[test]
    fn a_folder_that_may_not_be_read_is_a_notice_and_at_the_root_an_error() {
        let (root, directory) = store(&["a.json", "secret/b.json"]);
        let secret = root.path().join("secret");
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
        if fs::read_dir(&secret).is_ok() {
            println!("left out: this user may read everything");
            return;
        }
        let listing = directory.list(&Cancel::default()).unwrap();
        assert_eq!(paths(&listing), ["a.json"]);
        assert!(!listing.complete && listing.notices[0].contains("secret cannot be read"), "{:?}", listing.notices);
        let error = Directory::new(secret, "P".to_owned()).list(&Cancel::default()).unwrap_err();
        assert_eq!(error, StoreError::NotReadable("P".to_owned()));
    }

    #[test]
    fn folders_are_followed_to_a_bounded_depth() {
        let deep = "d/".repeat(MAX_DEPTH) + "a.json";
        let deeper = "d/".repeat(MAX_DEPTH + 1) + "b.json";
        let (_root, directory) = store(&[&deep, &deeper]);
        let listing = directory.list(&Cancel::default()).unwrap();
        assert_eq!(paths(&listing), [deep]);
        assert!(!listing.complete && listing.notices[0].contains("folders deep"), "{:?}", listing.notices);
    }
}

#[test]
fn a_file_that_is_still_written_is_asked_for_again() {
    let (root, directory) = store(&["a.json"]);
    let path = root.path().join("a.json");
    let listed = |directory: &Directory| directory.list(&Cancel::default()).unwrap().reports.remove(0);

    fs::write(&path, "{\"benchmarks\": [").unwrap();
    assert!(matches!(directory.read(&listed(&directory)), Outcome::Changing), "half of a file that is seconds old");

    settle(&path);
    let mark = listed(&directory);
    let Outcome::Read(reading) = directory.read(&mark) else { panic!("an old file is as it is") };
    assert!(reading.runs.is_empty() && !reading.problems.is_empty());

    fs::write(&path, "{\"benchmarks\": [1").unwrap();
    settle(&path);
    assert!(matches!(directory.read(&mark), Outcome::Changing), "the file changed after it was listed");
    fs::remove_file(&path).unwrap();
    assert!(matches!(directory.read(&mark), Outcome::Changing), "the file went after it was listed");
}
