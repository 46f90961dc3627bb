//! What every executor shows, shown by an agent and its client.

use crate::kit::{Agent, AgentExecutor, GRACES, block_on};
use executor::Workspace;
use executor::behaviour::{self, Subject};
use executor_docker::agent::Graces;
use std::time::Duration;

struct Agents;

impl Subject for Agents {
    type Executor = AgentExecutor;

    async fn executor(&self, grace: Duration) -> AgentExecutor {
        AgentExecutor(Agent::behind("exec $AGENT", Graces { graceful: grace, ..GRACES }))
    }

    fn workspace(&self) -> Workspace {
        let directory = || "/tmp".into();
        Workspace {
            builds_dir: directory(),
            project_dir: directory(),
            temp_dir: directory(),
            cache_dir: directory(),
        }
    }
}

#[test]
fn every_behaviour() {
    block_on(behaviour::run(&Agents));
}
