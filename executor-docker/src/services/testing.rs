//! For the tests of this part.

use executor::{Output, Stream};
use std::sync::{Arc, Mutex};

/// Keeps what is written.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn output(&self) -> Arc<dyn Output> {
        Arc::new(self.clone())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Output for Heard {
    fn write(&self, _: Stream, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }
}

/// A job whose variable `NAME` is `value`.
pub(super) fn work() -> crate::Work {
    let expand: crate::Expand = Arc::new(|text: &str| text.replace("$NAME", "value"));
    crate::Work { expand_with_payload: Arc::clone(&expand), expand, ..crate::testing::work() }
}

/// A service that was started, alias `db`.
pub(super) fn service(image: &str) -> super::service::Service {
    super::service::Service {
        id: "0123456789abcdef".into(),
        name: "runner-1-db-0".into(),
        image: image.into(),
        aliases: vec!["db".into()],
        addresses: vec!["172.17.0.3".parse().unwrap()],
        condition: super::condition::Condition::default(),
        target: Some("172.17.0.3".parse().unwrap()),
        privileged: false,
        memory: None,
        environment: Vec::new(),
        command: Vec::new(),
        ended: None,
    }
}
