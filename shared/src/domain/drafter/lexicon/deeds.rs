//! Words about who does what and what is denied, one table a language.

use super::{List, list};
use crate::domain::language::Language;

/// Words to read with, folded.
#[derive(Debug)]
pub(in crate::domain::drafter) struct Deeds {
    /// People: what they can do, they can be seen to try.
    pub(in crate::domain::drafter) people: &'static List,
    /// Openings that name a deed without who does it ("it should be possible to").
    pub(in crate::domain::drafter) possible: &'static List,
    /// Verbs whose number the product itself hands out ("gets at most 4 messages"): nobody can enter a value.
    pub(in crate::domain::drafter) handed: &'static List,
    /// Words that allow something a single time.
    pub(in crate::domain::drafter) once: &'static List,
    /// Words that deny.
    pub(in crate::domain::drafter) denial: &'static List,
    /// Words between values of which one is so.
    pub(in crate::domain::drafter) or: &'static List,
    /// Words that open a clause about the noun before them.
    pub(in crate::domain::drafter) relative: &'static List,
    /// What is said of a thing that is there for some values only ("available from 100 €").
    pub(in crate::domain::drafter) available: &'static List,
    /// What puts one thing in place of another ("A instead of B").
    pub(in crate::domain::drafter) instead: &'static List,
    /// Wishes to have and to be, which nobody can be seen to try.
    pub(in crate::domain::drafter) states: &'static List,
}

/// The words of a language.
pub(in crate::domain::drafter) const fn of(language: Language) -> &'static Deeds {
    match language {
        Language::English => &EN,
        Language::French => &FR,
        Language::German => &DE,
        Language::Spanish => &ES,
        Language::Dutch => &NL,
        Language::Portuguese => &PT,
    }
}

// Packed: a table of words is read across.
#[rustfmt::skip]
const EN: Deeds = Deeds {
    people: list![
        "user", "users", "customer", "customers", "client", "clients", "consumer", "consumers", "rep", "reps", "representative",
        "admin", "admins", "administrator", "administrators", "operator", "operators", "agent", "agents", "manager", "managers",
        "member", "members", "owner", "owners", "patient", "patients", "applicant", "applicants", "requester", "requesters",
        "employee", "employees", "visitor", "visitors", "buyer", "buyers", "seller", "sellers", "student", "students", "teacher",
        "teachers", "person", "people", "tester", "testers", "developer", "developers", "player", "players", "author", "authors",
        "editor", "editors", "reviewer", "reviewers", "driver", "drivers", "guest", "guests", "examiner", "examiners", "shopper",
    ],
    possible: list![
        "it should be possible to", "it must be possible to", "it shall be possible to", "it is possible to", "it has to be possible to",
    ],
    handed: list!["gets", "get", "receives", "receive", "is sent", "are sent", "shows", "show", "displays", "display", "lists"],
    once: list!["only once", "just once", "at most once", "only one time", "a single time"],
    denial: list![
        "no", "not", "nothing", "never", "none", "nobody", "cannot", "can't", "won't", "isn't", "aren't", "doesn't", "don't",
        "shouldn't", "expired", "without", "401", "403", "404",
    ],
    or: list!["or"],
    relative: list!["that", "which", "who", "whose", "where", "within"],
    available: list!["available", "offered", "possible"],
    instead: list!["instead of", "rather than"],
    states: list!["be", "have", "get", "receive", "know"],
};

#[rustfmt::skip]
const FR: Deeds = Deeds {
    people: list![
        "utilisateur", "utilisateurs", "utilisatrice", "utilisatrices", "client", "clients", "cliente", "clientes", "agent", "agents",
        "administrateur", "administrateurs", "gerant", "gerants", "membre", "membres", "patient", "patients", "employe", "employes",
        "visiteur", "visiteurs", "acheteur", "acheteurs", "vendeur", "vendeurs", "conducteur", "conducteurs", "personne", "personnes",
        "abonne", "abonnes", "titulaire",
    ],
    possible: list!["il doit etre possible de", "il doit etre possible d'", "il est possible de", "il est possible d'", "on peut", "on doit pouvoir"],
    handed: list!["recoit", "recoivent", "affiche", "affichent"],
    once: list!["une seule fois", "qu'une fois", "qu'une seule fois"],
    denial: list!["ne", "n'", "pas", "aucun", "aucune", "rien", "jamais", "expire", "expiree", "sans", "401", "403", "404"],
    or: list!["ou"],
    relative: list!["qui", "que", "qu'", "dont", "ou"],
    available: list!["disponible", "disponibles", "propose", "proposee", "proposes", "proposees"],
    instead: list!["au lieu de", "au lieu du", "a la place de"],
    states: list!["etre", "avoir", "recevoir", "disposer"],
};

