//! Pages for people, made on the server.
//!
//! | Module | What it is |
//! |---|---|
//! | [`views`] | what pages are told: the trait [`Views`] and plain data |
//! | [`text`] | languages, and every word that is shown |
//! | [`log`] | logs of jobs as HTML, piece by piece |
//! | `adapter` | the coordinator as [`Views`] |
//! | [`Assets`] | styles, scripts and icons, with their hashes in their names |
//! | `parts` | badges, buttons, the frame around pages |
//! | `screens` | one module a page: data in, markup out |
//! | `http` | addresses, forms, answers, live changes |
//!
//! Nothing is active that did not come with the program: there are no inline scripts or styles, and the policy sent
//! with every page forbids them. Markup is written by `maud`, which escapes; the log writes its own, and is tested for
//! it. Pages work without scripts, but for changes that show by themselves.

mod adapter;
mod assets;
mod http;
pub mod log;
mod parts;
mod screens;
pub mod text;
mod ui;
pub mod views;

pub(crate) use adapter::Desk;
pub use assets::Assets;
pub use http::router;
pub(crate) use ui::escape_query;
pub use ui::{Theme, Ui};
pub use views::Views;
