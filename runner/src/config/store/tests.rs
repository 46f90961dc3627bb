use super::*;
use crate::config::{load, section_options};
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt as _;

fn draft(name: &str, token: &str) -> Draft {
    let mut draft = Draft::default();
    for (flag, text) in [("name", name), ("url", "http://x"), ("token", token), ("executor", "shell")] {
        let options = section_options();
        let option = options.iter().find(|option| option.names[0] == flag).unwrap();
        draft.assign(option, text).unwrap();
    }
    draft
}

fn id(name: &str, token: &str) -> SectionId {
    SectionId { name: name.into(), token: RunnerToken::new(token) }
}

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

#[test]
fn a_new_file_begins_as_gitlab_runner_writes_it() {
    let text = edit::append("", &draft("d", "glrt-rigrigrigrigrigrigrig")).unwrap();
    insta::assert_snapshot!(text, @r#"
    concurrent = 1
    check_interval = 0
    shutdown_timeout = 0

    [session_server]
      session_timeout = 1800

    [[runners]]
      name = "d"
      url = "http://x"
      id = 0
      token = "glrt-rigrigrigrigrigrigrig"
      token_obtained_at = 0001-01-01T00:00:00Z
      token_expires_at = 0001-01-01T00:00:00Z
      executor = "shell"
      [runners.cache]
        MaxUploadedArchiveSize = 0
        [runners.cache.s3]
          AssumeRoleMaxConcurrency = 0
        [runners.cache.gcs]
        [runners.cache.azure]
    "#);
}

#[test]
fn everything_else_stays_as_it_is() {
    let text = "\u{feff}# mine\r\nconcurrent=  4 # four\r\nunknown = 'x'\r\n\r\n[[runners]]\r\n  name = 'a'\r\n  token = '${T}' # from outside\r\n  executor = 'shell'\r\n[runners.docker] # why\r\n  image = 'i'";
    let appended = edit::append(text, &draft("b", "t2")).unwrap();
    assert!(
        appended.starts_with(&format!("{text}\r\n\r\n[[runners]]\r\n  name = \"b\"\r\n")),
        "{appended:?}"
    );
    assert_eq!(appended.matches('\n').count(), appended.matches("\r\n").count());

    let environment: Environment = [("T", "secret")].into_iter().collect();
    let new = NewToken { token: RunnerToken::new("new"), obtained_at: NOW, expires_at: None };
    let changed = edit::set_token(&appended, &id("a", "secret"), &new, &environment).unwrap();
    let expected = "token = \"new\" # from outside\r\n  token_obtained_at = 1970-01-01T00:00:00Z\r\n  token_expires_at = 0001-01-01T00:00:00Z\r\n  executor = 'shell'\r\n";
    assert_eq!(
        changed,
        appended.replace("token = '${T}' # from outside\r\n  executor = 'shell'\r\n", expected)
    );

    let (removed, count) = edit::remove(&changed, &[id("b", "t2")], &environment).unwrap();
    assert_eq!(count, 1);
    assert_eq!(removed, changed[..changed.find("\r\n\r\n[[runners]]\r\n  name = \"b\"").unwrap() + 2]);
    assert_eq!(edit::remove(&removed, &[id("b", "t2")], &environment).unwrap(), (removed.clone(), 0));
}

#[test]
fn a_section_is_removed_with_its_tables_wherever_they_stand() {
    let text = "# top\n\n# about a\n[[runners]]\nname = 'a'\ntoken = 't'\n\n[session_server]\nx = 1\n[runners.docker]\nimage = 'i'\n\n# about b\n  [[runners]]\nname = 'b'\ntoken = 't'\n[runners.cache.s3]\n[[runners.docker.services]]\nname = 's'\n# end";
    let (removed, count) = edit::remove(text, &[id("a", "t")], &Environment::default()).unwrap();
    assert_eq!(count, 1);
    let rest = "# about b\n  [[runners]]\nname = 'b'\ntoken = 't'\n[runners.cache.s3]\n[[runners.docker.services]]\nname = 's'\n# end\n";
    assert_eq!(removed, format!("# top\n\n[session_server]\nx = 1\n{rest}"));
    let (removed, _) = edit::remove(text, &[id("b", "t")], &Environment::default()).unwrap();
    assert_eq!(removed, text[..text.find("\n# about b").unwrap()]);
    let (removed, _) = edit::remove(text, &[id("a", "t"), id("b", "t")], &Environment::default()).unwrap();
    assert_eq!(removed, "# top\n\n[session_server]\nx = 1\n");
}

#[test]
fn what_cannot_be_edited_is_said() {
    let environment = Environment::default();
    assert_eq!(edit::append("runners = []", &draft("a", "t")), Err(edit::EditError::InlineSections));
    assert!(matches!(edit::append("a = ", &draft("a", "t")), Err(edit::EditError::Syntax(_))));
    let new = NewToken { token: RunnerToken::new("n"), obtained_at: NOW, expires_at: None };
    let gone = edit::set_token("[[runners]]\nname='b'\ntoken='t'\n", &id("a", "t"), &new, &environment);
    assert_eq!(gone, Err(edit::EditError::Gone("a".into())));
    let inline = "runners = [{ name = 'a', token = 't' }, { name = 'b', token = 't' }]\n";
    let changed = edit::set_token(inline, &id("a", "t"), &new, &environment).unwrap();
    assert_eq!(changed, inline.replacen("'t'", "\"n\"", 1));
    assert_eq!(edit::remove(inline, &[id("a", "t")], &environment), Err(edit::EditError::InlineSections));
}

#[test]
fn the_file_is_private_and_links_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real/deep/runner.toml");
    let link = folder.path().join("config.toml");
    std::os::unix::fs::symlink("real/deep/runner.toml", &link).unwrap();
    let store = Store::new(&link, &Environment::default());
    store.append(&draft("a", "t1")).unwrap();
    assert!(link.is_symlink());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&real), 0o600);
    assert_eq!(mode(real.parent().unwrap()), 0o700);

    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o644)).unwrap();
    store.append(&draft("b", "t2")).unwrap();
    assert_eq!(mode(&real), 0o600);
    let loaded = load(&link, &Environment::default()).unwrap();
    assert_eq!(loaded.config.runners.len(), 2);
    assert_eq!(store.remove(&[id("a", "t1"), id("c", "t")]).unwrap(), 1);
    assert_eq!(load(&link, &Environment::default()).unwrap().config.runners[0].name, "b");
    let left: Vec<_> =
        std::fs::read_dir(real.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn writers_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let store = Store::new(&path, &Environment::default());
            scope.spawn(move || store.append(&draft(&format!("r{number}"), &format!("t{number}"))).unwrap());
        }
    });
    assert_eq!(load(&path, &Environment::default()).unwrap().config.runners.len(), 8);
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}[0-9]{1,6} *= *[0-9]{1,4}( # [a-zé ]{0,9})?",
        "#[ -~]{0,12}",
        "[ \t]{0,3}",
        "\\[t[0-9]{1,9}\\]",
        "k[0-9]{1,9} = \"\"\"\nx\\\\\"[a-z ]{0,5}\"\"\"",
        "q[0-9]{1,9} = \\{ a = 1,b = [1,\n 2 ] \\}",
    ]
}

proptest! {
    /// Whatever parses is kept byte for byte by adding a section and removing it again.
    #[test]
    fn edits_lose_nothing(lines in prop::collection::vec(line(), 0..12), crlf in any::<bool>(), mark in any::<bool>()) {
        let mut text = lines.join("\n") + "\n";
        prop_assume!(toml_edit::Document::parse(text.as_str()).is_ok());
        if crlf { text = text.replace('\n', "\r\n"); }
        if mark { text.insert(0, '\u{feff}'); }
        let added = edit::append(&text, &draft("x", "t")).unwrap();
        if !text.trim_start_matches('\u{feff}').trim().is_empty() {
            prop_assert!(added.starts_with(&text));
        }
        let (removed, count) = edit::remove(&added, &[id("x", "t")], &Environment::default()).unwrap();
        prop_assert_eq!(count, 1);
        if !text.trim_start_matches('\u{feff}').trim().is_empty() {
            prop_assert_eq!(removed.trim_end(), text.trim_end());
        }
    }
}
