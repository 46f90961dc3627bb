//! Finds what jobs have left on the engine, by labels.

use crate::connect::answer;
use crate::removal::Belongings;
use bollard::Docker;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
};
use std::collections::HashMap;

/// Beginning of every label.
const PREFIX: &str = "com.gitlab.gitlab-runner.";

/// Finds everything whose trail a predicate chooses.
///
/// `system_id` and `runner` (the short token) confine the search to what this machine's runner has made; `job`
/// to one trail. Reusable volumes are never found: they are meant to stay. What carries no trail was made by
/// another program.
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

/// Whose things are looked for.
#[derive(Clone, Copy)]
pub enum Scope<'a> {
    /// Those of one run of a job.
    Job {
        /// Its trail.
        trail: &'a str,
    },
    /// Those of a runner on this machine, but for jobs that live.
    Runner {
        /// This machine's id.
        system_id: &'a str,
        /// The runner's short token.
        short_token: &'a str,
        /// Whether the job with this trail is alive.
        alive: &'a (dyn Fn(&str) -> bool + Sync),
    },
}

impl Scope<'_> {
    fn labels(&self) -> Vec<String> {
        match self {
            Self::Job { trail } => vec![format!("{}={trail}", label("trail"))],
            Self::Runner { system_id, short_token, .. } => vec![
                format!("{}=true", label("managed")),
                format!("{}={system_id}", label("runner.system_id")),
                format!("{}={short_token}", label("runner.id")),
            ],
        }
    }

    fn takes(&self, trail: &str) -> bool {
        match self {
            Self::Job { trail: wanted } => trail == *wanted,
            Self::Runner { alive, .. } => !alive(trail),
        }
    }
}

fn label(name: &str) -> String {
    format!("{PREFIX}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn living_jobs_are_left_alone() {
        let alive = |trail: &str| trail == "1-a";
        let scope = Scope::Runner { system_id: "s", short_token: "t", alive: &alive };
        assert!(!scope.takes("1-a") && scope.takes("2-b"));
        assert_eq!(scope.labels().len(), 3);
        let scope = Scope::Job { trail: "1-a" };
        assert!(scope.takes("1-a") && !scope.takes("1-ab"));
        assert_eq!(scope.labels(), ["com.gitlab.gitlab-runner.trail=1-a"]);
    }
}
