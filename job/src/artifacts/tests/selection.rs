//! Which files go into which artifact.

use super::*;
use protocol::ArtifactWhen;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

#[tokio::test]
async fn several_artifacts_by_result() {
    let when = |name: &str, when| Artifact { when, ..artifact(name, &["f"]) };
    let all = [
        when("good", ArtifactWhen::OnSuccess),
        when("bad", ArtifactWhen::OnFailure),
        when("both", ArtifactWhen::Always),
        // Without files there is nothing to do, not even to say.
        artifact("none", &[]),
    ];
    for (success, expected) in [(true, ["both.zip", "good.zip"]), (false, ["bad.zip", "both.zip"])] {
        let rig = Rig::new(&all);
        rig.write("f", "x");
        let (result, lines, folder) = rig.keep(success).await;
        result.unwrap();
        assert_eq!(names(&folder), expected);
        assert_eq!(times(&lines, "Uploading artifacts..."), 2);
        assert_eq!(times(&lines, "f: found 1 matching artifact files and directories"), 2);
    }
}

#[tokio::test]
async fn formats() {
    let with =
        |name: &str, format: &str| Artifact { artifact_format: format.to_owned(), ..artifact(name, &["f"]) };
    let all = [
        with("a", ""),
        with("b", "zipzstd"),
        with("c", "tarzstd"),
        with("junit.xml", "gzip"),
        with("report.json", "raw"),
    ];
    let rig = Rig::new(&all);
    rig.write("f", "content");
    let (result, _, folder) = rig.keep(true).await;
    result.unwrap();
    assert_eq!(names(&folder), ["a.zip", "b.zip", "c.tar.zst", "junit.xml.gz", "report.json"]);
    for name in ["a.zip", "b.zip", "c.tar.zst"] {
        let unpacked = unpacked(&fs::read(folder.join(name)).unwrap());
        assert_eq!(fs::read(unpacked.path().join("files/f")).unwrap(), b"content", "{name}");
    }
    assert_eq!(fs::read(folder.join("report.json")).unwrap(), b"content");
    assert!(fs::read(folder.join("junit.xml.gz")).unwrap().starts_with(&[0x1f, 0x8b]));
}

#[tokio::test]
async fn a_format_that_does_not_exist_fails_the_stage() {
    let rig = Rig::new(&[Artifact { artifact_format: "rar".to_owned(), ..artifact("a", &["f"]) }]);
    rig.write("f", "x");
    let (result, lines, _) = rig.keep(true).await;
    assert_eq!(result.unwrap_err().to_string(), "exit status 1");
    assert!(says(&lines, "FATAL: unsupported artifact format \"rar\""), "{lines:?}");
}

#[tokio::test]
async fn raw_is_one_file() {
    let rig = Rig::new(&[Artifact { artifact_format: "raw".to_owned(), ..artifact("a", &["d/*"]) }]);
    rig.write("d/1", "x");
    rig.write("d/2", "x");
    let (result, lines, _) = rig.keep(true).await;
    assert!(result.is_err());
    assert!(says(&lines, "FATAL: only one file can be sent as raw"), "{lines:?}");
}

#[tokio::test]
async fn nothing_to_upload_is_no_failure() {
    let rig = Rig::new(&[artifact("a", &["none", "../out", ""])]);
    fs::write(rig.project().parent().unwrap().join("out"), "x").unwrap();
    let (result, lines, folder) = rig.keep(true).await;
    result.unwrap();
    assert!(says(&lines, "WARNING: none: no matching files."), "{lines:?}");
    assert!(says(
        &lines,
        "WARNING: processPath: artifact path is not a subpath of project directory: ../out"
    ));
    assert!(says(&lines, "WARNING: No matching files. Path is empty."));
    assert_eq!(lines.last().unwrap(), "ERROR: No files to upload");
    assert!(!folder.exists());
}

