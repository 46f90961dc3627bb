//! Pages of whoever looks: tokens, password, sessions.

pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod tokens;

use crate::pages::parts::{Place, Section};

fn place(title: &str, section: Section) -> Place<'static> {
    Place { title: title.to_owned(), section, favicon: "none", ..Place::default() }
}
