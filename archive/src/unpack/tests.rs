use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::entry::Attributes;
use crate::testing::{GO_ON, listing, noise, options, other_program, packed, tree, unpacked};
use crate::zip_format::{DEFLATED, Record, STORED, end};
use crate::{Format, tar_format};

/// One entry of a zip made by hand; all fields can lie.
#[derive(Clone)]
struct Part<'p> {
    name: &'p [u8],
    mode: u32,
    method: u16,
    data: Vec<u8>,
    crc: u32,
    size: u64,
}

fn file<'p>(name: &'p str, content: &[u8]) -> Part<'p> {
    part(name.as_bytes(), 0o100_644, content)
}

fn part<'p>(name: &'p [u8], mode: u32, content: &[u8]) -> Part<'p> {
    Part {
        name,
        mode,
        method: STORED,
        data: content.to_vec(),
        crc: crc32fast::hash(content),
        size: content.len() as u64,
    }
}

fn zip_bytes(parts: &[Part<'_>]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for part in parts {
        let attributes =
            Attributes { mode: part.mode, uid: 0, gid: 0, size: part.size, seconds: 1_000_000_000, nanos: 0 };
        let record = Record {
            name: part.name,
            attributes,
            is_directory: part.name.ends_with(b"/"),
            method: part.method,
            streamed: false,
            crc: part.crc,
            packed: part.data.len() as u64,
            size: part.size,
            offset: out.len() as u64,
        };
        out.extend(record.local());
        out.extend(&part.data);
        record.central(&mut directory);
    }
    let offset = out.len() as u64;
    out.extend(&directory);
    out.extend(end(parts.len() as u64, offset, directory.len() as u64));
    out
}

