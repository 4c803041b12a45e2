use proptest::prelude::*;

use super::*;
use crate::domain::language::Language;
use crate::domain::story::{Part, PartKind, Story};

fn story(parts: &[(&str, PartKind, &str)]) -> Story {
    let parts: Vec<Part> = parts.iter().map(|(id, kind, text)| Part::new(*id, *kind, *text)).collect();
    Story {
        key: "SHOP-1".into(),
        id: "1".into(),
        url: String::new(),
        summary: String::new(),
        issue_type: "Story".into(),
        status: "Open".into(),
        labels: vec![],
        language: Language::English,
        hash: Story::hash_of(&parts),
        parts,
        updated: String::new(),
        lossy: vec![],
        tests: Default::default(),
    }
}

const SUMMARY: &str = "Sign in";

fn described(text: &str) -> Haystack {
    Haystack::new(&story(&[("summary", PartKind::Summary, SUMMARY), ("description", PartKind::Description, text)]))
}

#[test]
fn typography_markup_and_case_make_no_difference() {
    assert_eq!(text("“Smart”\u{a0}‘quotes’ – and\u{200b} ﬁne…"), "\"smart\" 'quotes' and fine...");
    assert_eq!(text("* [x] **Bold** _and_ `code` with snake_case"), "bold and code with snake_case");
    assert_eq!(text("## Title\n1. first\n2) second\n> quoted"), "title first second quoted");
    assert_eq!(text("|| Plan || Limit ||\n| Basic | 5 |\n|---|---|"), "plan limit basic 5");
    assert_eq!(text("see [the page](https://x.test/a_b) and [docs|https://y.test] now"), "see the page and docs now");
    assert_eq!(text("h2. Head\n{code:java}a{code} {{mono}} {color:red}red{color}"), "head a mono red");
    assert_eq!(text("Straße ΟΔΟΣ &amp; a\\*b"), "strasse οδοσ & a*b");
}

#[test]
fn a_quotation_is_found_in_another_dress_and_in_another_part() {
    let hay = Haystack::new(&story(&[
        ("comment:1", PartKind::Comment, "The field accepts 8–64 characters."),
        ("description", PartKind::Description, "* The **user** clicks « Valider » :\n| Basic | 5 users |"),
    ]));
    assert_eq!(hay.find("the user clicks \"Valider\":", "description"), Some("description"));
    assert_eq!(hay.find("accepts 8-64 characters", "description"), Some("comment:1"));
    assert_eq!(hay.find("| Basic | 5 users |", ""), Some("description"));
    assert_eq!(hay.find("the user presses", "description"), None);
}

#[test]
fn words_and_numbers_are_found_whole_only() {
    let hay = described("Up to 15 items cost 1.5 each; notify nobody.");
    assert_eq!(hay.find("no", "description"), None);
    assert_eq!(hay.find("5", "description"), None);
    assert_eq!(hay.find("up to 1", "description"), None);
    assert_eq!(hay.find("15", "description"), Some("description"));
    assert_eq!(hay.find("a", "description"), None);
    assert_eq!(hay.find("...", "description"), None);
    assert_eq!(hay.find("", ""), None);
}

#[test]
fn pieces_around_an_ellipsis_stand_in_order_in_one_part() {
    let hay = described("After three wrong tries the account is locked for an hour. Loading… please wait");
    assert_eq!(hay.find("After three wrong tries … locked for an hour", "description"), Some("description"));
    assert_eq!(hay.find("three wrong tries [...] for an hour", "description"), Some("description"));
    assert_eq!(hay.find("locked for an hour ... After three", "description"), None);
    assert_eq!(hay.find("Sign in … is locked", "description"), None);
    assert_eq!(hay.find("Loading... please wait", "description"), Some("description"));
}

#[test]
fn numbers_are_equal_in_every_locale() {
    assert_eq!(numbers("1,000 1.000 1 000 1\u{202f}000 1'000"), ["1000"; 5].map(str::to_owned));
    assert_eq!(numbers("10% and 3.5 or 3,5 and 1.234,56 and 1,234.56"), ["10", "3.5", "3.5", "1234.56", "1234.56"]);
    assert_eq!(
        numbers("seven sieben siete zeven sete; at 10:30 on 2024-05-01"),
        ["7", "7", "7", "7", "7", "10", "30", "2024", "5", "1"]
    );
    assert_eq!(numbers("version 1.2.3, 1,000,000 rows"), ["1.2.3", "1000000"]);
    assert_eq!(numbers("one ein un once dos"), Vec::<String>::new());
}

#[test]
fn a_number_is_known_by_any_of_its_readings() {
    let hay = described("Sept jours, 1.000 Zeichen, rows of 5 and 100, one admin, 20 %");
    for known in ["7", "1000", "1,000", "5 100", "1", "20%", "seven"] {
        assert!(hay.contains_number(known), "{known}");
    }
    assert_eq!(hay.missing_numbers("3 users see 7 rows and twelve pages of a one"), ["3", "12"]);
}

#[test]
fn quoted_strings_are_found_in_every_style() {
    let all = "a \"one\" „zwei“ « trois » ‘four’ 'five' `six` “seven” don't 'it's ok' \"\" »acht«";
    assert_eq!(quoted_strings(all), ["one", "zwei", "trois", "four", "five", "six", "seven", "it's ok", "acht"]);
    assert_eq!(quoted_strings("the users' names and the customers' ages"), Vec::<String>::new());
}

#[test]
fn sentences_of_real_stories_are_found_in_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/stories.jsonl");
    let Ok(lines) = std::fs::read_to_string(path) else {
        eprintln!("no sample stories here, nothing was compared");
        return;
    };
    for line in lines.lines() {
        let sample: serde_json::Value = serde_json::from_str(line).expect("json");
        let description = sample["description"].as_str().unwrap_or_default();
        let hay = described(description);
        for sentence in description.split(['\n', '|']).filter(|line| text(line).chars().filter(|c| c.is_alphabetic()).count() > 1)
        {
            assert!(hay.find(sentence, "description").is_some(), "{}: {sentence:?}", sample["id"]);
        }
        assert_eq!(hay.missing_numbers(description), Vec::<String>::new());
    }
}

proptest! {
    #[test]
    fn nothing_panics_on_any_text(raw in any::<String>(), quote in any::<String>(), source in any::<String>()) {
        let hay = described(&raw);
        let _ = (hay.find(&quote, &source), hay.missing_numbers(&quote), numbers(&raw), quoted_strings(&raw), text(&raw));
        let markup: String = raw.chars().zip("*_`[|](\\{<&1.,'\" ".chars().cycle()).flat_map(|(a, b)| [a, b]).collect();
        let _ = (text(&markup), numbers(&markup), quoted_strings(&markup), described(&markup).find(&quote, &markup));
    }

    #[test]
    fn a_number_of_a_text_is_found_in_it(raw in "[0-9a-z .,'%|-]{0,40}") {
        let hay = described(&raw);
        prop_assert_eq!(hay.missing_numbers(&raw), Vec::<String>::new());
    }

    #[test]
    fn whole_lines_of_plain_words_are_found(lines in prop::collection::vec("[a-zéß]{2,8}( [a-zéß0-9]{1,8}){0,5}", 1..5), at in 0usize..5) {
        let hay = described(&lines.join("\n"));
        let line = &lines[at % lines.len()];
        prop_assume!(!SUMMARY.to_lowercase().contains(line.as_str()));
        prop_assert_eq!(hay.find(line, "description"), Some("description"));
        prop_assert_eq!(hay.find(&format!("**{}**.", line.to_uppercase()), "summary"), Some("description"));
    }
}
