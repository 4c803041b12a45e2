//! What the headings of a story announce, in all six languages at once: teams mix them.

use super::list::head;
use super::{List, list};

/// What a section of a story is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain::drafter) enum Section {
    /// The story itself, or a heading we do not know.
    Story,
    /// Acceptance criteria.
    Criteria,
    /// What is excluded.
    OutOfScope,
    /// Assumptions.
    Assumptions,
    /// How it will be built, what else must be done, where more is written: nothing to accept.
    Aside,
}

/// The section a heading opens; `None` when the heading is not one we know.
pub(in crate::domain::drafter) fn section(folded: &str) -> Option<Section> {
    let heading = folded.trim_matches(|letter: char| !letter.is_alphanumeric());
    let opening = head(heading.as_bytes(), 0);
    let begins = |words: &List| {
        let ends = |rest: &str| !rest.starts_with(|letter: char| letter.is_alphanumeric());
        words.beginning(opening).any(|word| heading.strip_prefix(word).is_some_and(ends))
    };
    if begins(OUT_OF_SCOPE) {
        Some(Section::OutOfScope)
    } else if begins(CRITERIA) {
        Some(Section::Criteria)
    } else if begins(ASSUMPTIONS) {
        Some(Section::Assumptions)
    } else if begins(ASIDE) || ASIDE_ANYWHERE.iter().any(|word| heading.contains(word)) {
        Some(Section::Aside)
    } else if begins(STORY) {
        Some(Section::Story)
    } else {
        None
    }
}

/// Whether a line `label: value` is about the ticket and not about the product.
pub(in crate::domain::drafter) fn is_label(folded: &str) -> bool {
    let label = folded.split(['(', '[']).next().unwrap_or_default().trim();
    LABELS.holds(label)
}

/// What a template leaves to be filled in.
pub(in crate::domain::drafter) fn is_placeholder(folded: &str) -> bool {
    let text = folded.trim_matches(|letter: char| !letter.is_alphanumeric());
    text.is_empty() || PLACEHOLDERS.holds(text)
}

// Packed: a table of words is read across.
#[rustfmt::skip]
const CRITERIA: &List = list![
    "acceptance criteria", "acceptance criterion", "acceptance tests", "ac", "acs", "conditions of satisfaction",
    "success criteria", "criteres d'acceptation", "critere d'acceptation", "criteres d'acceptance", "criteres de validation",
    "regles de gestion", "akzeptanzkriterien", "akzeptanzkriterium", "abnahmekriterien", "annahmekriterien",
    "criterios de aceptacion", "criterio de aceptacion", "criterios aceptacion", "acceptatiecriteria", "acceptatie criteria",
    "acceptatiecriterium", "criteria", "criterios de aceitacao", "criterios de aceite", "criterio de aceite", "criterios aceite",
    "business rules", "rules", "reglas de negocio", "regras de negocio", "geschaftsregeln", "regels", "scenarios", "scenario's",
    "szenarien", "escenarios", "cenarios",
];

#[rustfmt::skip]
const OUT_OF_SCOPE: &List = list![
    "out of scope", "out-of-scope", "not in scope", "not part of", "no part of", "ne fait pas partie", "no forma parte", "geen onderdeel",
    "nao faz parte", "non goals", "non-goals", "excluded", "exclusions", "what we won't do",
    "hors perimetre", "hors scope", "hors sujet", "exclusions du perimetre", "nicht im umfang", "nicht im scope",
    "ausserhalb des umfangs", "nicht enthalten", "nicht teil", "abgrenzung", "fuera de alcance", "fuera del alcance",
    "no incluye", "no incluido", "buiten scope", "buiten de scope", "niet in scope", "valt buiten scope", "fora de escopo",
    "fora do escopo", "fora do ambito", "nao incluso",
];

#[rustfmt::skip]
const ASSUMPTIONS: &List =
    list!["assumptions", "assumption", "hypotheses", "annahmen", "supuestos", "aannames", "premissas", "pressupostos", "suposicoes"];

