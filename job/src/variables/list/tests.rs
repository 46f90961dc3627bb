use super::*;
use crate::variables::testing::{order, workspace};

fn list(order: &Order) -> Variables {
    Variables::build(order, &Flags::resolve(order), Some(&workspace("/w".as_ref())))
}

fn variable(key: &str, value: &str, change: impl Fn(&mut Variable)) -> Variable {
    let mut variable = Variable::public(key, value);
    change(&mut variable);
    variable
}

#[test]
fn expansion_is_one_pass_and_spares_raw_values() {
    let mut order =
        order(&[("A", "1"), ("B", "b-$A-${A}-%A%"), ("C", "$$A $UNSET end"), ("D", "$E"), ("E", "$A")]);
    order.payload.variables.extend([
        variable("R", "raw $A", |v| v.raw = true),
        variable("F", "body $A\nsecond", |v| v.file = true),
        variable("REF", "$F", |_| ()),
        variable("RF", "raw $F", |v| (v.raw, v.file) = (true, true)),
    ]);
    let list = list(&order);
    assert_eq!(list.get("B"), "b-1-1-%A%");
    assert_eq!(list.get("C"), "$A  end");
    assert_eq!(list.get("D"), "$A", "no second pass");
    assert_eq!(list.get("R"), "raw $A");
    assert_eq!(list.get("F"), "/w/builds/p.tmp/F");
    assert_eq!(list.value("F"), "body 1\nsecond");
    assert_eq!(list.get("REF"), "/w/builds/p.tmp/F");
    assert_eq!(list.value("RF"), "raw $F");
    assert_eq!(list.get("NOPE"), "");
    assert_eq!(list.expand("$A/$F"), "1//w/builds/p.tmp/F");
}

#[test]
fn precedence() {
    let mut order = order(&[
        ("CI_PROJECT_DIR", "/mine"),
        ("CI_RUNNER_VERSION", "0"),
        ("FF_TIMESTAMPS", "false"),
        ("K", "payload"),
    ]);
    order.settings.environment = vec!["K=environment".to_owned(), "L=a=b".to_owned(), "bad".to_owned()];
    order.settings.feature_flags.insert("FF_TIMESTAMPS".to_owned(), true);
    let list = list(&order);
    assert_eq!(list.get("CI_PROJECT_DIR"), "/mine");
    assert_eq!(list.get("CI_RUNNER_VERSION"), "19.4.0");
    assert_eq!(list.get("FF_TIMESTAMPS"), "true");
    assert_eq!(list.get("K"), "payload");
    assert_eq!(list.get("L"), "a=b");
    assert!(!list.contains("bad"));
    assert_eq!(list.get("CI_RUNNER_EXECUTABLE_ARCH"), "linux/amd64");
    assert_eq!(list.get("CI_JOB_TIMEOUT"), "7200");
    assert_eq!(list.get("CI_SHARED_ENVIRONMENT"), "true");
    assert_eq!(list.get("CI_CONCURRENT_ID"), "3");
    assert!(list.iter().filter(|v| v.key == "L").all(|v| !v.public));
}

#[test]
fn order_of_the_runners_own() {
    let mut order = order(&[]);
    order.payload.image.name = "ruby".to_owned();
    order.tls.ca = "PEM $A".to_owned();
    let list = list(&order);
    let names: Vec<&str> = list.iter().map(|v| v.key.as_str()).filter(|k| !k.starts_with("FF_")).collect();
    assert_eq!(
        names,
        [
            "CI_JOB_IMAGE",
            "CI_RUNNER_SHORT_TOKEN",
            "CI_BUILDS_DIR",
            "CI_PROJECT_DIR",
            "CI_CONCURRENT_ID",
            "CI_CONCURRENT_PROJECT_ID",
            "CI_SERVER",
            "CI_JOB_STATUS",
            "CI_JOB_TIMEOUT",
            "CI_SERVER_TLS_CA_FILE",
            "CI_SHARED_ENVIRONMENT",
            "CI_RUNNER_VERSION",
            "CI_RUNNER_REVISION",
            "CI_RUNNER_EXECUTABLE_ARCH",
            "RUNNER_TEMP_PROJECT_DIR",
        ]
    );
    assert_eq!(list.value("CI_SERVER_TLS_CA_FILE"), "PEM $A");
}

#[test]
fn the_status_is_replaced_where_the_runner_put_it() {
    let mut list_ = list(&order(&[]));
    list_.set_job_status("failed");
    assert_eq!(list_.get("CI_JOB_STATUS"), "failed");
    let mut list_ = list(&order(&[("CI_JOB_STATUS", "theirs")]));
    list_.set_job_status("failed");
    assert_eq!(list_.get("CI_JOB_STATUS"), "theirs");
}

#[test]
fn masked_values_are_trimmed_and_unique() {
    let mut order = order(&[]);
    order.payload.variables = vec![
        variable("A", " s3cret\n", |v| v.masked = true),
        variable("B", "s3cret", |v| v.masked = true),
        variable("C", "  ", |v| v.masked = true),
        variable("D", "open", |_| ()),
    ];
    let list = list(&order);
    assert_eq!(list.masked_values(), ["s3cret"]);
    assert!(!format!("{list:?}").contains("s3cret"));
}

#[test]
fn truth_values() {
    let list = list(&order(&[("A", "TRUE"), ("B", "1"), ("C", "2"), ("D", "yes"), ("E", "t"), ("F", "01")]));
    let names = ["A", "B", "C", "D", "E", "F", "G"];
    assert_eq!(names.map(|n| list.get_bool(n)), [true, true, false, false, true, true, false]);
}
