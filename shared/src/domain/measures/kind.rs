//! What is measured, and which way is good.

use super::Portion;

crate::domain::words::words! {
    /// A measure. Each counts those that are as they should be, so that more is better in all but one.
    Measure {
        /// Stories whose job succeeded.
        Finished = "finished",
        /// Items that were proposed and not dropped by the checks.
        Kept = "kept",
        /// Items with a title, steps and a table that fit, and an id of their own.
        Structure = "structure",
        /// Items whose Gherkin the parser reads in the declared language.
        Gherkin = "gherkin",
        /// Items of which it reads `Given* When+ Then+`.
        StepOrder = "step_order",
        /// Criteria with a scenario that the parser reads.
        Coverage = "coverage",
        /// Ids and handles that lead to something.
        References = "references",
        /// Stories whose result is in their language.
        Language = "language",
        /// Quotations that are in the story; a stated item without one lacks one.
        Evidence = "evidence",
        /// Numbers and quoted texts of stated items that are in the story.
        Literals = "literals",
        /// Numbers and quoted texts of the story that occur in a scenario.
        SourceRecall = "source_recall",
        /// Content words of stated items that are in the story.
        Grounding = "grounding",
        /// Limits of the story with a value inside and one outside in a scenario.
        BoundaryPairs = "boundary_pairs",
        /// Scenarios that are negative, at a boundary or about permissions, where the story states a rule.
        NegativeShare = "negative_share",
        /// Items that are not about what the story excludes, where it excludes anything.
        Scope = "scope",
        /// Outcomes that somebody can observe.
        ObservableThen = "observable_then",
        /// Steps with one action or one assertion.
        AtomicSteps = "atomic_steps",
        /// Pairs of items that do not say the same.
        Distinct = "distinct",
        /// Steps that do not recur in a fifth of the other stories.
        SpecificSteps = "specific_steps",
        /// Stories that cannot be tested and got no scenario but a question.
        Refusal = "refusal",
        /// Stories that can be tested and got a scenario.
        Acceptance = "acceptance",
        /// What several runs of a story have in common.
        Stability = "stability",
    }
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// The more the better; so many hundredths of a percent are what one may begin to ask for.
    More(Option<u64>),
    /// Between two, in hundredths of a percent.
    Between(u64, u64),
}

impl Measure {
    /// Which way is good, with the value that a gate may begin with.
    #[must_use]
    pub const fn aim(self) -> Aim {
        match self {
            Self::Gherkin | Self::References | Self::Scope => Aim::More(Some(10_000)),
            Self::Structure | Self::Literals | Self::Language | Self::Distinct => Aim::More(Some(9_900)),
            Self::StepOrder | Self::Evidence | Self::ObservableThen | Self::Acceptance => Aim::More(Some(9_800)),
            Self::Coverage | Self::AtomicSteps => Aim::More(Some(9_500)),
            Self::BoundaryPairs | Self::Refusal => Aim::More(Some(9_000)),
            Self::SourceRecall => Aim::More(Some(8_000)),
            Self::NegativeShare => Aim::Between(2_500, 7_000),
            Self::Finished | Self::Kept | Self::Grounding | Self::SpecificSteps | Self::Stability => Aim::More(None),
        }
    }

    /// How far a portion is from what is aimed at, as two numbers of which the quotient is the distance; for comparing.
    pub(super) fn distance(self, portion: Portion) -> (u128, u128) {
        let (num, den) = (u128::from(portion.num) * 10_000, u128::from(portion.den));
        match self.aim() {
            Aim::More(_) => ((den * 10_000).saturating_sub(num), den),
            Aim::Between(low, high) => {
                let (low, high) = (u128::from(low) * den, u128::from(high) * den);
                (low.saturating_sub(num) + num.saturating_sub(high), den)
            }
        }
    }
}