#[rustfmt::skip]
const STORY: &List = list![
    "user story", "story", "narrative", "description", "use case", "feature", "summary", "high level description", "requirements",
    "recit", "recit utilisateur", "fonctionnalite", "besoin", "beschreibung", "anforderungen", "benutzergeschichte", "funktion",
    "descripcion", "historia de usuario", "requisitos", "beschrijving", "gebruikersverhaal", "descricao", "historia do usuario",
    "historia de usuario",
];

#[rustfmt::skip]
const ASIDE: &List = list![
    "terms", "glossary", "definitions", "begriffe", "glossar", "termes", "glossaire", "terminos", "glosario", "begrippen", "termos",
    "glossario", "definition of done", "definition of ready", "dod", "dor", "design", "designs", "mockups", "wireframes", "implementation",
    "implementation notes", "technical", "technical information", "technical notes", "tech notes", "dev notes",
    "development notes", "developer notes", "notes", "note", "workaround", "links", "useful links", "related", "references",
    "resources", "attachments", "associated helpdesk ticket", "background", "context", "additional context", "example",
    "example module", "tasks", "subtasks", "sub-tasks", "todo", "test plan", "testing notes", "questions", "open questions",
    "implementation details", "dependencies", "risks", "estimate", "priority", "changelog", "steps", "q&a", "motivation", "why",
    "problem", "stakeholders", "maquettes", "maquette", "implementation technique", "contexte", "contexte supplementaire",
    "liens", "liens utiles", "informations techniques", "notes techniques", "contournement", "exemple", "taches",
    "questions ouvertes", "dependances", "risques", "umsetzung", "implementierung", "technische hinweise",
    "technische informationen", "hinweise", "hintergrund", "kontext", "notizen", "entwurf", "aufgaben", "offene fragen",
    "abhangigkeiten", "risiken", "beispiel", "definition von fertig", "diseno", "implementacion", "informacion tecnica",
    "notas tecnicas", "notas", "enlaces", "contexto", "ejemplo", "tareas", "preguntas abiertas", "dependencias", "riesgos",
    "definicion de hecho", "definicion de terminado", "prioridad", "ontwerp", "implementatie", "technische informatie",
    "technische notities", "notities", "achtergrond", "voorbeeld", "taken", "open vragen", "afhankelijkheden", "risico's",
    "nuttige links", "implementacao", "informacoes tecnicas", "observacoes", "exemplo", "tarefas", "perguntas em aberto",
    "links uteis", "riscos", "definicao de pronto", "prioridade",
];

#[rustfmt::skip]
const ASIDE_ANYWHERE: &[&str] = &["ticket", "screenshot", "changelog"];

#[rustfmt::skip]
const LABELS: &List = list![
    "epic", "epica", "epico", "epos", "priority", "prioridad", "prioridade", "priorite", "prioritat", "prioriteit", "rol", "role",
    "papel", "rolle", "necesidad", "beneficio", "besoin", "benefice", "nutzen", "bedarf", "story points", "points", "estimate",
    "estimation", "estimacion", "estimativa", "sprint", "status", "estado", "statut", "assignee", "reporter", "link", "links",
    "lien", "enlace", "labels", "component", "version", "author", "autor", "figma", "design", "moscow", "id", "see", "cf",
    "source", "note",
];

#[rustfmt::skip]
const PLACEHOLDERS: &List = list![
    "must have", "nice to have", "should have", "could have", "won't have", "tbd", "todo", "to do", "n/a", "na", "none", "xxx",
    "lorem ipsum", "...", "criterion 1", "criterion 2", "criterion 3", "criteria 1", "criteria 2", "criteria 3", "a completer",
    "a definir", "a remplir", "tbc", "por definir", "a definir pelo time", "in te vullen", "noch offen", "optional", "aucun",
    "aucune", "ninguno", "keine", "geen", "nenhum", "describe here", "your text here",
];
