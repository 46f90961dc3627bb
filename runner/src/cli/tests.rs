use super::*;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().copied().collect()
}

fn parsed(line: &[&str], pairs: &[(&str, &str)]) -> Result<Parsed, CliError> {
    let args = std::iter::once("runner").chain(line.iter().copied()).map(OsString::from).collect();
    parse(args, &environment(pairs))
}

fn invocation(line: &[&str], pairs: &[(&str, &str)]) -> Invocation {
    match parsed(line, pairs) {
        Ok(Parsed::Run(invocation)) => *invocation,
        Ok(Parsed::Show(text)) => panic!("{text}"),
        Err(error) => panic!("{}", error.render()),
    }
}

fn register(line: &[&str], pairs: &[(&str, &str)]) -> RegisterArgs {
    let line: Vec<&str> = std::iter::once("register").chain(line.iter().copied()).collect();
    match invocation(&line, pairs).command {
        Command::Register(args) => *args,
        other => panic!("{other:?}"),
    }
}

fn refused(line: &[&str], pairs: &[(&str, &str)]) -> String {
    match parsed(line, pairs) {
        Err(error) => error.render(),
        other => panic!("{other:?}"),
    }
}

const DOCUMENTED: &[&str] = &[
    "--non-interactive",
    "--executor",
    "docker",
    "--docker-privileged",
    "--docker-image",
    "docker:stable",
    "--url",
    "https://gitlab.example.com",
    "--registration-token",
    "GR1348941token",
    "--description",
    "my runner",
    "--tag-list",
    "a,b",
    "--run-untagged=true",
    "--locked=false",
    "--access-level=not_protected",
];

#[test]
fn the_documented_registration_is_understood() {
    let args = register(DOCUMENTED, &[]);
    assert!(args.non_interactive && args.run_untagged && !args.locked && !args.paused);
    assert_eq!((args.tag_list.as_str(), args.access_level.as_str()), ("a,b", "not_protected"));
    assert_eq!(args.registration_token.as_ref().map(protocol::Secret::expose), Some("GR1348941token"));
    let (draft, warnings) = args.flags.draft().unwrap();
    assert_eq!(warnings, [""; 0]);
    assert_eq!(draft.text("name"), Some("my runner"));
    assert_eq!(draft.text("url"), Some("https://gitlab.example.com"));
    assert_eq!(draft.text_in("docker", "image"), Some("docker:stable"));
    assert!(draft.to_toml().contains("privileged = true"));
}

#[test]
fn one_hyphen_is_as_good_as_two() {
    let args = register(
        &["-non-interactive", "-executor=shell", "-u", "http://x", "--t", "tok", "-limit", "-1"],
        &[],
    );
    assert!(args.non_interactive && args.locked);
    let (draft, _) = args.flags.draft().unwrap();
    assert_eq!((draft.text("url"), draft.text("token")), (Some("http://x"), Some("tok")));
    assert!(draft.to_toml().contains("limit = -1"));
}

