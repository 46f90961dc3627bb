//! Includes from other places than the repository.

use super::{Repository, commit, git, names, write};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

#[test]
fn projects_and_components_come_from_clones() {
    let repository = Repository::with(
        "include:\n  - {project: Lib/CI, file: /jobs.yml, ref: v1}\n  - component: gitlab.com/lib/tools/lint@1\n",
    );
    let clones = repository.root().join("../clones");
    for name in ["lib/ci", "lib/tools"] {
        std::fs::create_dir_all(clones.join(name)).expect("a folder");
        git(&clones.join(name), &["init", "--quiet", "--initial-branch=main"]);
    }
    let (ci, tools) = (clones.join("lib/ci"), clones.join("lib/tools"));
    write(&ci, "jobs.yml", "include: {local: more.yml}\nfrom-v1: {script: x}\n");
    write(&ci, "more.yml", "more: {script: x}\n");
    commit(&ci, "one");
    git(&ci, &["tag", "v1"]);
    write(&ci, "jobs.yml", "from-main: {script: x}\n");
    commit(&ci, "two");
    write(
        &tools,
        "templates/lint.yml",
        "spec: {inputs: {name: {default: lint}}}\n---\n$[[ inputs.name ]]: {script: x}\n",
    );
    commit(&tools, "one");
    git(&tools, &["tag", "1.2.0"]);
    let missing = repository.ci(&["plan", "--offline"]);
    assert_eq!(missing.code, Some(1));
    missing.has(&["no clone of the project `lib/ci`", "--project-dir lib/ci=FOLDER"]);
    let root = clones.to_string_lossy().into_owned();
    let plan = repository.ci(&["plan", "--json", "--offline", "--projects-root", &root]).json();
    assert_eq!(names(&plan["jobs"]), ["more", "from-v1", "lint"], "{plan}");
    let named = format!("lib/ci={}", ci.display());
    let tool = format!("lib/tools={}", tools.display());
    let other =
        repository.ci(&["plan", "--json", "--offline", "--project-dir", &named, "--project-dir", &tool]);
    assert_eq!(names(&other.json()["jobs"]), ["more", "from-v1", "lint"]);
}

#[test]
fn remote_files_are_fetched_once_and_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/ci.yml", listener.local_addr().expect("an address"));
    let repository = Repository::with(&format!("include: {{remote: '{url}'}}\n"));
    let offline = repository.ci(&["plan", "--offline"]);
    assert_eq!(offline.code, Some(1));
    offline.has(&["is not kept here, and --offline forbids", ".cache/runner/ci/remote/"]);
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a call");
        let _ = stream.read(&mut [0; 4096]);
        let body = "far: {script: x}\n";
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + body).as_bytes()).expect("an answer");
        // Whoever comes again finds nobody.
    });
    assert_eq!(names(&repository.ci(&["plan", "--json"]).json()["jobs"]), ["far"]);
    server.join().expect("the server");
    assert_eq!(names(&repository.ci(&["plan", "--json"]).json()["jobs"]), ["far"]);
    assert_eq!(names(&repository.ci(&["plan", "--json", "--offline"]).json()["jobs"]), ["far"]);
}

#[test]
fn templates_come_from_a_folder() {
    let repository = Repository::with("include: {template: Jobs/Build.gitlab-ci.yml}\n");
    repository.write("../templates/Jobs/Build.gitlab-ci.yml", "build: {script: x}\n");
    let said = repository.ci(&["plan", "--json", "--templates", "../templates"]);
    assert_eq!(names(&said.json()["jobs"]), ["build"]);
    let none = repository.ci(&["lint", "--offline"]);
    assert_eq!(none.code, Some(1));
    none.has(&["templates/Jobs/Build.gitlab-ci.yml"]);
}
