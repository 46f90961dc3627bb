//! Single values: from TOML's types to the declared ones, without coercion.

use super::{Node, Span};
use crate::config::duration::{DurationError, GoDuration};
use crate::config::schema::Kind;
use crate::diagnostic::Diagnostic;
use protocol::Secret;
use std::collections::BTreeMap;
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use toml_edit::{Item, TableLike, Value as Toml};

/// A value of a declared type. `Debug` shows only the type, since any value may be a secret.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Secret(Secret),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Duration(GoDuration),
    Texts(Vec<String>),
    TextMap(BTreeMap<String, String>),
    TextsMap(BTreeMap<String, Vec<String>>),
    BooleanMap(BTreeMap<String, bool>),
    /// `None` is GitLab's zero time, year 1.
    DateTime(Option<OffsetDateTime>),
    Table(Node),
    Tables(Vec<Node>),
    /// Something that is not looked at, and whether it says anything.
    Free {
        empty: bool,
    },
}

impl Value {
    /// Whether it is the value that an absent key has. (For switches, whose absence means something else
    /// than `false`, `false` does say something.)
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Secret(secret) => secret.is_empty(),
            Self::Integer(number) => *number == 0,
            Self::Float(number) => *number == 0.0,
            Self::Boolean(on) => !on,
            Self::Duration(duration) => duration.0 == 0,
            Self::Texts(texts) => texts.is_empty(),
            Self::TextMap(map) => map.is_empty(),
            Self::TextsMap(map) => map.is_empty(),
            Self::BooleanMap(map) => map.is_empty(),
            Self::DateTime(time) => time.is_none(),
            Self::Table(node) => node.is_zero(),
            Self::Tables(nodes) => nodes.is_empty(),
            Self::Free { empty } => *empty,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Secret(_) => "Secret(..)",
            Self::Integer(number) => return write!(f, "Integer({number})"),
            Self::Float(number) => return write!(f, "Float({number})"),
            Self::Boolean(on) => return write!(f, "Boolean({on})"),
            Self::Duration(duration) => return write!(f, "Duration({duration})"),
            Self::Texts(_) => "Texts(..)",
            Self::TextMap(_) => "TextMap(..)",
            Self::TextsMap(_) => "TextsMap(..)",
            Self::BooleanMap(map) => return write!(f, "BooleanMap({map:?})"),
            Self::DateTime(time) => return write!(f, "DateTime({time:?})"),
            Self::Table(node) => return write!(f, "Table({node:?})"),
            Self::Tables(nodes) => return write!(f, "Tables({nodes:?})"),
            Self::Free { .. } => "Free(..)",
        })
    }
}

/// A value of another type than declared.
pub(super) struct WrongType {
    /// "is an integer", without the value itself.
    pub(super) found: String,
    /// A more exact place than the whole value.
    pub(super) span: Span,
    pub(super) help: Option<String>,
}

impl WrongType {
    fn is(found: impl fmt::Display) -> Self {
        Self { found: format!("is {found}"), span: None, help: None }
    }
}

type Read = Result<Value, WrongType>;

/// Reads a value that is no table of the schema; the diagnostic is a remark on a value that is taken.
pub(super) fn read(kind: Kind, item: &Item) -> Result<(Value, Option<Diagnostic>), WrongType> {
    let value = match kind {
        Kind::Text => Value::Text(text(item)?),
        Kind::Secret => Value::Secret(Secret::new(text(item)?)),
        Kind::Integer => Value::Integer(item.as_integer().ok_or_else(|| wrong_number(item))?),
        Kind::Float => Value::Float(float(item)?),
        Kind::Boolean | Kind::Switch => Value::Boolean(boolean(item)?),
        Kind::Duration => return duration(item),
        Kind::Texts => Value::Texts(texts(item)?),
        Kind::TextOrTexts => match item.as_str() {
            Some(text) => Value::Texts(vec![text.to_owned()]),
            None => Value::Texts(texts(item)?),
        },
        Kind::TextMap => Value::TextMap(map(item, text)?),
        Kind::TextsMap => Value::TextsMap(map(item, texts)?),
        Kind::BooleanMap => Value::BooleanMap(map(item, boolean)?),
        Kind::DateTime => date_time(item)?,
        Kind::Free | Kind::Table(_) | Kind::Tables(_) => Value::Free {
            empty: item.as_table_like().is_some_and(TableLike::is_empty)
                || item.as_array().is_some_and(toml_edit::Array::is_empty),
        },
    };
    Ok((value, None))
}

/// What an item is, with its article.
pub(super) fn kind_of(item: &Item) -> &'static str {
    match item {
        Item::None => "nothing",
        Item::Table(_) => "a table",
        Item::ArrayOfTables(_) => "an array of tables",
        Item::Value(value) => kind_of_value(value),
    }
}