#[rustfmt::skip]
const DE: Deeds = Deeds {
    people: list![
        "nutzer", "nutzerin", "nutzerinnen", "benutzer", "benutzerin", "anwender", "anwenderin", "kunde", "kunden", "kundin",
        "kundinnen", "patient", "patienten", "patientin", "patientinnen", "administrator", "administratoren", "mitarbeiter",
        "mitarbeiterin", "mitarbeitende", "besucher", "besucherin", "verkaufer", "kaufer", "mitglied", "mitglieder", "person",
        "personen", "leser", "inhaber", "bearbeiter", "redakteur",
    ],
    possible: list!["man soll", "man kann", "man muss"],
    handed: list!["erhalt", "erhalten", "bekommt", "bekommen", "empfangt", "zeigt", "zeigen"],
    once: list!["nur einmal", "nur ein einziges mal", "genau einmal", "hochstens einmal"],
    denial: list!["nicht", "kein", "keine", "keinen", "keinem", "keiner", "nichts", "nie", "niemals", "abgelaufen", "ohne", "401", "403", "404"],
    or: list!["oder"],
    relative: list!["wobei", "sodass"],
    available: list!["verfugbar", "moglich"],
    instead: list!["statt", "anstatt", "anstelle"],
    states: list![],
};

#[rustfmt::skip]
const ES: Deeds = Deeds {
    people: list![
        "usuario", "usuarios", "usuaria", "cliente", "clientes", "paciente", "pacientes", "medico", "medicos", "administrador",
        "administradores", "empleado", "empleados", "miembro", "miembros", "vendedor", "comprador", "titular", "persona", "personas",
        "profesional", "profesionales", "alumno", "alumnos",
    ],
    possible: list!["debe ser posible", "es posible", "se puede", "se debe poder"],
    handed: list!["recibe", "reciben", "muestra", "muestran"],
    once: list!["una sola vez", "una unica vez", "solo una vez"],
    denial: list!["no", "ningun", "ninguno", "ninguna", "nada", "nunca", "caducado", "caducada", "vencido", "sin", "401", "403", "404"],
    or: list!["o", "u"],
    relative: list!["que", "cuyo", "cuya", "donde"],
    available: list!["disponible", "disponibles"],
    instead: list!["en lugar de", "en vez de"],
    states: list!["ser", "estar", "tener", "recibir", "disponer"],
};

#[rustfmt::skip]
const NL: Deeds = Deeds {
    people: list![
        "gebruiker", "gebruikers", "klant", "klanten", "consument", "consumenten", "consumer", "medewerker", "medewerkers",
        "beheerder", "beheerders", "patient", "patienten", "bezoeker", "bezoekers", "lid", "leden", "verkoper", "koper", "persoon",
        "personen", "gemeente", "burger",
    ],
    possible: list!["het moet mogelijk zijn om", "het is mogelijk om", "men kan", "men moet"],
    handed: list!["krijgt", "krijgen", "ontvangt", "ontvangen", "toont", "tonen"],
    once: list!["slechts een keer", "maar een keer", "slechts eenmaal"],
    denial: list!["niet", "geen", "niets", "nooit", "verlopen", "zonder", "401", "403", "404"],
    or: list!["of"],
    relative: list!["waarmee", "waarbij", "zodat"],
    available: list!["beschikbaar", "mogelijk"],
    instead: list!["in plaats van"],
    states: list![],
};

#[rustfmt::skip]
const PT: Deeds = Deeds {
    people: list![
        "usuario", "usuarios", "utilizador", "utilizadores", "cliente", "clientes", "paciente", "pacientes", "administrador",
        "administradores", "funcionario", "funcionarios", "membro", "membros", "aluno", "alunos", "professor", "professores",
        "vendedor", "comprador", "pessoa", "pessoas", "titular",
    ],
    possible: list!["deve ser possivel", "e possivel", "pode-se"],
    handed: list!["recebe", "recebem", "mostra", "mostram", "exibe", "exibem"],
    once: list!["uma unica vez", "apenas uma vez", "so uma vez", "uma so vez"],
    denial: list!["nao", "nenhum", "nenhuma", "nada", "nunca", "expirado", "vencido", "sem", "401", "403", "404"],
    or: list!["ou"],
    relative: list!["que", "cujo", "cuja", "onde"],
    available: list!["disponivel", "disponiveis"],
    instead: list!["em vez de", "em lugar de", "ao inves de"],
    states: list!["ser", "estar", "ter", "receber"],
};
