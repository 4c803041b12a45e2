//! `generation_history`: a version of a story is there once. Where two were numbered alike they are numbered anew.

crate::migration!(
    "m0007_versions",
    up: "
    CREATE TABLE numbered (
        id {uuid} NOT NULL PRIMARY KEY,
        version BIGINT NOT NULL
    );
    INSERT INTO numbered (id, version)
        SELECT id, ROW_NUMBER() OVER (PARTITION BY connection, issue_id ORDER BY version, id) FROM generation_history h
        WHERE EXISTS (SELECT 1 FROM generation_history a WHERE a.connection = h.connection AND a.issue_id = h.issue_id
            GROUP BY a.version HAVING COUNT(*) > 1);
    UPDATE generation_history SET version = (SELECT numbered.version FROM numbered WHERE numbered.id = generation_history.id)
        WHERE id IN (SELECT id FROM numbered);
    DROP TABLE numbered;
    DROP INDEX history_story;
    CREATE UNIQUE INDEX history_story ON generation_history (connection, issue_id, version);
    ",
    down: "
    DROP INDEX history_story;
    CREATE INDEX history_story ON generation_history (connection, issue_id, version);
    "
);
