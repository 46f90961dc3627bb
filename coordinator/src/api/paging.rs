//! Pages of lists, told in headers.

use super::error::ApiError;
use super::params::Params;
use crate::model::{Page, Paged};
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header::LINK};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;

/// From how many items on it is not told how many there are.
const COUNTED: u64 = 10_000;

/// What of the request says which page is wanted, and how the others are asked for.
#[derive(Clone, Debug)]
pub(super) struct Paging {
    /// The page.
    pub(super) page: Page,
    /// Scheme, host and path of the list.
    base: String,
    /// The other parameters of the query, encoded.
    query: String,
}

impl Paging {
    /// `page` and `per_page`, with the request's own address below `url`.
    pub(super) fn of(params: &Params, url: &str, uri: &Uri) -> Result<Self, ApiError> {
        let number = params.number("page")?.unwrap_or(1);
        let size = params.number("per_page")?.unwrap_or(20);
        let out_of = |name: &str| ApiError::bad(format!("{name} does not have a valid value"));
        let number = u32::try_from(number).ok().filter(|n| *n > 0).ok_or_else(|| out_of("page"))?;
        let size = u32::try_from(size).ok().filter(|n| *n > 0).ok_or_else(|| out_of("per_page"))?;
        let mut query = String::new();
        for (name, value) in params.iter() {
            if !matches!(name.as_str(), "page" | "per_page" | "private_token" | "job_token" | "access_token")
            {
                append(&mut query, &encoded(name), value);
            }
        }
        Ok(Self { page: Page::new(number, size), base: format!("{url}{}", uri.path()), query })
    }

    /// A list of which `total` tells how long it is.
    pub(super) fn answer<T, U: Serialize>(&self, paged: Paged<T>, show: impl FnMut(&T) -> U) -> Response {
        let shown: Vec<U> = paged.items.iter().map(show).collect();
        self.response(shown, Some(paged.total), paged.total)
    }

    /// A list of which nobody counts how long it is.
    pub(super) fn uncounted<T, U: Serialize>(&self, paged: Paged<T>, show: impl FnMut(&T) -> U) -> Response {
        let shown: Vec<U> = paged.items.iter().map(show).collect();
        self.response(shown, None, paged.total)
    }

    /// A page of a list that is here as a whole.
    pub(super) fn cut<U: Serialize>(&self, all: Vec<U>) -> Response {
        let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let skip = usize::try_from(self.page.offset()).unwrap_or(usize::MAX);
        let size = usize::try_from(self.page.size).unwrap_or(usize::MAX);
        let items: Vec<U> = all.into_iter().skip(skip).take(size).collect();
        self.response(items, Some(total), total)
    }

    fn response<U: Serialize>(&self, shown: Vec<U>, told: Option<u64>, total: u64) -> Response {
        let told = told.filter(|total| *total <= COUNTED);
        let mut response = Json(shown).into_response();
        self.head(response.headers_mut(), told, total);
        response
    }

    fn head(&self, headers: &mut HeaderMap, told: Option<u64>, total: u64) {
        let (number, size) = (self.page.number, self.page.size);
        let pages = u32::try_from(total.div_ceil(u64::from(size))).unwrap_or(u32::MAX).max(1);
        let next = (number < pages).then(|| number + 1);
        let previous = (number > 1).then(|| number - 1);
        let mut set = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        let or_nothing = |page: Option<u32>| page.map(|page| page.to_string()).unwrap_or_default();
        set("x-page", number.to_string());
        set("x-per-page", size.to_string());
        set("x-next-page", or_nothing(next));
        set("x-prev-page", or_nothing(previous));
        if let Some(total) = told {
            set("x-total", total.to_string());
            set("x-total-pages", pages.to_string());
        }
        let last = told.map(|_| pages);
        let links = [("prev", previous), ("next", next), ("first", Some(1)), ("last", last)];
        let links: Vec<String> =
            links.iter().filter_map(|(rel, page)| page.map(|page| self.link(rel, page))).collect();
        if let Ok(value) = HeaderValue::from_str(&links.join(", ")) {
            headers.insert(LINK, value);
        }
    }

    fn link(&self, rel: &str, page: u32) -> String {
        let join = if self.query.is_empty() { "" } else { "&" };
        format!("<{}?{}{join}page={page}&per_page={}>; rel=\"{rel}\"", self.base, self.query, self.page.size)
    }
}

/// A parameter with all that is below it, as a query.
fn append(out: &mut String, name: &str, value: &Value) {
    let text = match value {
        Value::Array(items) => {
            for item in items {
                append(out, &format!("{name}[]"), item);
            }
            return;
        }
        Value::Object(map) => {
            for (key, item) in map {
                append(out, &format!("{name}[{}]", encoded(key)), item);
            }
            return;
        }
        Value::Null => return,
        Value::String(text) => encoded(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    let join = if out.is_empty() { "" } else { "&" };
    let _ = write!(out, "{join}{name}={text}");
}

/// Percent-encoded, but for what needs it nowhere.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paging(params: Value) -> Result<Paging, ApiError> {
        Paging::of(&Params::of(params), "http://ci", &Uri::from_static("/api/v4/projects/1/pipelines?x=y"))
    }

    #[test]
    fn a_page_in_the_middle_names_its_neighbours() {
        let params = json!({
            "page": "2", "per_page": 2, "scope": ["failed", "a&b"], "filter": {"x": "ü"}, "private_token": "glpat-x",
        });
        let response = paging(params).unwrap().cut(vec![1, 2, 3, 4, 5]);
        let headers = response.headers();
        let shown = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert_eq!([shown("x-page"), shown("x-next-page"), shown("x-prev-page")], ["2", "3", "1"]);
        assert_eq!([shown("x-total"), shown("x-total-pages")], ["5", "3"]);
        let links = shown("link");
        let base = "http://ci/api/v4/projects/1/pipelines?filter[x]=%C3%BC&scope[]=failed&scope[]=a%26b";
        assert!(links.contains(&format!("<{base}&page=3&per_page=2>; rel=\"next\"")), "{links}");
        assert!(!links.contains("glpat"), "{links}");
    }

    #[test]
    fn long_and_uncounted_lists_do_not_say_how_long_they_are() {
        let long = paging(json!({})).unwrap().answer(Paged { items: vec![1], total: 10_001 }, |n| *n);
        assert!(!long.headers().contains_key("x-total"));
        assert_eq!(long.headers()["x-next-page"], "2");
        let jobs = paging(json!({})).unwrap().uncounted(Paged { items: vec![1], total: 1 }, |n| *n);
        assert!(!jobs.headers().contains_key("x-total-pages"));
        assert_eq!(jobs.headers()["x-next-page"], "");
    }

    #[test]
    fn bounds() {
        assert_eq!(paging(json!({"per_page": 1000})).unwrap().page, Page { number: 1, size: 100 });
        assert!(paging(json!({"page": 0})).is_err());
        assert!(paging(json!({"per_page": "-1"})).is_err());
        let huge = paging(json!({"page": u32::MAX})).unwrap().cut(vec![1]);
        assert_eq!(huge.headers()["x-next-page"], "");
    }
}
