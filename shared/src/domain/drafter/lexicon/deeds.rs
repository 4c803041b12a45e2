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
    /// Words of what the product makes and sends: nobody can enter another number of it.
    pub(in crate::domain::drafter) made: &'static List,
    /// Deeds by which people get what the product made.
    pub(in crate::domain::drafter) fetched: &'static List,
    /// Words of what is kept at least so long; that it is gone afterwards they do not say.
    pub(in crate::domain::drafter) kept: &'static List,
    /// Verbs of what a thing asks for or takes: its number is entered, and not had before.
    pub(in crate::domain::drafter) asked: &'static List,
    /// What opens the rule for values beyond a limit, after the rule for those within.
    pub(in crate::domain::drafter) beyond: &'static List,
    /// What opens the result of the case that "unless" names.
    pub(in crate::domain::drafter) which_case: &'static List,
    /// Words that pair two lists.
    pub(in crate::domain::drafter) respectively: &'static List,
    /// Words before a list that is one thing ("between A, B and C").
    pub(in crate::domain::drafter) among: &'static List,
    /// Work for the team, wherever it stands in a sentence.
    pub(in crate::domain::drafter) chores: &'static List,
    /// What is counted up to a lock.
    pub(in crate::domain::drafter) attempts: &'static List,
    /// Words after a span of time that count it from an event.
    pub(in crate::domain::drafter) later: &'static List,
    /// Words that deny a noun, and what stands there when it is not denied.
    pub(in crate::domain::drafter) positive: &'static [(&'static str, &'static str)],
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
        "user", "users", "customer", "customers", "consumer", "consumers", "rep", "reps", "representative",
        "admin", "admins", "administrator", "administrators", "operator", "operators", "manager", "managers",
        "member", "members", "owner", "owners", "patient", "patients", "applicant", "applicants", "requester", "requesters",
        "employee", "employees", "visitor", "visitors", "buyer", "buyers", "seller", "sellers", "student", "students", "teacher",
        "teachers", "person", "people", "tester", "testers", "developer", "developers", "author", "authors",
        "reviewer", "reviewers", "guest", "guests", "examiner", "examiners", "shopper",
    ],
    possible: list![
        "it should be possible to", "it must be possible to", "it shall be possible to", "it is possible to", "it has to be possible to",
    ],
    handed: list!["gets", "receives", "is sent", "are sent", "shows", "displays"],
    once: list!["only once", "just once", "at most once", "only one time", "a single time"],
    denial: list!["no", "not", "nothing", "never", "none", "nobody", "cannot", "can't", "won't", "isn't", "aren't", "doesn't", "don't", "shouldn't", "has expired", "401", "403", "404"],
    or: list!["or"],
    relative: list!["that", "which", "who", "whose", "where", "within"],
    available: list!["available", "offered", "possible"],
    instead: list!["instead of", "rather than"],
    states: list!["be", "have", "get", "receive", "know"],
    made: list!["sent", "generated", "created by the system", "produced", "issued"],
    fetched: list!["download", "export", "print", "receive", "be sent", "be emailed"],
    kept: list!["kept", "retained", "stored", "archived", "preserved"],
    asked: list!["accept", "accepts", "need", "needs", "require", "requires", "allow", "allows", "permit", "permits"],
    beyond: list!["above that", "beyond that", "over that", "more than that", "from then on"],
    which_case: list!["in which case"],
    respectively: list!["respectively"],
    among: list!["between", "among"],
    chores: list!["need to document", "needs to document"],
    attempts: list!["attempt", "attempts", "tries", "retries"],
    later: list!["after"],
    positive: &[("no", "a"), ("nothing", "something")],
};

