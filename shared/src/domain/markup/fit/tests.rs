use super::*;
use crate::domain::adf::{marker::carries_marker, read, write};
use crate::domain::document::Level;

fn long(blocks: Vec<Block>) -> Document {
    Document { blocks, footer: Some(Footer { text: "ours".to_owned(), marker: "jqa:3f2a9c1b".to_owned() }) }
}

fn words(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("w{n} ")).collect()
}

/// Every `w<n>` of the document, in order.
fn read_words(parts: &[Document]) -> Vec<String> {
    let text: Vec<String> = parts.iter().map(|part| read::markdown(&write::adf(part)).markdown).collect();
    let text = text.join("\n");
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.starts_with('w') && word.len() > 1 && word[1..].bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_fits_is_left_alone() {
    let document = long(vec![Flow::Paragraph(vec![Inline::text("short")]).into()]);
    assert_eq!(fit(&document, Markup::Adf, LIMIT, Language::English), vec![document]);
}

#[test]
fn every_part_fits_says_that_it_goes_on_and_carries_its_marker() {
    let blocks = (0..200).map(|n| Flow::Paragraph(vec![Inline::text(words(n * 60, 60))]).into()).collect();
    let parts = fit(&long(blocks), Markup::Adf, LIMIT, Language::French);
    assert!(parts.len() > 2);
    for (n, part) in (1..).zip(&parts) {
        let adf = write::adf(part);
        assert!(adf.to_string().len() <= LIMIT, "{}", adf.to_string().len());
        assert!(carries_marker(&adf, &marker::part("jqa:3f2a9c1b", n)));
        assert_eq!(adf.to_string().contains("Suite dans le commentaire suivant"), n < parts.len());
    }
    assert_eq!(read_words(&parts), (0..12_000).map(|n| format!("w{n}")).collect::<Vec<_>>());
}

#[test]
fn a_single_block_that_is_too_long_is_cut_and_nothing_is_lost() {
    let text = words(0, 9_000);
    let all: Vec<String> = (0..9_000).map(|n| format!("w{n}")).collect();
    let item = Item { text: vec![Inline::text(&text)], body: vec![] };
    let table = Table { numbered: false, header: vec![], rows: vec![vec![vec![Inline::text(&text)], vec![]]] };
    let blocks: Vec<Block> = vec![
        Flow::Paragraph(vec![Inline::strong(&text)]).into(),
        Flow::CodeBlock { language: "gherkin".to_owned(), text: text.clone() }.into(),
        Flow::BulletList(vec![Item { text: vec![], body: vec![Flow::OrderedList(vec![item])] }]).into(),
        Block::Body(Body::Table(table.clone())),
        Block::Expand { title: "T".to_owned(), body: vec![Body::Table(table)] },
        Block::Body(Body::Heading { level: Level::Four, text: vec![Inline::text(&text)] }),
    ];
    for block in blocks {
        let parts = fit(&long(vec![block]), Markup::Adf, LIMIT, Language::English);
        assert!(parts.iter().all(|part| Markup::Adf.length(part) <= LIMIT));
        assert_eq!(read_words(&parts), all);
    }
}

#[test]
fn a_heading_goes_with_what_it_heads() {
    let paragraph = |n| Flow::Paragraph(vec![Inline::text(words(n, 900))]).into();
    let heading = Block::Body(Body::Heading { level: Level::Four, text: vec![Inline::text("AC-2")] });
    let parts = fit(&long(vec![paragraph(0), heading.clone(), paragraph(900)]), Markup::Adf, 8_000, Language::English);
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[1].blocks[1], heading);
}

#[test]
fn a_limit_that_nothing_meets_still_ends() {
    let parts = fit(&long(vec![Flow::Paragraph(vec![Inline::text("a b c")]).into()]), Markup::Adf, 10, Language::English);
    assert!(!parts.is_empty());
}
