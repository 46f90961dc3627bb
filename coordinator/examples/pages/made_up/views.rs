//! Answers out of made-up data.

use super::project_data::{CONFIG, child, stages};
use super::{MadeUp, NOW, account_data, environment_data, report_data, runner_data};
use coordinator::kernel::{Act, Acted, Created, Reason, RunnerOpinion, Topic};
use coordinator::model::*;
use coordinator::pages::views::*;
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use http::HeaderMap;
use indexmap::IndexMap;
use pipeline::resource::Mode;
use pipeline::{JobId, Moment, PipelineId, Status};
use protocol::Secret;
use std::fs::File;
use std::net::IpAddr;

impl MadeUp {
    fn row(&self, id: JobId) -> Answer<JobRow> {
        self.jobs().into_iter().find(|job| job.id == id).ok_or(Oops::NotFound)
    }

    fn item(&self, row: &PipelineRow) -> PipelineItem {
        let manual = usize::from(row.status == Status::Manual) * 2;
        let mut stages =
            if row.yaml_errors.is_some() || row.status == Status::Skipped { Vec::new() } else { stages() };
        if row.status.is_complete() {
            stages.iter_mut().for_each(|stage| stage.status = row.status);
        }
        PipelineItem {
            row: row.clone(),
            stages,
            user: "root".into(),
            latest: row.id.0 == 48,
            manual,
            stuck: row.id.0 == 48,
        }
    }
}

impl Views for MadeUp {
    fn now(&self) -> Moment {
        Moment(NOW)
    }

    fn url(&self) -> String {
        self.url.clone()
    }

    async fn viewer(&self, headers: &HeaderMap, peer: IpAddr) -> Answer<Option<Viewer>> {
        let cookies = headers.get("cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let viewer = Viewer {
            user: UserId::ROOT,
            login: "root".into(),
            name: "Administrator".into(),
            csrf: "made-up-token".into(),
            address: peer,
        };
        Ok((self.open || cookies.contains("session=made-up")).then_some(viewer))
    }

    async fn sign_in(
        &self,
        _: &HeaderMap,
        _: IpAddr,
        login: &str,
        secret: Secret,
    ) -> Result<String, NoEntry> {
        match (login, secret.expose()) {
            ("slow", _) => Err(NoEntry::TooMany(30)),
            (_, "demo") => Ok("session=made-up; Path=/; HttpOnly; SameSite=Lax".into()),
            _ => Err(NoEntry::Wrong),
        }
    }

    async fn enter_once(&self, _: &HeaderMap, _: IpAddr, _: Secret) -> Result<String, NoEntry> {
        Err(NoEntry::Wrong)
    }

    async fn sign_out(&self, _: &HeaderMap, _: IpAddr) -> Answer<String> {
        Ok("session=; Path=/; Max-Age=0".into())
    }

    async fn tokens(&self, _: &Viewer) -> Answer<Vec<Token>> {
        Ok(account_data::tokens())
    }

    async fn create_token(&self, _: &Viewer, new: NewToken) -> Answer<Secret> {
        if new.scopes.is_empty() {
            return Err(Oops::Refused("at least one scope has to be chosen".into()));
        }
        self.note(format!("token {} {:?} {:?} {:?}", new.name, new.scopes, new.expires_at, new.project));
        Ok(Secret::new("glpat-MadeUpTokenOfADemo"))
    }

    async fn revoke_token(&self, _: &Viewer, id: i64) -> Answer<()> {
        self.note(format!("revoke token {id}"));
        Ok(())
    }

    async fn sessions(&self, _: &Viewer) -> Answer<Vec<Session>> {
        Ok(account_data::sessions())
    }

    async fn end_session(&self, _: &Viewer, id: i64) -> Answer<()> {
        self.note(format!("end session {id}"));
        Ok(())
    }

    async fn has_password(&self, _: &Viewer) -> Answer<bool> {
        Ok(true)
    }

    async fn change_password(
        &self,
        _: &HeaderMap,
        by: &Viewer,
        shown: Secret,
        new: Secret,
    ) -> Result<String, NoChange> {
        match shown.expose() {
            "demo" if new.expose().len() < 8 => Err(NoChange::Refused("password is too short".into())),
            "demo" => {
                self.note(format!("password of {}", by.login));
                Ok("session=made-up; Path=/; HttpOnly; SameSite=Lax".into())
            }
            "slow" => Err(NoChange::TooMany(30)),
            _ => Err(NoChange::Wrong),
        }
    }

