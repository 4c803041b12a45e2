//! What is sent and read apart from single calls: files, lists, long answers. None of it takes the place of a call.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::multipart::Form;
use reqwest::{RequestBuilder, header};

use super::{LONGEST_ANSWER, Transport, no_answer};
use crate::adapters::http::{Answer, LineLimits, Opened, exchange, open};
use crate::adapters::llm::wire::HttpBody;
use crate::ports::LlmError;

/// Time limit of what a provider looks up; Gemini's batches bring their results along.
const LOOKUP: Duration = Duration::from_secs(60);

/// Time limit of some hundred megabytes, either way.
const LARGE: Duration = Duration::from_secs(30 * 60);

/// A batch with its results in it: a thousand long answers.
const LONGEST_LOOKUP: usize = 128 * 1024 * 1024;

/// A line holds one answer, and somewhat more.
const LINES: LineLimits = LineLimits { longest: LONGEST_ANSWER, quiet: Duration::from_secs(60) };

impl Transport {
    /// Reads what is there already.
    pub(in crate::adapters::llm) async fn read(
        &self,
        path: &[impl AsRef<str>],
        query: &[(&'static str, String)],
    ) -> Result<Answer, LlmError> {
        self.long(self.client.get(self.url(path)).query(query).timeout(LOOKUP), LONGEST_LOOKUP).await
    }

    /// Asks for something that needs no words.
    pub(in crate::adapters::llm) async fn ask(&self, path: &[impl AsRef<str>]) -> Result<Answer, LlmError> {
        self.long(self.client.post(self.url(path)).timeout(LOOKUP), LONGEST_ANSWER).await
    }

    /// Has something deleted.
    pub(in crate::adapters::llm) async fn delete(&self, path: &[impl AsRef<str>]) -> Result<Answer, LlmError> {
        self.long(self.client.delete(self.url(path)).timeout(LOOKUP), LONGEST_ANSWER).await
    }

    /// Sends a body of any size, once.
    pub(in crate::adapters::llm) async fn hand_over(&self, body: &HttpBody) -> Result<Answer, LlmError> {
        let request = self.client.post(self.url(&body.path)).header(CONTENT_TYPE, "application/json");
        self.long(request.body(body.json.clone()).timeout(LARGE), LONGEST_ANSWER).await
    }

    /// Sends a file, once.
    pub(in crate::adapters::llm) async fn upload(&self, path: &[impl AsRef<str>], form: Form) -> Result<Answer, LlmError> {
        self.long(self.client.post(self.url(path)).multipart(form).timeout(LARGE), LONGEST_ANSWER).await
    }

    /// Opens a file that is read by lines.
    pub(in crate::adapters::llm) async fn lines(&self, path: &[impl AsRef<str>]) -> Result<Opened, LlmError> {
        let request = self.client.get(self.url(path)).headers(self.headers.clone()).timeout(LARGE);
        open(request, LINES, LONGEST_ANSWER).await.map_err(no_answer)
    }

    async fn long(&self, request: RequestBuilder, limit: usize) -> Result<Answer, LlmError> {
        let request = request.header(header::ACCEPT, "application/json").headers(self.headers.clone());
        exchange(request, limit).await.map_err(no_answer)
    }
}
