use super::*;
use crate::testing::work;
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

fn names() -> Names {
    Names { unique: "UNIQ".into(), project: "PUN".into(), reusable: "RUN".into(), network: "NET".into() }
}

fn settings(volumes: &[&str]) -> Settings {
    Settings { volumes: volumes.iter().map(|&volume| volume.to_owned()).collect(), ..Settings::default() }
}

fn planned(volumes: &[&str]) -> Result<Plan, VolumeError> {
    plan(&settings(volumes), &work(), &names())
}

fn parsed(text: &str) -> Option<(Option<String>, String, String)> {
    let spec = Spec::parse(text, &str::to_owned).ok()?;
    Some((spec.source, spec.destination, spec.options))
}

const BUILDS: &str = "c33bcaa1fd2c77edfc3893b41966cea8";
const CACHE: &str = "3c3f060a0374fc8bc39395164f415a70";

#[test]
fn entries_are_taken_apart() {
    for (text, source, destination, options) in [
        ("/cache", "", "/cache", ""),
        ("/cache/", "", "/cache/", ""),
        ("/cache:rw", "", "/cache", "rw"),
        ("/srv:/data", "/srv", "/data", ""),
        ("/srv/a b:/data:ro", "/srv/a b", "/data", "ro"),
        ("/:/host:ro", "/", "/host", "ro"),
        ("name:/data:O", "name", "/data", "O"),
        ("/srv:/data:z", "/srv", "/data", "z"),
        ("/srv:/data:ro,Z", "/srv", "/data", "ro,Z"),
        ("/srv:/data:RO:z:rshared", "/srv", "/data", "RO,z,rshared"),
        ("/srv:/data:rslave", "/srv", "/data", "rslave"),
        ("/srv:/data,z", "/srv", "/data,z", ""),
        ("/$A/${B}", "", "/$A/${B}", ""),
        ("/", "", "/", ""),
    ] {
        let source = (!source.is_empty()).then(|| source.to_owned());
        assert_eq!(parsed(text), Some((source, destination.to_owned(), options.to_owned())), "{text}");
    }
}

#[test]
fn nonsense_is_refused() {
    for text in [
        "",
        "cache",
        "./cache",
        "cache:rw",
        ":/data",
        "/srv:data",
        "/srv:/data:",
        "/srv:/data:T",
        "/srv:/data:rw:rw",
        "/srv:/data:z,ro",
        "/srv:/data:rshared,z",
        "/srv:/data:rw,",
        "/srv:/data:rw:x",
        "a/b:/data",
        "/a//b",
        "//a",
        "/a*b",
        "/a?",
        "/a\"b",
        "/<",
        "/a|b",
        "/a\nb",
        "c:\\cache",
        "/a:/b:/c",
        "/srv:/data,ro,z:/x",
    ] {
        assert_eq!(parsed(text), None, "{text:?}");
        let error = planned(&["/cache", text]);
        match text {
            "" => assert!(error.is_ok()),
            _ => {
                assert_eq!(error.unwrap_err().to_string(), format!("invalid volume specification: {text:?}"));
            }
        }
    }
}

#[test]
fn volumes_are_named_as_by_gitlab_runner() {
    let plan = planned(&["/cache", "/srv:/data:ro", "mine:/mine"]).unwrap();
    assert_eq!(
        plan.binds,
        [
            format!("RUN-cache-{CACHE}:/cache"),
            "/srv:/data:ro".to_owned(),
            "mine:/mine".to_owned(),
            format!("RUN-cache-{BUILDS}:/builds"),
        ]
    );
    let made: Vec<_> = plan.reusable.iter().map(|volume| volume.destination.as_str()).collect();
    assert_eq!(made, ["/cache", "/builds"]);
    assert_eq!(plan.own_directories, made);
    assert!(plan.temporary.is_empty() && !plan.host_bound_builds);
    let labels = &plan.reusable[0].labels;
    assert_eq!(labels[&label("type")], "cache");
    assert_eq!(labels[&label("destination")], "/cache");
    assert_eq!(
        (labels[&label("protected")].as_str(), labels[&label("reusable")].as_str()),
        ("false", "true")
    );
    assert!(!labels.contains_key(&label("trail")), "who cleans up after a job must not find it");
}

#[test]
fn what_is_not_kept_ends_with_the_job() {
    let mut work = work();
    work.keeps_builds = false;
    work.protected = true;
    let planned = plan(&settings(&["/cache:ro"]), &work, &names()).unwrap();
    assert_eq!(
        planned.binds,
        [format!("RUN-cache-{CACHE}-protected:/cache"), format!("UNIQ-cache-{BUILDS}-protected:/builds")]
    );
    assert_eq!(planned.temporary[0].name, format!("UNIQ-cache-{BUILDS}-protected"));
    assert!(planned.temporary[0].labels.contains_key(&label("trail")));

    let settings = Settings { disable_cache: true, cache_dir: "/srv".into(), ..settings(&["/cache"]) };
    let planned = plan(&settings, &super::tests::work(), &names()).unwrap();
    assert!(planned.reusable.is_empty());
    assert_eq!(planned.binds, [format!("UNIQ-cache-{CACHE}:/cache"), format!("UNIQ-cache-{BUILDS}:/builds")]);
}

