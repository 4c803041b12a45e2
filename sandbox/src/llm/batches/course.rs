//! How a batch goes, by the name of its model.

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Course {
    /// So often it is said to be running.
    pub(super) polls: u64,
    /// So long it runs, in milliseconds.
    pub(super) wait_ms: i64,
    pub(super) end: End,
}

/// How a batch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Done,
    /// It is not taken as a whole.
    Failed,
    /// With half of the answers.
    Expired,
    /// With half of the answers.
    Cancelled,
}

/// What a batch of `sandbox-batch-mixed` answers to one call after the other.
const MIXED: &[&str] = &["sandbox", "sandbox-too-long", "sandbox-refusal", "sandbox-truncated", "sandbox-overloaded"];

/// The course of a batch with this model.
pub(super) fn course(model: &str) -> Course {
    let number = |prefix: &str| model.strip_prefix(prefix).and_then(|rest| rest.parse::<u32>().ok());
    Course {
        polls: number("sandbox-batch-slow-").unwrap_or(0).into(),
        wait_ms: number("sandbox-batch-wait-").unwrap_or(0).into(),
        end: match model {
            "sandbox-batch-failed" => End::Failed,
            "sandbox-batch-expired" => End::Expired,
            "sandbox-batch-cancelled" => End::Cancelled,
            _ => End::Done,
        },
    }
}

/// The model that answers the call with this number.
pub(super) fn model_of(model: &str, call: usize) -> &str {
    if model == "sandbox-batch-mixed" { MIXED[call % MIXED.len()] } else { model }
}

/// Whether the results hold a line that nobody asked for.
pub(super) fn has_stranger(model: &str) -> bool {
    model == "sandbox-batch-unknown"
}

/// Whether the last line of the results is cut.
pub(super) fn is_cut(model: &str) -> bool {
    model == "sandbox-batch-cut"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_model_says_how_its_batch_goes() {
        assert_eq!(course("sandbox"), Course { polls: 0, wait_ms: 0, end: End::Done });
        assert_eq!(course("sandbox-batch-slow-3"), Course { polls: 3, wait_ms: 0, end: End::Done });
        assert_eq!(course("sandbox-batch-wait-500"), Course { polls: 0, wait_ms: 500, end: End::Done });
        assert_eq!(course("sandbox-batch-expired").end, End::Expired);
        assert_eq!(model_of("sandbox-batch-mixed", 6), "sandbox-too-long");
        assert_eq!(model_of("sandbox-batch-cut", 6), "sandbox-batch-cut");
    }
}
