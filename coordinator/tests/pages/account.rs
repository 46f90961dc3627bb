//! Tokens, password, sessions, and tokens of runners.

use crate::client::Client;

fn done(client: &Client) -> Vec<String> {
    client.views.done.lock().unwrap().clone()
}

const TOKENS: &str = "/-/user_settings/personal_access_tokens";

#[tokio::test]
async fn a_token_is_made_shown_once_and_taken_back() {
    let client = Client::start().await;
    let made = client.post(TOKENS, "name=lap%3Ctop&scopes=api&scopes=read_api&expires_at=2027-01-31").await;
    assert_eq!(made.status, 200);
    assert!(made.body.contains("<code id=\"token\">glpat-MadeUpTokenOfADemo</code>"), "{}", made.body);
    assert!(made.body.contains("lap&lt;top"));
    assert!(!client.get(TOKENS).await.body.contains("glpat-"));
    let bound = client.post(TOKENS, "name=ci&scopes=api&project=root%2Fhello").await;
    assert_eq!(bound.status, 200);
    let wanted = [
        "token lap<top [\"api\", \"read_api\"] Some(Moment(1801353600000)) None",
        "token ci [\"api\"] None Some(ProjectId(1))",
    ];
    assert_eq!(done(&client), wanted);
    let revoked = client.post(&format!("{TOKENS}/4/revoke"), "").await;
    assert_eq!(revoked.header("location"), Some(format!("{TOKENS}?done=revoked").as_str()));
    assert_eq!(done(&client).pop().as_deref(), Some("revoke token 4"));
    assert_eq!(client.get(&format!("{TOKENS}/4/revoke")).await.status, 404, "a link revokes nothing");
}

#[tokio::test]
async fn what_was_typed_for_a_token_stays_where_it_is_refused() {
    let client = Client::start().await;
    let cases = [
        ("name=x", "at least one scope"),
        ("name=x&scopes=api&expires_at=tomorrow", "is no date"),
        ("name=x&scopes=api&project=no%2Fwhere", "no project at this path"),
    ];
    for (form, why) in cases {
        let got = client.post(TOKENS, &format!("{form}&name=%22kept%22")).await;
        assert_eq!(got.status, 422, "{form}");
        assert!(got.body.contains(why) && got.body.contains("value=\"x\""), "{form}: {}", got.body);
    }
    let filled = client.get(&format!("{TOKENS}?name=git&scopes=read_repository")).await.body;
    assert!(filled.contains("value=\"git\"") && filled.contains("value=\"read_repository\" checked"));
    assert!(!filled.contains("value=\"write_repository\" checked"));
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_the_one_before() {
    let client = Client::start().await;
    let path = "/-/user_settings/password/edit";
    let form = |old: &str, new: &str, again: &str| {
        format!("password={old}&new_password={new}&password_confirmation={again}")
    };
    let good = client.post(path, &form("demo", "correct+horse", "correct+horse")).await;
    assert_eq!(
        (good.status, good.header("location")),
        (303, Some("/-/user_settings/password/edit?done=saved"))
    );
    assert!(good.header("set-cookie").unwrap().contains("HttpOnly"));
    assert_eq!(done(&client), ["password of root"]);
    let cases = [
        (form("demo", "correct+horse", "other+horse"), 422, "not the same"),
        (form("guess", "correct+horse", "correct+horse"), 403, "is not right"),
        (form("demo", "short", "short"), 422, "too short"),
        (form("slow", "correct+horse", "correct+horse"), 429, "30 seconds"),
    ];
    for (form, status, why) in cases {
        let got = client.post(path, &form).await;
        assert_eq!(got.status, status, "{form}");
        assert!(got.body.contains(why), "{form}: {}", got.body);
        assert!(!got.body.contains("horse") && !got.body.contains("guess"), "{}", got.body);
    }
    assert_eq!(done(&client).len(), 1);
}

#[tokio::test]
async fn other_sessions_can_be_ended() {
    let client = Client::start().await;
    let page = client.get("/-/user_settings/active_sessions").await.body;
    assert!(page.contains("Firefox") && page.contains("this browser"), "{page}");
    assert!(page.contains("/active_sessions/7/end") && !page.contains("/active_sessions/8/end"));
    assert!(!page.contains("value=\"another\""), "what other sessions' forms carry is theirs");
    assert_eq!(client.post("/-/user_settings/active_sessions/7/end", "").await.status, 303);
    assert_eq!(done(&client), ["end session 7"]);
}

#[tokio::test]
async fn tokens_of_runners_are_shown_to_whoever_presses_a_button() {
    let client = Client::start().await;
    let path = "/admin/runners/registration";
    assert!(!client.get(path).await.body.contains("GR1348941"));
    let shown = client.post(path, "").await.body;
    assert!(shown.contains("--registration-token GR1348941MadeUp"), "{shown}");
    assert!(client.post(path, "reset=1").await.body.contains("GR1348941Another"));
    let reset = client.post("/admin/runners/4/reset_token", "").await.body;
    assert!(reset.contains("gitlab-runner register --url http://ci.example --token glrt-AnotherMadeUpToken"));
    let wanted =
        ["registration token, another: false", "registration token, another: true", "reset runner 4"];
    assert_eq!(done(&client), wanted);
    assert_eq!(client.get("/admin/runners/4/reset_token").await.status, 404);
}

#[tokio::test]
async fn none_of_it_is_done_for_other_sites() {
    let client = Client::start().await;
    let paths = [
        TOKENS,
        "/-/user_settings/personal_access_tokens/4/revoke",
        "/-/user_settings/password/edit",
        "/-/user_settings/active_sessions/7/end",
        "/admin/runners/registration",
        "/admin/runners/4/reset_token",
        "/root/hello/-/environments/1/stop",
        "/root/hello/-/environments/2/delete",
        "/root/hello/-/settings/delete",
        "/root/hello/-/jobs/901/artifacts/delete",
    ];
    for path in paths {
        let form =
            "name=x&scopes=api&password=demo&new_password=12345678&password_confirmation=12345678&reset=1";
        assert_eq!(client.send("POST", path, &[], form).await.status, 403, "{path}");
        let site = ["Sec-Fetch-Site: cross-site"];
        let form = format!("authenticity_token=made-up-token&{form}");
        assert_eq!(client.send("POST", path, &site, &form).await.status, 403, "{path}");
    }
    assert!(done(&client).is_empty());
}