    async fn projects(&self, search: &str, _: Page) -> Answer<Paged<ProjectItem>> {
        let other = Project {
            id: ProjectId(2),
            path: "group/sub/website".into(),
            name: "website".into(),
            visibility: "public".into(),
            description: String::new(),
            ..self.project.clone()
        };
        let all = vec![
            ProjectItem { project: self.project.clone(), last: self.pipelines.first().cloned() },
            ProjectItem { project: other, last: None },
        ];
        let items: Vec<_> = all.into_iter().filter(|item| item.project.path.contains(search)).collect();
        Ok(Paged { total: items.len() as u64, items })
    }

    async fn project(&self, path: &str) -> Answer<Project> {
        let empty = Project { path: "root/empty".into(), name: "empty".into(), ..self.project.clone() };
        [self.project.clone(), empty].into_iter().find(|project| project.path == path).ok_or(Oops::NotFound)
    }

    async fn create_project(&self, _: &Viewer, new: NewProject) -> Answer<Project> {
        match new.path.as_str() {
            "root/hello" => Err(Oops::Refused("path has already been taken".into())),
            _ => Ok(Project { path: new.path, ..self.project.clone() }),
        }
    }

    async fn update_project(&self, _: &Viewer, _: ProjectId, change: ProjectChange) -> Answer<()> {
        self.note(format!("{change:?}"));
        Ok(())
    }

    async fn delete_project(&self, _: &Viewer, _: ProjectId) -> Answer<()> {
        Ok(())
    }

    async fn resource_groups(&self, _: &Project) -> Answer<Vec<(String, Mode)>> {
        Ok(vec![("production".into(), Mode::OldestFirst), ("registry <1>".into(), Mode::Unordered)])
    }

    async fn set_resource_group(&self, _: &Viewer, _: &Project, name: &str, mode: Mode) -> Answer<()> {
        self.note(format!("group {name} {mode:?}"));
        Ok(())
    }

    async fn overview(&self, project: &Project) -> Answer<Overview> {
        let empty = project.path != self.project.path;
        let pipelines = if empty { 0 } else { 5 };
        let pipelines = self.pipelines.iter().take(pipelines).map(|row| self.item(row)).collect();
        Ok(Overview { clone_url: format!("{}/{}.git", self.url, project.path), empty, pipelines })
    }

    async fn pipelines(&self, _: &Project, filter: PipelineFilter, _: Page) -> Answer<Paged<PipelineItem>> {
        let fits = |row: &&PipelineRow| filter.status.is_none_or(|status| status == row.status);
        let items: Vec<_> = self.pipelines.iter().filter(fits).map(|row| self.item(row)).collect();
        Ok(Paged { total: 40, items })
    }

    async fn pipeline(&self, _: &Project, id: PipelineId) -> Answer<PipelinePage> {
        let row = self.pipelines.iter().find(|row| row.id == id).cloned().ok_or(Oops::NotFound)?;
        let whole = id.0 == 48;
        let jobs = if whole { self.jobs() } else { Vec::new() };
        let variable =
            PipelineVariable { key: "TARGET".into(), value: "<staging>".into(), file: false, raw: false };
        Ok(PipelinePage {
            view: PipelineView {
                row,
                stages: if whole { stages() } else { vec![] },
                jobs,
                children: if whole { vec![child()] } else { vec![] },
                parent: None,
            },
            user: "root".into(),
            latest: whole,
            stuck: whole,
            foreign: IndexMap::new(),
            variables: vec![variable],
            tests: whole.then_some((20, 1)),
        })
    }

    async fn jobs(&self, _: &Project, filter: JobFilter, _: Page) -> Answer<Paged<JobRow>> {
        let items: Vec<_> = self
            .jobs()
            .into_iter()
            .filter(|job| filter.scope.is_empty() || filter.scope.contains(&job.status))
            .collect();
        Ok(Paged { total: items.len() as u64, items })
    }

    async fn job(&self, _: &Project, id: JobId) -> Answer<JobPage> {
        let row = self.row(id)?;
        let artifact = |kind: &str, filename: &str| ArtifactRow {
            job: id,
            project: ProjectId(1),
            kind: kind.into(),
            format: "zip".into(),
            filename: filename.into(),
            size: 15_360,
            sha256: String::new(),
            path: String::new(),
            expire_at: None,
            locked: false,
            created_at: Moment(NOW),
        };
        let artifacts = if row.artifacts_expire_at.is_some() {
            vec![artifact("archive", "artifacts.zip"), artifact("junit", "junit.xml.gz")]
        } else {
            vec![]
        };
        let opinion = |runner: i64, description: &str, reasons: Vec<Reason>, running: usize| RunnerOpinion {
            runner: RunnerId(runner),
            description: description.into(),
            reasons,
            running,
            waiting: 0,
        };
        let opinions = vec![
            opinion(
                3,
                "demo shell runner",
                if id.0 == 913 { vec![] } else { vec![Reason::MissingTags(row.tags.clone())] },
                1,
            ),
            opinion(4, "build box <two>", vec![Reason::Paused, Reason::NotProtected], 0),
        ];
        Ok(JobPage {
            has_trace: row.started_at.is_some() && !row.bridge,
            view: JobView { pipeline: self.pipelines[0].clone(), artifacts, variables: vec![], row },
            user: "root".into(),
            runner: Some("demo shell runner".into()),
            siblings: self.jobs(),
            opinions,
            holder: Some(JobId(911)),
            erased_by: None,
            tests: (id.0 == 912).then_some((20, 1)),
            artifacts_locked: false,
            environment_url: Some("https://staging.example.com".into()),
        })
    }

