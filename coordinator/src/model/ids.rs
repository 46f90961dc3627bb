//! Numbers of things. Jobs and pipelines have theirs from the crate `pipeline`.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbers! {
    /// The number of a project.
    ProjectId;
    /// The number of a user. There is one so far: the administrator, number 1.
    UserId;
    /// The number of a runner.
    RunnerId;
}

impl UserId {
    /// The administrator.
    pub const ROOT: Self = Self(1);
}
