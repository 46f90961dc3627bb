//! Variables, projects, people.

use crate::error::KernelError;
use crate::kernel::testing::Bench;
use crate::model::{NewAudit, NewProject, NewToken, Page, ProjectChange, UserId, Variable};
use pipeline::Moment;
use protocol::Secret;

#[tokio::test]
async fn values_are_on_disk_in_no_readable_form() {
    let bench = Bench::new().await;
    let secret = Variable { masked: true, ..Variable::new(Some(bench.project.id), "S", "hunter2hunter2") };
    bench.kernel.set_variable(secret.clone()).await.unwrap();
    assert_eq!(bench.kernel.variables(Some(bench.project.id)).await.unwrap(), std::slice::from_ref(&secret));
    assert!(!format!("{secret:?}").contains("hunter2"));
    let token = bench.runner().await;
    bench.kernel.close().await;
    for entry in std::fs::read_dir(bench.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for text in ["hunter2hunter2", token.expose()] {
            assert!(!bytes.windows(text.len()).any(|part| part == text.as_bytes()));
        }
    }
}

#[tokio::test]
async fn variables_have_one_value_for_each_scope() {
    let bench = Bench::new().await;
    let of = Some(bench.project.id);
    for (scope, value) in [("*", "1"), ("prod", "2"), ("*", "3")] {
        let variable = Variable { scope: scope.into(), ..Variable::new(of, "V", value) };
        bench.kernel.set_variable(variable).await.unwrap();
    }
    let values = async || {
        let all = bench.kernel.variables(of).await.unwrap();
        all.into_iter().map(|variable| variable.value).collect::<Vec<_>>()
    };
    assert_eq!(values().await, ["3", "2"]);
    bench.kernel.delete_variable(of, "V", "*").await.unwrap();
    assert_eq!(values().await, ["2"]);
    let gone = bench.kernel.delete_variable(of, "V", "*").await;
    assert_eq!(gone, Err(KernelError::NotFound("variable")));
    for bad in [
        Variable::new(of, "A-B", "x"),
        Variable::new(of, "", "x"),
        Variable { masked: true, ..Variable::new(of, "M", "short") },
        Variable { masked: true, ..Variable::new(of, "M", "two words here") },
        Variable { scope: "a;b".into(), ..Variable::new(of, "V", "x") },
        Variable::new(of, "L", "x".repeat(20_000)),
    ] {
        assert!(bench.kernel.set_variable(bad).await.is_err());
    }
}

#[tokio::test]
async fn another_key_does_not_open_the_folder() {
    let bench = Bench::new().await;
    bench.kernel.close().await;
    std::fs::write(bench.folder.path().join("key"), [7; 32]).unwrap();
    let options = crate::kernel::Options {
        data: bench.folder.path().to_owned(),
        url: "http://x".into(),
        clock: bench.clock.clone(),
        repositories: bench.repositories.clone(),
        files: std::sync::Arc::new(crate::kernel::NoFiles),
    };
    assert_eq!(crate::kernel::Kernel::open(options).await.map(|_| ()).unwrap_err(), KernelError::Key);
}

#[tokio::test]
async fn projects_are_found_changed_and_removed() {
    let bench = Bench::new().await;
    let kernel = &bench.kernel;
    assert_eq!(kernel.create_project(NewProject::at("G/P")).await.unwrap_err(), KernelError::Taken("path"));
    assert_eq!(kernel.project("G/p".into()).await.unwrap().id, bench.project.id);
    let wrong = ProjectChange { timeout: Some(5), name: Some("new".into()), ..ProjectChange::default() };
    assert!(kernel.update_project(bench.project.id, wrong).await.is_err());
    assert_eq!(kernel.project("g/p".into()).await.unwrap().name, "p", "nothing of it was changed");
    let id = bench.push("a: {script: [x]}").await;
    kernel.delete_project(bench.project.id).await.unwrap();
    assert!(kernel.pipeline(id).await.is_err() && kernel.project("g/p".into()).await.is_err());
    let again = kernel.create_project(NewProject::at("g/p")).await.unwrap();
    assert_ne!(again.id, bench.project.id, "numbers are never given twice");
}

#[tokio::test]
async fn tokens_and_sessions_open_until_they_end() {
    let bench = Bench::new().await;
    let kernel = &bench.kernel;
    let now = kernel.now();
    let new = NewToken {
        user: UserId::ROOT,
        name: "t".into(),
        scopes: vec!["api".into()],
        project: None,
        expires_at: Some(Moment(now.0 + 10_000)),
    };
    let (token, secret) = kernel.create_token(new.clone()).await.unwrap();
    assert_eq!(kernel.authenticate(&secret).await.unwrap().unwrap().0.login, "root");
    assert_eq!(kernel.authenticate(&Secret::new("glpat-x")).await.unwrap(), None);
    let (other, taken) = kernel.create_token(NewToken { expires_at: None, ..new.clone() }).await.unwrap();
    assert_eq!(kernel.adopt_token(new, &taken).await.unwrap_err(), KernelError::Taken("token"));
    kernel.revoke_token(UserId::ROOT, other.id).await.unwrap();
    assert_eq!(kernel.authenticate(&taken).await.unwrap(), None);
    let until = Moment(now.0 + 5000);
    let (session, browser) = kernel.create_session(UserId::ROOT, until, None, None).await.unwrap();
    assert_eq!(kernel.session(&browser).await.unwrap().unwrap().1.csrf, session.csrf);
    bench.clock.advance(11);
    assert_eq!(kernel.session(&browser).await.unwrap(), None);
    assert_eq!(kernel.authenticate(&secret).await.unwrap(), None);
    assert_eq!(kernel.tokens(UserId::ROOT).await.unwrap()[0].id, token.id);
    kernel.audit(NewAudit { action: "signed_in".into(), ..NewAudit::default() }).await.unwrap();
    assert_eq!(kernel.audit_rows(None, Page::default()).await.unwrap().items[0].action, "signed_in");
}

/// Memory keeps them between hand-outs.
#[tokio::test]
async fn jobs_get_the_variables_of_the_moment_when_they_are_taken() {
    let bench = Bench::new().await;
    let (own, token) = (Some(bench.project.id), bench.runner().await);
    bench.push("a: {script: [x]}\nb: {script: [x]}\nc: {script: [x]}\nd: {script: [x]}").await;
    let seen = async || {
        let job = bench.take(&token).await;
        let value = |key: &str| {
            let found = job.variables.iter().rev().find(|variable| variable.key == key);
            found.map(|variable| variable.value.clone())
        };
        (value("OWN"), value("ALL"))
    };
    let set = async |of, key: &str, value: &str| {
        bench.kernel.set_variable(Variable::new(of, key, value)).await.unwrap();
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(seen().await, (None, None));
    set(own, "OWN", "1").await;
    set(None, "ALL", "2").await;
    assert_eq!(seen().await, (text("1"), text("2")));
    set(own, "OWN", "3").await;
    bench.kernel.delete_variable(None, "ALL", "*").await.unwrap();
    assert_eq!(seen().await, (text("3"), None));
    // What does not come about changes nothing.
    assert!(bench.kernel.set_variable(Variable::new(own, "no name", "4")).await.is_err());
    assert_eq!(seen().await, (text("3"), None));
}
