//! English words for numbers (the Numerizer library): `twenty five` becomes `25`.
//!
//! Not everything it knows is here: ordinals have no use in a duration, and a fraction only counts behind a number, as
//! what it makes of the others is no duration.

const SMALL: &[(&str, u64)] = &[
    ("a", 1),
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("ninteen", 19),
];

const TENS: &[(&str, u64)] = &[
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fourty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];

const BIG: &[(&str, u64)] = &[
    ("hundred", 100),
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("billion", 1_000_000_000),
    ("trillion", 1_000_000_000_000),
];

const FRACTIONS: &[(&str, f64)] = &[
    ("half", 2.0),
    ("third", 3.0),
    ("fourth", 4.0),
    ("quarter", 4.0),
    ("fifth", 5.0),
    ("sixth", 6.0),
    ("seventh", 7.0),
    ("eighth", 8.0),
    ("ninth", 9.0),
];

#[derive(Clone, Debug, PartialEq)]
enum Item {
    /// A number that was spelled out.
    Spelled(u64),
    /// A power of ten, not yet applied.
    Big(u64),
    Other(String),
}

/// A text in lower case with its numbers as digits.
pub(super) fn to_numbers(text: &str) -> String {
    let text = without_hyphens(text);
    if !text.contains(|character: char| character.is_ascii_lowercase()) {
        return text;
    }
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.pop_if(|last| *last == "a"); // A number of nothing.
    let mut items = with_fractions(words.into_iter().map(item).collect());
    for (_, size) in BIG {
        items = added(multiplied(items, *size));
    }
    items.iter().map(shown).collect::<Vec<_>>().join(" ")
}

/// A hyphen between two that are no digits is a space.
fn without_hyphens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut before = None;
    while let Some(character) = characters.next() {
        let digit = |character: Option<char>| character.is_none_or(|character| character.is_ascii_digit());
        let space = character == '-' && !digit(before) && !digit(characters.peek().copied());
        out.push(if space { ' ' } else { character });
        before = Some(character);
    }
    out
}

fn find<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
}

fn item(word: &str) -> Item {
    if let Some(size) = find(BIG, word) {
        return Item::Big(size);
    }
    let joined = || {
        TENS.iter().find_map(|(tens, value)| {
            let ones = find(SMALL, word.strip_prefix(tens)?)?;
            (1..=9).contains(&ones).then_some(value + ones)
        })
    };
    match find(SMALL, word).or_else(|| find(TENS, word)).or_else(joined) {
        Some(value) => Item::Spelled(value),
        None => Item::Other(word.to_owned()),
    }
}

fn digits(item: &Item) -> Option<u64> {
    match item {
        Item::Spelled(value) => Some(*value),
        Item::Other(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        Item::Other(_) | Item::Big(_) => None,
    }
}

/// `two hundred` is 200; `hundred` alone is 100.
fn multiplied(items: Vec<Item>, size: u64) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        if item != Item::Big(size) {
            out.push(item);
        } else if let Some(value) = out.last().and_then(digits) {
            out.pop();
            out.push(Item::Spelled(value.saturating_mul(size)));
        } else {
            out.push(Item::Other(size.to_string()));
        }
    }
    out
}

/// `20 5` is 25, as is `20 and 5`; `5 20` stays.
fn added(items: Vec<Item>) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        let Item::Spelled(value) = item else {
            out.push(item);
            continue;
        };
        match out.as_slice() {
            [.., Item::Spelled(before), Item::Other(word)] if word == "and" => {
                let sum = before.saturating_add(value);
                out.truncate(out.len() - 2);
                out.push(Item::Spelled(sum));
            }
            [.., Item::Spelled(before)] if before.to_string().len() > value.to_string().len() => {
                let sum = before.saturating_add(value);
                out.pop();
                out.push(Item::Spelled(sum));
            }
            _ => out.push(Item::Spelled(value)),
        }
    }
    out
}

/// `1 and 3 quarters` is 1.75.
fn with_fractions(items: Vec<Item>) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        let below = match &item {
            Item::Other(word) => find(FRACTIONS, word.strip_suffix('s').unwrap_or(word)),
            Item::Spelled(_) | Item::Big(_) => None,
        };
        let sum = below.and_then(|below| {
            let part = digits(out.last()?)?;
            let and = out.len().checked_sub(2).and_then(|at| out.get(at));
            let skip = usize::from(and == Some(&Item::Other("and".to_owned())));
            let whole = out.len().checked_sub(2 + skip).and_then(|at| digits(out.get(at)?))?;
            Some((whole, part, below, skip))
        });
        match sum {
            #[expect(clippy::cast_precision_loss, reason = "nobody spells out 2^53")]
            Some((whole, part, below, skip)) => {
                out.truncate(out.len() - 2 - skip);
                out.push(Item::Other((whole as f64 + part as f64 / below).to_string()));
            }
            None => out.push(item),
        }
    }
    out
}

fn shown(item: &Item) -> String {
    match item {
        Item::Spelled(value) | Item::Big(value) => value.to_string(),
        Item::Other(text) => text.clone(),
    }
}
