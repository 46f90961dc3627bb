//! Images and services.

use ci_yaml::config;
use protocol::{Image, Variable};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

pub(super) fn image(image: &config::Image) -> Image {
    Image {
        name: image.name.to_string(),
        entrypoint: texts(image.entrypoint.as_deref()),
        pull_policy: texts(image.pull_policy.as_deref()),
        executor_opts: executor_opts(image),
        ..Image::default()
    }
}

pub(super) fn service(service: &config::Service) -> Image {
    let variables = service.variables.iter().flatten();
    Image {
        alias: service.alias.as_deref().unwrap_or_default().to_owned(),
        command: texts(service.command.as_deref()),
        variables: variables.map(|(name, value)| Variable::public(&**name, &**value)).collect(),
        ..image(&service.image)
    }
}

fn texts(list: Option<&[Arc<str>]>) -> Vec<String> {
    list.unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// Only what was written: a runner refuses a job for what it does not know in here.
fn executor_opts(image: &config::Image) -> Json {
    let mut options = Map::new();
    if let Some(docker) = &image.docker {
        options.insert("docker".into(), given([("platform", &docker.platform), ("user", &docker.user)]));
    }
    if let Some(kubernetes) = &image.kubernetes {
        options.insert("kubernetes".into(), given([("user", &kubernetes.user)]));
    }
    if options.is_empty() { Json::Null } else { Json::Object(options) }
}

fn given<const N: usize>(values: [(&str, &Option<Arc<str>>); N]) -> Json {
    let present =
        values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
    Json::Object(present.collect())
}
