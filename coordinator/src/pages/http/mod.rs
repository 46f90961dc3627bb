//! Addresses, forms, answers, live changes.

mod account;
mod admin;
mod answer;
mod entry;
mod environment;
mod files;
mod form;
mod job;
mod live;
mod log;
mod pipeline;
mod prefer;
mod project;
mod route;
mod runner;
mod settings;
mod variable;

use super::Assets;
use super::views::Views;
use std::sync::Arc;

/// The pages, to be asked for everything that nobody else answers: `router.fallback_service(pages::router(views))`.
///
/// The peer's address is taken from the extension [`crate::serve::Peer`] or `ConnectInfo<SocketAddr>`.
pub fn router<V: Views>(views: V) -> axum::Router {
    let app = App { views, assets: Arc::new(Assets::new()) };
    axum::Router::new().fallback(entry::entry::<V>).with_state(app)
}

/// What every answer is made with.
#[derive(Clone)]
pub(super) struct App<V> {
    views: V,
    assets: Arc<Assets>,
}
