use super::{errors, job};
use std::sync::Arc;

fn texts(list: &[Arc<str>]) -> Vec<&str> {
    list.iter().map(|text| &**text).collect()
}

#[test]
fn every_default_is_taken_over() {
    let text = "default: {image: ruby, services: [redis], tags: [t], retry: 1, interruptible: true, \
                before_script: [b], after_script: [z], cache: {paths: [v]}, artifacts: {paths: [o]}, \
                hooks: {pre_get_sources_script: h}, id_tokens: {T: {aud: x}}, timeout: 5m}\na: {script: s}";
    let a = job(text, "a");
    assert_eq!(a.image.as_ref().map(|image| &*image.name), Some("ruby"));
    assert_eq!(a.services.len(), 1);
    assert_eq!(texts(&a.tags), ["t"]);
    assert_eq!(a.retry.as_ref().and_then(|retry| retry.max), Some(1));
    assert_eq!(a.interruptible, Some(true));
    assert_eq!(a.before_script.as_deref().map(texts), Some(vec!["b"]));
    assert_eq!(a.after_script.as_deref().map(texts), Some(vec!["z"]));
    assert_eq!(a.cache.as_ref().map(Vec::len), Some(1));
    assert!(a.artifacts.is_some() && a.hooks.is_some());
    assert_eq!(a.id_tokens.len(), 1);
    assert_eq!(a.timeout, None);
    assert!(
        a.keywords.keys().eq(["script"]
            .iter()
            .map(|name| Arc::<str>::from(*name))
            .collect::<Vec<_>>()
            .iter())
    );
}

#[test]
fn null_does_not_disable_and_empty_lists_do() {
    let text = "default: {image: ruby, tags: [t], before_script: [b], services: [r], cache: {paths: [v]}}\n\
                a: {script: x, image: null, tags: null, before_script: null}\n\
                b: {script: x, tags: [], before_script: [], services: [], cache: []}";
    let a = job(text, "a");
    assert_eq!(texts(&a.tags), ["t"]);
    assert!(a.image.is_some() && a.before_script.is_some());
    let b = job(text, "b");
    assert!(b.tags.is_empty() && b.services.is_empty());
    assert_eq!(b.before_script, Some(vec![]));
    assert!(b.cache.is_none_or(|caches| caches.is_empty()));
}

#[test]
fn both_forms_and_inherit() {
    let text = "image: ruby\nbefore_script: [b]\ndefault: {tags: [t], retry: 2}\n\
                a: {script: x, inherit: {default: false}}\nb: {script: x, inherit: {default: [image, retry]}}\n\
                c: {trigger: g/q}\nd: {script: x}";
    let a = job(text, "a");
    assert!(a.image.is_none() && a.before_script.is_none() && a.tags.is_empty());
    let b = job(text, "b");
    assert!(b.image.is_some() && b.retry.is_some() && b.before_script.is_none() && b.tags.is_empty());
    let c = job(text, "c");
    assert!(c.image.is_none() && c.before_script.is_none() && c.tags.is_empty());
    let d = job(text, "d");
    assert!(d.image.is_some() && d.retry.is_some() && texts(&d.tags) == ["t"]);
}

#[test]
fn a_bridge_takes_over_interruptible_only() {
    let a = job("default: {image: ruby, tags: [t], interruptible: true}\na: {trigger: g/q}", "a");
    assert_eq!((a.interruptible, a.image.is_some(), a.tags.len()), (Some(true), false, 0));
}

#[test]
fn a_keyword_in_both_forms_is_refused_alone() {
    let twice = "image is defined in top-level and `default:` entry";
    assert_eq!(errors("image: a\ndefault: {image: b}\nj: {script: x}"), [twice]);
    assert_eq!(errors("image: a\ndefault: {image: b}\nj: {script: x, foo: 1}\nk: 1"), [twice]);
    assert_eq!(errors("image: a\ndefault: {image: null}\nj: {script: x}"), [""; 0]);
}

#[test]
fn what_is_wrong_with_a_default_is_said_for_each_heir() {
    let wrong = "before_script config should be a string or a nested array of strings up to 10 levels deep";
    let text = "before_script: [null]\na: {script: x}\nb: {script: x, before_script: []}\nc: {script: x}\n\
                d: {script: x, inherit: {default: false}}";
    assert_eq!(errors(text), [wrong; 4]);
    let of_default = "default:interruptible config should be a boolean value";
    assert_eq!(errors("default: {interruptible: x}\na: {script: x}\nb: {trigger: g/q}"), [of_default; 3]);
    assert_eq!(
        errors("default: {interruptible: x, only: [main]}\na: {script: x}"),
        ["default config contains unknown keys: only"]
    );
    assert_eq!(
        errors("before_script: [null]\ndefault: {image: [x], only: [main]}\na: {script: x}"),
        ["default config contains unknown keys: only", wrong, wrong, wrong]
    );
    assert_eq!(errors("default: [x]\na: {script: x}"), ["default config should be a hash"]);
}

#[test]
fn repeats_have_a_bound() {
    let jobs: String = (0..12_000).map(|job| format!("j{job}: {{script: x}}\n")).collect();
    assert_eq!(errors(&format!("image: ''\n{jobs}")).len(), 10_002);
}

#[test]
fn what_all_jobs_inherit_cannot_multiply_without_end() {
    let jobs: String = (0..3000).map(|job| format!("k{job}: {{script: x}}\n")).collect();
    let many = |text: &str| vec![text; 20_000].join(", ");
    let variables: Vec<_> = (0..20_000).map(|number| format!("A{number}: x")).collect();
    for default in [
        format!("default: {{before_script: [{}]}}", many("x")),
        format!("default: {{artifacts: {{paths: [{}]}}}}", many("x")),
        format!("default: {{services: [{}]}}", many("x")),
        format!("default: {{before_script: {}}}", "x".repeat(1_000_000)),
        format!("variables: {{{}}}", variables.join(", ")),
    ] {
        let found = errors(&format!("{default}\n{jobs}"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("job: the jobs take more than 96 MiB"), "{found:?}");
    }
    let alone = format!("variables: {{{}}}\n", variables.join(", "));
    let without = jobs.replace("script: x", "script: x, inherit: {variables: false}");
    assert_eq!(errors(&(alone + &without)), Vec::<String>::new());
}
