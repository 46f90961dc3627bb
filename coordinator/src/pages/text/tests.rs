use super::*;
use std::collections::HashSet;

/// Numbers in braces.
fn values(text: &str) -> HashSet<&str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

#[test]
fn every_text_is_there_in_every_language_with_the_same_values() {
    for text in Text::ALL {
        let (en, zh) = text.both();
        assert!(!en.trim().is_empty() && !zh.trim().is_empty(), "{text:?}");
        assert_eq!(values(en), values(zh), "{text:?}");
        let number = |value: &&str| value.parse::<usize>().is_ok();
        assert!(values(en).iter().all(number), "{text:?}");
    }
}

#[test]
fn chinese_is_chinese_and_english_is_not() {
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for text in Text::ALL {
        let (en, zh) = text.both();
        assert!(!chinese(en), "{text:?}");
        assert!(chinese(zh) || zh == "-", "{text:?}");
    }
}

#[test]
fn no_text_is_markup() {
    for text in Text::ALL {
        let (en, zh) = text.both();
        assert!(!en.contains(['<', '>', '&']) && !zh.contains(['<', '>', '&']), "{text:?}");
    }
}

#[test]
fn browsers_are_answered_in_the_language_they_like_best() {
    assert_eq!(Lang::accepted("zh-CN,zh;q=0.9,en;q=0.8"), Lang::Zh);
    assert_eq!(Lang::accepted("en-GB,zh;q=0.9"), Lang::En);
    assert_eq!(Lang::accepted("fr, zh;q=0.5, en;q=0.4"), Lang::Zh);
    assert_eq!(Lang::accepted("zh;q=0"), Lang::En);
    assert_eq!(Lang::accepted(";;q=,"), Lang::En);
}

#[test]
fn values_are_filled_in() {
    assert_eq!(Lang::En.fill(Text::PageOf, &["2", "{0}"]), "Page 2 of {0}");
    assert_eq!(Lang::En.fill(Text::PageOf, &["2"]), "Page 2 of ");
}
