//! What a write to Jira is about to remove, and which job wrote what stands there.
//!
//! * what a job has published: `publications_writer`

crate::migration!(
    "m0006_removals",
    up: "
    ALTER TABLE publications ADD COLUMN removes TEXT;
    ALTER TABLE publications ADD COLUMN written_by {uuid};
    UPDATE publications SET written_by = job_id WHERE state = 'written';
    CREATE INDEX publications_writer ON publications (written_by);
    ",
    down: "
    DROP INDEX publications_writer;
    ALTER TABLE publications DROP COLUMN written_by;
    ALTER TABLE publications DROP COLUMN removes;
    "
);
