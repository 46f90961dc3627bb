//! The body of a request, piece by piece, in bounds.

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use flate2::write::GzDecoder;
use futures_util::StreamExt as _;
use std::io::Write as _;
use std::time::Duration;
use tokio::time::Instant;

/// How much is unpacked at once: whatever is in it, it becomes at most a thousand times as much.
const PIECE: usize = 1024;

/// Why the body of a request ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    /// The client went away.
    #[error("the client went away")]
    Gone,
    /// The client sent nothing for too long.
    #[error("nothing came for too long")]
    Silent,
    /// There is too much.
    #[error("it is larger than what is accepted here")]
    TooBig,
    /// What is said to be packed is not.
    #[error("it cannot be unpacked")]
    NotGzip,
}

/// The body of a request.
pub(super) struct Incoming {
    stream: BodyDataStream,
    /// What came and is not unpacked yet.
    packed: Bytes,
    gunzip: Option<GzDecoder<Vec<u8>>>,
    left: u64,
    silence: Duration,
    /// When it has to be there.
    until: Option<Instant>,
}

impl Incoming {
    pub(super) fn new(body: Body, zipped: bool, most: u64, silence: Duration) -> Self {
        let gunzip = zipped.then(|| GzDecoder::new(Vec::new()));
        Self {
            stream: body.into_data_stream(),
            packed: Bytes::new(),
            gunzip,
            left: most,
            silence,
            until: None,
        }
    }

    /// All of it has to come within this time from now.
    pub(super) fn within(mut self, time: Duration) -> Self {
        self.until = Some(Instant::now() + time);
        self
    }

    /// Some more of it; nothing at its end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            if !self.packed.is_empty() {
                let piece = self.packed.split_to(self.packed.len().min(PIECE));
                let out = self.unpack(&piece)?;
                if out.is_empty() {
                    continue;
                }
                return self.count(out).map(Some);
            }
            let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
            let patience = left.map_or(self.silence, |left| left.min(self.silence));
            if patience.is_zero() {
                return Err(Broken::Silent);
            }
            let next = tokio::time::timeout(patience, self.stream.next()).await;
            match next.map_err(|_| Broken::Silent)? {
                Some(Ok(bytes)) if bytes.is_empty() => {}
                Some(Ok(bytes)) if self.gunzip.is_some() => self.packed = bytes,
                Some(Ok(bytes)) => return self.count(bytes).map(Some),
                Some(Err(_)) => return Err(Broken::Gone),
                None => return self.end(),
            }
        }
    }

    fn unpack(&mut self, piece: &[u8]) -> Result<Bytes, Broken> {
        let Some(gunzip) = &mut self.gunzip else { return Ok(Bytes::new()) };
        gunzip.write_all(piece).and_then(|()| gunzip.flush()).map_err(|_| Broken::NotGzip)?;
        Ok(std::mem::take(gunzip.get_mut()).into())
    }

    fn end(&mut self) -> Result<Option<Bytes>, Broken> {
        let Some(gunzip) = self.gunzip.take() else { return Ok(None) };
        let out: Bytes = gunzip.finish().map_err(|_| Broken::NotGzip)?.into();
        if out.is_empty() { Ok(None) } else { self.count(out).map(Some) }
    }

    fn count(&mut self, bytes: Bytes) -> Result<Bytes, Broken> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(Broken::TooBig)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn zip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    async fn read(bytes: Vec<u8>, most: u64) -> Result<(Vec<u8>, usize), Broken> {
        let mut incoming = Incoming::new(Body::from(bytes), true, most, Duration::from_secs(5));
        let (mut all, mut largest) = (Vec::new(), 0);
        while let Some(piece) = incoming.next().await? {
            largest = largest.max(piece.len());
            all.extend_from_slice(&piece);
        }
        Ok((all, largest))
    }

    #[tokio::test]
    async fn packed_bodies_are_unpacked_in_small_pieces() {
        let bytes = vec![0; 20 << 20];
        let (all, largest) = read(zip(&bytes), 1 << 30).await.unwrap();
        assert!(all == bytes && largest < 4 << 20, "{largest}");
        assert_eq!(read(zip(&bytes), 10 << 20).await.unwrap_err(), Broken::TooBig);
    }

    #[tokio::test]
    async fn what_is_not_packed_or_cut_off_is_refused() {
        assert_eq!(read(b"hello, this is no gzip".to_vec(), 100).await.unwrap_err(), Broken::NotGzip);
        let mut cut = zip(b"hello");
        cut.truncate(cut.len() - 4);
        assert_eq!(read(cut, 100).await.unwrap_err(), Broken::NotGzip);
        assert_eq!(read([zip(b"hello"), b"more".to_vec()].concat(), 100).await.unwrap_err(), Broken::NotGzip);
    }

    #[tokio::test]
    async fn silence_is_not_waited_for() {
        let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let mut incoming = Incoming::new(Body::from_stream(never), false, 100, Duration::from_millis(20));
        assert_eq!(incoming.next().await, Err(Broken::Silent));
    }

    #[tokio::test(start_paused = true)]
    async fn who_drips_is_not_heard_for_ever() {
        let drops = futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"0")), ()))
        });
        let (silence, all) = (Duration::from_secs(5), Duration::from_secs(10));
        let mut incoming = Incoming::new(Body::from_stream(drops), false, 1000, silence).within(all);
        let mut heard = 0;
        let end = loop {
            match incoming.next().await {
                Ok(Some(_)) => heard += 1,
                end => break end,
            }
        };
        assert_eq!(end, Err(Broken::Silent));
        assert!((9..=10).contains(&heard), "{heard}");
    }
}
