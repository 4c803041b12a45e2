//! Jobs: kinds, stages, states, lanes.

super::words::words! {
    /// What a job makes.
    JobKind {
        /// Acceptance criteria of a story.
        AcceptanceCriteria = "acceptance-criteria",
        /// Test scenarios for criteria that exist.
        TestScenarios = "test-scenarios",
        /// Criteria, then scenarios.
        FullPipeline = "full-pipeline",
        /// A publication of a result that exists.
        Publication = "publication",
    }
}

super::words::words! {
    /// Where a job stands.
    JobStatus {
        /// Waits until its batch has room for it.
        Held = "held",
        /// Waits until it is due and taken.
        Queued = "queued",
        /// Held by a worker under a lease.
        Running = "running",
        /// Waits for a person.
        AwaitingReview = "awaiting_review",
        /// Ended well.
        Succeeded = "succeeded",
        /// Ended with an explained failure.
        Failed = "failed",
        /// Ended by a person.
        Cancelled = "cancelled",
    }
}

impl JobStatus {
    /// Whether nothing more will happen by itself.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

super::words::words! {
    /// A step of a job.
    Stage {
        /// Read the story.
        Fetch = "fetch",
        /// Write criteria and check them.
        Criteria = "criteria",
        /// Write scenarios and check them.
        Scenarios = "scenarios",
        /// Wait for a person to approve.
        Review = "review",
        /// Write to Jira.
        Publish = "publish",
    }
}

impl JobKind {
    /// The stages of a job of this kind, given what the request asks for.
    #[must_use]
    pub fn stages(self, review: bool, publish: bool) -> Vec<Stage> {
        let mut stages = match self {
            Self::AcceptanceCriteria => vec![Stage::Fetch, Stage::Criteria],
            Self::TestScenarios => vec![Stage::Fetch, Stage::Scenarios],
            Self::FullPipeline => vec![Stage::Fetch, Stage::Criteria, Stage::Scenarios],
            Self::Publication => return vec![Stage::Publish],
        };
        if review {
            stages.push(Stage::Review);
        }
        if publish {
            stages.push(Stage::Publish);
        }
        stages
    }
}

super::words::words! {
    /// A queue of its own with its own concurrency.
    Lane {
        /// Somebody waits.
        Interactive = "interactive",
        /// A batch.
        Bulk = "bulk",
        /// Webhook deliveries.
        Webhook = "webhook",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn review_and_publish_follow_where_they_are_asked_for() {
        use Stage::*;
        assert_eq!(JobKind::FullPipeline.stages(true, true), [Fetch, Criteria, Scenarios, Review, Publish]);
        assert_eq!(JobKind::AcceptanceCriteria.stages(false, false), [Fetch, Criteria]);
        assert_eq!(JobKind::Publication.stages(true, true), [Publish]);
    }
}
