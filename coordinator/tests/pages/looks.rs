//! What pages look like, and that all of them are whole.

use crate::client::{Client, PAGES};

/// The page's own part, without names of assets, which change with their content.
fn main_of(page: &str) -> String {
    let from = page.find("<main").unwrap();
    let to = page.find("</main>").unwrap();
    let icons =
        page[from..to].split("icons-").enumerate().map(|(at, part)| if at == 0 { part } else { &part[12..] });
    icons.collect::<Vec<_>>().join("icons").replace("><", ">\n<")
}

#[tokio::test]
async fn pages_stay_as_they_are() {
    let client = Client::start().await;
    for (name, path) in PAGES {
        insta::assert_snapshot!(name, main_of(&client.get(path).await.body));
    }
}

#[tokio::test]
async fn pages_speak_chinese() {
    let mut client = Client::start().await;
    client.headers.push("Accept-Language: zh-CN,zh;q=0.9".into());
    let page = client.get("/root/hello/-/pipelines/48").await.body;
    assert!(page.contains("<html lang=\"zh-Hans\"") && page.contains("流水线"), "{page}");
    client.headers[0].push_str("; lang=en");
    assert!(client.get("/").await.body.contains("<html lang=\"en\""));
}

/// What is wrong with a page, if anything is.
fn faults(page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut ids = std::collections::HashSet::new();
    let void = ["meta", "link", "input", "img", "br", "use"];
    for tag in page.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').unwrap_or((tag, ""));
        let name = inside.split([' ', '\n']).next().unwrap_or_default();
        if let Some(closed) = name.strip_prefix('/') {
            if closed != "use" && open.pop() != Some(closed) {
                faults.push(format!("</{closed}> closes something else"));
            }
            continue;
        }
        if !void.contains(&name) && name != "!DOCTYPE" {
            // The parser of browsers closes a paragraph before any of these.
            let blocks =
                ["div", "p", "ul", "ol", "table", "form", "section", "h1", "h2", "details", "pre", "dl"];
            if open.last() == Some(&"p") && blocks.contains(&name) {
                faults.push(format!("<{name}> inside <p>: {inside}"));
            }
            open.push(name);
        }
        if inside.matches(" class=\"").count() > 1 {
            faults.push(format!("two classes: {inside}"));
        }
        if let Some((id, _)) = inside.split_once(" id=\"").and_then(|(_, rest)| rest.split_once('"'))
            && !ids.insert(id.to_owned())
        {
            faults.push(format!("id {id} twice"));
        }
        if inside.contains(" style=") || inside.contains(" on") && inside.contains("=\"javascript") {
            faults.push(format!("active: {inside}"));
        }
    }
    faults
}

#[tokio::test]
async fn pages_are_well_formed() {
    let client = Client::start().await;
    for (name, path) in PAGES {
        let page = client.get(path).await.body;
        let wrong = faults(&page);
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

/// Fields without a name that is read out.
fn unnamed(page: &str) -> Vec<&str> {
    let fields = page
        .split('<')
        .filter(|tag| ["input ", "select ", "textarea "].iter().any(|name| tag.starts_with(name)));
    let silent = fields.filter(|tag| {
        let inside = tag.split('>').next().unwrap_or_default();
        let id = inside.split_once("id=\"").and_then(|(_, rest)| rest.split('"').next());
        let labelled = id.is_some_and(|id| page.contains(&format!("for=\"{id}\"")) || id == "log-times");
        let choice = inside.contains("type=\"checkbox\"") || inside.contains("type=\"radio\"");
        !(labelled || choice || inside.contains("aria-label=") || inside.contains("type=\"hidden\""))
    });
    silent.collect()
}

#[tokio::test]
async fn pages_can_be_read_out() {
    let client = Client::start().await;
    for (name, path) in PAGES {
        let page = client.get(path).await.body;
        assert!(unnamed(&page).is_empty(), "{name}: {:?}", unnamed(&page));
        assert_eq!(page.matches("<h1").count(), 1, "{name} has one title");
        assert_eq!(page.matches("<main").count(), 1, "{name}");
        let links = page.split("<a ").skip(1).map(|tag| tag.split("</a>").next().unwrap_or_default());
        for link in links {
            let text = link.split('>').skip(1).filter_map(|part| part.split('<').next()).collect::<String>();
            assert!(!text.trim().is_empty() || link.contains("aria-label="), "{name}: a silent link {link}");
        }
    }
}

#[tokio::test]
async fn every_answer_forbids_what_is_not_ours() {
    let client = Client::start().await;
    for (name, path) in PAGES
        .into_iter()
        .chain([("raw", "/root/hello/-/jobs/915/raw"), ("log", "/root/hello/-/jobs/915/log")])
    {
        let got = client.get(path).await;
        let policy = got.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{name}: {policy}");
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"), "{name}");
        assert_eq!(got.header("cache-control"), Some("private, no-store"), "{name}");
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_found_by_their_hashes_alone() {
    let client = Client::start().await;
    let page = client.get("/").await.body;
    let style = page
        .split("href=\"")
        .find_map(|rest| rest.split('"').next().filter(|path| path.ends_with(".css")))
        .unwrap();
    let got = client.get(style).await;
    assert_eq!((got.status, got.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert!(got.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(client.get("/-/assets/style.css").await.status, 404);
}

#[tokio::test]
async fn a_coordinator_below_a_path_links_below_it() {
    let client = Client::with_url(Some("https://ci.example/ci")).await;
    for (name, path) in PAGES {
        let page = client.get(path).await.body;
        let links = page.split(" href=\"").chain(page.split(" action=\"")).skip(1);
        for link in links.filter(|link| link.starts_with('/')) {
            assert!(link.starts_with("/ci/"), "{name}: {}", link.split('"').next().unwrap());
        }
    }
}
