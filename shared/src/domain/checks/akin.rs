//! How words and short texts are compared.

/// Words that turn a sentence into its opposite.
const NEGATIONS: &[&str] = &[
    "not", "no", "never", "without", "cannot", "none", "isn", "aren", "doesn", "don", "won", "didn", "wasn", "nicht", "kein",
    "keine", "keinen", "keiner", "nie", "ohne", "ne", "pas", "sans", "aucun", "aucune", "jamais", "sin", "nunca", "ningún",
    "ninguna", "niet", "geen", "zonder", "nooit", "não", "sem", "nenhum", "nenhuma",
];

/// Whether a word turns a sentence into its opposite.
pub(super) fn is_negation(word: &str) -> bool {
    NEGATIONS.contains(&word)
}

/// The words of a normalised text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether two words are one word in two forms ("opens", "opened"), but not two words that begin alike ("accept", "access").
pub(crate) fn akin(left: &str, right: &str) -> bool {
    let shared = left.chars().zip(right.chars()).take_while(|(a, b)| a == b).count();
    let (left, right) = (left.chars().count(), right.chars().count());
    left == shared && right == shared || shared >= 4 && left.max(right) - shared <= 3 && shared * 4 >= left.min(right) * 3
}

/// The runs of three characters in a text, each as a number.
pub(super) fn trigrams(text: &str) -> impl Iterator<Item = u64> {
    const BITS: u32 = 21;
    let mut run = 0_u64;
    text.chars().enumerate().filter_map(move |(at, c)| {
        run = (run << BITS | u64::from(u32::from(c))) & ((1 << (3 * BITS)) - 1);
        (at >= 2).then_some(run)
    })
}

/// How much two sorted sets share, from 0 to 1; two empty sets share nothing.
pub(super) fn jaccard(left: &[u64], right: &[u64]) -> f64 {
    let (mut both, mut others) = (0, right.iter().peekable());
    for run in left {
        while others.next_if(|other| *other < run).is_some() {}
        both += usize::from(others.next_if_eq(&run).is_some());
    }
    let all = left.len() + right.len() - both;
    if all == 0 { 0.0 } else { both as f64 / all as f64 }
}
