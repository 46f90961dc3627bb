use super::*;
use crate::variables::Flags;
use crate::variables::testing::order;

fn read(variables: &[(&str, &str)], change: impl Fn(&mut Order)) -> Options {
    let mut order = order(variables);
    order.payload.git_info.depth = 20;
    change(&mut order);
    let flags = Flags::resolve(&order);
    Options::read(&order, &Variables::build(&order, &flags, None))
}

#[test]
fn defaults() {
    let options = read(&[], |_| ());
    assert_eq!(options.git.strategy, GitStrategy::Fetch);
    assert!(options.git.checkout);
    assert_eq!(options.git.clean_flags, ["-ffdx"]);
    assert_eq!(options.git.fetch_flags, ["--prune", "--quiet"]);
    assert_eq!(options.git.submodules, SubmoduleStrategy::None);
    assert_eq!(options.git.submodule_depth, 20);
    assert!(options.git.clone_flags.is_empty());
    assert_eq!(
        options.attempts,
        Attempts { get_sources: 1, artifact_download: 1, restore_cache: 1, executor_section: 1 }
    );
    assert!(options.after_script_ignore_errors);
    assert_eq!(options.cache.request_timeout, Duration::from_secs(600));
    assert_eq!(options.transfer_meter, Duration::ZERO);
    assert!(options.errors().is_empty(), "{:?}", options.errors());
    assert_eq!(read(&[], |o| o.payload.allow_git_fetch = false).git.strategy, GitStrategy::Clone);
}

#[test]
fn settings_are_taken() {
    let options = read(
        &[
            ("GIT_STRATEGY", "empty"),
            ("GIT_SUBMODULE_STRATEGY", "recursive"),
            ("TRANSFER_METER_FREQUENCY", "100ms"),
            ("CACHE_REQUEST_TIMEOUT", "-3"),
            ("FLAGS", "-ffdx -e"),
            ("GIT_CLEAN_FLAGS", "$FLAGS '*.keep'"),
            ("GIT_FETCH_EXTRA_FLAGS", "none"),
            ("GIT_SUBMODULE_PATHS", "none a"),
            ("CACHE_FALLBACK_KEY", "k"),
        ],
        |_| (),
    );
    assert_eq!(options.git.strategy, GitStrategy::Empty);
    assert!(!options.git.checkout, "nothing to check out");
    assert_eq!(options.git.submodules, SubmoduleStrategy::None);
    assert_eq!(options.transfer_meter, Duration::from_secs(1));
    assert_eq!(options.cache.request_timeout, Duration::from_secs(600));
    assert_eq!(options.git.clean_flags, ["-ffdx", "-e", "'*.keep'"]);
    assert!(options.git.fetch_flags.is_empty());
    assert_eq!(options.git.submodule_paths, ["none", "a"]);
    assert_eq!(options.cache.fallback_key, "k");
}

#[test]
fn warnings_come_in_their_order() {
    let options = read(
        &[
            ("GET_SOURCES_ATTEMPTS", "11"),
            ("RESTORE_CACHE_ATTEMPTS", "many"),
            ("CI_DEBUG_TRACE", "true"),
            ("CI_DEBUG_SERVICES", "maybe"),
            ("GIT_STRATEGY", "side\"ways"),
            ("GIT_CHECKOUT", "yes"),
            ("GIT_SUBMODULE_STRATEGY", "deep"),
        ],
        |order| order.settings.debug_trace_disabled = true,
    );
    assert_eq!(
        options.errors(),
        [
            "CI_DEBUG_SERVICES: expected bool got \"maybe\", using default value: false",
            "GIT_STRATEGY: expected either 'clone', 'fetch', 'none' or 'empty' got \"side\\\"ways\", using default value 'fetch'",
            "GIT_CHECKOUT: expected bool got \"yes\", using default value: true",
            "GIT_SUBMODULE_STRATEGY: expected either 'normal', 'recursive' or 'none' got \"deep\"",
            "RESTORE_CACHE_ATTEMPTS: expected int got \"many\", using default value: 1",
            "CI_DEBUG_TRACE: usage is disabled on this Runner",
            "GET_SOURCES_ATTEMPTS: number of attempts out of the range [1, 10], clamping to: 10",
        ]
    );
    assert!(!options.debug_trace);
    assert_eq!(options.git.submodules, SubmoduleStrategy::Invalid);
    assert_eq!(options.attempts.get_sources, 10);
}
