//! `llm_calls` leave by age: `llm_calls_age`.

crate::migration!(
    "m0008_ledger_age",
    up: "CREATE INDEX llm_calls_age ON llm_calls (created_at)",
    down: "DROP INDEX llm_calls_age"
);
