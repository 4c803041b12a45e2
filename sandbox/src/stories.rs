//! The stories a sandbox begins with, and as many more as a load test wants.

use crate::loader::story_from_markdown;
use crate::story::{Story, Text};

const MARKDOWN: &[&str] = &[
    include_str!("../stories/epic-checkout.md"),
    include_str!("../stories/cart-limits.md"),
    include_str!("../stories/coupon-gherkin.md"),
    include_str!("../stories/shipping-table.md"),
    include_str!("../stories/order-roles.md"),
    include_str!("../stories/thin.md"),
    include_str!("../stories/password-de.md"),
    include_str!("../stories/delivery-fr.md"),
    include_str!("../stories/invoice-es.md"),
    include_str!("../stories/returns-nl.md"),
    include_str!("../stories/installments-pt.md"),
    include_str!("../stories/spike.md"),
    include_str!("../stories/empty.md"),
    include_str!("../stories/login-done.md"),
];
const DOCUMENTS: &[&str] = &[include_str!("../stories/notifications.json"), include_str!("../stories/stock-layout.json")];

const TESTS: &[&str] =
    &[include_str!("../stories/test-lock.md"), include_str!("../stories/test-reset.md"), include_str!("../stories/test-mail.md")];

/// The tests that exist for `SHOP-14`: issues like others.
pub(crate) fn existing_tests() -> Vec<Story> {
    TESTS.iter().map(|file| story_from_markdown(file)).collect()
}

/// The stories of the project `SHOP`.
#[must_use]
pub fn built_in() -> Vec<Story> {
    let markdown = MARKDOWN.iter().map(|file| story_from_markdown(file));
    let documents = DOCUMENTS.iter().map(|file| serde_json::from_str(file).expect("the built-in stories are tested"));
    markdown.chain(documents).collect()
}

/// Stories `LOAD-1` to `LOAD-{count}`, no two alike.
#[must_use]
pub fn many(count: usize) -> Vec<Story> {
    const THINGS: &[&str] = &["order", "invoice", "customer", "voucher", "parcel", "refund", "subscription"];
    const ACTIONS: &[&str] = &["export", "archive", "approve", "cancel", "filter"];
    (1..=count)
        .map(|number| {
            let (thing, action) = (THINGS[number % THINGS.len()], ACTIONS[number % ACTIONS.len()]);
            let (limit, days) = (10 + number % 990, 1 + number % 365);
            Story {
                key: format!("LOAD-{number}"),
                summary: format!("As a clerk I can {action} {thing} list {number}"),
                description: Text::Source(format!(
                    "As a clerk I want to {action} the {thing} list {number} so that the desk stays tidy.\n\n## Rules\n\n\
                     - At most {limit} entries are handled in one go.\n\
                     - Entries older than {days} days are shown in grey.\n\
                     - A user without the role \"clerk\" is refused with a message."
                )),
                language: "en".to_owned(),
                labels: vec!["load".to_owned()],
                ..Story::default()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::adf::rules::check;
    use crate::contract::Contract;

    #[test]
    fn every_document_is_valid() {
        let contract = Contract::nearby();
        for story in built_in().iter().chain(&existing_tests()).chain(&many(3)) {
            let comments = story.comments.iter().map(|comment| &comment.body);
            for text in [&story.description, &story.acceptance_criteria].into_iter().chain(comments) {
                let document = text.to_adf();
                if document.is_null() {
                    continue;
                }
                assert_eq!(check(&document), Ok(()), "{}", story.key);
                assert_eq!(contract.as_ref().and_then(|contract| contract.adf(&document)), None, "{}", story.key);
            }
        }
    }

    #[test]
    fn keys_are_distinct_and_references_lead_somewhere() {
        let stories = [built_in(), existing_tests()].concat();
        let keys: HashSet<&str> = stories.iter().map(|story| story.key.as_str()).collect();
        assert_eq!(keys.len(), stories.len());
        let links = stories.iter().flat_map(|story| story.links.iter().map(|link| &link.key).chain(&story.parent));
        assert!(links.into_iter().all(|key| keys.contains(key.as_str())));
    }

    #[test]
    fn load_stories_differ() {
        let distinct: HashSet<String> = many(500).into_iter().map(|story| story.description.plain()).collect();
        assert_eq!(distinct.len(), 500);
    }
}
