//! The test repository: folders of a project.

use serde_json::{Map, Value, json};

use super::shelf::Shelf;

/// `/a/b`, whatever it was written like.
pub(crate) fn normal(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').map(str::trim).filter(|part| !part.is_empty()).collect();
    format!("/{}", parts.join("/"))
}

impl Shelf {
    /// Whether a project has a folder.
    pub(crate) fn has_folder(&self, project: &str, path: &str) -> bool {
        path == "/" || self.folders.get(project).is_some_and(|folders| folders.contains(path))
    }

    /// Makes a folder and those above it; false when it stood there.
    pub(crate) fn make_folder(&mut self, project: &str, path: &str) -> bool {
        if self.has_folder(project, path) {
            return false;
        }
        let folders = self.folders.entry(project.to_owned()).or_default();
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        folders.extend(ends.map(|end| path[..end].to_owned()));
        true
    }

    /// The tests of a project in exactly this folder.
    pub(crate) fn tests_in(&self, of_project: impl Fn(u64) -> bool, path: &str) -> usize {
        let here = |folder: &Option<String>| folder.as_deref().unwrap_or("/") == path;
        self.tests.iter().filter(|(id, test)| of_project(**id) && here(&test.folder)).count()
    }

    /// A folder as GraphQL shows it.
    pub(crate) fn folder_view(&self, project: &str, of_project: impl Fn(u64) -> bool + Copy, path: &str) -> Value {
        let tests = self.tests_in(of_project, path);
        let name = path.rsplit('/').next().unwrap_or_default();
        let below = self.folders.get(project).into_iter().flatten();
        let children: Vec<Value> = below
            .filter(|known| parent(known) == path)
            .map(|known| {
                let mut child = Map::new();
                child.insert("name".to_owned(), json!(known.rsplit('/').next().unwrap_or_default()));
                child.insert("path".to_owned(), json!(known));
                child.insert("testsCount".to_owned(), json!(self.tests_in(of_project, known)));
                Value::Object(child)
            })
            .collect();
        json!({"name": name, "path": path, "testsCount": tests, "issuesCount": tests, "preconditionsCount": 0, "folders": children})
    }
}

/// The folder above.
pub(crate) fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((above, _)) => above,
    }
}
