//! Instances of parallel jobs, told together.

use ci_yaml::config::Instance;

/// So many alike instances are told one by one.
const FEW: usize = 2;

/// A job's name, and which instance it is.
pub(in crate::ci) type Member<'a> = (&'a str, Option<&'a Instance>);

/// A few alike things one by one, more together.
pub(in crate::ci) fn told<T>(alike: &[T]) -> impl Iterator<Item = &[T]> {
    alike.chunks(if alike.len() > FEW { alike.len() } else { 1 })
}

/// The name of alike instances of one job, and what they are if the name does not tell. One job is what it is called.
pub(in crate::ci) fn named<'a>(group: &[Member<'a>]) -> (String, Vec<&'a str>) {
    let (Some((first, instance)), Some(last)) = (group.first(), group.last()) else {
        return Default::default();
    };
    let (Some(instance), [_, _, ..]) = (instance, group) else {
        return ((*first).to_owned(), Vec::new());
    };
    let all = u32::try_from(group.len()).is_ok_and(|many| many == instance.total);
    if all && instance.matrix.is_none() {
        return (format!("{first} … {}", own_part(last)), Vec::new());
    }
    (format!("{} ×{}", instance.base, group.len()), group.iter().map(own_part).collect())
}

/// What tells it from other instances: `2/5`, `[ruby, 3.4]`.
fn own_part<'a>((name, instance): &Member<'a>) -> &'a str {
    let rest = instance.and_then(|instance| name.strip_prefix(&*instance.base));
    rest.map_or(*name, |rest| rest.trim_start_matches([':', ' ']))
}

/// The jobs that are waited for. Instances of one parallel job are counted.
pub(in crate::ci) fn needs<'a>(names: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let mut told: Vec<(&str, &str, usize)> = Vec::new();
    for (name, base) in names {
        match told.last_mut() {
            Some((_, known, times)) if base == Some(*known) => *times += 1,
            _ => told.push((name, base.unwrap_or_default(), 1)),
        }
    }
    let one = |(name, base, times): &(&str, &str, usize)| match times {
        1 => (*name).to_owned(),
        _ => format!("{base} ×{times}"),
    };
    match told.as_slice() {
        [] => "nothing".to_owned(),
        all => all.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needed_instances_are_counted() {
        let names = [("b", None), ("a: [x]", Some("a")), ("a: [y]", Some("a")), ("c: [x]", Some("c"))];
        assert_eq!(needs(names.into_iter()), "b, a ×2, c: [x]");
        assert_eq!(needs(std::iter::empty()), "nothing");
    }
}
