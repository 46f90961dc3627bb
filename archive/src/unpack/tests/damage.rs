//! Archives that lie, are cut or would burst.

use super::*;

#[test]
fn bad_names_are_damage() {
    let long = "n".repeat(5000);
    for name in ["a\0b", &long] {
        let result = Trap::new().extract(&zip(&[file(name, b"1")]));
        assert!(matches!(result, Err(UnpackError::Damaged { .. })), "{result:?}");
    }
    let result = Trap::new().extract(&zip(&[file(".", b"1")]));
    assert!(matches!(result, Err(UnpackError::Write { .. })), "{result:?}");
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn limited(archive: &File, target: &Path, bytes: u64, entries: u64) -> Result<Unpacked, UnpackError> {
    unpack(archive, target, &UnpackOptions { threads: 2, limits: Limits { bytes, entries }, cancel: &GO_ON })
}

#[test]
fn bombs_go_off_harmlessly() {
    let zeros = vec![0; 20_000_000];
    let bomb =
        Part { method: DEFLATED, data: deflated(&zeros), size: zeros.len() as u64, ..file("bomb", &zeros) };
    let project = tree(&[]);
    let result = limited(&zip(std::slice::from_ref(&bomb)), project.path(), 1_000_000, 10);
    assert!(matches!(result, Err(UnpackError::TooLarge { limit: 1_000_000 })), "{result:?}");
    assert_eq!(listing(project.path()).len(), 0, "what was too large is removed");
    // A header that says little does not help: what comes out counts.
    let liar = Part { size: 10, ..bomb };
    let result = limited(&zip(&[liar]), project.path(), u64::MAX, 10);
    assert!(matches!(result, Err(UnpackError::Damaged { .. })), "{result:?}");
    let many: Vec<String> = (0..11).map(|number| format!("f{number}")).collect();
    let many: Vec<_> = many.iter().map(|name| file(name, b"")).collect();
    let result = limited(&zip(&many), project.path(), 1000, 10);
    assert!(matches!(result, Err(UnpackError::TooManyEntries { limit: 10 })), "{result:?}");
    assert_eq!(listing(project.path()).len(), 0);
    let frame = zstd::stream::encode_all(zeros.as_slice(), 3).unwrap();
    let result = limited(&stored(&frame), project.path(), 1_000_000, 10);
    assert!(matches!(result, Err(UnpackError::TooLarge { .. })), "behind the end of the tar: {result:?}");
    let mut tar = tar_part(b"bomb", b'0', b"", &zeros);
    tar.resize(tar.len() + 1024, 0);
    let result = limited(&tar_zst(&tar), project.path(), 1_000_000, 10);
    assert!(matches!(result, Err(UnpackError::TooLarge { .. })), "{result:?}");
    assert_eq!(listing(project.path()).len(), 0);
}

#[test]
fn entries_that_share_data_are_refused() {
    let mut bytes = zip_bytes(&[file("a", &noise(200)), file("b", b"x")]);
    // Both directory entries point to the first local header.
    let directory = u32::from_le_bytes(bytes[bytes.len() - 6..bytes.len() - 2].try_into().unwrap()) as usize;
    let second = (directory + 46..bytes.len()).find(|&at| bytes[at..].starts_with(b"PK\x01\x02")).unwrap();
    bytes[second + 42..second + 46].copy_from_slice(&[0; 4]);
    let result = unpacked(&stored(&bytes), tree(&[]).path());
    assert!(matches!(result, Err(UnpackError::Damaged { .. })), "{result:?}");
}

#[test]
fn contradictions_are_damage() {
    let good = file("x", &noise(1000));
    let deflate = Part { method: DEFLATED, data: deflated(&noise(1000)), ..good.clone() };
    let cut = |part: &Part<'static>| Part { data: part.data[..part.data.len() - 5].to_vec(), ..part.clone() };
    let more = |part: &Part<'static>| Part { data: [&part.data[..], b"junk"].concat(), ..part.clone() };
    for part in [
        Part { crc: 1, ..good.clone() },
        Part { size: 999, ..good.clone() },
        Part { size: 1001, ..good.clone() },
        Part { size: 999, ..deflate.clone() },
        Part { size: 1001, ..deflate.clone() },
        Part { method: DEFLATED, ..good.clone() },
        Part { method: 93, ..good.clone() },
        Part { method: DEFLATED, data: Vec::new(), ..good.clone() },
        Part { method: 93, data: Vec::new(), ..good.clone() },
        cut(&deflate),
        more(&deflate),
        more(&good),
    ] {
        let project = tree(&[]);
        let result = unpacked(&zip(&[part]), project.path());
        assert!(matches!(result, Err(UnpackError::Damaged { .. })), "{result:?}");
        assert_eq!(listing(project.path()).len(), 0, "the damaged file is removed");
    }
    let result = unpacked(&zip(&[Part { method: 12, ..good }]), tree(&[]).path());
    assert_eq!(result.unwrap_err().to_string(), "x: compression method 12 is not supported");
}

#[test]
fn tar_damage_is_found() {
    let good = tar_part(b"x", b'0', b"", &noise(3000));
    let mut sum = good.clone();
    sum[0] = b'y';
    let sparse = tar_part(b"x", b'S', b"", b"");
    for (tar, what) in [
        (&sum[..], "a header is damaged"),
        (&good[..1000], "the archive is truncated"),
        (&good[..100], "the archive is truncated"),
        (&sparse, "a sparse file is not supported"),
        (&tar_part(b"p", b'x', b"", b"9999 path=x\n"), "an extended header is damaged"),
        (&tar_part(b"p", b'x', b"", b"0 path=x\n"), "an extended header is damaged"),
    ] {
        let project = tree(&[]);
        let error = unpacked(&tar_zst(tar), project.path()).unwrap_err();
        assert!(error.to_string().ends_with(what), "{error}");
        assert_eq!(listing(project.path()).len(), 0);
    }
    let frame = zstd::stream::encode_all(good.as_slice(), 1).unwrap();
    for frame in [&frame[..frame.len() - 10], &[&frame[..4], &[0xFF; 30]].concat()] {
        let result = unpacked(&stored(frame), tree(&[]).path());
        assert!(matches!(result, Err(UnpackError::Damaged { .. })), "{result:?}");
    }
}

#[test]
fn every_truncation_is_an_error() {
    let project = tree(&[("a", &noise(900)), ("d/b", &b"text ".repeat(300)), ("c", b"c")]);
    for format in [Format::Zip, Format::ZipZstd, Format::TarZstd] {
        let (archive, done) = packed(project.path(), &options(format));
        let mut bytes = vec![0; done.bytes as usize];
        archive.read_exact_at(&mut bytes, 0).unwrap();
        let target = tree(&[]);
        for length in (0..bytes.len()).step_by(13) {
            let result = unpacked(&stored(&bytes[..length]), target.path());
            assert!(result.is_err(), "{format:?} cut to {length} of {}", bytes.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn flipped_bytes_never_escape_or_panic(
        format in prop::sample::select(vec![Format::Zip, Format::ZipZstd, Format::TarZstd]),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let source = tree(&[("a", &noise(300)), ("d/b", &b"text ".repeat(300)), ("c", b"c")]);
        symlink("../outside", source.path().join("d/l")).unwrap();
        let (archive, done) = packed(source.path(), &options(format));
        let mut bytes = vec![0; done.bytes as usize];
        archive.read_exact_at(&mut bytes, 0).unwrap();
        for (place, value) in flips {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let trap = Trap::new();
        let _ = trap.extract(&stored(&bytes));
    }

    #[test]
    fn any_tar_is_survived(blocks in prop::collection::vec(any::<u8>(), 0..3000), name in "[a-z./]{1,30}") {
        let tar = [tar_part(name.as_bytes(), b'0', b"", b"x"), blocks].concat();
        let _ = Trap::new().extract(&tar_zst(&tar));
    }
}
