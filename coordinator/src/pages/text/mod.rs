//! Languages, and every word that is shown. A word is in all languages or it does not compile.

mod catalogue;
pub(crate) mod duration;
#[cfg(test)]
mod tests;

pub use catalogue::Text;

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// As `lang` of HTML has it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-Hans",
        }
    }

    /// In cookies and addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// Its own name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Zh => "中文",
        }
    }

    /// Of a code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The one that a browser likes best, of its `Accept-Language`.
    pub fn accepted(header: &str) -> Self {
        let wish = |part: &str| {
            let mut fields = part.split(';');
            let primary = fields.next()?.trim().split('-').next()?.to_ascii_lowercase();
            let weight = fields.find_map(|field| field.trim().strip_prefix("q=")?.trim().parse().ok());
            let weight: f32 = weight.unwrap_or(1.0);
            Self::parse(&primary).filter(|_| weight > 0.0).map(|lang| (lang, weight))
        };
        let mut best: Option<(Self, f32)> = None;
        for (lang, weight) in header.split(',').take(32).filter_map(wish) {
            if best.is_none_or(|(_, most)| weight > most) {
                best = Some((lang, weight));
            }
        }
        best.map(|(lang, _)| lang).unwrap_or_default()
    }

    /// A text of the catalogue.
    pub fn text(self, text: Text) -> &'static str {
        let (en, zh) = text.both();
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }

    /// A text of the catalogue, `{0}`, `{1}`, … replaced.
    pub fn fill(self, text: Text, values: &[&str]) -> String {
        let mut filled = String::new();
        let mut rest = self.text(text);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((number, after)) = after.split_once('}') else { break };
            filled.push_str(
                number.parse().ok().and_then(|at: usize| values.get(at)).copied().unwrap_or_default(),
            );
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}