fn stored(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn zip(parts: &[Part<'_>]) -> File {
    stored(&zip_bytes(parts))
}

/// A project with something beside it that must stay untouched.
struct Trap(tempfile::TempDir);

impl Trap {
    fn new() -> Self {
        Self(tree(&[("outside/secret", b"untouched"), ("project/dir/", b"")]))
    }

    fn project(&self) -> PathBuf {
        self.0.path().join("project")
    }

    fn extract(&self, archive: &File) -> Result<Unpacked, UnpackError> {
        let result = unpacked(archive, &self.project());
        let outside = listing(&self.0.path().join("outside"));
        assert_eq!(outside.len(), 1);
        assert_eq!(outside[b"secret".as_slice()].2, b"untouched");
        let names: Vec<_> =
            fs::read_dir(self.0.path()).unwrap().map(|item| item.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        result
    }
}

#[test]
fn names_that_lead_out_are_refused_before_anything_is_written() {
    for name in ["../x", "/x", "a/../../x", "a/..", "..", "a/../b"] {
        let trap = Trap::new();
        let result = trap.extract(&zip(&[file("good", b"1"), file(name, b"2")]));
        assert!(matches!(result, Err(UnpackError::Outside { .. })), "{name}: {result:?}");
        assert!(!trap.project().join("good").exists(), "{name}");
    }
    let trap = Trap::new();
    let error = trap.extract(&zip(&[file("../x", b"2")])).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("../x cannot be extracted outside of chroot ({})", trap.project().display())
    );
}

#[test]
fn a_colon_or_a_backslash_is_part_of_a_name() {
    for name in ["C:\\x", "P:/x", "\\\\host\\x"] {
        let trap = Trap::new();
        trap.extract(&zip(&[file(name, b"2")])).unwrap();
        assert_eq!(fs::read(trap.project().join(name)).unwrap(), b"2", "{name}");
    }
}

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

#[test]
fn a_link_of_the_archive_is_not_written_through() {
    let link = part(b"dir/link", 0o120_777, b"../../outside");
    let trap = Trap::new();
    // The file makes a directory where the link should be, so the link comes too late.
    let result = trap.extract(&zip(&[link.clone(), file("dir/link/secret", b"bad")]));
    assert!(matches!(result, Err(UnpackError::Write { .. })), "{result:?}");
    // A second archive finds the link of the first.
    let trap = Trap::new();
    trap.extract(&zip(&[link])).unwrap();
    assert_eq!(fs::read_link(trap.project().join("dir/link")).unwrap(), Path::new("../../outside"));
    for name in ["dir/link/secret", "dir/link/new/"] {
        let result = trap.extract(&zip(&[file(name, b"bad")]));
        assert!(matches!(result, Err(UnpackError::Outside { .. })), "{name}: {result:?}");
    }
    let result = trap.extract(&zip(&[part(b"dir/link/l", 0o120_777, b"x")]));
    assert!(matches!(result, Err(UnpackError::Outside { .. })), "{result:?}");
    // The link itself may be replaced.
    trap.extract(&zip(&[file("dir/link", b"now a file")])).unwrap();
    assert_eq!(fs::read(trap.project().join("dir/link")).unwrap(), b"now a file");
}

#[test]
fn links_of_the_tree_are_followed_inside_only() {
    let trap = Trap::new();
    let project = trap.project();
    symlink("dir", project.join("inside")).unwrap();
    symlink(trap.0.path().join("outside"), project.join("absolute")).unwrap();
    symlink("../outside/secret", project.join("leaf")).unwrap();
    trap.extract(&zip(&[file("inside/x", b"1"), file("leaf", b"2")])).unwrap();
    assert_eq!(fs::read(project.join("dir/x")).unwrap(), b"1");
    assert_eq!(fs::read(project.join("leaf")).unwrap(), b"2");
    let result = trap.extract(&zip(&[file("absolute/secret", b"bad")]));
    assert!(matches!(result, Err(UnpackError::Outside { .. })), "{result:?}");
    trap.extract(&zip(&[part(b"absolute/", 0o40_750, b""), file("absolute/secret", b"good")])).unwrap();
    assert!(fs::symlink_metadata(project.join("absolute")).unwrap().is_dir());
}

#[test]
fn what_is_in_the_way_is_replaced() {
    let project = tree(&[("file", b"old"), ("empty/", b""), ("full/x", b"x"), ("d", b"a file")]);
    symlink("full", project.path().join("link")).unwrap();
    fs::hard_link(project.path().join("file"), project.path().join("twin")).unwrap();
    let archive = zip(&[
        file("file", b"new"),
        file("empty", b"now a file"),
        part(b"link/", 0o40_755, b""),
        part(b"d/", 0o40_700, b""),
    ]);
    unpacked(&archive, project.path()).unwrap();
    let now = listing(project.path());
    assert_eq!(now[b"file".as_slice()].2, b"new");
    assert_eq!(now[b"twin".as_slice()].2, b"old", "a hard link is not written through");
    assert_eq!(now[b"empty".as_slice()].2, b"now a file");
    assert_eq!(now[b"link".as_slice()].0, 0o40_755);
    assert_eq!((now[b"d".as_slice()].0, now[b"d".as_slice()].1), (0o40_700, 1_000_000_000));
    let result = unpacked(&zip(&[file("full", b"bad")]), project.path());
    assert!(matches!(result, Err(UnpackError::Write { .. })), "{result:?}");
    assert_eq!(fs::read(project.path().join("full/x")).unwrap(), b"x");
}

#[test]
fn modes_are_restored_without_the_dangerous_bits() {
    let project = tree(&[]);
    unpacked(
        &zip(&[
            part(b"s", 0o104_755, b""),
            part(b"d/", 0o41_777, b""),
            part(b"locked/", 0o40_555, b""),
            part(b"locked/x", 0o100_400, b"x"),
            part(b"plain", 0, b""),
        ]),
        project.path(),
    )
    .unwrap();
    let now = listing(project.path());
    let mode = |name: &str| now[name.as_bytes()].0;
    assert_eq!(
        [mode("s"), mode("d"), mode("locked"), mode("locked/x")],
        [0o100_755, 0o40_777, 0o40_555, 0o100_400]
    );
    assert_ne!(mode("plain") & 0o400, 0, "an archive without modes leaves them to the umask");
    crate::testing::chmod(&project.path().join("locked"), 0o755);
}

#[test]
fn devices_are_left_out() {
    let project = tree(&[]);
    let done = unpacked(
        &zip(&[part(b"null", 0o020_666, b""), part(b"pipe", 0o010_666, b""), file("x", b"1")]),
        project.path(),
    )
    .unwrap();
    assert_eq!((done.entries, done.notes.len()), (1, 2));
    assert_eq!(listing(project.path()).len(), 1);
}

#[test]
fn of_entries_with_one_name_the_last_counts() {
    let project = tree(&[]);
    let parts = [
        file("x", b"first"),
        file("./x", b"second"),
        part(b"y", 0o120_777, b"target"),
        file("y", b"file"),
        file("z", b"file"),
        part(b"z", 0o120_777, b"target"),
    ];
    let done = unpacked(&zip(&parts), project.path()).unwrap();
    assert_eq!(done.entries, 3);
    let now = listing(project.path());
    assert_eq!(now[b"x".as_slice()].2, b"second");
    assert_eq!(now[b"y".as_slice()].2, b"file");
    assert_eq!(now[b"z".as_slice()].2, b"target");
}

#[test]
fn names_that_are_not_utf8_are_kept() {
    let project = tree(&[]);
    unpacked(&zip(&[part(b"\xff\xfe/\x80", 0o100_644, b"odd")]), project.path()).unwrap();
    assert!(listing(project.path()).contains_key(b"\xff\xfe/\x80".as_slice()));
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
fn other_formats_are_named() {
    let target = tree(&[]);
    for (bytes, message) in [
        (b"\x1f\x8b\x08".as_slice(), r#"unsupported archive format "gzip""#),
        (b"not an archive", "zip: not a valid zip file"),
        (b"", "zip: not a valid zip file"),
        (&[0; 70_000], "zip: not a valid zip file"),
    ] {
        assert_eq!(unpacked(&stored(bytes), target.path()).unwrap_err().to_string(), message);
    }
}

#[test]
fn zips_of_other_programs_are_read() {
    let source = tree(&[("d/text", &b"words ".repeat(10_000)), ("d/e/x", b"x"), ("none", b"")]);
    symlink("text", source.path().join("d/l")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("x.zip");
    let Some(result) =
        other_program(Command::new("zip").args(["-qry"]).arg(&archive).arg(".").current_dir(source.path()))
    else {
        return;
    };
    assert!(result.status.success());
    let target = tree(&[]);
    unpacked(&File::open(&archive).unwrap(), target.path()).unwrap();
    assert_eq!(listing(target.path()), listing(source.path()));
    // With a program in front, as of a self-extracting archive.
    let moved = [noise(1234), fs::read(&archive).unwrap()].concat();
    let target = tree(&[]);
    unpacked(&stored(&moved), target.path()).unwrap();
    assert_eq!(listing(target.path()), listing(source.path()));
}

#[test]
fn many_entries_take_zip64() {
    let names: Vec<String> = (0..70_000).map(|number| format!("{}/{number}", number % 50)).collect();
    let parts: Vec<_> = names.iter().map(|name| file(name, b"")).collect();
    let target = tree(&[]);
    let done = unpacked(&zip(&parts), target.path()).unwrap();
    assert_eq!(done.entries, 70_000);
    assert!(target.path().join("49/69999").exists());
}

#[test]
fn cancel_stops_extraction() {
    let cancel = AtomicBool::new(true);
    let options = UnpackOptions { threads: 2, limits: Limits::default(), cancel: &cancel };
    let project = tree(&[("x", &noise(100_000))]);
    for format in [Format::Zip, Format::TarZstd] {
        let (archive, _) = packed(project.path(), &crate::testing::options(format));
        let target = tree(&[]);
        let result = unpack(&archive, target.path(), &options);
        assert!(matches!(result, Err(UnpackError::Canceled)), "{result:?}");
        assert_eq!(listing(target.path()).len(), 0);
    }
}

fn tar_part(name: &[u8], kind: u8, link: &[u8], content: &[u8]) -> Vec<u8> {
    let mode = if kind == b'5' { 0o755 } else { 0o644 };
    let stat = Attributes { mode, uid: 0, gid: 0, size: 0, seconds: 1_000_000_000, nanos: 0 };
    let mut bytes = tar_format::headers(name, kind, link, &stat, content.len() as u64);
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn tar_zst(tar: &[u8]) -> File {
    stored(&zstd::stream::encode_all(tar, 1).unwrap())
}

#[test]
fn tar_names_and_links_are_confined() {
    for (name, kind, link) in [
        ("../x", b'0', ""),
        ("/x", b'0', ""),
        ("a/../../x", b'5', ""),
        ("x", b'1', "../outside/secret"),
        ("x", b'1', "/etc/passwd"),
        ("../x", b'2', "y"),
    ] {
        let trap = Trap::new();
        let result = trap.extract(&tar_zst(&tar_part(name.as_bytes(), kind, link.as_bytes(), b"")));
        assert!(matches!(result, Err(UnpackError::Outside { .. })), "{name} {link}: {result:?}");
    }
    let trap = Trap::new();
    symlink("../outside", trap.project().join("out")).unwrap();
    for (name, kind, link) in [("out/secret", b'0', ""), ("x", b'1', "out/secret"), ("out/l", b'2', "x")] {
        let result = trap.extract(&tar_zst(&tar_part(name.as_bytes(), kind, link.as_bytes(), b"")));
        assert!(matches!(result, Err(UnpackError::Outside { .. })), "{name} {link}: {result:?}");
    }
    symlink("../outside/secret", trap.project().join("leaf")).unwrap();
    let result = trap.extract(&tar_zst(&tar_part(b"x", b'1', b"leaf", b"")));
    assert!(matches!(result, Err(UnpackError::Damaged { .. })), "{result:?}");
    let tar = [tar_part(b"l", b'2', b"../outside", b""), tar_part(b"l/secret", b'0', b"", b"bad")].concat();
    let result = trap.extract(&tar_zst(&tar));
    assert!(matches!(result, Err(UnpackError::Write { .. })), "the link comes last: {result:?}");
}

#[test]
fn tar_entries_of_all_kinds() {
    let long = "long/".repeat(40);
    let mut tar = [
        tar_part(b"d/", b'5', b"", b""),
        tar_part(b"d/x", b'0', b"", b"content"),
        tar_part(b"d/hard", b'1', b"d/x", b""),
        tar_part(b"d/soft", b'2', b"../anywhere", b""),
        tar_part(b"null", b'3', b"", b""),
        tar_part(b"pipe", b'6', b"", b""),
        tar_part(format!("{long}x").as_bytes(), b'0', b"", b"far"),
        tar_part(b"././@LongLink", b'L', b"", b"gnu/name\0"),
        tar_part(b"cut", b'0', b"", b"gnu"),
        tar_part(b"g", b'g', b"", b"19 path=all/the/sa\n"),
    ]
    .concat();
    tar.resize(tar.len() + 1024, 0);
    let project = tree(&[]);
    let done = unpacked(&tar_zst(&tar), project.path()).unwrap();
    assert_eq!((done.entries, done.notes.len(), done.bytes), (6, 2, 13));
    let now = listing(project.path());
    assert_eq!(now[b"d/x".as_slice()], (0o100_644, 1_000_000_000, b"content".to_vec()));
    assert_eq!(now[b"d".as_slice()].1, 1_000_000_000);
    assert_eq!(now[b"d/soft".as_slice()].2, b"../anywhere");
    assert_eq!(now[format!("{long}x").as_bytes()].2, b"far");
    assert_eq!(now[b"gnu/name".as_slice()].2, b"gnu");
    let inode = |name: &str| fs::metadata(project.path().join(name)).unwrap().ino();
    assert_eq!(inode("d/hard"), inode("d/x"));
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
