use super::*;
use crate::testing::work;

/// Build and helper container of a job with these settings.
fn both(settings: &Settings, network: &Network) -> [ContainerCreateBody; 2] {
    let settings = &Settings { image: "i".into(), ..settings.clone() };
    let work = work();
    let plan = JobPlan::make(settings, &work).unwrap();
    let tools = Tools {
        volume: "v".into(),
        helper_image: Some("h".into()),
        agent: vec!["/a".into()],
        worker: Vec::new(),
    };
    let site = Site { tools: &tools, network };
    let build = plan.build(settings, &work, &site, &ImageInfo::default(), &[]).unwrap();
    [build.body, plan.helper(settings, &work, &site).unwrap().body]
}

/// Names and hardware addresses that a container has on the network `n`.
fn endpoint(body: &ContainerCreateBody) -> (Vec<String>, Option<String>) {
    let endpoints = body.networking_config.clone().and_then(|config| config.endpoints_config);
    let endpoint = endpoints.and_then(|mut endpoints| endpoints.remove("n"));
    endpoint.map(|endpoint| (endpoint.aliases.unwrap_or_default(), endpoint.mac_address)).unwrap_or_default()
}

#[test]
fn services_find_the_build_container_alone() {
    let settings =
        Settings { hostname: "ours".into(), mac_address: "02:00:00:00:00:01".into(), ..Settings::default() };
    let [build, helper] = both(&settings, &Network::Own("n".into()));
    let (names, address) = endpoint(&build);
    assert!(names.len() == 2 && names[0] == "build" && names[1].ends_with("-build"), "{names:?}");
    assert_eq!((build.hostname.as_deref(), address.as_deref()), (Some("ours"), Some("02:00:00:00:00:01")));
    let (names, address) = endpoint(&helper);
    assert!(names.len() == 1 && names[0].ends_with("-predefined"), "{names:?}");
    // The engine resolves host names, too.
    assert_eq!((helper.hostname, address), (None, None));
}

#[test]
fn host_names_are_the_same_where_nobody_looks_for_them() {
    let [build, helper] = both(&Settings::default(), &Network::Bridge);
    assert!(build.hostname.is_some() && build.hostname == helper.hostname);
    let [build, helper] = both(&Settings::default(), &Network::Mode("container:x".into()));
    assert_eq!((build.hostname, helper.hostname), (None, None));
}

#[test]
fn nothing_of_the_job_is_in_the_helper_containers_environment() {
    let [_, helper] = both(&Settings::default(), &Network::Bridge);
    assert_eq!(helper.env, Some(vec![format!("HOME={}", tools::HELPER_HOME)]));
}
