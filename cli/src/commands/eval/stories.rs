//! The stories of an evaluation: JSON lines and Markdown files, alone or in folders.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sandbox::Story;
use serde_json::{Value, json};
use shared::domain::issue_key::IssueKey;
use shared::domain::language::Language;
use shared::domain::measures::Expected;

use crate::exit::UsageError;

/// Tags of stories that nobody can test.
const UNTESTABLE: [&str; 4] = ["not_testable", "spike", "empty_template", "title_only"];

/// A story, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    /// What it is called in tables and from run to run.
    pub(super) name: String,
    /// What is known of it.
    pub(super) expected: Expected,
    /// The story.
    pub(super) story: Story,
}

/// Reads all stories, in the order of the files.
///
/// # Errors
/// When a file cannot be read, holds no stories, or two stories have one key or one name.
pub(super) fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<Chosen>> {
    let mut all = Vec::new();
    let mut places: HashMap<String, PathBuf> = HashMap::new();
    for (number, file) in files(paths)?.into_iter().enumerate() {
        let project = if number == 0 { "EVAL".to_owned() } else { format!("EVAL{}", number + 1) };
        let text = std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let stories = stories(&file, &text, &project)?;
        for chosen in stories.into_iter().map(known) {
            let keys = [chosen.story.key.clone(), chosen.name.clone()];
            let taken = keys.iter().find_map(|key| places.get(key).map(|place| (key, place)));
            if let Some((key, place)) = taken {
                let (place, file) = (place.display(), file.display());
                return Err(UsageError(format!("{key} is in {place} and again in {file}; leave one of them out")).into());
            }
            places.extend(keys.map(|key| (key, file.clone())));
            all.push(chosen);
        }
    }
    Ok(all)
}

/// Those that were asked for.
///
/// # Errors
/// When one is asked for that is not there.
pub(super) fn pick(all: &[Chosen], only: &[String], limit: Option<usize>) -> Result<Vec<Chosen>, UsageError> {
    let is = |chosen: &Chosen, key: &String| chosen.name == *key || chosen.story.key.eq_ignore_ascii_case(key);
    if let Some(missing) = only.iter().find(|key| !all.iter().any(|chosen| is(chosen, key))) {
        let names: Vec<&str> = all.iter().map(|chosen| chosen.name.as_str()).collect();
        return Err(UsageError(format!("there is no story {missing}; there are {}", names.join(", "))));
    }
    let asked_for = |chosen: &&Chosen| only.is_empty() || only.iter().any(|key| is(chosen, key));
    Ok(all.iter().filter(asked_for).take(limit.unwrap_or(usize::MAX)).cloned().collect())
}

/// The files, those of folders in the order of their names.
fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).with_context(|| format!("the folder {} cannot be read", path.display()))?;
        let mut found = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<PathBuf>, _>>()?;
        found.retain(|file| file.is_file() && ["jsonl", "json", "md"].contains(&extension(file)));
        found.sort();
        if found.is_empty() {
            return Err(UsageError(format!("{} holds no .jsonl, .json or .md file with stories", path.display())).into());
        }
        files.append(&mut found);
    }
    Ok(files)
}

fn extension(file: &Path) -> &str {
    file.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn stories(file: &Path, text: &str, project: &str) -> anyhow::Result<Vec<Story>> {
    let stories = match extension(file) {
        "md" => markdown(file, text, project)?,
        // One story may be written over several lines.
        "json" if text.trim_start().starts_with('{') => jsonl(file, &format!("[{text}]"), project)?,
        _ => jsonl(file, text, project)?,
    };
    anyhow::ensure!(!stories.is_empty(), UsageError(format!("{} holds no stories", file.display())));
    Ok(stories)
}

fn jsonl(file: &Path, text: &str, project: &str) -> anyhow::Result<Vec<Story>> {
    sandbox::stories_from_jsonl(text, project).map_err(|error| {
        let why = format!("{} holds no stories: {error}; each line should be a JSON object with a summary", file.display());
        UsageError(why).into()
    })
}

/// A story in Markdown: its summary as the first heading, or a head between two lines of `---`.
fn markdown(file: &Path, text: &str, project: &str) -> anyhow::Result<Vec<Story>> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let mut value = if text.starts_with("---\n") {
        serde_json::to_value(sandbox::story_from_markdown(text))?
    } else {
        let (heading, description) = text.trim_start().split_once('\n').unwrap_or((text.trim(), ""));
        let summary = heading
            .strip_prefix("# ")
            .ok_or_else(|| UsageError(format!("{} should begin with its summary, such as '# Limit the cart'", file.display())))?;
        json!({"summary": summary.trim(), "description": description.trim()})
    };
    if value["key"].as_str().is_none_or(str::is_empty)
        && let Some(story) = value.as_object_mut()
    {
        match IssueKey::parse(stem) {
            Ok(key) => story.insert("key".to_owned(), Value::String(key.to_string())),
            Err(_) => {
                story.remove("key");
                story.insert("id".to_owned(), Value::String(stem.to_owned()))
            }
        };
    }
    jsonl(file, &value.to_string(), project)
}

