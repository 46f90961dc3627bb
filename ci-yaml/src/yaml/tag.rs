//! What a tag makes of a value, as Ruby's Psych decides it in safe mode (`Psych::Visitors::ToRuby`).

use super::scalar::{Refusal, resolve};
use super::syntax::Style;
use crate::Value;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// The one tag that GitLab adds.
pub(super) const REFERENCE: &str = "!reference";

/// The tag of strings.
pub(super) const STRING: &str = "tag:yaml.org,2002:str";

/// What the tag of a list or a map makes of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A list or map. Whether the tag was known at all.
    Plain { known: bool },
    /// `!reference`
    Reference,
}

/// A scalar's value, and whether its tag was known.
pub(super) fn scalar(tag: Option<&str>, text: &str, style: Style) -> Result<(Value, bool), Refusal> {
    let string = || Value::Str(text.into());
    let Some(tag) = tag else {
        return Ok((if style == Style::Plain { resolve(text)? } else { string() }, true));
    };
    if let Some(class) = string_class(tag) {
        return refuse_class(class).map(|()| (string(), true));
    }
    let class = match tag {
        // Nobody writes it but for a negation that lacks its quotes: `! $NAME`.
        "!" => return Ok((resolve(text)?, !(style == Style::Plain && text.starts_with(['$', '('])))),
        "!binary" | "tag:yaml.org,2002:binary" => return Ok((Value::Str(unpack(text).into()), true)),
        "!float" | "tag:yaml.org,2002:float" => return Ok((to_float(resolve(text)?)?, true)),
        "!ruby/object:BigDecimal" => "BigDecimal",
        "!ruby/object:DateTime" => "DateTime",
        "!ruby/object:Complex" => "Complex",
        "!ruby/object:Rational" => "Rational",
        "!ruby/encoding" => "Encoding",
        "!ruby/regexp" => "Regexp",
        "!ruby/range" => "Range",
        "!ruby/class" | "!ruby/module" if !text.is_empty() => text,
        _ if tag.starts_with("!ruby/sym") => return Ok((string(), true)),
        // Quotes do not help against an unknown tag: `!x "12"` is a number.
        _ => return Ok((resolve(text)?, is_core(tag))),
    };
    Err(Refusal::Class(class.into()))
}

/// What a list becomes.
pub(super) fn sequence(tag: Option<&str>) -> Result<Shape, Refusal> {
    match tag {
        None => Ok(Shape::Plain { known: true }),
        Some(REFERENCE) => Ok(Shape::Reference),
        // Rails takes this tag over, and cannot deal with the result.
        Some("!omap" | "tag:yaml.org,2002:omap") => Err(Refusal::Invalid),
        Some(tag) => {
            if let Some(class) = tag.strip_prefix("!seq:").or_else(|| tag.strip_prefix("!ruby/array:")) {
                refuse_class(class)?;
            }
            Ok(Shape::Plain { known: is_core(tag) })
        }
    }
}

/// What a map becomes.
pub(super) fn mapping(tag: Option<&str>) -> Result<Shape, Refusal> {
    let Some(tag) = tag else {
        return Ok(Shape::Plain { known: true });
    };
    let class = match tag {
        REFERENCE => return Ok(Shape::Reference),
        "!set" | "tag:yaml.org,2002:set" => "Psych::Set",
        "!omap" | "tag:yaml.org,2002:omap" => "Psych::Omap",
        "!ruby/range" => "Range",
        "!ruby/object:Hash" => return Ok(Shape::Plain { known: true }),
        _ if string_class(tag).is_some() || tag.starts_with("!ruby/hash-with-ivars") => {
            return Err(Refusal::Invalid);
        }
        _ => match ruby_class(tag) {
            Some(class) => class,
            None => return Ok(Shape::Plain { known: is_core(tag) }),
        },
    };
    Err(Refusal::Class(class.into()))
}

/// The class that a tag of a map names, or the one that is meant if it names none.
fn ruby_class(tag: &str) -> Option<&str> {
    const KINDS: [(&str, &str); 8] = [
        ("!ruby/struct", "Struct"),
        ("!ruby/data", "Data"),
        ("!ruby/object", "Object"),
        ("!ruby/array", "Array"),
        ("!ruby/exception", "Exception"),
        ("!ruby/hash", "Hash"),
        ("!ruby/marshalable", "Object"),
        ("!map", ""),
    ];
    let (kind, default) = KINDS.iter().find(|(kind, _)| tag.starts_with(kind))?;
    let class = tag[kind.len()..].trim_start_matches("-with-ivars").strip_prefix(':');
    class.or(Some(*default)).filter(|class| !class.is_empty())
}

/// The class behind a tag for strings, which is mostly empty.
fn string_class(tag: &str) -> Option<&str> {
    let rest = [STRING, "!str", "!ruby/string"]
        .iter()
        .find_map(|prefix| tag.strip_prefix(prefix))
        .filter(|rest| rest.is_empty() || rest.starts_with(':') && !tag.starts_with(STRING))?;
    Some(rest.trim_start_matches(':'))
}

