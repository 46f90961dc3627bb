//! Finds what jobs have left on the engine, by labels.

use crate::connect::answer;
use crate::names::label;
use crate::removal::Belongings;
use crate::volumes;
use bollard::Docker;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
};
use std::collections::HashMap;

/// Finds everything whose trail a predicate chooses.
///
/// Reusable volumes are never found: they are meant to stay. What carries no trail was made by another program.
///
/// # Errors
/// The engine's answer.
pub async fn find(docker: &Docker, scope: &Scope<'_>) -> Result<Belongings, String> {
    let filters = || HashMap::from([("label", scope.labels())]);
    let containers = ListContainersOptionsBuilder::new().all(true).filters(&filters()).build();
    let networks = ListNetworksOptionsBuilder::new().filters(&filters()).build();
    let volumes = ListVolumesOptionsBuilder::new().filters(&filters()).build();
    let (containers, networks, volumes) = tokio::try_join!(
        docker.list_containers(Some(containers)),
        docker.list_networks(Some(networks)),
        docker.list_volumes(Some(volumes)),
    )
    .map_err(|error| answer(&error))?;
    let ours = |labels: &HashMap<String, String>| {
        labels.get(&label("trail")).is_some_and(|trail| scope.takes(trail))
    };
    let named = |labels: Option<HashMap<String, String>>, name: Option<String>| {
        name.filter(|_| labels.as_ref().is_some_and(ours))
    };
    let volumes = volumes.volumes.unwrap_or_default().into_iter();
    let temporary = volumes.filter(|volume| {
        ours(&volume.labels) && volume.labels.get(&label("reusable")).is_none_or(|value| value == "false")
    });
    Ok(Belongings {
        containers: containers.into_iter().filter_map(|found| named(found.labels, found.id)).collect(),
        networks: networks.into_iter().filter_map(|found| named(found.labels, found.id)).collect(),
        volumes: temporary.map(|volume| volume.name).collect(),
    })
}

/// Finds markers of volumes that say nothing any more, whoever made them; see [`volumes::marker`].
///
/// # Errors
/// The engine's answer.
pub async fn find_outdated_markers(docker: &Docker) -> Result<Belongings, String> {
    let filters = HashMap::from([("label", vec![format!("{}=true", label("managed"))])]);
    let options = ListVolumesOptionsBuilder::new().filters(&filters).build();
    let found = docker.list_volumes(Some(options)).await.map_err(|error| answer(&error))?;
    let found = found.volumes.unwrap_or_default();
    let found: Vec<_> = found.iter().map(|volume| (volume.name.as_str(), &volume.labels)).collect();
    let volumes = volumes::outdated_markers(&found).into_iter().map(str::to_owned).collect();
    Ok(Belongings { volumes, ..Belongings::default() })
}

/// Whose things are looked for.
#[derive(Clone, Copy)]
pub enum Scope<'a> {
    /// Those of one run of a job.
    Job {
        /// Its trail.
        trail: &'a str,
    },
    /// Those of one runner, but for jobs that live. Token and machine do not tell runners apart: several may have
    /// both in common, and each knows only of its own jobs which of them live.
    Runner {
        /// Its name for itself.
        keeper: &'a str,
        /// Whether the job with this trail is alive.
        alive: &'a (dyn Fn(&str) -> bool + Sync),
    },
}

impl Scope<'_> {
    fn labels(&self) -> Vec<String> {
        match self {
            Self::Job { trail } => vec![format!("{}={trail}", label("trail"))],
            Self::Runner { keeper, .. } => {
                vec![format!("{}=true", label("managed")), format!("{}={keeper}", label("keeper"))]
            }
        }
    }

    fn takes(&self, trail: &str) -> bool {
        match self {
            Self::Job { trail: wanted } => trail == *wanted,
            Self::Runner { alive, .. } => !alive(trail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::engine::FakeEngine;

    #[test]
    fn living_jobs_are_left_alone() {
        let alive = |trail: &str| trail == "1-a";
        let scope = Scope::Runner { keeper: "k", alive: &alive };
        assert!(!scope.takes("1-a") && scope.takes("2-b"));
        let labels = ["managed=true", "keeper=k"].map(|rest| format!("com.gitlab.gitlab-runner.{rest}"));
        assert_eq!(scope.labels(), labels);
        let scope = Scope::Job { trail: "1-a" };
        assert!(scope.takes("1-a") && !scope.takes("1-ab"));
        assert_eq!(scope.labels(), ["com.gitlab.gitlab-runner.trail=1-a"]);
    }

    #[tokio::test]
    async fn markers_of_earlier_days_are_found() {
        let engine = FakeEngine::start(|line| {
            let is_list = line.starts_with("GET /volumes?filters=") && line.contains("managed%3Dtrue");
            is_list.then_some(concat!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n",
                r#"{"Volumes": ["#,
                r#"{"Name": "v", "Driver": "d", "Mountpoint": "", "Scope": "local", "Options": {}, "Labels": {}},"#,
                r#"{"Name": "v-1", "Driver": "d", "Mountpoint": "", "Scope": "local", "Options": {}, "Labels": {"#,
                r#""com.gitlab.gitlab-runner.type": "last-use", "com.gitlab.gitlab-runner.volume": "v","#,
                r#""com.gitlab.gitlab-runner.last_use": "1"}},"#,
                r#"{"Name": "v-2", "Driver": "d", "Mountpoint": "", "Scope": "local", "Options": {}, "Labels": {"#,
                r#""com.gitlab.gitlab-runner.type": "last-use", "com.gitlab.gitlab-runner.volume": "v","#,
                r#""com.gitlab.gitlab-runner.last_use": "2"}}]}"#
            ))
        });
        let found = find_outdated_markers(&engine.docker()).await.unwrap();
        assert_eq!(found, Belongings { volumes: vec!["v-1".into()], ..Belongings::default() });
    }
}
