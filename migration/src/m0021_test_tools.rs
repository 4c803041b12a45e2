//! What connections to Jira prove themselves with to the tools for tests: `xray_secret_sealed`, `zephyr_token_sealed`.
//!
//! Read with the row they are in; rotation goes along the primary key.

crate::migration!(
    "m0021_test_tools",
    up: "
    ALTER TABLE jira_configurations ADD COLUMN xray_secret_sealed TEXT;
    ALTER TABLE jira_configurations ADD COLUMN zephyr_token_sealed TEXT;
    ",
    down: "
    ALTER TABLE jira_configurations DROP COLUMN zephyr_token_sealed;
    ALTER TABLE jira_configurations DROP COLUMN xray_secret_sealed
    "
);
