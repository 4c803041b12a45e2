//! The documentation names tests; they must be there.

use std::path::Path;

/// The names of all functions in the Rust files below a folder.
fn functions(folder: &Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target" && name != "node_modules") {
            functions(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let after = text.split("fn ").skip(1);
            names.extend(after.filter_map(|rest| Some(rest.split_once(['(', '<'])?.0.trim().to_owned())));
        }
    }
}

#[test]
fn every_attack_of_the_table_is_tried_by_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let table = std::fs::read_to_string(root.join("docs/attacks.md")).unwrap();
    let mut names = Vec::new();
    for folder in ["api", "cli", "shared", "tests", "worker"] {
        functions(&root.join(folder), &mut names);
    }
    let rows: Vec<&str> =
        table.lines().filter(|line| line.starts_with("| ") && line[2..].starts_with(char::is_numeric)).collect();
    assert!(rows.len() >= 60, "{} attacks", rows.len());
    for row in rows {
        let tests = row.rsplit('|').nth(1).unwrap();
        let tests: Vec<&str> = tests.split('`').skip(1).step_by(2).filter(|name| !name.starts_with("make ")).collect();
        assert!(!tests.is_empty(), "{row}");
        for test in tests {
            // What runs on both databases is written once, and some names are of one backend each.
            let of_backend = test.trim_end_matches("_on_sqlite").trim_end_matches("_on_postgres");
            assert!(names.iter().any(|name| name == test || name == of_backend), "there is no test {test}: {row}");
        }
    }
}
