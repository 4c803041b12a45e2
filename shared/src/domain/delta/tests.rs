use super::*;
use crate::domain::checks;
use crate::domain::drafter;
use crate::domain::language::Language;
use crate::domain::story::{ExistingTests, PartKind};

const BEFORE: &str =
    "- A parcel weighs at most 30 kg.\n- A label shows the number of the parcel.\n- A parcel without an address is refused.";
const AFTER: &str = "- A parcel weighs at most 25 kg.\n- A label shows the number of the parcel.\n- A parcel without an address is refused.\n- A parcel is insured up to 500 EUR.";

fn story(description: &str) -> Story {
    let parts = vec![
        Part::new("summary", PartKind::Summary, "Send parcels"),
        Part::new("description", PartKind::Description, description),
    ];
    Story {
        key: "SHOP-1".to_owned(),
        id: "1".to_owned(),
        url: String::new(),
        summary: "Send parcels".to_owned(),
        issue_type: "Story".to_owned(),
        status: "To Do".to_owned(),
        labels: Vec::new(),
        language: Language::English,
        parts,
        tests: ExistingTests::default(),
        updated: String::new(),
        lossy: Vec::new(),
        hash: String::new(),
    }
}

fn written_for(story: &Story) -> CriteriaSet {
    let checked = checks::criteria(story, story.language, drafter::criteria(story), None);
    checks::settle_criteria(story, checked, None)
}

fn earlier(text: &str, is_kept: bool) -> Earlier {
    let story = story(text);
    Earlier {
        id: Uuid::nil(),
        created_by: Uuid::nil(),
        parts: story.parts.iter().map(|part| (part.id.clone(), part.sha256.clone())).collect(),
        criteria: written_for(&story),
        suite: None,
        story: is_kept.then_some(story),
    }
}

fn quotes(criteria: &[&Criterion]) -> Vec<String> {
    criteria.iter().map(|criterion| criterion.evidence[0].quote.clone()).collect()
}

#[test]
fn what_rests_on_lines_that_did_not_change_is_kept_and_the_rest_is_told() {
    let earlier = earlier(BEFORE, true);
    let delta = Delta::new(&story(AFTER), &earlier);
    let part = &delta.changed[0];
    assert_eq!((part.part.as_str(), delta.changed.len()), ("description", 1));
    assert_eq!(part.new, ["- A parcel weighs at most 25 kg.", "- A parcel is insured up to 500 EUR."]);
    assert_eq!(part.gone, ["- A parcel weighs at most 30 kg."]);
    assert!(quotes(&delta.kept).iter().all(|quote| !quote.contains("30 kg")), "{:?}", quotes(&delta.kept));
    assert!(quotes(&delta.outdated).iter().all(|quote| quote.contains("30 kg")), "{:?}", quotes(&delta.outdated));
    assert!(delta.kept.len() >= 2 && !delta.outdated.is_empty());
    let news = delta.only_news(drafter::criteria(&story(AFTER)));
    assert!(!news.criteria.is_empty());
    for item in &news.criteria {
        let said = &item.evidence[0].quote;
        assert!(said.contains("25 kg") || said.contains("500 EUR"), "{said}");
    }
}

#[test]
fn a_story_that_did_not_change_keeps_everything_word_by_word() {
    let earlier = earlier(BEFORE, false);
    let delta = Delta::new(&story(BEFORE), &earlier);
    assert!(!delta.has_news() && delta.changed.is_empty() && delta.outdated.is_empty());
    let again = checks::criteria(&story(BEFORE), Language::English, delta.criteria(), Some(&earlier.criteria));
    assert_eq!(again.set.criteria, earlier.criteria.criteria);
}

#[test]
fn a_part_that_changed_and_whose_old_text_is_not_kept_any_more_has_nothing_unchanged() {
    let earlier = earlier(BEFORE, false);
    let delta = Delta::new(&story(AFTER), &earlier);
    assert!(delta.kept.iter().all(|criterion| criterion.evidence.is_empty()), "{:?}", quotes(&delta.kept));
    assert_eq!(delta.changed[0].new.len(), 4, "all of it is news");
}

#[test]
fn a_story_that_only_lost_words_asks_for_nothing_and_loses_what_rested_on_them() {
    let earlier = earlier(BEFORE, true);
    let shorter = BEFORE.lines().skip(1).collect::<Vec<_>>().join("\n");
    let delta = Delta::new(&story(&shorter), &earlier);
    assert!(!delta.has_news() && !delta.outdated.is_empty());
    assert!(delta.criteria().criteria.iter().all(|item| !item.evidence[0].quote.contains("30 kg")));
}
