use super::super::output::testing::{Hand, Written};
use super::super::tests::{play, story};
use super::*;

fn written(file: &Path, log: &Path) -> String {
    let (people, hand) = (Written::default(), Hand::default());
    let mut show = Junit::new(file.to_owned(), hand.clock(), people.output());
    let mut story = story();
    for (_, news) in &mut story {
        if let News::Finished(report) = news
            && report.status == Status::Failed
        {
            report.log = Some(log.to_owned());
        }
    }
    play(&mut show, &hand, &story);
    people.take()
}

#[test]
fn jobs_are_cases() {
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = (folder.path().join("report.xml"), folder.path().join("trace.log"));
    std::fs::write(
        &log,
        "$ a < b && \x1b[31mc\x1b[0m\n\x02]]>\nFailed at command 1 of 1 (exit status 1): $ a\n",
    )
    .unwrap();
    assert_eq!(written(&file, &log), "");
    insta::assert_snapshot!(std::fs::read_to_string(&file).unwrap());
    let names = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 2, "nothing but the log and the report");
}

#[test]
fn links_stay_and_trouble_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("a.xml"), folder.path().join("b.xml"));
    std::fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert_eq!(written(&link, Path::new("/nonexistent")), "");
    assert!(link.is_symlink() && std::fs::read_to_string(&file).unwrap().starts_with("<?xml"));
    let said = written(&folder.path().join("missing/a.xml"), Path::new("/nonexistent"));
    assert!(said.starts_with("warning: cannot write "), "{said}");
}
