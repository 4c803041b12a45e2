//! The few words of its own the double needs, in the language of the story.

/// Phrases of one language.
pub(super) struct Phrases {
    pub(super) given: &'static str,
    pub(super) when: &'static str,
    pub(super) thin: &'static str,
    pub(super) question: &'static str,
    pub(super) why: &'static str,
}

const ENGLISH: Phrases = Phrases {
    given: "the situation the story describes",
    when: "this case occurs",
    thin: "The story states no rule that could be checked.",
    question: "Which observable result shows that the story is done?",
    why: "The story does not say it.",
};

/// The phrases of a language; English when it is not known.
pub(super) fn of(language: &str) -> Phrases {
    match language {
        "de" => Phrases {
            given: "die in der Story beschriebene Ausgangslage",
            when: "dieser Fall eintritt",
            thin: "Die Story nennt keine prüfbare Regel.",
            question: "An welchem beobachtbaren Ergebnis ist die Story fertig?",
            why: "Die Story sagt es nicht.",
        },
        "fr" => Phrases {
            given: "la situation décrite dans la story",
            when: "ce cas se présente",
            thin: "La story n'énonce aucune règle vérifiable.",
            question: "Quel résultat observable montre que la story est terminée ?",
            why: "La story ne le dit pas.",
        },
        "es" => Phrases {
            given: "la situación que describe la historia",
            when: "se da este caso",
            thin: "La historia no enuncia ninguna regla verificable.",
            question: "¿Qué resultado observable muestra que la historia está terminada?",
            why: "La historia no lo dice.",
        },
        "nl" => Phrases {
            given: "de situatie die het verhaal beschrijft",
            when: "dit geval zich voordoet",
            thin: "Het verhaal noemt geen toetsbare regel.",
            question: "Aan welk waarneembaar resultaat is te zien dat het verhaal klaar is?",
            why: "Het verhaal zegt het niet.",
        },
        "pt" => Phrases {
            given: "a situação que a história descreve",
            when: "este caso ocorre",
            thin: "A história não enuncia nenhuma regra verificável.",
            question: "Que resultado observável mostra que a história está pronta?",
            why: "A história não o diz.",
        },
        _ => ENGLISH,
    }
}

/// The language of a text, by its small words.
pub(super) fn detect(text: &str) -> &'static str {
    const WORDS: &[(&str, &[&str])] = &[
        ("en", &["the", "and", "is", "are", "to", "of", "with", "when"]),
        ("de", &["der", "die", "das", "und", "ist", "wird", "nicht", "ein", "eine"]),
        ("fr", &["le", "la", "les", "et", "est", "une", "des", "du", "que"]),
        ("es", &["el", "los", "las", "y", "una", "del", "por", "se", "con"]),
        ("nl", &["de", "het", "een", "en", "is", "van", "niet", "wordt", "ik"]),
        ("pt", &["o", "os", "as", "e", "uma", "não", "do", "da", "em"]),
    ];
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let score = |known: &[&str]| words.iter().filter(|word| known.contains(word)).count();
    let best = WORDS.iter().rev().max_by_key(|(_, known)| score(known));
    best.map_or("en", |(language, _)| language)
}
