//! Credentials as docker keeps them are read or refused, in words that show none of them.
//!
//! The first line is an image, the rest the text of `DOCKER_AUTH_CONFIG`.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use executor_docker::auth::Login;
use executor_docker::auth::config::{Config, ConfigError, parse};
use libfuzzer_sys::fuzz_target;
use protocol::Secret;
use serde_json::Value;

/// What every secret is made to hold, and the beginning of its code.
const MARK: &str = "hunter2";
const CODED: &str = "aHVudGVy";

fuzz_target!(|text: &str| {
    let (image, text) = text.split_once('\n').unwrap_or(("ruby", text));
    let result = parse(text);
    match &result {
        Ok(config) => {
            config.logins.values().for_each(|login| tells_the_engine(login, image));
            for program in config.store.iter().chain(config.helpers.values()) {
                assert!(program.file().starts_with("docker-credential-"));
                assert!(!program.file().contains(['/', '\\', '\0']), "{program:?}");
            }
        }
        Err(ConfigError::Json { line, .. }) => assert!(*line <= text.matches('\n').count() + 1),
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
    if text.contains(MARK) || text.contains(CODED) {
        return;
    }
    if let Ok(mut value) = serde_json::from_str::<Value>(text) {
        mark(&mut value);
        let marked = parse(&value.to_string());
        conceals(&marked);
        // Whatever the secrets are, the same is wrong with the text, unless it is a secret's code.
        if let (Err(ConfigError::Traversal { .. }), Ok(_)) = (&result, &marked) {
            panic!("{result:?}");
        }
    }
});

/// Puts the mark into all texts but the names of programs, which are no secrets.
fn mark(value: &mut Value) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => *text = format!("{MARK}{text}"),
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                for (name, member) in members {
                    let name = name.to_ascii_lowercase();
                    match member {
                        _ if name == "credsstore" || name == "credhelpers" => {}
                        // Some codes are to be good ones.
                        Value::String(text) if name == "auth" && text.len() % 2 == 0 => {
                            *text = STANDARD.encode(format!("{MARK}:{MARK}{text}"));
                        }
                        member => open.push(member),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn conceals(result: &Result<Config, ConfigError>) {
    let mut words = format!("{result:?}");
    if let Err(error) = result {
        words.push_str(&error.to_string());
    }
    assert!(!words.contains(MARK) && !words.contains(CODED), "{words}");
}

/// The engine gets what the file says.
fn tells_the_engine(login: &Login, image: &str) {
    assert!(!login.is_empty());
    let header = login.header(image);
    let json = URL_SAFE.decode(header.expose()).expect("base64 for addresses");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let said = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(said("username"), login.username);
    for (name, secret) in [
        ("password", &login.password),
        ("identitytoken", &login.identity_token),
        ("registrytoken", &login.registry_token),
    ] {
        assert_eq!(&Secret::new(said(name)), secret);
    }
    assert!(!said("serveraddress").is_empty());
    assert!(json.as_object().is_some_and(|members| members.values().all(Value::is_string)));
}
