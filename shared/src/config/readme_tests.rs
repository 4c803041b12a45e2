//! The README's table and `.env.example` show every setting as the table of settings has it.

use super::table::{SETTINGS, Setting};

fn read(name: &str) -> String {
    let path = format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
}

fn row(setting: &Setting) -> String {
    let default = if setting.default.is_empty() { "–".to_owned() } else { format!("`{}`", setting.default) };
    let secret = if setting.secret { "**secret**; " } else { "" };
    format!("| `{}` | {default} | {secret}{} |\n", setting.name, setting.help)
}

fn example(setting: &Setting) -> String {
    let secret = if setting.secret { "(secret) " } else { "" };
    format!("# {secret}{}\n#{}={}\n", setting.help, setting.name, setting.default)
}

#[test]
fn the_readme_shows_every_setting() {
    let readme = read("README.md");
    let shown = readme.split_once("<!-- settings -->\n").and_then(|(_, rest)| rest.split_once("<!-- /settings -->"));
    let shown = shown.map(|(table, _)| table).expect("README.md has the markers <!-- settings --> and <!-- /settings -->");
    let rows: String = SETTINGS.iter().map(row).collect();
    let expected = format!("| Name | Default | Meaning |\n|---|---|---|\n{rows}");
    assert!(shown == expected, "the table in README.md should be:\n\n{expected}");
}

#[test]
fn the_example_environment_shows_every_setting() {
    // Lines with ## are its headings.
    let file = read(".env.example");
    let shown: String =
        file.lines().filter(|line| !line.is_empty() && !line.starts_with("##")).flat_map(|line| [line, "\n"]).collect();
    let expected: String = SETTINGS.iter().map(example).collect();
    assert!(shown == expected, ".env.example should hold, below headings that begin with ##:\n\n{expected}");
}
