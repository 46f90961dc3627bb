use super::*;
use proptest::prelude::*;

const SHA256: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn parsed(text: &str) -> Reference {
    Reference::parse(text).unwrap_or_else(|| panic!("{text} is a name"))
}

#[test]
fn services_are_called_as_by_gitlab_runner() {
    let cases: [(&str, &str, &str, &[&str]); 8] = [
        ("mysql:8", "mysql", "8", &["mysql"]),
        (
            "tutum/wordpress",
            "tutum/wordpress",
            "latest",
            &["tutum__wordpress", "tutum-wordpress", "wordpress"],
        ),
        (
            "registry.example.com:4999/a/b:1",
            "registry.example.com/a/b",
            "1",
            &["registry.example.com__a__b", "registry.example.com-a-b", "b"],
        ),
        ("docker:24-dind", "docker", "24-dind", &["docker"]),
        ("localhost:5000", "localhost", "5000", &["localhost"]),
        ("localhost:5000/x", "localhost/x", "latest", &["localhost__x", "localhost-x", "x"]),
        ("My-Host/x", "My-Host/x", "latest", &["My-Host__x", "My-Host-x", "x"]),
        ("a/b-c_d.e", "a/b-c_d.e", "latest", &["a__b-c_d.e", "a-b-c_d.e", "b-c_d.e"]),
    ];
    for (text, service, version, aliases) in cases {
        let reference = parsed(text);
        assert_eq!(reference.service(), service, "{text}");
        assert_eq!(reference.version(), version, "{text}");
        assert_eq!(reference.aliases(), aliases, "{text}");
    }
}

#[test]
fn a_version_is_added_where_there_is_none() {
    for (text, image, parts) in [
        ("ruby", "ruby:latest".to_owned(), ("ruby", "latest")),
        ("ruby:3", "ruby:3".to_owned(), ("ruby", "3")),
        ("h:5/ruby", "h:5/ruby:latest".to_owned(), ("h:5/ruby", "latest")),
        ("h:5/ruby:3", "h:5/ruby:3".to_owned(), ("h:5/ruby", "3")),
        (&format!("ruby@{SHA256}"), format!("ruby@{SHA256}"), ("ruby", SHA256)),
        (&format!("ruby:3@{SHA256}"), format!("ruby:3@{SHA256}"), ("ruby", SHA256)),
    ] {
        assert_eq!(with_version(text), image);
        let (name, version) = parsed(text).pull_parts();
        assert_eq!((name.as_str(), version.as_str()), parts);
    }
    assert_eq!(with_version("No Name"), "No Name");
}

#[test]
fn what_is_pinned_stays_pinned() {
    let digest = format!("sha512:{}", "ab".repeat(64));
    let reference = parsed(&format!("a/b@{digest}"));
    assert_eq!(reference.version(), format!("@{digest}"));
    assert_eq!(reference.image_to_pull(), format!("a/b@{digest}"));
    assert!(reference.is_pinned() && !parsed("a/b:1").is_pinned());
    let both = parsed(&format!("a:1@{SHA256}"));
    assert_eq!(both.version(), "1");
}

#[test]
fn what_is_no_name_is_refused() {
    let long_tag = format!("a:{}", "t".repeat(129));
    for text in [
        "",
        "A",
        "a/B",
        "a b",
        "-a",
        "a-",
        "a..b",
        "a___b",
        "a:",
        ":a",
        "a:-b",
        "a@",
        "a@sha256:12",
        "/a",
        "a/",
        "a//b",
        "http://a/b",
        "a:b:c",
        "a@b@c",
        "$IMAGE",
        "a\n",
        "../a",
        "a/../b",
        "ü",
        "[::1]",
        "h:x/a",
        &long_tag,
    ] {
        assert_eq!(Reference::parse(text), None, "{text:?}");
    }
}

