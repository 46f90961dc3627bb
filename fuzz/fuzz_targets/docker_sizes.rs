//! Amounts, devices and limits of `[runners.docker]`: what is found fine makes a container, what is not is named, and
//! numbers are what they say.
//!
//! Lines: memory, swap, reservation, processors, graphics processors, a device, a limit's name and value, an entry of
//! `extra_hosts`, a name server, and a hardware address.

#![no_main]

use executor_docker::host_config::{Role, host_config, validate};
use executor_docker::{Limits, Settings, sizes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    text.split('\n').for_each(numbers);
    let settings = settings(text);
    let complaints = validate(&settings);
    for complaint in &complaints {
        assert!(!complaint.key.is_empty() && !complaint.message.is_empty());
        assert!(complaint.to_string().contains(complaint.key));
    }
    let is_named = |key: &str| complaints.iter().any(|complaint| complaint.fatal && complaint.key == key);
    let no_file = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let mut fits = true;
    for role in [Role::Build { image: "ruby" }, Role::Helper, Role::Service { image: "redis" }] {
        match host_config(&settings, role, false, &no_file) {
            Ok(host) => {
                for number in [host.memory, host.memory_reservation, host.nano_cpus] {
                    assert!(number.is_none_or(|number| number >= 0));
                }
                assert!(host.memory_swap.is_none_or(|number| number >= -1));
            }
            Err(error) => {
                assert!(is_named(error.key), "nobody was told of {error}");
                fits = false;
            }
        }
    }
    let of_containers = |key: &str| !["volumes", "host", "mac_address"].contains(&key);
    let is_wrong = complaints.iter().any(|complaint| complaint.fatal && of_containers(complaint.key));
    assert_eq!(fits, !is_wrong, "{complaints:?}");
});

fn settings(text: &str) -> Settings {
    let mut lines = text.split('\n').map(str::to_owned);
    let mut line = || lines.next().unwrap_or_default();
    let limits = Limits {
        memory: line(),
        memory_swap: line(),
        memory_reservation: line(),
        cpus: line(),
        gpus: line(),
        ..Limits::default()
    };
    let some = |text: String| (!text.is_empty()).then_some(text);
    let devices: Vec<String> = some(line()).into_iter().collect();
    let limit = line();
    let limit = limit.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    Settings {
        service_limits: limits.clone(),
        limits,
        services_devices: [("redis:*".to_owned(), devices.clone())].into(),
        devices,
        ulimit: limit.into_iter().collect(),
        extra_hosts: some(line()).into_iter().collect(),
        dns: some(line()).into_iter().collect(),
        mac_address: line(),
        ..Settings::default()
    }
}

/// As floating-point numbers understand the same digits.
fn numbers(text: &str) {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value = text.parse::<f64>().ok().filter(|_| plain);
    let near = |number: i64, expected: f64| (number as f64 - expected).abs() <= 1.0 + expected * 1e-9;
    if let Ok(nanos) = sizes::nano_cpus(text) {
        assert!(nanos >= 0);
        assert!(value.is_none_or(|value| near(nanos, value * 1e9)), "{text}: {nanos}");
    } else {
        assert!(value.is_none_or(|value| value * 1e9 >= i64::MAX as f64 || text.len() > 18), "{text}");
    }
    match sizes::bytes(text) {
        Ok(bytes) => {
            assert!(bytes >= 0);
            assert!(value.is_none_or(|value| near(bytes, value)), "{text}: {bytes}");
            // What people are shown is read as no more than there is, and less by a tenth of a unit at most.
            let shown = sizes::shown(bytes).replace(" bytes", "");
            let again = sizes::bytes(&shown).expect("what is shown is a size");
            assert!(again <= bytes && bytes - again <= bytes / 10 + 1, "{bytes} shown as {shown}");
        }
        Err(_) => assert!(value.is_none_or(|value| value >= i64::MAX as f64), "{text}"),
    }
}
