use super::testing::{self, Request, Said, Server};
use super::*;
use crate::cli::Parsed;
use std::path::PathBuf;

struct Case {
    folder: tempfile::TempDir,
    server: Server,
}

/// Knows `glrt-` tokens, and no others.
fn gitlab(request: &Request) -> (u16, String) {
    let token = request.body["token"].as_str().unwrap_or("");
    match (request.line.as_str(), token.starts_with("glrt-")) {
        ("POST /api/v4/runners/verify", true) => {
            (200, r#"{"id":1,"token":"glrt-aaaaaaaaaaaaaaaaaaaa"}"#.into())
        }
        ("POST /api/v4/runners/reset_authentication_token", true) => (
            201,
            r#"{"token":"glrt-newnewnewnewnewnew","token_expires_at":"2030-01-01T00:00:00.123Z"}"#.into(),
        ),
        ("POST /api/v4/runners/2/reset_authentication_token", false) => {
            (201, r#"{"token":"patpatpatpatpatpatpat"}"#.into())
        }
        ("DELETE /api/v4/runners/managers", true) => (204, String::new()),
        _ => (403, r#"{"message":"403 Forbidden"}"#.into()),
    }
}

const SECTIONS: &str = "# kept\nconcurrent = 2\n\n[[runners]]\n  name = \"a\"\n  url = \"SERVER\"\n  id = 1\n  token = \
    \"glrt-aaaaaaaaaaaaaaaaaaaa\"\n  executor = \"shell\"\n\n# about b\n[[runners]]\n  name = \"b\"\n  url = \
    \"SERVER\"\n  id = 2\n  token = \"${OLD}\"\n  executor = \"docker\"\n";

const PAIRS: &[(&str, &str)] = &[("OLD", "legacytoken12345678")];

impl Case {
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap(), server: Server::start(gitlab) };
        std::fs::write(case.config(), SECTIONS.replace("SERVER", &case.server.url)).unwrap();
        case
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.config()).unwrap().replace(&self.server.url, "SERVER")
    }

    fn run(&self, line: &[&str]) -> (Result<(), CliError>, String) {
        let mut args: Vec<std::ffi::OsString> = vec!["runner".into()];
        args.extend(
            line.iter().map(|word| std::ffi::OsString::from(word.replace("SERVER", &self.server.url))),
        );
        args.push(format!("--config={}", self.config().display()).into());
        let Ok(Parsed::Run(invocation)) = cli::parse(args, &Environment::default()) else {
            panic!("{line:?}")
        };
        let (result, said): (_, Said) = testing::run(PAIRS, async |context| match invocation.command {
            Command::Verify(args) => verify::run(&args, context).await,
            Command::Unregister(args) => unregister::run(&args, context).await,
            Command::ResetToken(args) => reset_token::run(&args, context).await,
            Command::List(args) => {
                list::run(&args, context);
                Ok(())
            }
            other => panic!("{other:?}"),
        });
        let said = said
            .text()
            .replace(&self.server.url, "SERVER")
            .replace(&self.config().display().to_string(), "CONFIG");
        assert!(!said.contains("legacytoken12345678") && !said.contains("aaaaaaaaaaaaaaaa"), "{said}");
        (result, said)
    }

    fn refusal(&self, line: &[&str]) -> String {
        let text = self.run(line).0.unwrap_err().render();
        assert!(!text.contains("legacytoken12345678") && !text.contains("aaaaaaaaaaaaaaaa"), "{text}");
        text
    }
}

/// Lines that differ from run to run or user to user left out.
fn steady(said: &str) -> String {
    let varying = ["Running in", "The user-mode", "$ ", "Use sudo", "system_id="];
    let lines =
        said.lines().filter(|line| !line.is_empty() && !varying.iter().any(|part| line.contains(part)));
    lines
        .map(|line| match line.split_once("correlation_id=") {
            Some((before, after)) => {
                format!("{before}correlation_id=ID {}\n", after.split_once(' ').map_or("", |(_, rest)| rest))
            }
            None => format!("{line}\n"),
        })
        .collect()
}

