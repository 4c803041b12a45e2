use proptest::prelude::*;

use super::*;

fn found(text: &str) -> Vec<(Kind, String)> {
    let text = readable(text);
    find(&text, &["amount".to_owned(), "title".to_owned()]).into_iter().map(|it| (it.kind, text[it.place].to_owned())).collect()
}

#[test]
fn what_acts_or_leads_elsewhere_is_found_in_any_dress() {
    use Kind::*;
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl";
    for (text, kind, thing) in [
        ("see https://evil.example/x?d=1.", Url, "https://evil.example/x?d=1"),
        ("see ｈｔｔｐｓ：／／evil.example", Url, "https://evil.example"),
        ("see ht\u{200b}tps://evil.example", Url, "https://evil.example"),
        ("JavaScript:alert(1)", Url, "JavaScript:alert(1"),
        ("data:text/html;base64,xyz", Url, "data:text/html;base64,xyz"),
        ("www.evil.example", Url, "www.evil.example"),
        ("//evil.example/x", Url, "//evil.example/x"),
        ("open evil.example/x?d=secret now", Url, "evil.example/x?d=secret"),
        ("mail mallory@evil.example.", Email, "mallory@evil.example"),
        ("<script>", Html, "<script>"),
        ("<img src=x onerror=alert(1)", Html, "<img src=x onerror=alert(1)"),
        ("a </b> c", Html, "</b>"),
        ("<!-- hidden -->", Html, "<!-- hidden -->"),
        ("<ac:structured-macro ac:name=\"html\">", Html, "<ac:structured-macro ac:name=\"html\">"),
        ("<custom onclick=\"x\">", Html, "<custom onclick=\"x\">"),
        ("<x-smart/>", Html, "<x-smart/>"),
        ("![x](/pixel.png)", Link, "[x](/pixel.png)"),
        ("[here](#top)", Link, "[here](#top)"),
        ("[~mallory]", Mention, "[~mallory]"),
        ("[~accountid:5b10]", Mention, "[~accountid:5b10]"),
        ("@accountid:5b10 hi", Mention, "@accountid:5b10"),
        ("<!channel>", Mention, "<!channel>"),
        ("{html}x", Macro, "{html}"),
        ("{include:Secret Page}", Macro, "{include:Secret Page}"),
        ("{color:red}", Macro, "{color:red}"),
        ("key AKIAIOSFODNN7EXAMPLE", Secret, "AKIAIOSFODNN7EXAMPLE"),
        (jwt, Secret, jwt),
        ("9f86d081884c7d659a2feaa0c55ad015", Secret, "9f86d081884c7d659a2feaa0c55ad015"),
    ] {
        assert_eq!(found(text).first(), Some(&(kind, thing.to_owned())), "{text}");
    }
}

#[test]
fn plain_words_and_placeholders_are_not() {
    for text in [
        "the total is <amount> EUR and <title> is shown",
        "a < b and c > d",
        "the field <new amount> is empty",
        "GET /orders/{id} and /orders/{code} answer 200",
        "see section 3.2: totals and e.g. sums, z. B. this",
        "and/or; 24/7; 1/2; 10:30; ratio 3:1",
        "the role admin@ is refused",
        "[x] done (see below) and [optional] (later)",
        "List<String> is returned; Map<String, List<X>> too",
        "OrderServiceImplementationFactoryBean is a long name",
        "12345678901234567890123456789012",
        "The note: nothing. Data: a name.",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn a_secret_in_a_story_is_told_by_its_form_alone() {
    let told = |text: &str| secrets(text).len();
    assert_eq!(told("use sk-abcDEF1234567890abcDEF12 and AKIAIOSFODNN7EXAMPLE"), 2);
    assert_eq!(told("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"), 1);
    assert_eq!(told("commit 9f86d081884c7d659a2feaa0c55ad015 and the risk-assessment-of-the-year"), 0);
}

proptest! {
    #[test]
    fn places_are_within_the_text_in_order_and_apart(text in "[a-z.:/@<>\\[\\](){}~!=\"é \n-]{0,80}", any in any::<String>()) {
        for text in [text, any] {
            let text = readable(&text);
            let mut end = 0;
            for foreign in find(&text, &[]) {
                prop_assert!(text.get(foreign.place.clone()).is_some_and(|thing| !thing.is_empty()));
                prop_assert!(foreign.place.start >= end);
                end = foreign.place.end;
            }
        }
    }
}