    async fn trace(&self, _: &Project, id: JobId) -> Answer<Option<File>> {
        let row = self.row(id)?;
        let name = match id.0 {
            902 => "long.log",
            911 => "running.log",
            _ => "short.log",
        };
        let open = |_| File::open(self.folder.join(name)).map_err(|error| Oops::Broken(error.to_string()));
        row.started_at.map(open).transpose()
    }

    async fn act(&self, _: &Viewer, _: &Project, act: Act) -> Answer<Acted> {
        self.note(format!("{act:?}"));
        match act {
            Act::Retry(JobId(917)) => Err(Oops::Refused("the job <b>cannot</b> be retried".into())),
            _ => Ok(Acted::default()),
        }
    }

    async fn artifacts(&self, _: &Project, _: JobId, folder: &str) -> Answer<Option<Vec<ArtifactEntry>>> {
        let entry = |name: &str, folder: bool, size: u64| ArtifactEntry { name: name.into(), folder, size };
        Ok(Some(match folder {
            "" => vec![
                entry("target", true, 20_000),
                entry("<img src=x>.html", false, 512),
                entry("notes ü.txt", false, 88),
            ],
            _ => vec![entry("hello", false, 19_488)],
        }))
    }

    async fn preview(&self, _: &Project, _: JobId, path: &str) -> Answer<Preview> {
        let text = (!path.ends_with("hello")).then(|| "<h1 onclick=\"alert(1)\">active?</h1>\n".to_owned());
        Ok(Preview { text, size: 512, cut: false })
    }

    async fn download(&self, _: &Project, _: JobId, wanted: Wanted) -> Answer<Download> {
        let file = std::fs::File::open(self.folder.join("short.log"))
            .map_err(|error| Oops::Broken(error.to_string()))?;
        let name = match wanted {
            Wanted::Kind(_) => "artifacts.zip".into(),
            Wanted::File(path) => path,
        };
        Ok(Download { file, length: 100, name })
    }

    async fn tests(&self, _: &Project, _: PipelineId) -> Answer<TestReport> {
        Ok(report_data::report())
    }

    async fn latest_job(&self, _: &Project, reference: &str, name: &str) -> Answer<JobId> {
        let found = self.jobs().into_iter().find(|job| job.name == name && reference == "feature/raw/x");
        found.map(|job| job.id).ok_or(Oops::NotFound)
    }

    async fn environments(
        &self,
        _: &Project,
        filter: EnvironmentFilter,
        _: Page,
    ) -> Answer<Paged<EnvironmentItem>> {
        let all = environment_data::environments().into_iter();
        let items: Vec<_> = all.filter(|item| filter.states.contains(&item.environment.state)).collect();
        Ok(Paged { total: items.len() as u64, items })
    }

    async fn environment(&self, _: &Project, id: i64, _: Page) -> Answer<EnvironmentPage> {
        environment_data::page(id).ok_or(Oops::NotFound)
    }

    async fn stop_environment(&self, _: &Viewer, _: &Project, id: i64) -> Answer<()> {
        self.note(format!("stop environment {id}"));
        Ok(())
    }

    async fn delete_environment(&self, _: &Viewer, _: &Project, id: i64) -> Answer<()> {
        self.note(format!("delete environment {id}"));
        Ok(())
    }

    async fn refs(&self, _: &Project) -> Answer<Refs> {
        Ok(Refs {
            branches: vec!["main".into(), "feature/x".into()],
            tags: vec!["v1.2.0".into(), "v1.1.0".into()],
        })
    }

    async fn form(&self, _: &Project, reference: &str) -> Answer<RunForm> {
        let input = FormInput {
            name: "level".into(),
            kind: "number".into(),
            default: Some(3.into()),
            description: "How deep".into(),
            options: vec![],
        };
        let main = ci_yaml::include::Main::Text { name: ".gitlab-ci.yml".into(), text: CONFIG.into() };
        let checked = ci_yaml::check(
            &ci_yaml::Context::push(reference),
            main,
            &ci_yaml::MemorySources::new(),
            &ci_yaml::yaml::Limits::default(),
        );
        Ok(RunForm { inputs: vec![input], ..form_of(&checked) })
    }

