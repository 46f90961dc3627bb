use super::*;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

fn one(text: &str) -> Login {
    parse(text).unwrap().logins.into_values().next().unwrap()
}

fn refused(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn forms_of_a_login() {
    let bob = Login::new("bob", "a:b");
    let encoded = STANDARD.encode("bob:a:b");
    assert_eq!(one(&format!(r#"{{"auths":{{"reg.io":{{"auth":"{encoded}"}}}}}}"#)), bob);
    assert_eq!(one(r#"{"auths":{"reg.io":{"username":"bob","password":"a:b"}}}"#), bob);
    assert_eq!(one(r#"{"Auths":{"reg.io":{"Username":"bob","PASSWORD":"a:b","email":null}}}"#), bob);
    assert_eq!(one(&format!(r#"{{"https://reg.io":{{"auth":"{encoded}","email":"x"}}}}"#)), bob);
    // The coded form wins over a password beside it, as with docker.
    assert_eq!(one(&format!(r#"{{"auths":{{"r":{{"auth":"{encoded}","password":"x"}}}}}}"#)), bob);
    let token = one(r#"{"auths":{"reg.io":{"identitytoken":"t","registrytoken":"r"}}}"#);
    assert_eq!((token.identity_token.expose(), token.registry_token.expose()), ("t", "r"));
}

#[test]
fn codes_as_people_make_them() {
    let user = "robot$team+ci";
    let plain = STANDARD.encode(format!("{user}:p>?~"));
    let variants = [
        plain.clone(),
        plain.trim_end_matches('=').to_owned(),
        plain.replace('+', "-").replace('/', "_"),
        format!("{}\\n{}\\n", &plain[..8], &plain[8..]),
        STANDARD.encode(format!("{user}:p>?~\0\0")),
    ];
    for auth in variants {
        assert_eq!(
            one(&format!(r#"{{"auths":{{"reg.io":{{"auth":"{auth}"}}}}}}"#)),
            Login::new(user, "p>?~")
        );
    }
}

#[test]
fn what_holds_no_secret_is_no_login() {
    let text =
        r#"{"auths":{"a":{},"b":null,"c":{"auth":"","email":"x"}},"HttpHeaders":{"auth":1},"proxies":{}}"#;
    assert_eq!(parse(text).unwrap(), Config::default());
    for text in ["", " \n", "\u{feff}{}", r#"{"auths":null,"credsStore":"","credHelpers":{"a":null}}"#] {
        assert_eq!(parse(text).unwrap(), Config::default(), "{text}");
    }
}

#[test]
fn programs() {
    let config = parse(r#"{"credsStore":"pass","credHelpers":{"a.io":"ecr-login","b.io":""}}"#).unwrap();
    assert_eq!(config.store.map(|program| program.file()).as_deref(), Some("docker-credential-pass"));
    let helpers: Vec<_> =
        config.helpers.iter().map(|(key, program)| (key.as_str(), program.file())).collect();
    assert_eq!(helpers, [("a.io", "docker-credential-ecr-login".to_owned())]);
    assert_eq!(refused(r#"{"credsStore":"../evil"}"#), "credsStore: path traversal is not allowed");
    assert_eq!(
        refused(r#"{"credHelpers":{"https://u:p@a.io":"a\\b"}}"#),
        "credHelpers of a.io: path traversal is not allowed"
    );
}

#[test]
fn messages_name_places_and_no_values() {
    for (text, message) in [
        (r#"{"auths": {"hunter2""#, "not valid JSON (line 1, column 20)"),
        (r#"["hunter2"]"#, "the text is not a JSON object"),
        (r#"{"auths":"hunter2"}"#, "auths is not a JSON object"),
        (r#"{"auths":{"reg.io":"hunter2"}}"#, "auths of reg.io is not a JSON object"),
        (r#"{"auths":{"reg.io":{"auth":7}}}"#, "auth in auths of reg.io is not a text"),
        (
            r#"{"auths":{"reg.io":{"auth":"hunter2"}}}"#,
            "auth in auths of reg.io is not base64 of `user:password`",
        ),
        (
            r#"{"auths":{"reg.io":{"auth":"OmE="}}}"#,
            "auth in auths of reg.io is not base64 of `user:password`",
        ),
        (r#"{"credsStore":{}}"#, "credsStore is not the name of a program"),
    ] {
        assert_eq!(refused(text), message);
    }
    assert_eq!(parse(&" ".repeat(LIMIT + 1)), Err(ConfigError::TooLong));
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn no_structure_is_too_odd(text in "(\\{|\\}|\\[|\\]|:|,|\"auths\"|\"auth\"|\"credsStore\"|\"credHelpers\"|\"YTpi\"|null|1){0,30}") {
        let _ = parse(&text);
    }

    #[test]
    fn every_user_and_password_survive(user in "[^:\0]{1,12}", password in "[^\0]{0,12}") {
        let auth = STANDARD.encode(format!("{user}:{password}"));
        prop_assert_eq!(one(&format!(r#"{{"auths":{{"a":{{"auth":"{auth}"}}}}}}"#)), Login::new(user, password));
    }
}
