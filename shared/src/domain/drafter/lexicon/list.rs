//! Words to look for, with what tells at a glance where none of them can stand.

use std::ops::Deref;

/// A list of words and phrases, folded.
#[derive(Debug)]
pub(in crate::domain::drafter) struct List {
    words: &'static [&'static str],
    /// The head of each word.
    heads: &'static [u8],
    /// The heads of all words as a set.
    set: [u64; 4],
}

impl List {
    /// A list with the heads that [`heads`] answers for it; written as `list!["…", …]`.
    pub(in crate::domain::drafter) const fn new(words: &'static [&'static str], heads: &'static [u8]) -> Self {
        let mut set = [0_u64; 4];
        let mut at = 0;
        while at < heads.len() {
            set[heads[at] as usize / 64] |= 1 << (heads[at] % 64);
            at += 1;
        }
        Self { words, heads, set }
    }

    /// The words that a text with this head may begin with.
    pub(in crate::domain::drafter) fn beginning(&self, head: u8) -> impl Iterator<Item = &'static str> {
        let known = self.set.get(usize::from(head / 64)).is_some_and(|bits| bits >> (head % 64) & 1 == 1);
        let words = if known { self.words } else { &[] };
        words.iter().zip(self.heads).filter(move |(_, other)| **other == head).map(|(word, _)| *word)
    }

    /// Whether a word is one of the list.
    pub(in crate::domain::drafter) fn holds(&self, word: &str) -> bool {
        self.beginning(head(word.as_bytes(), 0)).any(|other| other == word)
    }
}

impl Deref for List {
    type Target = [&'static str];

    fn deref(&self) -> &Self::Target {
        self.words
    }
}

/// What a word begins with: its first two letters in one byte. A sign after the first counts like the end.
pub(in crate::domain::drafter) const fn head(bytes: &[u8], at: usize) -> u8 {
    let first = if at < bytes.len() { bytes[at] } else { 0 };
    let second = if at + 1 < bytes.len() && bytes[at + 1].is_ascii_alphanumeric() { bytes[at + 1] } else { 0 };
    first.wrapping_mul(27).wrapping_add(second)
}

/// The heads of all words.
pub(in crate::domain::drafter) const fn heads<const N: usize>(words: &[&str]) -> [u8; N] {
    let mut heads = [0; N];
    let mut at = 0;
    while at < N {
        heads[at] = head(words[at].as_bytes(), 0);
        at += 1;
    }
    heads
}

/// A [`List`] that is made when the program is compiled.
macro_rules! list {
    ($($word:literal),* $(,)?) => {{
        const WORDS: &[&str] = &[$($word),*];
        const HEADS: [u8; WORDS.len()] = $crate::domain::drafter::lexicon::list::heads(WORDS);
        const LIST: $crate::domain::drafter::lexicon::List = $crate::domain::drafter::lexicon::List::new(WORDS, &HEADS);
        &LIST
    }};
}
pub(in crate::domain::drafter) use list;
