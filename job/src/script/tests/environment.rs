//! What reaches the environment.

use super::*;
use crate::script::body::Body;
use crate::variables::{gitlab_env, prepare_stage};
use proptest::prelude::*;
use protocol::Variable;
use std::collections::BTreeMap;

fn environment(
    shell: &str,
    variables: &[(Vec<u8>, Vec<u8>)],
    posix: &str,
) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
    let root = tempfile::tempdir().unwrap();
    let resolved = Resolved::new(order(&[("FF_POSIXLY_CORRECT_ESCAPES", posix)]), root.path());
    let dialect = if shell == "bash" { Dialect::Bash } else { Dialect::Sh };
    let mut body = Body::new(resolved.view(), dialect);
    body.export(variables.iter().map(|(key, value)| (key, value)));
    let file = root.path().join("environment of it");
    body.save_environment(&file);
    let script = body.finish();
    let (_, stderr, status) = shell::run_bytes(shell, &script.bytes)?;
    assert!(status.success(), "{shell}: {}", String::from_utf8_lossy(&stderr));
    let content = std::fs::read(file).unwrap();
    let items = content.split(|&b| b == 0).filter(|i| !i.is_empty());
    Some(
        items
            .map(|item| {
                let equals = item.iter().position(|&b| b == b'=').unwrap();
                (item[..equals].to_vec(), item[equals + 1..].to_vec())
            })
            .collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_bytes_survive(values in proptest::collection::vec(proptest::collection::vec(1..=255u8, 0..60), 1..12)) {
        let variables: Vec<(Vec<u8>, Vec<u8>)> =
            values.into_iter().enumerate().map(|(i, v)| (format!("V{i}").into_bytes(), v)).collect();
        for &shell in SHELLS {
            for posix in ["false", "true"] {
                let Some(found) = environment(shell, &variables, posix) else { continue };
                for (key, value) in &variables {
                    prop_assert_eq!(found.get(key), Some(value), "{}", shell);
                }
            }
        }
    }
}

#[test]
fn every_single_byte_survives() {
    let all: Vec<u8> = (1..=255).collect();
    let mut variables: Vec<(Vec<u8>, Vec<u8>)> = vec![(b"ALL".to_vec(), all)];
    variables.extend((1..=255_u8).map(|b| (format!("B{b}").into_bytes(), vec![b])));
    variables.extend((1..=255_u8).map(|b| (format!("D{b}").into_bytes(), vec![b, b'0', b, b'\'', b])));
    for &shell in SHELLS {
        let Some(found) = environment(shell, &variables, "false") else { continue };
        for (key, value) in &variables {
            assert_eq!(found.get(key), Some(value), "{shell} {}", String::from_utf8_lossy(key));
        }
    }
}

/// Runs commands after `GITLAB_ENV` got this content; gives exit code and lines of output.
fn with_gitlab_env(shell: &str, content: &str, commands: &[&str]) -> Option<(Option<i32>, Vec<String>)> {
    let root = tempfile::tempdir().unwrap();
    let mut order = order(&[("OLD", "o")]);
    order.settings.shell = if shell == "bash" { "bash" } else { "sh" }.to_owned();
    let resolved = Resolved::new(order, root.path());
    std::fs::create_dir_all(&resolved.workspace.project_dir).unwrap();
    prepare_stage(&resolved.variables, &resolved.workspace).unwrap();
    std::fs::write(resolved.workspace.temp_dir.join("gitlab_runner_env"), content).unwrap();
    let ran = run(shell, &user_step(resolved.view(), &step(commands)).unwrap())?;
    let lines = ran.output().iter().map(|&l| l.to_owned()).collect();
    let mut environment = gitlab_env::Environment::new();
    let ours = gitlab_env::apply(&resolved.workspace, &mut environment);
    assert_eq!(ours.is_ok(), ran.code == Some(0), "a stage without a shell has to decide alike: {content:?}");
    Some((ran.code, lines))
}

#[test]
fn gitlab_env_is_exported_line_by_line() {
    for &shell in SHELLS {
        let show = &["printf '%s\\n' \"$A,$B,$OLD\"", "env | grep -c ^A="];
        let Some(ran) = with_gitlab_env(shell, "A=b\n\tB=x y \\n \nOLD=new\nA=lost", show) else { continue };
        assert_eq!(ran, (Some(0), vec!["b,x y \\n,new".to_owned(), "1".to_owned()]), "{shell}");
        for bad in ["\n", "A=1\n\n", "1A=x\n", "A-B=x\n"] {
            let (code, lines) = with_gitlab_env(shell, bad, &["echo no"]).unwrap();
            assert_eq!((code, lines.len()), (Some(1), 0), "{shell} {bad:?}");
        }
    }
}

#[test]
fn file_variables_are_paths_to_their_exact_content() {
    let root = tempfile::tempdir().unwrap();
    let mut order = order(&[("REF", "$CERT")]);
    let content = "-----BEGIN-----\n'x' \\n\n-----END-----";
    order.payload.variables.push(Variable { file: true, ..Variable::public("CERT", content) });
    let resolved = Resolved::new(order, root.path());
    std::fs::create_dir_all(&resolved.workspace.project_dir).unwrap();
    prepare_stage(&resolved.variables, &resolved.workspace).unwrap();
    let ran = run(
        "bash",
        &user_step(resolved.view(), &step(&["cat \"$CERT\"; echo '|'", "echo ${REF##*/}"])).unwrap(),
    );
    assert_eq!(ran.unwrap().output(), ["-----BEGIN-----", "'x' \\n", "-----END-----|", "CERT"]);
}

#[test]
fn what_cannot_be_exported_does_not_fail_the_stage() {
    let variables =
        [("BAD-NAME", "x"), ("UID", "7"), ("NUL", "a\0b"), ("GOOD", "a'\"\n$(touch evil)`touch evil`")];
    each_shell(&["echo \"$GOOD\"", "ls -A"], &variables, |shell, ran| {
        assert_eq!(ran.output(), ["a'\"", "$(touch evil)`touch evil`"], "{shell} {}", ran.stderr);
        assert_eq!(ran.code, Some(0));
    });
}
