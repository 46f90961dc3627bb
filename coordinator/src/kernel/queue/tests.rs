use super::*;
use crate::kernel::testing::{project, runner};

fn wish(project: i64, tags: &[&str], protected: bool) -> Wish {
    let tags = Arc::new(tags.iter().map(|tag| (*tag).to_owned()).collect());
    Wish { project: ProjectId(project), protected, tags }
}

/// The table of who may take which job.
#[test]
fn runners_take_what_fits_them() {
    let mut disabled = project(1);
    disabled.instance_runners = false;
    let mut without = project(1);
    without.builds_enabled = false;
    let own = |of: &mut Runner| {
        of.kind = RunnerKind::ProjectType;
        of.projects = vec![ProjectId(1)];
    };
    let tagged = |tags: &[&str], untagged| {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        move |of: &mut Runner| {
            of.tags = tags.clone();
            of.run_untagged = untagged;
        }
    };
    type Change = Box<dyn Fn(&mut Runner)>;
    let cases: Vec<(&str, Change, Wish, Project, bool)> = vec![
        ("anything", Box::new(|_| ()), wish(1, &[], false), project(1), true),
        ("no instance runners", Box::new(|_| ()), wish(1, &[], false), disabled.clone(), false),
        ("no pipelines", Box::new(|_| ()), wish(1, &[], false), without, false),
        ("own runner", Box::new(own), wish(1, &[], false), disabled, true),
        ("other project", Box::new(own), wish(2, &[], false), project(2), false),
        ("paused", Box::new(|of| of.paused = true), wish(1, &[], false), project(1), false),
        ("locked counts not", Box::new(|of| of.locked = true), wish(1, &[], false), project(1), true),
        (
            "protected only",
            Box::new(|of| of.access_level = AccessLevel::RefProtected),
            wish(1, &[], false),
            project(1),
            false,
        ),
        (
            "protected",
            Box::new(|of| of.access_level = AccessLevel::RefProtected),
            wish(1, &[], true),
            project(1),
            true,
        ),
        ("tags", Box::new(tagged(&["a", "b"], false)), wish(1, &["a"], false), project(1), true),
        ("all tags", Box::new(tagged(&["a"], true)), wish(1, &["a", "b"], false), project(1), false),
        ("case of tags", Box::new(tagged(&["A"], true)), wish(1, &["a"], false), project(1), false),
        ("untagged", Box::new(tagged(&["a"], false)), wish(1, &[], false), project(1), false),
        ("untagged too", Box::new(tagged(&["a"], true)), wish(1, &[], false), project(1), true),
    ];
    for (name, change, wish, project, expected) in cases {
        let mut runner = runner(1);
        change(&mut runner);
        assert_eq!(fits(&runner, &wish, &project), expected, "{name}");
    }
}

#[test]
fn the_lightest_project_is_first_and_then_the_oldest_job() {
    let mut queue = Queue::default();
    for job in 1..=4 {
        queue.insert(JobId(job), PipelineId(1), wish(1, &[], false));
    }
    queue.insert(JobId(9), PipelineId(2), wish(2, &[], false));
    queue.insert(JobId(8), PipelineId(2), wish(2, &["x"], false));
    let untagged = |wish: &Wish| wish.tags.is_empty();
    let job = |found: Option<(JobId, PipelineId)>| found.unwrap().0.0;
    assert_eq!(job(queue.next(untagged, |_| 0)), 1);
    assert_eq!(job(queue.next(untagged, |project| if project == ProjectId(1) { 1 } else { 0 })), 9);
    assert_eq!(job(queue.next(|_| true, |project| if project == ProjectId(1) { 1 } else { 0 })), 8);
    queue.remove(JobId(1));
    queue.remove(JobId(1));
    assert_eq!(job(queue.next(untagged, |_| 0)), 2);
    assert_eq!(queue.next(|_| false, |_| 0), None);
    assert_eq!((queue.len(), queue.count(&wish(2, &["x"], false))), (5, 1));
    queue.clear();
    assert_eq!((queue.len(), queue.wishes().count()), (0, 0));
}
