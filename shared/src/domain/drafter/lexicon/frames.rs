//! What the drafter writes about limits, spans and cases, one table a language.

use super::phrases::Ask;
use crate::domain::language::Language;

/// Phrases with blanks.
#[derive(Debug)]
pub(in crate::domain::drafter) struct Frames {
    /// A case, as an action.
    pub(in crate::domain::drafter) case: &'static str,
    /// Something that happens, as an action.
    pub(in crate::domain::drafter) happens: &'static str,
    /// What an action that was just named does.
    pub(in crate::domain::drafter) does: &'static str,
    /// A value of something, as an action: value, thing.
    pub(in crate::domain::drafter) value_for: &'static str,
    /// A value is accepted: one, several.
    pub(in crate::domain::drafter) accepted: (&'static str, &'static str),
    /// A value is not accepted: one, several.
    pub(in crate::domain::drafter) rejected: (&'static str, &'static str),
    /// A rule does not apply to a value: value, rule.
    pub(in crate::domain::drafter) not_for: &'static str,
    /// A state that goes on.
    pub(in crate::domain::drafter) still: &'static str,
    /// A state that is over.
    pub(in crate::domain::drafter) no_longer: &'static str,
    /// An end that has not come.
    pub(in crate::domain::drafter) not_yet: &'static str,
    /// An end that has come.
    pub(in crate::domain::drafter) has_come: &'static str,
    /// Where a value stands, for a title: at the limit, within it, outside it.
    pub(in crate::domain::drafter) place: (&'static str, &'static str, &'static str),
    /// A deed, as an action, whoever does it.
    pub(in crate::domain::drafter) tried: &'static str,
    /// The same deed once more, as an action, and its refusal.
    pub(in crate::domain::drafter) again: (&'static str, &'static str),
    /// Name of a column of cases.
    pub(in crate::domain::drafter) case_column: &'static str,
    /// Whether a verb goes to the end of a clause.
    pub(in crate::domain::drafter) verb_last: bool,
    /// A sentence that only points elsewhere.
    pub(in crate::domain::drafter) ask_reference: Ask,
    /// Statements that no criterion covers.
    pub(in crate::domain::drafter) ask_uncovered: Ask,
}

/// The phrases of a language.
pub(in crate::domain::drafter) const fn of(language: Language) -> &'static Frames {
    match language {
        Language::English => &EN,
        Language::French => &FR,
        Language::German => &DE,
        Language::Spanish => &ES,
        Language::Dutch => &NL,
        Language::Portuguese => &PT,
    }
}

const EN: Frames = Frames {
    case: "this is the case: {0}",
    happens: "this happens: {0}",
    does: "this {0}",
    value_for: "the value for {1} is {0}",
    accepted: ("{0} is accepted", "{0} are accepted"),
    rejected: ("{0} is not accepted", "{0} are not accepted"),
    not_for: "the following does not apply to {0}: {1}",
    still: "this still holds: {0}",
    no_longer: "this no longer holds: {0}",
    not_yet: "this has not happened yet: {0}",
    has_come: "this has happened: {0}",
    place: ("at the limit", "within the limit", "outside the limit"),
    tried: "the following is tried: {0}",
    again: ("the same is done a second time", "the second time is refused"),
    case_column: "case",
    verb_last: false,
    ask_reference: (
        "What does the place that \"{0}\" points to say?",
        "The story only points there; what is written elsewhere was not read.",
    ),
    ask_uncovered: (
        "Which of these statements have to be accepted, and how: {0}?",
        "The story says them in passing, and no criterion covers them.",
    ),
};

const FR: Frames = Frames {
    case: "on est dans ce cas : {0}",
    happens: "ceci se produit : {0}",
    does: "cela {0}",
    value_for: "la valeur est {0} ({1})",
    accepted: ("la valeur {0} est acceptée", "la valeur {0} est acceptée"),
    rejected: ("la valeur {0} n'est pas acceptée", "la valeur {0} n'est pas acceptée"),
    not_for: "ceci ne s'applique pas à {0} : {1}",
    still: "ceci est encore vrai : {0}",
    no_longer: "ceci n'est plus vrai : {0}",
    not_yet: "ceci n'a pas encore eu lieu : {0}",
    has_come: "ceci a eu lieu : {0}",
    place: ("à la limite", "dans la limite", "hors limite"),
    tried: "on essaie ceci : {0}",
    again: ("la même chose est faite une deuxième fois", "la deuxième fois est refusée"),
    case_column: "cas",
    verb_last: false,
    ask_reference: (
        "Que dit l'endroit auquel renvoie \"{0}\" ?",
        "Le récit ne fait qu'y renvoyer ; ce qui est écrit ailleurs n'a pas été lu.",
    ),
    ask_uncovered: (
        "Lesquelles de ces phrases font partie de ce qui doit être accepté : {0} ?",
        "Le récit les dit en passant, et aucun critère ne les couvre.",
    ),
};