#[tokio::test]
async fn excludes_untracked_and_expansion() {
    let rig = Rig::with(
        &[("DIR", "out"), ("EXT", "o")],
        &[Artifact {
            exclude: vec!["**/*.$EXT".to_owned()],
            untracked: true,
            ..artifact("$DIR-${NONE:-1}", &["${DIR}/"])
        }],
    );
    let status = std::process::Command::new("git").args(["init", "-q"]).current_dir(rig.project()).status();
    assert!(status.unwrap().success());
    for name in ["out/a", "out/a.o", "other", "other.o"] {
        rig.write(name, "x");
    }
    let (result, lines, folder) = rig.keep(true).await;
    result.unwrap();
    assert!(
        says(&lines, "untracked: found 2 files") && says(&lines, "**/*.o: excluded 3 files"),
        "{lines:?}"
    );
    let unpacked = unpacked(&fs::read(folder.join("out-1.zip")).unwrap());
    assert_eq!(names(&unpacked.path().join("files")), ["other", "out"]);
    assert_eq!(names(&unpacked.path().join("files/out")), ["a"]);
}

#[tokio::test]
async fn odd_files() {
    let rig = Rig::new(&[artifact("a", &["d/"])]);
    rig.write("d/plain", "x");
    let odd = rig.path("d").join(OsStr::from_bytes(b"caf\xe9\n"));
    fs::write(&odd, "latin").unwrap();
    nix::unistd::mkfifo(&rig.path("d/fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    std::os::unix::fs::symlink("/", rig.path("d/root")).unwrap();
    let is_root = nix::unistd::Uid::effective().is_root();
    if is_root {
        println!("skipped in part: root reads everything");
    } else {
        rig.write("d/closed", "x");
        fs::set_permissions(rig.path("d/closed"), std::os::unix::fs::PermissionsExt::from_mode(0o0)).unwrap();
    }
    let (result, lines, folder) = rig.keep(true).await;
    result.unwrap();
    assert!(says(&lines, "fifo: left out"), "{lines:?}");
    assert!(is_root || says(&lines, "closed: left out, it cannot be read"), "{lines:?}");
    let unpacked = unpacked(&fs::read(folder.join("a.zip")).unwrap());
    let files = unpacked.path().join("files/d");
    assert_eq!(fs::read(files.join(odd.file_name().unwrap())).unwrap(), b"latin");
    assert_eq!(fs::read_link(files.join("root")).unwrap(), Path::new("/"));
    assert_eq!(names(&files).len(), 3);
}

#[tokio::test]
async fn levels_are_honoured_or_named() {
    let size = async |level: &str| {
        let rig = Rig::with(&[("ARTIFACT_COMPRESSION_LEVEL", level)], &[artifact("a", &["f"])]);
        rig.write("f", "some text ".repeat(10_000));
        let (result, lines, folder) = rig.keep(true).await;
        result.unwrap();
        (fs::metadata(folder.join("a.zip")).unwrap().len(), lines)
    };
    assert!(size("fastest").await.0 > 100_000);
    let (default, lines) = size("extreme").await;
    assert!(default < 5000);
    assert!(says(&lines, "WARNING: compression level \"extreme\" is invalid, falling back to default"));
}

#[tokio::test]
async fn a_statement_goes_into_the_archive_on_request() {
    let rig = Rig::with(&[("RUNNER_GENERATE_ARTIFACTS_METADATA", "true")], &[artifact("pack", &["f"])]);
    rig.write("f", "x");
    let (result, lines, folder) = rig.keep(true).await;
    result.unwrap();
    assert!(says(&lines, "Generating artifacts statement"), "{lines:?}");
    let unpacked = unpacked(&fs::read(folder.join("pack.zip")).unwrap());
    let files = unpacked.path().join("files");
    assert_eq!(names(&files), ["f", "pack-metadata.json"]);
    let statement = fs::read(files.join("pack-metadata.json")).unwrap();
    let statement: serde_json::Value = serde_json::from_slice(&statement).unwrap();
    assert_eq!(statement["subject"][0]["name"], "f");
    assert_eq!(statement["predicate"]["runDetails"]["metadata"]["invocationID"], "42");
}

#[tokio::test]
async fn a_temporary_directory_that_the_job_removed_is_made_again() {
    let rig = Rig::new(&[artifact("a", &["f"])]);
    rig.write("f", "x");
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), &rig.job.workspace.temp_dir).unwrap();
    rig.keep(true).await.0.unwrap();
    assert!(fs::symlink_metadata(&rig.job.workspace.temp_dir).unwrap().is_dir());
    fs::remove_dir(&rig.job.workspace.temp_dir).unwrap();
    rig.keep(true).await.0.unwrap();
}
