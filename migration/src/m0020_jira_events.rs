//! `jira_events`: what Jira told, or what polling found, once for each connection; `rule_runs`: which change started which job;
//! `jira_polls`: how far polling has come. `generation_history.suspect_at`: since when a result may be out of date, and
//! `suspect_json`: which parts of its story are not what they were; `judged_at`: how old the story was that told, by Jira's clock.
//! `jira_configurations.webhook_secret_sealed`, and `rules_by`: who answers for what the rules start.
//!
//! * the same event again: `jira_events_once` (unique)
//! * the event that is due longest: `jira_events_due` (partial: `due_at` is empty once nothing is to be done)
//! * whether an older one of the same issue is open, and all that are: `jira_events_issue` (partial)
//! * those of a worker that is gone: `jira_events_owner` (partial); old ones, for pruning: `jira_events_done` (partial)
//! * how far polling has seen an issue: `jira_events_seen` (partial)
//! * a change that started its job: primary key of `rule_runs`; old ones: `rule_runs_age`
//! * the poll of a connection: primary key of `jira_polls`
//! * results that are out of date, for lists: `history_suspect` (partial); those of a story: `history_story`, which is there

crate::migration!(
    "m0020_jira_events",
    up: "
    CREATE TABLE jira_events (
        id {uuid} NOT NULL PRIMARY KEY,
        connection TEXT NOT NULL,
        dedupe_key TEXT NOT NULL,
        event TEXT NOT NULL,
        issue_id TEXT NOT NULL,
        issue_key TEXT NOT NULL,
        author TEXT,
        changes TEXT NOT NULL,
        seen BIGINT,
        received_at BIGINT NOT NULL,
        due_at BIGINT,
        lease_owner TEXT,
        epoch BIGINT NOT NULL,
        attempts INTEGER NOT NULL,
        outcome TEXT,
        done_at BIGINT
    );
    CREATE UNIQUE INDEX jira_events_once ON jira_events (connection, dedupe_key);
    CREATE INDEX jira_events_due ON jira_events (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX jira_events_issue ON jira_events (connection, issue_id, id) WHERE due_at IS NOT NULL;
    CREATE INDEX jira_events_owner ON jira_events (lease_owner) WHERE lease_owner IS NOT NULL;
    CREATE INDEX jira_events_seen ON jira_events (connection, issue_id, seen) WHERE seen IS NOT NULL;
    CREATE INDEX jira_events_done ON jira_events (done_at) WHERE done_at IS NOT NULL;
    CREATE TABLE rule_runs (
        connection TEXT NOT NULL,
        issue_id TEXT NOT NULL,
        change_id TEXT NOT NULL,
        rule TEXT NOT NULL,
        event_id {uuid} NOT NULL,
        job_id {uuid} NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (connection, issue_id, change_id, rule)
    );
    CREATE INDEX rule_runs_age ON rule_runs (created_at);
    CREATE TABLE jira_polls (
        connection TEXT NOT NULL PRIMARY KEY,
        watermark BIGINT,
        due_at BIGINT NOT NULL,
        lease_owner TEXT,
        epoch BIGINT NOT NULL,
        failures INTEGER NOT NULL,
        error_code TEXT
    );
    ALTER TABLE generation_history ADD COLUMN suspect_at BIGINT;
    ALTER TABLE generation_history ADD COLUMN suspect_json TEXT;
    ALTER TABLE generation_history ADD COLUMN judged_at BIGINT;
    CREATE INDEX history_suspect ON generation_history (id) WHERE suspect_at IS NOT NULL;
    ALTER TABLE jira_configurations ADD COLUMN webhook_secret_sealed TEXT;
    ALTER TABLE jira_configurations ADD COLUMN rules_by {uuid};
    ",
    down: "
    ALTER TABLE jira_configurations DROP COLUMN rules_by;
    ALTER TABLE jira_configurations DROP COLUMN webhook_secret_sealed;
    DROP INDEX history_suspect;
    ALTER TABLE generation_history DROP COLUMN judged_at;
    ALTER TABLE generation_history DROP COLUMN suspect_json;
    ALTER TABLE generation_history DROP COLUMN suspect_at;
    DROP TABLE jira_polls;
    DROP TABLE rule_runs;
    DROP TABLE jira_events
    "
);