#[test]
fn list_shows_short_tokens() {
    let case = Case::new();
    let (result, said) = case.run(&["list"]);
    result.unwrap();
    insta::assert_snapshot!(said);
    std::fs::write(case.config(), "concurrent = 'x'\n").unwrap();
    let (result, said) = case.run(&["list"]);
    assert!(
        result.is_ok() && said.starts_with("WARNING: the configuration cannot be used: CONFIG:1:14"),
        "{said}"
    );
    std::fs::remove_file(case.config()).unwrap();
    assert!(case.run(&["list"]).0.is_ok() && !case.config().exists());
}

#[test]
fn verify_fails_only_on_a_clear_no() {
    let case = Case::new();
    let (result, said) = case.run(&["verify"]);
    insta::assert_snapshot!(steady(&said) + &result.unwrap_err().render());
    case.run(&["verify", "--name", "a"]).0.unwrap();
    case.run(&["verify", "--token", "glrt-aaaaaaaaaaaaaaaaaaaa", "--url", "*"]).0.unwrap();
    assert!(case.refusal(&["verify", "--url", "SERVER"]).contains("no runner matches"));
    assert_eq!(case.text(), SECTIONS);

    let (result, said) = case.run(&["verify", "--delete"]);
    result.unwrap();
    assert!(said.contains("Updated CONFIG"), "{said}");
    assert_eq!(case.text(), SECTIONS[..SECTIONS.find("\n# about b").unwrap()]);
}

#[test]
fn an_outage_costs_no_registration() {
    let case = Case::new();
    let down = SECTIONS.replace("SERVER", "http://127.0.0.1:1");
    std::fs::write(case.config(), &down).unwrap();
    let (result, said) = case.run(&["verify", "--delete"]);
    result.unwrap();
    assert!(said.contains("Verifying runner... failed"), "{said}");
    assert_eq!(case.text(), down);
}

#[test]
fn unregister_by_name_token_or_all() {
    let case = Case::new();
    assert!(case.refusal(&["unregister"]).contains("--name or --token"));
    insta::assert_snapshot!(
        [
            case.refusal(&["unregister", "--name", "aa"]),
            case.refusal(&["unregister", "--token", "legacytoken12345678x"]),
            case.refusal(&["unregister", "--token", "legacytoken12345678", "--name", "a"]),
            case.refusal(&["unregister", "--name", "b"]),
        ]
        .concat()
    );
    assert_eq!(case.text(), SECTIONS);
    let (result, said) = case.run(&["unregister", "--all-runners"]);
    result.unwrap();
    insta::assert_snapshot!(steady(&said));
    assert_eq!(
        case.text(),
        SECTIONS.replace(&SECTIONS[SECTIONS.find("[[").unwrap()..SECTIONS.find("# about").unwrap()], "")
    );
    assert_eq!(case.server.lines(), ["DELETE runners", "DELETE runners/managers", "DELETE runners"]);
}

#[test]
fn a_new_token_replaces_the_old_one_and_nothing_else() {
    let case = Case::new();
    let (result, said) = case.run(&["reset-token", "--name", "a"]);
    result.unwrap();
    assert!(said.contains("Resetting runner authentication token... succeeded"), "{said}");
    let text = case.text();
    let obtained = text.split("token_obtained_at = ").nth(1).unwrap().split('\n').next().unwrap();
    let expected = SECTIONS.replace(
        "\"glrt-aaaaaaaaaaaaaaaaaaaa\"\n",
        &format!("\"glrt-newnewnewnewnewnew\"\n  token_obtained_at = {obtained}\n  token_expires_at = 2030-01-01T00:00:00Z\n"),
    );
    assert_eq!(text, expected);

    let refused = case.refusal(&["reset-token", "--url", "SERVER", "--id", "2"]);
    assert!(refused.contains("Failed to reset runner authentication token"), "{refused}");
    assert!(case.refusal(&["reset-token", "--url", "SERVER", "--id", "9"]).contains("and ID 9"));
    case.run(&["reset-token", "--url", "SERVER", "--id", "2", "--pat", "glpat-secret0123456789"]).0.unwrap();
    assert!(case.text().contains("token = \"patpatpatpatpatpatpat\""), "{}", case.text());
}

#[test]
fn all_tokens_are_replaced_as_far_as_possible() {
    let case = Case::new();
    let (result, said) = case.run(&["reset-token", "--all-runners"]);
    result.unwrap();
    assert!(said.contains("succeeded") && said.contains("failed (check used token)"), "{said}");
    let text = case.text();
    assert!(text.contains("glrt-newnewnewnewnewnew") && text.contains("${OLD}"), "{text}");
}
