//! Finds whose job a payload was that broke off or cannot be read, so that it can be reported.

use protocol::{JobIdentity, Secret};
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// Id and token, if the part of the payload that can be read has both.
pub(super) fn identity(received: &[u8]) -> Option<JobIdentity> {
    let mut found = Found::default();
    let mut reader = serde_json::Deserializer::from_slice(received);
    // It fails, or we would not be here; what counts is what came before.
    let _ = reader.deserialize_map(Keys(&mut found));
    let (id, token) = (found.id?, found.token?);
    (id > 0 && !token.is_empty()).then_some(JobIdentity { id, token })
}

#[derive(Default)]
struct Found {
    id: Option<i64>,
    token: Option<Secret>,
}

struct Keys<'a>(&'a mut Found);

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a job payload")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "id" => self.0.id = map.next_value::<Value>()?.as_i64(),
                "token" => self.0.token = map.next_value::<Value>()?.as_str().map(Secret::new),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::identity;
    use proptest::prelude::*;

    const PAYLOAD: &str = r#"{"id": 7, "token": "glcbt-x", "steps": [{"script": ["true"]}], "id2": 1}"#;

    #[test]
    fn the_beginning_is_enough() {
        for end in [28, 40, PAYLOAD.len()] {
            let found = identity(&PAYLOAD.as_bytes()[..end]).unwrap();
            assert_eq!((found.id, found.token.expose()), (7, "glcbt-x"));
        }
        assert!(identity(&PAYLOAD.as_bytes()[..27]).is_none());
    }

    #[test]
    fn wrong_types_are_nobodys() {
        for body in [
            r#"{"id": "7", "token": "x"}"#,
            r#"{"id": 7, "token": 5}"#,
            "[]",
            "<html>",
            "",
            r#"{"id":0,"token":"x"}"#,
        ] {
            assert!(identity(body.as_bytes()).is_none(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn anything_is_survived(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = identity(&body);
        }
    }
}
