//! What a check has to say about a result.

use serde::{Deserialize, Serialize};

super::words::words! {
    /// How bad a finding is.
    Severity {
        /// The item may not stand as it is.
        Error = "error",
        /// A reviewer should look.
        Warning = "warning",
        /// Worth knowing.
        Info = "info",
    }
}

super::words::words! {
    /// The stable code of a finding.
    FindingCode {
        /// The Gherkin of an item does not parse in the story's language.
        GherkinUnparsable = "gherkin.unparsable",
        /// A scenario has no `When` or no `Then`, or its steps are out of order.
        GherkinStepOrder = "gherkin.step_order",
        /// An item names an id that does not exist.
        ReferenceUnknown = "reference.unknown",
        /// A scenario covers no criterion.
        ReferenceMissing = "reference.missing",
        /// A scenario is said to extend or duplicate a test and names none.
        RelationMissing = "relation.missing",
        /// A scenario is said to extend or duplicate a test that the story does not have.
        RelationUnknown = "relation.unknown",
        /// A scenario is said to be new and reads like a test that exists.
        DuplicatesTest = "item.duplicates_test",
        /// An item that claims to be stated quotes nothing.
        EvidenceMissing = "evidence.missing",
        /// A quotation is not in the story.
        EvidenceNotFound = "evidence.not_found",
        /// A number in a stated item does not occur in the story.
        NumberNotInStory = "literal.number_not_in_story",
        /// A quoted text in a stated item does not occur in the story.
        TextNotInStory = "literal.text_not_in_story",
        /// An item holds an address, markup that acts, a mention or a secret that the story itself does not hold, or gives orders to a
        /// model.
        ForeignText = "literal.foreign",
        /// A `Then` that nobody can observe ("works correctly").
        ThenVague = "then.vague",
        /// Two items say the same.
        Duplicate = "item.duplicate",
        /// An item is about something the story puts out of scope.
        OutOfScope = "scope.excluded",
        /// A criterion has no scenario.
        Uncovered = "coverage.uncovered",
        /// An item is empty or too long.
        Malformed = "item.malformed",
        /// A criterion was edited after the scenario that covers it was written.
        CriterionChanged = "criterion.changed",
        /// The steps for a tester or the Gherkin of a scenario was edited, and not the other.
        StepsDisagree = "steps.disagree",
        /// The story was cut to fit.
        StoryTruncated = "story.truncated",
        /// Part of the story could not be read.
        StoryLossy = "story.lossy",
        /// The story speaks to a language model, or an item rests on words that do.
        StoryInstructions = "story.speaks_to_model",
        /// The story held characters that nobody sees; they were left out.
        StoryHidden = "story.hidden_text",
        /// The story holds what looks like a key or a token.
        StorySecret = "story.secret",
        /// The result is in another language than was asked for.
        LanguageNotAsked = "language.not_as_asked",
        /// The story cannot be tested as it is written, so nothing is proposed for it.
        StoryNotTestable = "story.not_testable",
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Finding {
    /// What was found.
    pub code: FindingCode,
    /// How bad it is.
    pub severity: Severity,
    /// The id of the item it is about; empty when it is about the whole result.
    pub item: String,
    /// What a person should know, in a sentence.
    pub message: String,
}
