//! What is taken for a volume is handed to the engine in a form that is read again as the same, and variables change
//! its place and nothing else.
//!
//! The first line is the value of `$X`; each further line is an entry of `volumes`.

#![no_main]

use executor_docker::Settings;
use executor_docker::host_config::validate;
use executor_docker::volumes::{Spec, VolumeError, is_host_bound};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let value = lines.next().unwrap_or_default();
    let volumes: Vec<String> = lines.take(16).map(str::to_owned).collect();
    let expand = |text: &str| text.replace("$X", value);
    for volume in &volumes {
        match Spec::parse(volume, &str::to_owned) {
            Ok(spec) => {
                reads_itself(&spec);
                moved(volume, &spec, &expand);
            }
            Err(error) => {
                assert_eq!(error, VolumeError::Invalid { spec: volume.clone() });
                assert!(Spec::parse(volume, &expand).is_err(), "a variable makes a volume of it");
            }
        }
    }

    let entries = || volumes.iter().filter(|volume| !volume.is_empty());
    let is_wrong = entries().any(|volume| Spec::parse(volume, &str::to_owned).is_err());
    let settings = Settings { volumes: volumes.clone(), ..Settings::default() };
    assert_eq!(is_host_bound(&settings, "/builds/x", &str::to_owned).is_err(), is_wrong);
    // Whoever checks the settings hears of it before a job does.
    let complaints = validate(&settings);
    assert!(complaints.iter().all(|complaint| complaint.key == "volumes" && complaint.fatal));
    assert!(!is_wrong || !complaints.is_empty());
});

fn reads_itself(spec: &Spec) {
    let bind = spec.bind();
    assert!(bind.split(':').count() <= 3 && !bind.contains('\n'), "{bind}");
    assert_eq!(Spec::parse(&bind, &str::to_owned).as_ref(), Ok(spec));
    assert!(spec.destination.starts_with('/'));
}

fn moved(volume: &str, spec: &Spec, expand: &dyn Fn(&str) -> String) {
    if let Ok(moved) = Spec::parse(volume, expand) {
        assert_eq!((&moved.source, &moved.options), (&spec.source, &spec.options));
        assert_eq!(moved.destination, expand(&spec.destination));
        reads_itself(&moved);
    }
}
