//! Decompresses the data of zip entries.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::Operation as _;

use crate::zip_format::{DEFLATED, STORED, ZSTD};

/// The largest window of a Zstandard frame, as a power of two: 32 MiB, what GitLab Runner's best compression asks for.
/// A frame may demand this much memory.
pub(super) const MAX_WINDOW: u32 = 25;

/// The decompressors of one thread, made when first needed.
#[derive(Default)]
pub(super) struct Decoders {
    deflate: Option<Decompress>,
    zstd: Option<zstd::stream::raw::Decoder<'static>>,
}

/// What one call did.
pub(super) struct Step {
    pub(super) consumed: usize,
    pub(super) produced: usize,
    /// Whether the data may end here.
    pub(super) may_end: bool,
}

/// The decompressor of one entry.
pub(super) enum Decoder<'d> {
    Store,
    Deflate(&'d mut Decompress),
    Zstd(&'d mut zstd::stream::raw::Decoder<'static>),
}

impl Decoders {
    /// The decompressor for a method; `None` if there is none.
    pub(super) fn begin(&mut self, method: u16) -> io::Result<Option<Decoder<'_>>> {
        Ok(match method {
            STORED => Some(Decoder::Store),
            DEFLATED => {
                let deflate = self.deflate.get_or_insert_with(|| Decompress::new(false));
                deflate.reset(false);
                Some(Decoder::Deflate(deflate))
            }
            ZSTD => {
                let zstd = match &mut self.zstd {
                    Some(zstd) => zstd,
                    none => {
                        let mut new = zstd::stream::raw::Decoder::new()?;
                        new.set_parameter(zstd::stream::raw::DParameter::WindowLogMax(MAX_WINDOW))?;
                        none.insert(new)
                    }
                };
                zstd.reinit()?;
                Some(Decoder::Zstd(zstd))
            }
            _ => None,
        })
    }
}

impl Decoder<'_> {
    /// Decompresses as much as input and output allow.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Step> {
        match self {
            Self::Store => {
                let count = input.len().min(output.len());
                output[..count].copy_from_slice(&input[..count]);
                Ok(Step { consumed: count, produced: count, may_end: true })
            }
            Self::Deflate(deflate) => {
                let (before_in, before_out) = (deflate.total_in(), deflate.total_out());
                let status = deflate.decompress(input, output, FlushDecompress::None)?;
                Ok(Step {
                    consumed: (deflate.total_in() - before_in) as usize,
                    produced: (deflate.total_out() - before_out) as usize,
                    may_end: status == Status::StreamEnd,
                })
            }
            Self::Zstd(zstd) => {
                let status = zstd.run_on_buffers(input, output)?;
                Ok(Step {
                    consumed: status.bytes_read,
                    produced: status.bytes_written,
                    may_end: status.remaining == 0,
                })
            }
        }
    }
}
