//! One configuration for each family of errors, and what is printed of it.

use super::{folder, shown};

fn lint(files: &[(&str, &str)]) -> String {
    shown(folder(files).path(), &["lint", "--quiet"])
}

#[test]
fn yaml() {
    insta::assert_snapshot!(
        "says_yaml",
        lint(&[(".gitlab-ci.yml", "a:\n  script: [make\nb: {script: x}\n")])
    );
    let alias = "a:\n  script: x\n  <<: *defualts\n.d: &defaults {tags: [x]}\n";
    insta::assert_snapshot!("says_yaml_alias", lint(&[(".gitlab-ci.yml", alias)]));
}

#[test]
fn inputs() {
    let template = "spec:\n  inputs:\n    image: {}\n    level: {type: number, options: [1, 2], default: 1}\n\
                    ---\na: {image: '$[[ inputs.imgae ]]', script: x}\n";
    let text = "include:\n  - local: t.yml\n    inputs: {level: 3, imagee: y}\n";
    insta::assert_snapshot!("says_inputs", lint(&[(".gitlab-ci.yml", text), ("t.yml", template)]));
    let text = "include:\n  - local: t.yml\n    inputs: {image: y}\n";
    insta::assert_snapshot!("says_interpolation", lint(&[(".gitlab-ci.yml", text), ("t.yml", template)]));
}

#[test]
fn includes() {
    let text = "include:\n  - local: /ci/biuld.yml\n  - {lokal: x.yml}\n  - {remote: 'ftp://h/x.yml'}\n";
    insta::assert_snapshot!(
        "says_include",
        lint(&[(".gitlab-ci.yml", text), ("ci/build.yml", "a: {script: x}\n")])
    );
}

#[test]
fn extends() {
    let text = ".base: {script: x}\na:\n  extends: [.bsae]\nb: {extends: c}\nc: {extends: b}\n";
    insta::assert_snapshot!("says_extends", lint(&[(".gitlab-ci.yml", text)]));
}

#[test]
fn references() {
    let text = ".setup: {script: [x]}\na:\n  script:\n    - !reference [.setup, scripts]\n    - make\n\
                b: {script: !reference [b, script]}\n";
    insta::assert_snapshot!("says_reference", lint(&[(".gitlab-ci.yml", text)]));
}

#[test]
fn structure() {
    let text = "default: {scripts: x}\na:\n  script: x\n  cache: {key: a/b, path: [x]}\n  \
                retry: {max: 9}\n  when: manuel\n.t: &t\n  artifacts: [x]\nb: {<<: *t, script: x}\nc: {<<: *t, script: x}\n";
    insta::assert_snapshot!("says_structure", lint(&[(".gitlab-ci.yml", text)]));
}

#[test]
fn logic() {
    let text = "stages: [build, test]\na: {stage: tset, script: x}\nb: {stage: build, needs: [c], script: x}\n\
                d: {needs: [e], script: x}\ne: {needs: [d], script: x}\nf: {dependencies: [g], script: x}\n";
    insta::assert_snapshot!("says_logic", lint(&[(".gitlab-ci.yml", text)]));
}

#[test]
fn pipelines() {
    let text = "a: {script: x, rules: [{if: $CI_COMMIT_TAG}]}\nb:\n  script: x\n  parallel: {matrix: [{V: [one, two, three]}]}\n  \
                needs: [a]\n";
    let folder = folder(&[(".gitlab-ci.yml", text)]);
    insta::assert_snapshot!("says_pipeline", shown(folder.path(), &["plan"]));
    insta::assert_snapshot!("says_pipeline_why", shown(folder.path(), &["why", "b: [two]"]));
}

#[test]
fn warnings() {
    let text = "a:\n  script: x\n  rules:\n    - if: !$DEPLOY\n    - when: always\n    - if: $LATE\n\
                b: {script: x, only: [feat*]}\nc: {script: x, rules: [{when: always}]}\nd: {script: x}\nd: {script: y}\n";
    insta::assert_snapshot!("says_warnings", lint(&[(".gitlab-ci.yml", text)]));
}
