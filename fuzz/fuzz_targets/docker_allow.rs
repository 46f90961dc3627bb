//! Patterns of allowed images match what the rules say, in time that is bounded by the lengths.
//!
//! The first line is the pattern, the rest the image.

#![no_main]

use executor_docker::allow::{allows, is_pattern, matches_any};
use libfuzzer_sys::fuzz_target;
use std::time::{Duration, Instant};

/// Far beyond what a few kilobytes take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the matcher here, which tries everything, can be asked; in bytes.
const SHORT: usize = 20;

fuzz_target!(|text: &str| {
    let (pattern, image) = text.split_once('\n').unwrap_or((text, text));
    let start = Instant::now();
    let matched = matches_any(&[pattern.to_owned()], image);
    assert!(start.elapsed() < PATIENCE, "takes {:?}", start.elapsed());
    assert_eq!(allows(&[pattern.to_owned()], image), matched);
    assert!(!matched || is_pattern(pattern));

    let escaped: String = image.chars().flat_map(|c| ['\\', c]).collect();
    assert_eq!(matches_any(&[escaped.clone()], image), is_pattern(&escaped));
    if pattern.len() <= SHORT && image.len() <= SHORT && is_pattern(pattern) {
        let pattern: Vec<char> = pattern.chars().collect();
        let image: Vec<char> = image.chars().collect();
        assert_eq!(matched, any_alternative(&pattern, &image), "{pattern:?} {image:?}");
    }
});

/// Tries every alternative of the first braces in their place.
fn any_alternative(pattern: &[char], image: &[char]) -> bool {
    let Some(open) = outside_classes(pattern).find(|at| pattern[*at] == '{') else {
        return matches(pattern, image, true);
    };
    let (mut depth, mut commas, mut at) = (1, vec![open], open + 1);
    loop {
        match pattern[at] {
            '\\' => at += 1,
            '{' => depth += 1,
            ',' if depth == 1 => commas.push(at),
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        at += 1;
    }
    commas.push(at);
    commas.windows(2).any(|ends| {
        let alternative = &pattern[ends[0] + 1..ends[1]];
        any_alternative(&[&pattern[..open], alternative, &pattern[at + 1..]].concat(), image)
    })
}

/// The places of characters that are neither escaped nor in a class.
fn outside_classes(pattern: &[char]) -> impl Iterator<Item = usize> {
    let (mut in_class, mut at) = (false, 0);
    std::iter::from_fn(move || {
        while let Some(character) = pattern.get(at) {
            at += 1;
            match character {
                '\\' => at += 1,
                '[' => in_class = true,
                ']' => in_class = false,
                _ if !in_class => return Some(at - 1),
                _ => {}
            }
        }
        None
    })
}

/// The rules, one character after another. `start`: at the start of a component of the pattern.
fn matches(pattern: &[char], image: &[char], start: bool) -> bool {
    // `a/**` is `a` as well.
    if image.is_empty() && pattern.first() == Some(&'/') {
        let mut rest = &pattern[1..];
        while let ['*', '*', '/', after @ ..] = rest {
            if after.is_empty() {
                return true;
            }
            // The library takes `a/**/**` for less.
            if !after.starts_with(&['*', '*', '/']) {
                return false;
            }
            rest = after;
        }
        return rest == ['*', '*'];
    }
    match (pattern, image) {
        ([], _) => image.is_empty(),
        (['*', '*'], _) if start => true,
        (['*', '*', '/', rest @ ..], _) if start => {
            let below = image.iter().position(|c| *c == '/').map(|slash| &image[slash + 1..]);
            matches(rest, image, true) || below.is_some_and(|below| matches(pattern, below, true))
        }
        (['*', rest @ ..], _) => {
            matches_behind_star(rest, image)
                || matches!(image, [first, ..] if *first != '/') && matches_star(pattern, &image[1..])
        }
        (['\\', wanted, rest @ ..], [first, below @ ..]) => {
            wanted == first && matches(rest, below, *wanted == '/')
        }
        (['?', rest @ ..], [first, below @ ..]) => *first != '/' && matches(rest, below, false),
        (['[', rest @ ..], [first, below @ ..]) => {
            let (takes, rest) = class(rest, *first);
            takes && matches(rest, below, false)
        }
        ([wanted, rest @ ..], [first, below @ ..]) => wanted == first && matches(rest, below, *wanted == '/'),
        (_, []) => false,
    }
}

fn matches_star(pattern: &[char], image: &[char]) -> bool {
    matches_behind_star(&pattern[1..], image)
        || matches!(image, [first, ..] if *first != '/') && matches_star(pattern, &image[1..])
}

/// Stars that follow a star say no more.
fn matches_behind_star(rest: &[char], image: &[char]) -> bool {
    let stars = rest.iter().take_while(|c| **c == '*').count();
    matches(&rest[stars..], image, false)
}

/// Whether a class takes a character, and what follows it.
fn class(mut rest: &[char], character: char) -> (bool, &[char]) {
    let negated = matches!(rest, ['!' | '^', ..]);
    rest = &rest[usize::from(negated)..];
    let mut found = false;
    while rest[0] != ']' {
        let low = one(&mut rest);
        let mut high = low;
        if matches!(rest, ['-', next, ..] if *next != ']') {
            rest = &rest[1..];
            high = one(&mut rest);
        }
        found |= (low..=high).contains(&character);
    }
    (found != negated, &rest[1..])
}

fn one(rest: &mut &[char]) -> char {
    let escaped = usize::from(rest[0] == '\\');
    let one = rest[escaped];
    *rest = &rest[escaped + 1..];
    one
}
