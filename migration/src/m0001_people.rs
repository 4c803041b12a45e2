//! `users`: accounts. Found by e-mail at login (unique index).

crate::migration!(
    "m0001_people",
    up: "
    CREATE TABLE users (
        id {uuid} NOT NULL PRIMARY KEY,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL
    );
    CREATE UNIQUE INDEX users_email ON users (email);
    ",
    down: "DROP TABLE users"
);
