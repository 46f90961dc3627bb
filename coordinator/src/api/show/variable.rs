//! Variables.

use crate::model::{PipelineVariable, Variable};
use serde_json::{Value, json};

fn kind(file: bool) -> &'static str {
    if file { "file" } else { "env_var" }
}

/// A variable of the settings; the value of a hidden one is never shown.
pub(in crate::api) fn variable(of: &Variable) -> Value {
    json!({
        "variable_type": kind(of.file),
        "key": of.key,
        "value": if of.hidden { Value::Null } else { of.value.clone().into() },
        "hidden": of.hidden,
        "protected": of.protected,
        "masked": of.masked,
        "raw": of.raw,
        "environment_scope": of.scope,
        "description": if of.description.is_empty() { Value::Null } else { of.description.clone().into() },
    })
}

/// A variable that was given for a pipeline.
pub(in crate::api) fn pipeline_variable(of: &PipelineVariable) -> Value {
    json!({"variable_type": kind(of.file), "key": of.key, "value": of.value, "raw": of.raw})
}
