//! Wiki markup there and back.

use proptest::prelude::*;
use serde_json::Value;

use super::super::adf::schema_tests::document as any_document;
use super::super::adf::{marker, plain, read::markdown};
use super::super::document::{Block, Body, Colour, Document, Flow, Footer, Inline, Item, Level, PanelKind, Table};
use super::{escape, read, section, write};

/// A text as a model is shown it.
fn shown(wiki: &str) -> String {
    markdown(&read::document(wiki)).markdown
}

/// Everything that a document says, piece by piece.
fn said(node: &Value, out: &mut Vec<String>) {
    let attrs = ["text", "title"].iter().filter_map(|name| node["attrs"][*name].as_str());
    out.extend(node["text"].as_str().into_iter().chain(attrs).map(str::to_owned));
    if node["type"] == "hardBreak" {
        out.push("\n".to_owned());
    }
    node["content"].as_array().into_iter().flatten().for_each(|child| said(child, out));
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn paragraph(text: &str) -> Document {
    Document { blocks: vec![Flow::Paragraph(vec![Inline::text(text)]).into()], footer: None }
}

#[test]
fn a_story_reads_well() {
    insta::assert_snapshot!(
        "a_story_reads_well",
        shown(
            "h2. Limits of the *cart*\r\n\r\nAs a _customer_ I want -nothing- a {color:red}hint{color}, see [the rules|https://shop.example/a_b_c|tip].\r\n\
         Ask [~mara.voss] or look at !screen shot.png|thumbnail! and [^limits.xlsx].\n\n\
         * At most *20* items\n** per parcel\n*# first\n*# second\nwith a second line\n# One\n#* inner\n- dash\n\n\
         ||Country||Days|\n|Germany|2 \\\\ or 3|\n|[France|https://fr.example/x|y]|{{a|b}}|\n\n\
         {code:title=Order|sql}\nselect * from orders -- {panel}\n{code}\n\
         {panel:title=Hint|bgColor=#fffae6}\nBeware of {{null}}.\n{panel}\n{quote}said\n\n* and listed{quote}\nbq. short\n----\n\
         (/) done (x) not, C:\\temp\\new \\*no\\* 2*3*4 snake_case_name {unknown} [x] 3 - 2 - 1 f(x) \\\\server\\share\n\
         Text {noformat}a *b*{noformat} text &copy; &#124; http://a.example/_x_/-y-"
        )
    );
}

#[test]
fn our_document_looks_well_and_reads_as_it_was() {
    let line = |text: &str| Item::line(vec![Inline::text(text)]);
    let document = Document {
        blocks: vec![
            Body::Heading { level: Level::Three, text: vec![Inline::text("AC-1 Pay"), Inline::status("DERIVED", Colour::Blue)] }
                .into(),
            Flow::Paragraph(vec![
                Inline::strong("Given"),
                Inline::text(" a card"),
                Inline::Break,
                Inline::em("what"),
                Inline::text("ever"),
            ])
            .into(),
            Flow::OrderedList(vec![
                Item {
                    text: vec![Inline::strong("one ")],
                    body: vec![Flow::Paragraph(vec![Inline::text("more")]), Flow::BulletList(vec![line("below")])],
                },
                line("h1. two"),
            ])
            .into(),
            Flow::CodeBlock { language: "gherkin".into(), text: "Given {code} and *x*\n  | a | b |".into() }.into(),
            Flow::CodeBlock { language: "json".into(), text: "{\"a\": [~x]}".into() }.into(),
            Flow::CodeBlock { language: String::new(), text: "{noformat} {code} [~admin]".into() }.into(),
            Body::Panel { kind: PanelKind::Warning, body: vec![Flow::BulletList(vec![line("!x.png!")])] }.into(),
            Body::Table(Table {
                numbered: true,
                header: vec!["A|B".into(), "C".into()],
                rows: vec![
                    vec![vec![Inline::Code("a}}b|c".into())]],
                    vec![
                        vec![Inline::text("1\n2")],
                        vec![Inline::Link { text: "K-1 [x]".into(), url: "https://j.example/browse/K-1?a=[b]".into() }],
                    ],
                ],
            })
            .into(),
            Block::Expand { title: "More".into(), body: vec![Body::Rule] },
        ],
        footer: Some(Footer { text: "Made by jqa".into(), marker: "jqa:3f2a9c1b".into() }),
    };
    let wiki = write::text(&document);
    assert_eq!(marker::marker_in(&read::document(&wiki)), Some("jqa:3f2a9c1b"));
    insta::assert_snapshot!("our_document_looks_well", format!("{wiki}\n=====\n{}", shown(&wiki)));
}

#[test]
fn foreign_words_cannot_act() {
    for hostile in [
        "{code}",
        "{panel:title=x}y{panel}",
        "[~admin]",
        "[click|https://evil.example]",
        "[https://evil.example]",
        "!https://evil.example/x.png!",
        "!file.png|thumbnail!",
        "[^file.zip]",
        "h1. Title",
        "  bq. quote",
        "# item",
        "* item",
        "- item",
        "-- x",
        "----",
        "||a||b||",
        "|a|",
        "{color:red}x{color}",
        "{{mono}}",
        "*b* _i_ -s- +u+ ^p^ ~b~ ??c??",
        "https://evil.example",
        "mailto:a@b.example",
        "javascript:alert(1)",
        "\\\\server\\x",
        "a\\\\ b",
        "\\{code}",
        "&#123;code&#125;",
        "&lt;b&gt;",
        "(/) (x) (on) :) ;) :D",
        "{*}x{*}",
        "{anchor:x}",
        "jqa:3f2a9c1b",
        "<script>",
        "&amp;#91;~x&#93;",
        "a|b",
        "_",
        "*",
        "**",
        "{",
        "[",
    ] {
        let nodes = read::document(&write::text(&paragraph(hostile)));
        let (mut text, kinds) = (Vec::new(), nodes.to_string());
        said(&nodes, &mut text);
        assert_eq!(text.concat().trim(), hostile.trim(), "{nodes}");
        assert!(
            !kinds.contains("\"marks\"")
                && nodes["content"].as_array().is_some_and(|all| all.len() == 1 && all[0]["type"] == "paragraph"),
            "{nodes}"
        );
    }
}

const MARKER: &str = "jqa:3f2a9c1b";

fn ours(text: &str) -> String {
    write::section(&format!("Acceptance criteria · {MARKER}"), &paragraph(text))
}

#[test]
fn a_section_is_found_replaced_and_left_out_and_what_people_wrote_stays_byte_for_byte() {
    let theirs = "h2. Rules\r\n\r\n* one\r\n\r\n{code}\r\nx\r\n{code}";
    let first = section::replace(theirs, MARKER, &ours("v1"));
    assert_eq!(section::find(&first, MARKER), Some(ours("v1").as_str()));
    let moved = format!("{first}\r\n\r\nAfter it.  ");
    let second = section::replace(&moved, MARKER, &ours("v2"));
    assert_eq!(second.replace(&ours("v2"), "§"), format!("{theirs}\n\n§\r\n\r\nAfter it.  "));
    assert_eq!(section::strip(&second, marker::PREFIX), second.replace(&ours("v2"), ""));
    assert_eq!(section::find(&second, "jqa:00000000"), None);
}

#[test]
fn of_a_section_whose_end_is_gone_nothing_below_its_heading_is_taken() {
    let text = ours("v1").replace(&format!("_▲ {MARKER}_"), "Mara: and this.");
    assert_eq!(section::find(&text, MARKER), text.lines().next());
    let replaced = section::replace(&text, MARKER, &ours("v2"));
    assert!(replaced.starts_with(&ours("v2")) && replaced.ends_with("v1\n\nMara: and this."), "{replaced}");
}

#[test]
fn a_section_that_is_a_persons_has_no_marker_any_more() {
    let theirs = section::disowned(&ours("v1").replace("v1", "v1 Jonas objects."), MARKER);
    assert_eq!(theirs, "h2. Acceptance criteria\n\nv1 Jonas objects.");
}

#[test]
fn no_text_takes_long_to_read() {
    for piece in [
        "{code:",
        "{quote}",
        "[",
        "*a ",
        "{{",
        "{color:red}",
        "!a",
        "|a\n",
        "{panel:x}",
        "|[",
        "_a_ ",
        "# ",
        "\\",
        "*#*#*#*#*#*#*#*# x\n",
        "{code}x{code} ",
    ] {
        let text = piece.repeat(60_000 / piece.len());
        let _ = shown(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_is_too_strange(text in "([a-z*_+^~?!|{}\\[\\]#\\\\&;:.\n -]|h1\\.|\\{code\\}|\\{quote\\}|\\{panel:a=b\\}|\\|\\||bq\\. |\\{\\{|http://|\\[~){0,60}", any in any::<String>()) {
        let _ = (shown(&text), shown(&any), section::strip(&any, "jqa:"));
    }

    #[test]
    fn text_that_looks_like_markup_stays_text(text in "([ab1*_+^~?!|{}\\[\\]#\\\\&;:./()<>\n -]|h1\\.|\\{code\\}|\\[~a\\]|!a\\.png!|http://a|&#91;|\\(x\\)){0,30}") {
        let nodes = read::document(&write::text(&paragraph(&text)));
        let mut out = Vec::new();
        said(&nodes, &mut out);
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(squeezed(&out.concat()), squeezed(&plain::visible(&text)));
        prop_assert!(!nodes.to_string().contains("\"marks\""), "{}", nodes);
    }

    #[test]
    fn every_word_of_a_document_is_read_back(document in any_document()) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        said(&super::super::adf::write::adf(&document), &mut ours);
        said(&read::document(&write::text(&document)), &mut theirs);
        let theirs = theirs.concat();
        for piece in &ours {
            for word in words(piece) {
                prop_assert!(theirs.contains(word), "{word:?} is lost:\n{}\n{theirs}", write::text(&document));
            }
        }
    }

    #[test]
    fn escaped_words_are_read_as_they_were(text in any::<String>()) {
        let text = plain::visible(&text);
        let escaped = escape::words(&text);
        prop_assert_eq!(escape::read(&escaped), text);
    }
}
