//! Refusal: whether what cannot be tested was refused, and nothing else. Told only of stories of which it is known.

use super::look::Look;
use super::{Portion, Taken};

/// Of a story that cannot be tested: no scenario, but a question.
pub(super) fn refusal(look: &Look<'_>) -> Taken {
    if look.expected.testable != Some(false) {
        return None;
    }
    let asked = !look.set.questions.is_empty() || look.suite.is_some_and(|suite| !suite.questions.is_empty());
    Portion::of([look.scenarios().is_empty() && asked])
}

/// Of a story that can be tested: a scenario.
pub(super) fn acceptance(look: &Look<'_>) -> Taken {
    if look.expected.testable != Some(true) {
        return None;
    }
    Portion::of([!look.scenarios().is_empty()])
}
