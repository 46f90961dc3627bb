//! Names of images are read as they are printed, and what is made of them is what may be made of them.

#![no_main]

use executor_docker::reference::{Reference, credential_key, credential_paths, with_version};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;

fuzz_target!(|text: &str| {
    lies_somewhere(text);
    let key = credential_key(text);
    assert!(key.len() <= text.to_lowercase().len(), "{key:?}");
    let versioned = with_version(text);
    assert_eq!(with_version(&versioned), versioned, "a version is added once");
    match Reference::parse(text) {
        Some(reference) => named(text, &reference),
        None => assert_eq!(versioned, text, "what is no name stays as it is"),
    }
});

fn named(text: &str, reference: &Reference) {
    assert_eq!(reference.to_string(), text);
    let image = reference.image_to_pull();
    let pulled = Reference::parse(&image).expect("what is pulled has a name");
    assert_eq!((pulled.image_to_pull(), pulled.version()), (image.clone(), reference.version()));
    let (name, version) = reference.pull_parts();
    assert!(image.starts_with(&name) && image.ends_with(&version) && !version.is_empty(), "{image}");
    assert_eq!(reference.is_pinned(), text.contains('@'));
    hosts(reference);

    // Who writes a login down by the whole name finds it, but for Docker's registry, which goes by several names.
    let path = &credential_paths(text)[0];
    if name.contains('/') && !path.starts_with("docker.io/") {
        assert_eq!(&credential_key(&name), path);
    }
}

/// What containers and hosts are called after the image.
fn hosts(reference: &Reference) {
    let aliases = reference.aliases();
    let different: BTreeSet<&String> = aliases.iter().collect();
    assert_eq!(different.len(), aliases.len());
    assert!(aliases.contains(&reference.last_component().to_owned()));
    for alias in &aliases {
        assert!(!alias.is_empty() && !alias.contains(['/', '@', ' ']), "{alias}");
    }
    let slug = reference.slug();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    assert!(!slug.is_empty() && slug.bytes().all(fits), "{slug}");
}

/// Each place is the one above the one before, and the last is a host.
fn lies_somewhere(text: &str) {
    let paths = credential_paths(text);
    assert!(paths.len() <= text.matches('/').count() + 2, "{paths:?}");
    for pair in paths.windows(2) {
        let below = pair[0].strip_prefix(&pair[1]).and_then(|rest| rest.strip_prefix('/'));
        assert!(below.is_some_and(|name| !name.contains('/')), "{pair:?}");
    }
    let host = paths.last().expect("a host");
    assert!(!host.contains('/'), "{host}");
    assert_eq!(host, &host.to_lowercase());
}