fn refuse_class(class: &str) -> Result<(), Refusal> {
    if class.is_empty() { Ok(()) } else { Err(Refusal::Class(class.into())) }
}

/// Whether a tag is one of YAML's own.
fn is_core(tag: &str) -> bool {
    const NAMES: [&str; 9] = ["str", "int", "float", "bool", "null", "seq", "map", "timestamp", "binary"];
    tag == "!" || tag.strip_prefix("tag:yaml.org,2002:").is_some_and(|name| NAMES.contains(&name))
}

/// What Ruby's `Float()` makes of a value.
fn to_float(value: Value) -> Result<Value, Refusal> {
    match value {
        Value::Float(_) => Ok(value),
        Value::Int(number) => Ok(Value::Float(number as f64)),
        Value::Str(text) => {
            let digits = text.trim().replace('_', "");
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            digits.parse().ok().filter(|_| is_number).map(Value::Float).ok_or(Refusal::Invalid)
        }
        _ => Err(Refusal::Invalid),
    }
}

/// What Ruby's `unpack('m')` makes of a text, as far as it is UTF-8.
fn unpack(text: &str) -> String {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let until_padding = text.split('=').next().unwrap_or_default();
    let mut digits: Vec<u8> = until_padding.bytes().filter(is_digit).collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    let bytes = GeneralPurpose::new(&STANDARD, config).decode(digits).unwrap_or_default();
    match String::from_utf8_lossy(&bytes) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(tag: &str, text: &str) -> Value {
        scalar(Some(tag), text, Style::Double).expect("a value").0
    }

    fn class(result: Result<impl Sized, Refusal>) -> String {
        match result {
            Err(Refusal::Class(class)) => class,
            Err(Refusal::Invalid) => "invalid".into(),
            Ok(_) => "fine".into(),
        }
    }

    #[test]
    fn tags_of_scalars() {
        assert_eq!(value(STRING, "12"), Value::Str("12".into()));
        assert_eq!(value("!str", "yes"), Value::Str("yes".into()));
        assert_eq!(value("!", "12"), Value::Int(12));
        assert_eq!(value("tag:yaml.org,2002:int", "12"), Value::Int(12));
        assert_eq!(value("tag:yaml.org,2002:float", "12"), Value::Float(12.0));
        assert_eq!(value("!float", "1e3"), Value::Float(1000.0));
        assert_eq!(value("!binary", "aGk="), Value::Str("hi".into()));
        assert_eq!(value("!binary", "a G\nk"), Value::Str("hi".into()));
        assert_eq!(value("!ruby/symbol", "a"), Value::Str("a".into()));
        assert_eq!(class(scalar(Some("!float"), "x", Style::Plain)), "invalid");
        assert_eq!(class(scalar(Some("!str:Foo"), "x", Style::Plain)), "Foo");
        assert_eq!(class(scalar(Some("!ruby/regexp"), "/x/", Style::Plain)), "Regexp");
        assert_eq!(class(scalar(Some("!ruby/class"), "File", Style::Plain)), "File");
    }

    #[test]
    fn unknown_tags_are_ignored_and_so_are_quotes_behind_them() {
        assert_eq!(scalar(Some("!x"), "ruby", Style::Plain), Ok((Value::Str("ruby".into()), false)));
        assert_eq!(scalar(Some("!x"), "12", Style::Double), Ok((Value::Int(12), false)));
        assert_eq!(scalar(Some("!$A"), "", Style::Plain), Ok((Value::Null, false)));
        assert_eq!(sequence(Some("!x")), Ok(Shape::Plain { known: false }));
        assert_eq!(mapping(Some("tag:yaml.org,2002:map")), Ok(Shape::Plain { known: true }));
    }

    #[test]
    fn objects_are_refused() {
        assert_eq!(class(mapping(Some("tag:yaml.org,2002:set"))), "Psych::Set");
        assert_eq!(class(mapping(Some("!ruby/object:OpenStruct"))), "OpenStruct");
        assert_eq!(class(mapping(Some("!ruby/object"))), "Object");
        assert_eq!(class(mapping(Some("!ruby/struct:A"))), "A");
        assert_eq!(class(mapping(Some("!ruby/data-with-ivars:A"))), "A");
        assert_eq!(class(mapping(Some("!map:A"))), "A");
        assert_eq!(class(mapping(Some("!map"))), "fine");
        assert_eq!(class(mapping(Some("!ruby/object:Hash"))), "fine");
        assert_eq!(class(sequence(Some("!seq:A"))), "A");
        assert_eq!(class(sequence(Some("!omap"))), "invalid");
        assert_eq!(class(sequence(Some("!ruby/object:A"))), "fine");
    }
}
