//! Test reports of pipelines.

use super::app::App;
use super::error::ApiError;
use super::pipelines;
use crate::access::Visitor;
use crate::files::junit::{Case, Counts, Report};
use crate::model::{JobRow, PipelineView};
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use pipeline::JobId;
use serde_json::{Value, json};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects/{id}/pipelines/{pipeline}/test_report", get(whole))
        .route("/api/v4/projects/{id}/pipelines/{pipeline}/test_report_summary", get(summary))
}

/// The results of one suite: a job, or the jobs of one parallel group.
#[derive(Debug, Default)]
struct Suite {
    name: String,
    jobs: Vec<JobId>,
    error: Option<String>,
    total: Counts,
    cases: Vec<Case>,
}

async fn suites(app: &App, view: &PipelineView) -> Result<Vec<Suite>, ApiError> {
    let mut suites: Vec<Suite> = Vec::new();
    for row in app.kernel.reports(view.row.id, "junit").await? {
        let Some(job) = view.jobs.iter().find(|job| job.id == row.job) else { continue };
        let report: Report = serde_json::from_value(row.data).map_err(|error| ApiError::internal(&error))?;
        let name = suite_name(job);
        let at = suites.iter().position(|suite| suite.name == name).unwrap_or_else(|| {
            suites.push(Suite { name: name.to_owned(), ..Suite::default() });
            suites.len() - 1
        });
        if let Some(suite) = suites.get_mut(at) {
            suite.add(job.id, report);
        }
    }
    for suite in &mut suites {
        suite.sort();
    }
    Ok(suites)
}

/// Jobs of `parallel: 3` are one suite; those of a matrix are one each.
fn suite_name(job: &JobRow) -> &str {
    let numbered = |rest: &str| {
        let part = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        rest.split_once('/').is_some_and(|(number, of)| part(number) && part(of))
    };
    match job.name.rsplit_once(' ') {
        Some((name, rest)) if numbered(rest) => name,
        _ => &job.name,
    }
}

impl Suite {
    fn add(&mut self, job: JobId, report: Report) {
        self.jobs.push(job);
        self.error = self.error.take().or(report.suite_error);
        self.total = sum(self.total, report.total);
        self.cases.extend(report.cases);
    }

    /// What failed comes first, then what broke off; the slowest first.
    fn sort(&mut self) {
        use crate::files::junit::CaseStatus;
        let rank = |case: &Case| match case.status {
            CaseStatus::Failed => 0,
            CaseStatus::Error => 1,
            CaseStatus::Success | CaseStatus::Skipped => 2,
        };
        self.cases.sort_by(|one, other| {
            rank(one).cmp(&rank(other)).then(other.execution_time.total_cmp(&one.execution_time))
        });
    }

    fn shown(&self) -> serde_json::Map<String, Value> {
        let mut shown = counted(self.total, "total_");
        shown.insert("name".into(), self.name.clone().into());
        shown.insert("build_ids".into(), json!(self.jobs));
        shown.insert("suite_error".into(), json!(self.error));
        shown
    }
}

fn sum(one: Counts, other: Counts) -> Counts {
    Counts {
        time: one.time + other.time,
        count: one.count + other.count,
        success: one.success + other.success,
        failed: one.failed + other.failed,
        skipped: one.skipped + other.skipped,
        error: one.error + other.error,
    }
}

fn counted(of: Counts, prefix: &str) -> serde_json::Map<String, Value> {
    let mut map = serde_json::Map::new();
    map.insert(format!("{prefix}time"), json!(of.time));
    map.insert(format!("{prefix}count"), json!(of.count));
    for (name, count) in
        [("success", of.success), ("failed", of.failed), ("skipped", of.skipped), ("error", of.error)]
    {
        map.insert(format!("{name}_count"), json!(count));
    }
    map
}

fn case(of: &Case) -> Value {
    json!({
        "status": of.status,
        "name": of.name,
        "classname": of.classname,
        "file": of.file,
        "execution_time": of.execution_time,
        "system_output": of.system_output,
        "stack_trace": null,
        "recent_failures": null,
    })
}

async fn whole(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, pipeline)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let view = pipelines::find(&app, &project, &pipeline).await?;
    let suites = suites(&app, &view).await?;
    let total = suites.iter().fold(Counts::default(), |total, suite| sum(total, suite.total));
    let mut shown = counted(total, "total_");
    let suites = suites.iter().map(|suite| {
        let mut shown = suite.shown();
        shown.insert("test_cases".into(), suite.cases.iter().map(case).collect());
        Value::Object(shown)
    });
    shown.insert("test_suites".into(), suites.collect());
    Ok(Json(Value::Object(shown)))
}

async fn summary(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, pipeline)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let view = pipelines::find(&app, &project, &pipeline).await?;
    let suites = suites(&app, &view).await?;
    let total = suites.iter().fold(Counts::default(), |total, suite| sum(total, suite.total));
    let error = suites.iter().find_map(|suite| suite.error.clone());
    Ok(Json(json!({
        "total": {
            "time": total.time, "count": total.count, "success": total.success, "failed": total.failed,
            "skipped": total.skipped, "error": total.error, "suite_error": error,
        },
        "test_suites": suites.iter().map(|suite| Value::Object(suite.shown())).collect::<Vec<_>>(),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_have_gitlabs_names() {
        let one = Counts { time: 1.5, count: 2, success: 1, failed: 1, ..Counts::default() };
        let shown = Value::Object(counted(sum(one, one), "total_"));
        let wanted = json!({
            "total_time": 3.0, "total_count": 4, "success_count": 2, "failed_count": 2, "skipped_count": 0,
            "error_count": 0,
        });
        assert_eq!(shown, wanted);
    }

    #[test]
    fn failures_come_first_and_the_slowest_of_them_at_the_top() {
        use crate::files::junit::CaseStatus;
        let case = |name: &str, status, execution_time| Case {
            status,
            name: name.into(),
            classname: String::new(),
            file: None,
            execution_time,
            system_output: None,
            attachment: None,
        };
        let mut suite = Suite {
            cases: vec![
                case("a", CaseStatus::Success, 9.0),
                case("b", CaseStatus::Failed, 1.0),
                case("c", CaseStatus::Error, 2.0),
                case("d", CaseStatus::Failed, 3.0),
            ],
            ..Suite::default()
        };
        suite.sort();
        let names: Vec<&str> = suite.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, ["d", "b", "c", "a"]);
    }
}