fn known(story: Story) -> Chosen {
    // A story that came without a key has its id as the last label.
    let named = story.key.starts_with("EVAL").then(|| story.labels.last().cloned()).flatten();
    let testable = (!story.tags.is_empty()).then(|| !story.tags.iter().any(|tag| UNTESTABLE.contains(&tag.as_str())));
    let expected = Expected { language: Language::from_code(&story.language), testable };
    Chosen { name: named.unwrap_or_else(|| story.key.clone()), expected, story }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        folder
    }

    fn read_all(folder: &tempfile::TempDir) -> anyhow::Result<Vec<Chosen>> {
        read(&[folder.path().to_owned()])
    }

    #[test]
    fn a_folder_may_hold_every_form_a_story_can_be_written_in() {
        let folder = folder(&[
            (
                "a.jsonl",
                "{\"id\": \"ext 1\", \"summary\": \"A\", \"tags\": [\"spike\"]}\n{\"key\": \"SHOP-7\", \"summary\": \"B\", \"tags\": [\"long\"]}",
            ),
            ("b.json", "{\n  \"key\": \"SHOP-8\",\n  \"summary\": \"C\",\n  \"language\": \"fr\"\n}"),
            ("cart limit.md", "# Limit the cart\n\nAt most 20 items.\n"),
            ("SHOP-9.md", "# Key from the file\n"),
            ("head.md", "---\nkey: SHOP-10\nsummary: With a head\ntags: not_testable\n---\nText\n"),
            ("notes.txt", "nothing"),
        ]);
        let all = read_all(&folder).unwrap();
        let names: Vec<&str> = all.iter().map(|chosen| chosen.name.as_str()).collect();
        assert_eq!(names, ["SHOP-9", "ext-1", "SHOP-7", "SHOP-8", "cart-limit", "SHOP-10"]);
        let of = |name: &str| all.iter().find(|chosen| chosen.name == name).unwrap();
        assert_eq!(of("ext-1").expected.testable, Some(false));
        assert_eq!(of("SHOP-7").expected.testable, Some(true));
        assert_eq!(of("SHOP-8").expected, Expected { language: Some(Language::French), testable: None });
        assert_eq!(of("SHOP-10").expected.testable, Some(false));
        assert_eq!(of("cart-limit").story.summary, "Limit the cart");
        assert_eq!(of("cart-limit").story.description.plain(), "At most 20 items.");
    }

    #[test]
    fn two_stories_of_one_key_are_refused_by_name() {
        let folder = folder(&[("a.md", "---\nkey: SHOP-1\nsummary: A\n---\n"), ("b.md", "---\nkey: SHOP-1\nsummary: B\n---\n")]);
        let told = read_all(&folder).unwrap_err().to_string();
        assert!(told.contains("SHOP-1 is in") && told.contains("b.md"), "{told}");
    }

    #[test]
    fn what_is_no_story_is_named_with_what_it_should_be() {
        for (name, text, words) in [
            ("a.md", "no heading", "begin with its summary"),
            ("a.jsonl", "{\"title\": 1}", "a JSON object with a summary"),
            ("a.jsonl", "", "holds no stories"),
            ("a.txt", "", "holds no .jsonl, .json or .md file"),
        ] {
            let folder = folder(&[(name, text)]);
            let error = read_all(&folder).unwrap_err();
            assert!(error.is::<UsageError>() && error.to_string().contains(words), "{name}: {error}");
        }
    }

    #[test]
    fn stories_are_picked_by_key_or_name_and_a_wrong_one_is_told() {
        let folder = folder(&[("a.jsonl", "{\"id\": \"one\", \"summary\": \"A\"}\n{\"key\": \"SHOP-7\", \"summary\": \"B\"}")]);
        let all = read_all(&folder).unwrap();
        let names = |only: &[&str], limit| {
            let only: Vec<String> = only.iter().map(|key| (*key).to_owned()).collect();
            pick(&all, &only, limit).map(|all| all.into_iter().map(|chosen| chosen.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["shop-7"], None).unwrap(), ["SHOP-7"]);
        assert_eq!(names(&["SHOP-7", "one"], Some(1)).unwrap(), ["one"]);
        assert_eq!(names(&["two"], None).unwrap_err().to_string(), "there is no story two; there are one, SHOP-7");
    }
}
