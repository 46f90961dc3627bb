//! Made-up tokens and sessions.

use super::NOW;
use coordinator::model::{ProjectId, Session, Token, UserId};
use pipeline::Moment;

const DAY: u64 = 86_400_000;

fn token(id: i64, name: &str, scopes: &[&str]) -> Token {
    Token {
        id,
        user: UserId::ROOT,
        name: name.into(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        project: None,
        created_at: Moment(NOW - 20 * DAY),
        last_used_at: None,
        expires_at: None,
        revoked: false,
    }
}

pub(crate) fn tokens() -> Vec<Token> {
    vec![
        Token {
            last_used_at: Some(Moment(NOW - 3_600_000)),
            expires_at: Some(Moment(NOW + 10 * DAY)),
            ..token(4, "laptop <git>", &["write_repository"])
        },
        Token { expires_at: Some(Moment(NOW - DAY)), ..token(3, "report", &["read_api"]) },
        Token { revoked: true, project: Some(ProjectId(1)), ..token(2, "old script", &["api"]) },
        token(1, "administrator", &["api", "write_repository"]),
    ]
}

fn session(id: i64, csrf: &str, agent: &str) -> Session {
    Session {
        id,
        user: UserId::ROOT,
        csrf: csrf.into(),
        created_at: Moment(NOW - 2 * DAY),
        expires_at: Moment(NOW + 12 * DAY),
        ip_address: Some("192.0.2.9".into()),
        user_agent: Some(agent.into()),
    }
}

pub(crate) fn sessions() -> Vec<Session> {
    vec![
        session(8, "made-up-token", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        session(7, "another", "Mozilla/5.0 <img src=x> AppleWebKit/537.36 Chrome/140.0 Safari/537.36"),
    ]
}