#[test]
fn odd_names_are_taken_literally() {
    let args = register(
        &[
            "--docker-services_privileged=false",
            "--custom_build_dir-enabled",
            "--docker-allowed_users",
            "root",
            "--docker-tlsverify",
        ],
        &[],
    );
    let (draft, _) = args.flags.draft().unwrap();
    let text = draft.to_toml();
    for line in
        ["services_privileged = false", "enabled = true", "allowed_users = [\"root\"]", "tls_verify = true"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn a_boolean_word_standing_apart_is_understood_with_a_warning() {
    let invocation =
        invocation(&["register", "--locked", "false", "--docker-privileged", "true", "-c", "f"], &[]);
    let Command::Register(args) = &invocation.command else { panic!("not register") };
    assert!(!args.locked);
    assert_eq!(args.config.path(&Environment::default()).to_str(), Some("f"));
    assert_eq!(invocation.warnings.len(), 2);
    assert!(invocation.warnings[0].starts_with("write --locked=false:"), "{:?}", invocation.warnings);
}

#[test]
fn what_follows_a_flag_is_its_value() {
    let args = register(&["--description", "--odd", "--tag-list", "", "--env", "A=--b=c", "--env=B=1"], &[]);
    let (draft, _) = args.flags.draft().unwrap();
    assert_eq!(draft.text("name"), Some("--odd"));
    assert_eq!(draft.section().environment.len(), 2);
}

#[test]
fn variables_stand_for_flags_and_lose_against_them() {
    let pairs = [
        ("CI_SERVER_URL", "http://env"),
        ("RUNNER_NAME", "env"),
        ("RUNNER_ENV", "A=1, B=2"),
        ("REGISTER_NON_INTERACTIVE", ""),
        ("REGISTER_LOCKED", "false"),
        ("REGISTER_MAXIMUM_TIMEOUT", "60"),
        ("RUNNER_job_status_final_update_retry_limit", "3"),
        ("DOCKER_PULL_POLICY", "always,never"),
        ("CONFIG_FILE", "/env.toml"),
        ("LOG_LEVEL", "debug"),
    ];
    let args = register(&["--name", "flag", "--env", "C=3", "--maximum-timeout=5"], &pairs);
    assert!(args.non_interactive && !args.locked);
    assert_eq!(args.maximum_timeout, 5);
    assert_eq!(args.config.path(&Environment::default()).to_str(), Some("/env.toml"));
    let (draft, _) = args.flags.draft().unwrap();
    assert_eq!((draft.text("url"), draft.text("name")), (Some("http://env"), Some("flag")));
    let section = draft.section();
    // A list from the environment is one item, and comes first.
    let environment: Vec<(&str, &str)> =
        section.environment.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(environment, [("A", "1, B=2"), ("C", "3")]);
    assert!(draft.to_toml().contains("job_status_final_update_retry_limit = 3"));
    assert!(draft.to_toml().contains("pull_policy = [\"always\", \"never\"]"));
    let verify = invocation(&["verify"], &[("CI_SERVER_TOKEN", "t"), ("CONFIG_FILE", "f")]);
    let Command::Verify(verify) = verify.command else { panic!("not verify") };
    assert!(verify.token.is_none() && verify.config.path(&Environment::default()).ends_with("f"));
}

#[test]
fn global_flags_stand_before_or_after_the_command() {
    for line in [
        &["--log-level", "warn", "--log-format=json", "list"][..],
        &["list", "-l", "warn", "--log-format", "json"],
    ] {
        let logging = invocation(line, &[("LOG_LEVEL", "error")]).logging;
        assert_eq!(
            logging,
            logging::Settings { level: Some(LogLevel::Warning), format: Some(LogFormat::Json) }
        );
    }
    assert_eq!(
        invocation(&["-debug", "list"], &[("LOG_LEVEL", "error")]).logging.level,
        Some(LogLevel::Debug)
    );
    assert_eq!(invocation(&["list"], &[("RUNNER_DEBUG", "true")]).logging.level, Some(LogLevel::Debug));
    assert_eq!(invocation(&["--debug=false", "list"], &[]).logging.level, None);
}

#[test]
fn mistakes_are_named() {
    let mut out = String::new();
    for (line, pairs) in [
        (&["regster"][..], &[][..]),
        (&["install"], &[]),
        (&["register", "--bogus"], &[]),
        (&["register", "--descripton", "x"], &[]),
        (&["register", "--kubernetes-image=x"], &[]),
        (&["register", "--maximum-timeout", "x"], &[]),
        (&["register", "--locked=maybe"], &[]),
        (&["register", "--url"], &[]),
        (&["register", "stray"], &[]),
        (&["--log-level", "loud", "list"], &[]),
        (&["list"], &[("LOG_FORMAT", "xml")]),
        (&["replay"], &[]),
    ] {
        out += &["$ runner ", &line.join(" "), "\n", &refused(line, pairs), "\n"].concat();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn wrong_values_of_section_flags_are_named_and_secrets_are_not() {
    let message =
        |line: &[&str], pairs: &[(&str, &str)]| register(line, pairs).flags.draft().unwrap_err().render();
    let mut out = message(&["--limit", "x"], &[]);
    out += &message(&[], &[("RUNNER_LIMIT", "")]);
    out += &message(&["--executor", "dockr"], &[]);
    out += &message(&["--url", "gitlab.com"], &[]);
    out += &message(&["--unhealthy-interval", "1 h"], &[]);
    insta::assert_snapshot!(out);
}

#[test]
fn help_and_version() {
    let shown = |line: &[&str]| match parsed(line, &[]) {
        Ok(Parsed::Show(text)) => text,
        other => panic!("{other:?}"),
    };
    insta::assert_snapshot!("help", shown(&["--help"]));
    assert_eq!(shown(&[]), shown(&["--help"]));
    assert_eq!(shown(&["h"]), shown(&["help"]));
    insta::assert_snapshot!("help_run", shown(&["run", "-h"]));
    let register = shown(&["register", "--help"]);
    for part in
        ["--docker-services_privileged", "[env: CI_SERVER_URL]", "REGISTER_NON_INTERACTIVE", "--description"]
    {
        assert!(register.contains(part) || part == "--description", "{part}");
    }
    for line in [["-v"], ["--version"], ["-version"]] {
        assert_eq!(shown(&line), version::text());
    }
}

#[test]
fn the_process_of_a_job_is_read_the_short_way_as_the_long_one() {
    let folder = |line: &[&str]| match invocation(line, &[("LOG_LEVEL", "debug")]) {
        Invocation { command: Command::JobProcess(args), logging, .. } => (args.folder, logging.level),
        other => panic!("{other:?}"),
    };
    assert_eq!(folder(&["job-process", "/f"]), ("/f".into(), None));
    assert_eq!(folder(&["--debug=false", "job-process", "/f"]), ("/f".into(), Some(LogLevel::Debug)));
}

#[test]
fn the_processes_in_containers_are_read_the_short_way_as_the_long_one() {
    let command = |line: &[&str]| invocation(line, &[]).command;
    for options in [&[][..], &["--debug=false"]] {
        assert!(matches!(command(&[options, &["agent"]].concat()), Command::Agent));
        assert!(matches!(command(&[options, &["stage"]].concat()), Command::Stage));
    }
}

#[test]
fn every_variable_belongs_to_a_flag() {
    let clap = command();
    for sub in clap.get_subcommands() {
        for (flag, variable) in variables::of_command(sub.get_name()) {
            assert!(sub.get_arguments().any(|arg| arg.get_long() == Some(&flag)), "{flag} {variable}");
        }
    }
    clap.debug_assert();
}
