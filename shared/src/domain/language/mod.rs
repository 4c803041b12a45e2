//! The languages we write in: their codes, Gherkin's words for each, and how one is told from a text.

mod detect;
mod fold;
mod keywords;
mod stop_words;
#[cfg(test)]
mod tests;

pub(crate) use fold::{fold, fold_letter, push_lower};
pub use keywords::Keywords;
pub(crate) use stop_words::stop_words;

super::words::words! {
    /// A language, by its ISO 639-1 code, which is also Gherkin's name for it.
    Language {
        /// English.
        English = "en",
        /// French.
        French = "fr",
        /// German.
        German = "de",
        /// Spanish.
        Spanish = "es",
        /// Dutch.
        Dutch = "nl",
        /// Portuguese.
        Portuguese = "pt",
    }
}

impl Language {
    /// The language a text is written in; English when nothing speaks for another.
    #[must_use]
    pub fn detect(text: &str) -> Self {
        detect::detect(text)
    }

    /// The words Gherkin has for it.
    #[must_use]
    pub const fn keywords(self) -> &'static Keywords {
        keywords::keywords(self)
    }

    /// What English speakers call it, as prompts do.
    #[must_use]
    pub const fn english_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "French",
            Self::German => "German",
            Self::Spanish => "Spanish",
            Self::Dutch => "Dutch",
            Self::Portuguese => "Portuguese",
        }
    }

    /// The language of a code, with or without a region: `pt`, `pt-BR`, `PT_br`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        primary.parse().ok()
    }
}