fn kind_of_value(value: &Toml) -> &'static str {
    match value {
        Toml::String(_) => "a string",
        Toml::Integer(_) => "an integer",
        Toml::Float(_) => "a float",
        Toml::Boolean(_) => "a boolean",
        Toml::Datetime(_) => "a date and time",
        Toml::Array(_) => "an array",
        Toml::InlineTable(_) => "a table",
    }
}

fn text(item: &Item) -> Result<String, WrongType> {
    item.as_str().map(str::to_owned).ok_or_else(|| {
        let mut wrong = WrongType::is(kind_of(item));
        if item.is_integer() || item.is_float() || item.is_bool() {
            wrong.help = Some("put it in quotes".to_owned());
        }
        wrong
    })
}

fn wrong_number(item: &Item) -> WrongType {
    let mut wrong = WrongType::is(kind_of(item));
    if item.as_str().is_some_and(|text| text.parse::<f64>().is_ok()) {
        wrong.help = Some("leave out the quotes".to_owned());
    }
    wrong
}

fn float(item: &Item) -> Result<f64, WrongType> {
    #[expect(clippy::cast_precision_loss, reason = "a factor beyond 2^53 means nothing here")]
    let integer = item.as_integer().map(|number| number as f64);
    item.as_float().or(integer).ok_or_else(|| wrong_number(item))
}

fn boolean(item: &Item) -> Result<bool, WrongType> {
    item.as_bool().ok_or_else(|| {
        let mut wrong = WrongType::is(kind_of(item));
        if matches!(item.as_str(), Some("true" | "false")) {
            wrong.help = Some("leave out the quotes".to_owned());
        }
        wrong
    })
}

fn duration(item: &Item) -> Result<(Value, Option<Diagnostic>), WrongType> {
    if let Some(nanos) = item.as_integer() {
        let duration = GoDuration(nanos);
        let remark = (nanos != 0).then(|| {
            Diagnostic::warning(format!("a bare number is a duration in nanoseconds: {duration}"))
                .expected(format!("write `\"{duration}\"`, or did you mean `\"{nanos}s\"`?"))
        });
        return Ok((Value::Duration(duration), remark));
    }
    let Some(text) = item.as_str() else { return Err(WrongType::is(kind_of(item))) };
    match GoDuration::parse(text) {
        Ok(duration) => Ok((Value::Duration(duration), None)),
        Err(error) => {
            let mut wrong = WrongType::is(format_args!("`{text}`, which is no duration: {error}"));
            wrong.help = duration_help(text, error);
            Err(wrong)
        }
    }
}

fn duration_help(text: &str, error: DurationError) -> Option<String> {
    let squeezed = text.replace(char::is_whitespace, "").replace("min", "m");
    if GoDuration::parse(&squeezed).is_ok() {
        return Some(format!("did you mean `\"{squeezed}\"`?"));
    }
    match error {
        DurationError::Unit => Some(format!("did you mean `\"{text}s\"`?")),
        DurationError::UnknownUnit => Some("the units are `ns`, `us`, `ms`, `s`, `m` and `h`".to_owned()),
        DurationError::Number | DurationError::Range => None,
    }
}

fn texts(item: &Item) -> Result<Vec<String>, WrongType> {
    let Some(array) = item.as_array() else {
        let mut wrong = WrongType::is(kind_of(item));
        if item.is_str() {
            wrong.help = Some("put it in brackets: `[\"…\"]`".to_owned());
        }
        return Err(wrong);
    };
    array
        .iter()
        .map(|value| {
            value.as_str().map(str::to_owned).ok_or_else(|| WrongType {
                found: format!("holds {}", kind_of_value(value)),
                span: value.span(),
                help: None,
            })
        })
        .collect()
}

fn map<T>(item: &Item, read: fn(&Item) -> Result<T, WrongType>) -> Result<BTreeMap<String, T>, WrongType> {
    let Some(table) = item.as_table_like() else { return Err(WrongType::is(kind_of(item))) };
    table
        .iter()
        .map(|(name, item)| match read(item) {
            Ok(value) => Ok((name.to_owned(), value)),
            Err(wrong) => Err(WrongType {
                found: format!("has a `{name}` that {}", wrong.found),
                span: wrong.span.or_else(|| item.span()),
                help: wrong.help,
            }),
        })
        .collect()
}

fn date_time(item: &Item) -> Read {
    let text = match (item.as_datetime(), item.as_str()) {
        (Some(time), _) => time.to_string().replacen(' ', "T", 1),
        (None, Some(text)) => text.to_owned(),
        (None, None) => return Err(WrongType::is(kind_of(item))),
    };
    // A time without an offset is taken as UTC.
    let parsed = OffsetDateTime::parse(&text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
        .map_err(|_| WrongType::is("no full date and time"))?;
    Ok(Value::DateTime((parsed.year() > 1).then_some(parsed)))
}