    async fn run(&self, _: &Viewer, _: &Project, request: RunRequest) -> Answer<Created> {
        let values: Vec<_> =
            request.variables.iter().map(|variable| format!("{}={}", variable.key, variable.value)).collect();
        self.note(format!("run {} {} {:?}", request.reference, values.join(","), request.inputs));
        Ok(match request.reference.as_str() {
            "main" => Created::Pipeline(PipelineId(48)),
            _ => Created::None { message: "The rules let no job through.".into() },
        })
    }

    async fn runners(&self, _: Option<&Project>) -> Answer<Vec<RunnerItem>> {
        Ok(runner_data::runners())
    }

    async fn runner(&self, id: RunnerId) -> Answer<RunnerItem> {
        runner_data::runners().into_iter().find(|item| item.id() == id).ok_or(Oops::NotFound)
    }

    async fn create_runner(&self, _: &Viewer, new: NewRunner) -> Answer<(RunnerId, Secret)> {
        if new.maximum_timeout.is_some_and(|seconds| seconds < 600) {
            return Err(Oops::Refused("maximum_timeout must be at least 600".into()));
        }
        self.note(format!("runner {} {:?}", new.description, new.tags));
        Ok((RunnerId(6), Secret::new("glrt-MadeUpTokenOfADemo")))
    }

    async fn update_runner(&self, _: &Viewer, id: RunnerId, change: RunnerChange) -> Answer<()> {
        self.note(format!("runner {id} paused {:?}", change.paused));
        Ok(())
    }

    async fn reset_runner(&self, _: &Viewer, id: RunnerId) -> Answer<Secret> {
        self.note(format!("reset runner {id}"));
        Ok(Secret::new("glrt-AnotherMadeUpToken"))
    }

    async fn registration_token(&self, _: &Viewer, another: bool) -> Answer<Secret> {
        self.note(format!("registration token, another: {another}"));
        Ok(Secret::new(if another { "GR1348941Another" } else { "GR1348941MadeUp" }))
    }

    async fn delete_runner(&self, _: &Viewer, _: RunnerId) -> Answer<()> {
        Ok(())
    }

    async fn variables(&self, project: Option<&Project>) -> Answer<Vec<Variable>> {
        let of = |key: &str, value: &str| Variable::new(project.map(|project| project.id), key, value);
        Ok(vec![
            Variable {
                protected: true,
                masked: true,
                description: "For the registry".into(),
                ..of("REGISTRY_PASSWORD", "s3cret-<value>")
            },
            Variable { hidden: true, masked: true, ..of("DEPLOY_KEY", "never-shown-value") },
            Variable {
                file: true,
                raw: true,
                scope: "production".into(),
                ..of("KUBECONFIG", "apiVersion: v1\nkind: Config\n")
            },
        ])
    }

    async fn set_variable(
        &self,
        _: &Viewer,
        replaces: Option<(String, String)>,
        variable: Variable,
    ) -> Answer<()> {
        if variable.masked && variable.value.len() < 8 {
            return Err(Oops::Refused("value is too short to be masked".into()));
        }
        self.note(format!("set {} {:?} {}", variable.key, replaces, variable.value));
        Ok(())
    }

    async fn delete_variable(&self, _: &Viewer, _: Option<&Project>, key: &str, scope: &str) -> Answer<()> {
        self.note(format!("delete {key} {scope}"));
        Ok(())
    }

    async fn config(&self, _: &Project, _: &str) -> Answer<ConfigFile> {
        Ok(ConfigFile { path: ".gitlab-ci.yml".into(), text: Some(CONFIG.into()) })
    }

    async fn plan(&self, _: &Project, reference: &str, text: &str) -> Answer<Plan> {
        Ok(plan_of(
            &ci_yaml::Context::push(reference),
            ".gitlab-ci.yml",
            text,
            &ci_yaml::MemorySources::new(),
        ))
    }

    async fn audit(&self, project: Option<&Project>, _: Page) -> Answer<Paged<Seen>> {
        let row = |id: i64, action: &str, target: &str| Seen {
            row: AuditRow {
                id,
                at: Moment(NOW - 60_000 * id.unsigned_abs()),
                user: Some(UserId::ROOT),
                action: action.into(),
                target: target.into(),
                project: project.map(|project| project.id),
                ip_address: Some("127.0.0.1".into()),
            },
            who: Some("root".into()),
        };
        Ok(Paged {
            total: 2,
            items: vec![row(1, "variable_set", "REGISTRY_PASSWORD"), row(2, "signed_in", "root")],
        })
    }

    fn watch(&self, _: Topic) -> BoxStream<'static, ()> {
        let changes = self.changed.subscribe();
        unfold(changes, |mut changes| async move { changes.changed().await.ok().map(|()| ((), changes)) })
            .boxed()
    }
}