#[test]
fn hosts_may_be_addresses() {
    let reference = parsed("[fd00::1]:5000/a/b:1");
    assert_eq!(reference.service(), "[fd00::1]/a/b");
    assert_eq!(reference.slug(), "fd001__a__b");
    assert_eq!(parsed("10.0.0.1:5000/a").service(), "10.0.0.1/a");
}

#[test]
fn credentials_are_looked_for_from_the_image_up() {
    let cases: [(&str, &[&str]); 7] = [
        ("ruby", &["docker.io/ruby", "docker.io"]),
        ("group/ruby:3", &["docker.io/group/ruby", "docker.io/group", "docker.io"]),
        ("index.docker.io/group/ruby", &["docker.io/group/ruby", "docker.io/group", "docker.io"]),
        (
            "Registry.Example.com:5000/A/b:1",
            &["registry.example.com:5000/A/b", "registry.example.com:5000/A", "registry.example.com:5000"],
        ),
        ("localhost/x", &["localhost/x", "localhost"]),
        ("localhost:5000", &["docker.io/localhost", "docker.io"]),
        (&format!("h.io/x@{SHA256}"), &["h.io/x", "h.io"]),
    ];
    for (image, paths) in cases {
        assert_eq!(credential_paths(image), paths, "{image}");
    }
}

#[test]
fn registries_of_files_with_credentials() {
    for (text, key) in [
        ("https://index.docker.io/v1/", "docker.io"),
        ("https://Registry.Example.com:5000/path", "registry.example.com:5000"),
        ("http://10.0.0.1", "10.0.0.1"),
        ("registry.example.com", "registry.example.com"),
        ("Registry.Example.com:5000", "registry.example.com:5000"),
        ("registry.example.com:5000/Group/app:1/", "registry.example.com:5000/Group/app"),
        ("registry.example.com/group/", "registry.example.com/group"),
        ("index.docker.io", "index.docker.io"),
    ] {
        assert_eq!(credential_key(text), key, "{text}");
    }
}

fn name() -> impl Strategy<Value = String> {
    let component = "[a-z0-9]{1,4}([._-][a-z0-9]{1,3}|__[a-z0-9]|--[a-z]){0,2}";
    let host = prop_oneof![
        "[a-z]{1,5}\\.[a-z]{2}",
        "[A-Z][a-z]{1,3}:[1-9][0-9]{0,4}",
        Just("localhost:5".to_owned())
    ];
    (proptest::option::of(host), proptest::collection::vec(component, 1..4)).prop_map(|(host, components)| {
        let path = components.join("/");
        host.map_or(path.clone(), |host| format!("{host}/{path}"))
    })
}

proptest! {
    #[test]
    fn anything_is_taken_apart_or_refused(text in "[a-zA-Z0-9.:/@_\\[\\] ü-]{0,40}") {
        if let Some(reference) = Reference::parse(&text) {
            prop_assert_eq!(&reference.to_string(), &text);
            prop_assert!(reference.slug().chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)));
            prop_assert!(!reference.aliases().is_empty());
        }
        let paths = credential_paths(&text);
        prop_assert!(paths.windows(2).all(|pair| pair[0].starts_with(&pair[1])));
        credential_key(&text);
    }

    #[test]
    fn parts_come_back(
        name in name(),
        tag in proptest::option::of("[A-Za-z0-9_][A-Za-z0-9_.-]{0,10}"),
        pinned in any::<bool>(),
    ) {
        let digest = pinned.then(|| SHA256.to_owned());
        let text = Reference { name: name.clone(), tag: tag.clone(), digest: digest.clone() }.to_string();
        let reference = parsed(&text);
        prop_assert_eq!(&reference, &Reference { name: name.clone(), tag: tag.clone(), digest });
        // A second look finds nothing more to add.
        let image = reference.image_to_pull();
        prop_assert_eq!(parsed(&image).image_to_pull(), image.clone());
        prop_assert_eq!(parsed(&image).version(), reference.version());
        // Neither tag nor digest changes where credentials are looked for.
        prop_assert_eq!(credential_paths(&text), credential_paths(&name));
    }
}