#[rustfmt::skip]
const FR: Deeds = Deeds {
    people: list![
        "utilisateur", "utilisateurs", "utilisatrice", "utilisatrices", "client", "clients", "cliente", "clientes", 
        "administrateur", "administrateurs", "gerant", "gerants", "membre", "membres", "patient", "patients", "employe", "employes",
        "visiteur", "visiteurs", "acheteur", "acheteurs", "vendeur", "vendeurs", 
        "abonne", "abonnes", "titulaire",
    ],
    possible: list!["il doit etre possible de", "il doit etre possible d'", "il est possible de", "il est possible d'", "on peut", "on doit pouvoir"],
    handed: list!["recoit", "recoivent", "affiche", "affichent"],
    once: list!["une seule fois", "qu'une seule fois"],
    denial: list!["pas", "aucun", "aucune", "rien", "jamais", "401", "403", "404"],
    or: list!["ou"],
    relative: list!["qui", "que", "qu'", "dont", "ou"],
    available: list!["disponible", "disponibles", "propose", "proposee", "proposes", "proposees"],
    instead: list!["au lieu de", "au lieu du", "a la place de"],
    states: list!["etre", "avoir", "recevoir", "disposer"],
    made: list!["envoye", "envoyee", "envoyes", "genere", "generee", "emis"],
    fetched: list!["telecharger", "exporter", "imprimer", "recevoir"],
    kept: list!["conserve", "conservee", "conserves", "conservees", "archive", "archives"],
    asked: list!["accepte", "acceptent", "exige", "exigent", "necessite", "necessitent", "permet", "permettent", "demande"],
    beyond: list!["au-dela", "au dela"],
    which_case: list!["auquel cas"],
    respectively: list!["respectivement"],
    among: list!["entre"],
    chores: list!["faut documenter"],
    attempts: list!["essai", "essais", "tentative", "tentatives"],
    later: list!["apres"],
    positive: &[],
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
    denial: list!["nicht", "kein", "keine", "keinen", "keinem", "keiner", "nichts", "nie", "niemals", "401", "403", "404"],
    or: list!["oder"],
    relative: list!["wobei", "sodass"],
    available: list!["verfugbar", "moglich"],
    instead: list!["statt", "anstatt", "anstelle"],
    states: list![],
    made: list!["gesendet", "versendet", "verschickt", "erzeugt", "generiert"],
    fetched: list!["herunterladen", "exportieren", "drucken"],
    kept: list!["aufbewahrt", "gespeichert", "archiviert", "behalten"],
    asked: list!["akzeptiert", "benotigt", "braucht", "erfordert", "verlangt", "erlaubt"],
    beyond: list!["daruber", "daruber hinaus"],
    which_case: list!["in diesem fall", "dann"],
    respectively: list!["beziehungsweise"],
    among: list!["zwischen"],
    chores: list![],
    attempts: list!["versuch", "versuche", "versuchen"],
    later: list!["nach"],
    positive: &[("keine", "eine"), ("keinen", "einen"), ("keiner", "einer"), ("keinem", "einem"), ("kein", "ein"), ("nichts", "etwas")],
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
    once: list!["una sola vez", "una unica vez"],
    denial: list!["no", "ningun", "ninguno", "ninguna", "nada", "nunca", "401", "403", "404"],
    or: list!["o", "u"],
    relative: list!["que", "cuyo", "cuya", "donde"],
    available: list!["disponible", "disponibles"],
    instead: list!["en lugar de", "en vez de"],
    states: list!["ser", "estar", "tener", "recibir", "disponer"],
    made: list!["enviado", "enviada", "generado", "generada", "emitido"],
    fetched: list!["descargar", "exportar", "imprimir", "recibir"],
    kept: list!["conserva", "conservan", "guarda", "guardan", "archiva", "archivan"],
    asked: list!["acepta", "aceptan", "exige", "exigen", "requiere", "requieren", "necesita", "permite", "permiten"],
    beyond: list!["por encima", "a partir de ahi", "mas alla"],
    which_case: list!["en cuyo caso"],
    respectively: list!["respectivamente"],
    among: list!["entre"],
    chores: list!["hay que documentar"],
    attempts: list!["intento", "intentos"],
    later: list!["despues de", "despues del", "tras"],
    positive: &[],
};

#[rustfmt::skip]
const NL: Deeds = Deeds {
    people: list![
        "gebruiker", "gebruikers", "klant", "klanten", "consument", "consumenten", "consumer", "medewerker", "medewerkers",
        "beheerder", "beheerders", "patient", "patienten", "bezoeker", "bezoekers", "lid", "leden", "verkoper", "persoon",
        "personen", "gemeente", "burger",
    ],
    possible: list!["het moet mogelijk zijn om", "het is mogelijk om", "men kan", "men moet"],
    handed: list!["krijgt", "krijgen", "ontvangt", "ontvangen", "toont", "tonen"],
    once: list!["slechts een keer", "maar een keer", "slechts eenmaal"],
    denial: list!["niet", "geen", "niets", "nooit", "401", "403", "404"],
    or: list!["of"],
    relative: list!["waarmee", "waarbij", "zodat"],
    available: list!["beschikbaar", "mogelijk"],
    instead: list!["in plaats van"],
    states: list![],
    made: list!["verzonden", "verstuurd", "gegenereerd"],
    fetched: list!["downloaden", "exporteren", "afdrukken", "ontvangen"],
    kept: list!["bewaard", "opgeslagen", "gearchiveerd"],
    asked: list!["accepteert", "accepteren", "vereist", "vereisen", "heeft nodig", "staat toe"],
    beyond: list!["daarboven"],
    which_case: list!["in dat geval"],
    respectively: list!["respectievelijk"],
    among: list!["tussen"],
    chores: list![],
    attempts: list!["poging", "pogingen"],
    later: list!["na"],
    positive: &[("geen", ""), ("niets", "iets")],
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
    denial: list!["nao", "nenhum", "nenhuma", "nada", "nunca", "401", "403", "404"],
    or: list!["ou"],
    relative: list!["que", "cujo", "cuja", "onde"],
    available: list!["disponivel", "disponiveis"],
    instead: list!["em vez de", "em lugar de", "ao inves de"],
    states: list!["ser", "estar", "ter", "receber"],
    made: list!["enviado", "enviada", "gerado", "gerada", "emitido"],
    fetched: list!["baixar", "descarregar", "exportar", "imprimir", "receber"],
    kept: list!["conservado", "conservados", "guardado", "guardados", "mantido", "mantidos", "arquivado"],
    asked: list!["aceita", "aceitam", "exige", "exigem", "requer", "requerem", "precisa", "permite", "permitem"],
    beyond: list!["acima disso", "alem disso", "a partir dai"],
    which_case: list!["nesse caso", "caso em que"],
    respectively: list!["respectivamente"],
    among: list!["entre"],
    chores: list![],
    attempts: list!["tentativa", "tentativas"],
    later: list!["apos", "depois de", "depois da", "depois do"],
    positive: &[],
};
