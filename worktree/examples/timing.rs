//! Prints how long snapshots and copies take: `cargo run -p worktree --example timing -- CHECKOUT STORE [files]`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;
use worktree::{Checkout, Method, Options, Place, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let (Some(checkout), Some(root)) = (args.next(), args.next()) else {
        return Err("two paths are needed: a checkout, and a folder for the store".into());
    };
    let method = if args.next().is_some() { Method::Files } else { Method::Auto };
    let start = Instant::now();
    let mut lap = start;
    let mut told = |what: &str| {
        println!("{:>9.2} ms  {what}", lap.elapsed().as_secs_f64() * 1000.0);
        lap = Instant::now();
    };
    let store = Store::open(&PathBuf::from(root))?;
    told("store opened");
    let checkout = Checkout::find(&PathBuf::from(checkout))?;
    told("checkout found");
    let snapshot = store.snapshot(&checkout, &Options::default())?;
    told(&format!("snapshot of {} files, {} bytes", snapshot.files(), snapshot.bytes()));
    let again = store.snapshot(&checkout, &Options::default())?;
    told("snapshot again, while the first one is held");
    drop(again);
    for number in 0..3 {
        let project = store.folder().join(format!("project-{number}"));
        let tree = snapshot.copy(&Place { method, ..Place::new(&project) })?;
        told(&format!("copy: {:?}", tree.made()));
        tree.recycle()?;
        told("recycled");
    }
    let project = store.folder().join("project");
    let tree = snapshot.copy(&Place { method, ..Place::new(&project) })?;
    told(&format!("copy: {:?}", tree.made()));
    tree.remove()?;
    told("removed");
    Ok(())
}
