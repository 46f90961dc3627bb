//! Names, messages, refs and logs that want to be markup.

use crate::client::{Client, PAGES};
use coordinator::model::GitRef;
use proptest::prelude::*;
use std::sync::Arc;

/// Tags that our pages use. Whatever else comes out of a page came out of data.
const TAGS: [&str; 56] = [
    "!DOCTYPE", "html", "head", "meta", "title", "link", "script", "body", "a", "header", "nav", "main",
    "footer", "div", "span", "p", "ul", "ol", "li", "h1", "h2", "h3", "form", "input", "button", "label",
    "select", "option", "optgroup", "textarea", "fieldset", "legend", "details", "summary", "svg", "use",
    "path", "table", "thead", "tbody", "tr", "th", "td", "time", "code", "pre", "section", "aside", "dl",
    "dt", "dd", "strong", "progress", "output", "i", "img",
];

/// Tags and attributes of a page that are not ours.
fn strange(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in page.split('<').skip(1) {
        let inside = tag.split('>').next().unwrap_or_default();
        let name = inside.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
        if !TAGS.contains(&name) {
            found.push(format!("<{name}>"));
        }
        // Outside of quotes there are only names of attributes.
        let bare: String = inside.split('"').step_by(2).collect();
        if bare.contains("onerror") || bare.contains("onclick") || bare.contains("evil") {
            found.push(inside.to_owned());
        }
        if name == "img" && !inside.starts_with("img src=\"/root/hello/-/badges/main/") {
            found.push(inside.to_owned());
        }
        if name == "script" && !inside.starts_with("script src=\"/-/assets/script-") && inside != "/script" {
            found.push(inside.to_owned());
        }
    }
    let links = page.split("href=\"").skip(1).chain(page.split("action=\"").skip(1));
    found.extend(
        links
            .filter(|link| link.trim_start().to_ascii_lowercase().starts_with("javascript:"))
            .map(|link| link[..20].to_owned()),
    );
    found
}

/// Puts a text wherever others than the administrator choose texts.
async fn client_with(text: &str) -> Client {
    let mut client = Client::start().await;
    for job in client.views.jobs.lock().unwrap().iter_mut() {
        job.name = text.to_owned() + &job.name;
        job.stage = format!("{}{text}", job.stage);
        job.tags = vec![text.to_owned()];
        job.environment = Some(text.to_owned());
        job.failure_reason = Some(text.to_owned());
        job.message = Some(text.to_owned());
        job.resource_group = Some(text.to_owned());
        job.manual_confirmation = job.manual_confirmation.as_ref().map(|_| text.to_owned());
        job.needs =
            job.needs.take().map(|needs| needs.into_iter().map(|need| text.to_owned() + &need).collect());
    }
    let rows = Arc::make_mut(&mut client.views.pipelines);
    for row in rows {
        row.commit.message = text.to_owned();
        row.reference = GitRef::Branch(text.to_owned());
        row.sha = text.to_owned();
        row.source = text.to_owned();
        row.warnings = vec![text.to_owned()];
        row.name = (row.id.0 % 2 == 0).then(|| text.to_owned());
        row.yaml_errors = row.yaml_errors.as_ref().map(|_| text.to_owned());
    }
    client.views.project.description = text.to_owned();
    std::fs::write(client.views.folder.join("short.log"), text).unwrap();
    // The server has the views from before.
    client.restart().await
}

const TEXTS: [&str; 6] = [
    "<script>evil()</script>",
    "\"><img src=x onerror=evil()>",
    "' onclick='evil()",
    "\" onclick=\"evil()",
    "javascript:evil()//",
    "</title></textarea></pre><b>evil</b>",
];

#[tokio::test]
async fn nothing_that_others_write_is_markup() {
    for text in TEXTS {
        let client = client_with(text).await;
        for (name, path) in PAGES {
            let page = client.get(path).await.body;
            assert!(strange(&page).is_empty(), "{name} with {text}: {:?}", strange(&page));
        }
    }
}

#[tokio::test]
async fn parts_of_pages_are_as_safe_as_pages() {
    for text in TEXTS {
        let client = client_with(text).await;
        let stage = format!("test{text}").bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        for path in [
            &format!("pipelines/48/stage?name={stage}"),
            "pipelines/48/manual",
            "pipelines/48/nested",
            "jobs/915/tail",
            "jobs/915/log",
        ] {
            let part = client.get(&format!("/root/hello/-/{path}")).await;
            assert_eq!(part.status, 200, "{path}");
            assert!(strange(&part.body).is_empty(), "{path} with {text}: {:?}", strange(&part.body));
        }
    }
}

#[tokio::test]
async fn what_is_asked_for_is_not_echoed_as_markup() {
    let client = Client::start().await;
    let evil = "%22%3E%3Cimg%20src=x%20onerror=evil()%3E";
    let places = [
        "/?search=",
        "/root/hello/-/pipelines?ref=",
        "/root/hello/-/pipelines?scope=",
        "/root/hello/-/jobs?scope=",
        "/root/hello/-/jobs/915?q=",
        "/root/hello/-/pipelines/new?ref=",
        "/projects/new?path=",
        "/users/sign_in?return=/",
        "/root/hello/-/ci/editor?ref=",
        "/root/hello/-/variables?key=",
        "/root/hello/-/pipelines/48/test_report?suite=",
    ];
    for place in places {
        let page = client.get(&format!("{place}{evil}")).await.body;
        assert!(strange(&page).is_empty(), "{place}: {:?}", strange(&page));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_text_breaks_out_of_a_page(text in "[<>\"'&/=a-z \\PC]{0,24}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = client_with(&text).await;
            for path in ["/root/hello/-/pipelines", "/root/hello/-/pipelines/48", "/root/hello/-/jobs/915", "/root/hello/-/jobs/916"] {
                let page = client.get(path).await.body;
                let found = strange(&page);
                assert!(found.is_empty(), "{text:?} at {path}: {found:?}");
            }
        });
    }
}