#[test]
fn directories_of_the_engines_machine_take_the_place_of_volumes() {
    let settings = Settings { cache_dir: "/srv/../srv/cache/".into(), ..settings(&["/cache"]) };
    let planned = plan(&settings, &work(), &names()).unwrap();
    assert_eq!(
        planned.binds,
        [format!("/srv/cache/RUN/{CACHE}:/cache"), format!("/srv/cache/RUN/{BUILDS}:/builds")]
    );
    assert!(planned.reusable.is_empty() && planned.temporary.is_empty());
    assert_eq!(planned.own_directories, ["/cache", "/builds"]);
}

#[test]
fn drivers_reach_all_volumes() {
    let settings = Settings {
        volume_driver: "nfs".into(),
        volume_driver_ops: BTreeMap::from([("o".into(), "addr=x".into())]),
        ..settings(&[])
    };
    let planned = plan(&settings, &work(), &names()).unwrap();
    let request = planned.reusable[0].request();
    assert_eq!(request.driver.as_deref(), Some("nfs"));
    assert_eq!(request.driver_opts.unwrap()["o"], "addr=x");
    assert_eq!(request.name.unwrap(), format!("RUN-cache-{BUILDS}"));
    assert_eq!(plan(&self::settings(&[]), &work(), &names()).unwrap().reusable[0].request().driver, None);
}

#[test]
fn one_place_has_one_volume() {
    let error = planned(&["/cache", "/x/../cache/"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "adding cache volume: updating managed volumes list: volume for container path \"/cache\" is already defined"
    );
    assert!(matches!(planned(&["/cache", "/srv:/cache"]), Err(VolumeError::Duplicate { kind: "host", .. })));
    // The directory of builds is the exception.
    let plan = planned(&["/srv:/builds/"]).unwrap();
    assert_eq!(plan.binds, ["/srv:/builds/"]);
    assert!(plan.reusable.is_empty() && plan.host_bound_builds);
}

#[test]
fn nothing_is_mounted_over_the_root() {
    for text in ["/", "/srv:/", "/x/..", "/srv:/.:ro"] {
        assert_eq!(planned(&[text]), Err(VolumeError::Root), "{text}");
    }
    for (directory, error) in
        [("builds", VolumeError::Relative), ("", VolumeError::Relative), ("//", VolumeError::Root)]
    {
        let mut work = work();
        work.workspace.builds_dir = PathBuf::from(directory);
        assert_eq!(plan(&settings(&[]), &work, &names()), Err(error));
    }
}

#[test]
fn builds_below_a_mount_are_shared() {
    for (volume, bound) in [
        ("/srv:/builds", true),
        ("name:/builds", true),
        ("/srv:/build", false),
        ("/srv:/builds/x", false),
        ("/builds", false),
        ("/srv:/$DIR", true),
    ] {
        let expand = |text: &str| text.replace("$DIR", "builds");
        assert_eq!(is_host_bound(&settings(&[volume]), "/builds", &expand), Ok(bound), "{volume}");
    }
    assert_eq!(is_host_bound(&settings(&["/srv:/a"]), "/a/b/builds", &str::to_owned), Ok(true));
    assert!(is_host_bound(&settings(&["/srv:/a", "x"]), "/a", &str::to_owned).is_err());
}

#[test]
fn variables_choose_the_place_and_nothing_else() {
    let mut work = work();
    work.expand = Arc::new(|text: &str| {
        text.replace("$NAME", "group")
            .replace("$EVIL", "x:rw")
            .replace("$UP", "../..")
            .replace("$SRC", "/etc")
    });
    let planned = |volume: &str| plan(&settings(&[volume]), &work, &names());
    assert_eq!(planned("/srv/$SRC:/d/$NAME:ro").unwrap().binds[0], "/srv/$SRC:/d/group:ro");
    assert!(matches!(planned("/srv:/d/$EVIL:ro"), Err(VolumeError::Invalid { .. })));
    assert_eq!(planned("/srv:/d/$UP"), Err(VolumeError::Root));
}

proptest! {
    #[test]
    fn anything_is_understood_or_refused(text in "[/a-c:,.$ rowzO*-]{0,20}") {
        if let Ok(spec) = Spec::parse(&text, &str::to_owned) {
            let bind = spec.bind();
            // What the engine gets has the parts it looks for, and is read here as the same.
            prop_assert!(bind.split(':').count() <= 3);
            prop_assert_eq!(Spec::parse(&bind, &str::to_owned), Ok(spec));
        }
        let _ = planned(&[&text]);
    }

    #[test]
    fn cleaning_leaves_what_is_clean(path in "/?([a.]{0,2}/){0,5}[a.]{0,2}") {
        let cleaned = clean(&path);
        prop_assert_eq!(clean(&cleaned), cleaned.clone());
        prop_assert!(!cleaned.contains("//"));
    }
}