const DE: Frames = Frames {
    case: "dieser Fall vorliegt: {0}",
    happens: "dies geschieht: {0}",
    does: "{0}",
    value_for: "der Wert {0} ist ({1})",
    accepted: ("wird der Wert {0} akzeptiert", "wird der Wert {0} akzeptiert"),
    rejected: ("wird der Wert {0} nicht akzeptiert", "wird der Wert {0} nicht akzeptiert"),
    not_for: "gilt Folgendes nicht für {0}: {1}",
    still: "gilt dies noch: {0}",
    no_longer: "gilt dies nicht mehr: {0}",
    not_yet: "ist dies noch nicht geschehen: {0}",
    has_come: "ist dies geschehen: {0}",
    place: ("an der Grenze", "innerhalb der Grenze", "außerhalb der Grenze"),
    tried: "Folgendes versucht wird: {0}",
    again: ("dasselbe ein zweites Mal getan wird", "wird das zweite Mal abgelehnt"),
    case_column: "Fall",
    verb_last: true,
    ask_reference: (
        "Was steht dort, worauf \"{0}\" verweist?",
        "Die Story verweist nur darauf; was anderswo steht, wurde nicht gelesen.",
    ),
    ask_uncovered: (
        "Welche dieser Aussagen gehören zu dem, was abgenommen wird: {0}?",
        "Die Story sagt sie nebenbei, und kein Kriterium deckt sie ab.",
    ),
};

const ES: Frames = Frames {
    case: "se da este caso: {0}",
    happens: "ocurre esto: {0}",
    does: "esto {0}",
    value_for: "el valor es {0} ({1})",
    accepted: ("se acepta el valor {0}", "se acepta el valor {0}"),
    rejected: ("no se acepta el valor {0}", "no se acepta el valor {0}"),
    not_for: "lo siguiente no se aplica a {0}: {1}",
    still: "esto sigue siendo cierto: {0}",
    no_longer: "esto ya no es cierto: {0}",
    not_yet: "esto todavía no ha ocurrido: {0}",
    has_come: "esto ha ocurrido: {0}",
    place: ("en el límite", "dentro del límite", "fuera del límite"),
    tried: "se intenta lo siguiente: {0}",
    again: ("se hace lo mismo por segunda vez", "la segunda vez se rechaza"),
    case_column: "caso",
    verb_last: false,
    ask_reference: (
        "¿Qué dice el lugar al que remite \"{0}\"?",
        "La historia solo remite allí; lo que está escrito en otro sitio no se leyó.",
    ),
    ask_uncovered: (
        "¿Cuáles de estas frases forman parte de lo que se debe aceptar: {0}?",
        "La historia las dice de paso y ningún criterio las cubre.",
    ),
};

const NL: Frames = Frames {
    case: "dit het geval is: {0}",
    happens: "dit gebeurt: {0}",
    does: "{0}",
    value_for: "de waarde {0} is ({1})",
    accepted: ("wordt de waarde {0} geaccepteerd", "wordt de waarde {0} geaccepteerd"),
    rejected: ("wordt de waarde {0} niet geaccepteerd", "wordt de waarde {0} niet geaccepteerd"),
    not_for: "geldt het volgende niet voor {0}: {1}",
    still: "geldt dit nog: {0}",
    no_longer: "geldt dit niet meer: {0}",
    not_yet: "is dit nog niet gebeurd: {0}",
    has_come: "is dit gebeurd: {0}",
    place: ("op de grens", "binnen de grens", "buiten de grens"),
    tried: "het volgende wordt geprobeerd: {0}",
    again: ("hetzelfde een tweede keer wordt gedaan", "wordt de tweede keer geweigerd"),
    case_column: "geval",
    verb_last: true,
    ask_reference: (
        "Wat staat er op de plek waar \"{0}\" naar verwijst?",
        "De story verwijst er alleen naar; wat elders staat is niet gelezen.",
    ),
    ask_uncovered: (
        "Welke van deze uitspraken horen bij wat geaccepteerd moet worden: {0}?",
        "De story zegt ze terloops en geen criterium dekt ze.",
    ),
};

const PT: Frames = Frames {
    case: "ocorre este caso: {0}",
    happens: "isto acontece: {0}",
    does: "isto {0}",
    value_for: "o valor é {0} ({1})",
    accepted: ("o valor {0} é aceito", "o valor {0} é aceito"),
    rejected: ("o valor {0} não é aceito", "o valor {0} não é aceito"),
    not_for: "o seguinte não se aplica a {0}: {1}",
    still: "isto ainda vale: {0}",
    no_longer: "isto já não vale: {0}",
    not_yet: "isto ainda não aconteceu: {0}",
    has_come: "isto aconteceu: {0}",
    place: ("no limite", "dentro do limite", "fora do limite"),
    tried: "se tenta o seguinte: {0}",
    again: ("o mesmo é feito pela segunda vez", "a segunda vez é recusada"),
    case_column: "caso",
    verb_last: false,
    ask_reference: (
        "O que diz o lugar a que \"{0}\" remete?",
        "A história apenas remete a ele; o que está escrito em outro lugar não foi lido.",
    ),
    ask_uncovered: (
        "Quais destas frases fazem parte do que deve ser aceito: {0}?",
        "A história as diz de passagem e nenhum critério as cobre.",
    ),
};
