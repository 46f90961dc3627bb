//! Hands a job's trace on while it grows.

use crate::ci::run::news::{JobName, News};
use trace::Spool;

/// Most bytes that are handed on at once.
const PIECE: usize = 64 * 1024;

/// Tells of all that is stored, in order, until the trace is finished.
pub(super) async fn follow(spool: &Spool, job: &JobName, tell: &dyn Fn(News)) {
    let (mut watch, mut offset) = (spool.watch(), 0);
    loop {
        let finished = watch.now().finished;
        while let Ok(bytes) = spool.read_at(offset, PIECE)
            && !bytes.is_empty()
        {
            offset += bytes.len() as u64;
            tell(News::Log { job: job.clone(), bytes: bytes.to_vec() });
        }
        if finished {
            return;
        }
        watch.changed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::JobId;
    use std::cell::RefCell;

    #[tokio::test]
    async fn all_bytes_arrive_in_order() {
        let spool = Spool::new(tempfile::tempfile().unwrap(), 1 << 20);
        let job = JobName { id: JobId(1), name: "a".to_owned(), pipeline: Vec::new() };
        let told = RefCell::new(Vec::new());
        let tell = |news| match news {
            News::Log { bytes, .. } => told.borrow_mut().extend(bytes),
            other => panic!("{other:?}"),
        };
        let write = async {
            spool.append(b"one ");
            tokio::task::yield_now().await;
            spool.append(&vec![b'x'; 2 * PIECE]);
            spool.append(b" last");
            spool.finish();
        };
        tokio::join!(follow(&spool, &job, &tell), write);
        let told = told.into_inner();
        assert_eq!(told.len(), 4 + 2 * PIECE + 5);
        assert!(told.starts_with(b"one x") && told.ends_with(b"x last"));
    }
}
