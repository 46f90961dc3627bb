//! All pages with made-up data: `cargo run -p coordinator --example pages [ADDRESS [open]]`. Any name and the password
//! `demo` open it; with `open` nobody has to sign in. The job `test 1/3` runs for ever, so that its log and its pipeline change.

mod made_up;

use coordinator::pages;
use made_up::MadeUp;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8930".to_owned());
    let listener = TcpListener::bind(&address).await?;
    let folder = tempfile::tempdir()?;
    let url = format!("http://{}", listener.local_addr()?);
    let mut views = MadeUp::new(folder.path(), &url, 100_000)?;
    views.open = std::env::args().nth(2).is_some_and(|word| word == "open");
    tokio::spawn(views.clone().live());
    println!("{url}/root/hello");
    axum::serve(listener, pages::router(views)).await
}
