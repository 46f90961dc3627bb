use super::super::tree::Node;
use super::*;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

fn search() -> Search {
    Search::new(OsStr::new(""))
}

fn script(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn tools_of_this_machine() {
    let parts = collect(&search()).await.unwrap();
    let real = |path: &str| Path::new(path).canonicalize().unwrap().strip_prefix("/").unwrap().to_owned();
    for path in ["/bin/sh", "/usr/bin/env", "/usr/bin/git"] {
        assert!(matches!(parts.tree.nodes.get(&real(path)), Some(Node::Copy(_))), "{path}");
    }
    assert_eq!(parts.tree.nodes.get(Path::new("tmp")), Some(&Node::Directory(0o1777)));
    assert!(parts.path.contains("/usr/bin"));
    for (path, node) in &parts.tree.nodes {
        let parent = path.parent().unwrap();
        let known =
            parent.as_os_str().is_empty() || matches!(parts.tree.nodes.get(parent), Some(Node::Directory(_)));
        assert!(known, "the parent of {} is no directory", path.display());
        if let Node::Copy(source) = node {
            assert_eq!(source.mode & !0o755, 0);
        }
    }
    assert!(parts.witnesses.iter().all(Witness::holds));
    let again = collect(&search()).await.unwrap();
    assert_eq!(parts.key, again.key);
}

#[tokio::test]
async fn without_git() {
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "git", "#!/usr/bin/perl\n");
    let error = collect(&Search::new(folder.path().as_os_str())).await.err().unwrap();
    assert!(matches!(error, ToolsError::Program { .. }), "{error}");
    script(folder.path(), "git", "#!/bin/sh\necho nowhere\n");
    let error = collect(&Search::new(folder.path().as_os_str())).await.err().unwrap();
    assert!(error.to_string().ends_with("git failed: --exec-path: no such directory"), "{error}");
}

#[tokio::test]
async fn a_new_tool_makes_another_image() {
    let folder = tempfile::tempdir().unwrap();
    let search = Search::new(folder.path().as_os_str());
    let before = collect(&search).await.unwrap();
    script(folder.path(), "which", "#!/usr/bin/env bash\n");
    assert!(!before.witnesses.iter().all(Witness::holds));
    let after = collect(&search).await.unwrap();
    assert_ne!(before.key, after.key);
    let place = folder.path().canonicalize().unwrap().join("which");
    assert!(after.tree.nodes.contains_key(place.strip_prefix("/").unwrap()));
    assert!(after.path.starts_with(folder.path().to_str().unwrap()), "{}", after.path);
}

#[test]
fn shells() {
    let shell = |text: &[u8]| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        shell_of(&file)
    };
    assert_eq!(shell(b"#!/bin/sh\n:"), Some("/bin/sh".into()));
    assert_eq!(shell(b"#! /bin/bash -e\n"), Some("/bin/bash".into()));
    assert_eq!(shell(b"#!/usr/bin/env bash"), Some("/usr/bin/env".into()));
    for other in [&b"#!/usr/bin/perl -w\n"[..], b"#!/usr/bin/env python3\n", b"#!\n", b"", b"text", b"#!sh\n"]
    {
        assert_eq!(shell(other), None);
    }
}
