//! Rung 9: the story does not put it out of scope.

use super::akin::{akin, words};
use super::checked::Item;
use super::foreign;
use super::remark::{add_new, clip, error, warning};
use crate::domain::adf::plain::visible;
use crate::domain::evidence::Evidence;
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::normal::{Haystack, text};

/// Words of an exclusion that do not say what is excluded, in our languages.
const FRAME: &str = "\
    out of scope outside not no part this that story ticket issue in is are be will the an and or for to from with by \
    on it included include covered excluded later follow up separate handled elsewhere future release phase any does do \
    needed required supported we nicht kein keine teil dieser diese aufgabe umfang außerhalb ausserhalb der die das den \
    dem des ein eine und oder für mit von zu im am ist sind wird werden enthalten später folgt hors périmètre pas ne \
    fait partie cette ce de du la le les un une et ou pour avec par en est sont au aux sur sera inclus incluse plus \
    tard histoire récit fuera alcance parte esta este historia del el los las una uno para con por es son se incluye \
    incluido fora escopo âmbito não faz desta história da dos os as um uma com na são é ao y e o a buiten niet geen \
    deel van deze dit het een voor met op te wordt worden zijn valt";

/// What the story excludes, ready for comparison.
pub(super) struct Exclusion {
    quote: String,
    words: Vec<String>,
}

/// The exclusions among quotations.
pub(super) fn exclusions(quotes: &[Evidence]) -> Vec<Exclusion> {
    let all = quotes.iter().map(|said| {
        let normal = text(&said.quote);
        let words = words(&normal)
            .filter(|word| word.chars().count() > 1 && !FRAME.split(' ').any(|frame| frame == *word))
            .map(str::to_owned)
            .collect();
        Exclusion { quote: said.quote.clone(), words }
    });
    all.filter(|exclusion: &Exclusion| !exclusion.words.is_empty()).collect()
}

/// Splits exclusions into those the story holds, with their part, and findings about the others.
pub(super) fn verified(quotes: Vec<Evidence>, story: &Haystack) -> (Vec<Evidence>, Vec<Finding>) {
    let (mut kept, mut findings) = (Vec::new(), Vec::new());
    for said in quotes.into_iter().filter(|said| !said.quote.trim().is_empty()) {
        let clean = foreign::is_clean(&said.quote, story);
        match story.find_own(&said.quote, &said.source).filter(|_| clean) {
            Some(source) => {
                let exclusion = Evidence { source: source.to_owned(), quote: visible(&said.quote).into_owned() };
                if !kept.contains(&exclusion) {
                    kept.push(exclusion);
                }
            }
            None => add_new(&mut findings, [unfounded(&said)]),
        }
    }
    (kept, findings)
}

/// What a person reads about an exclusion that the story does not hold.
pub(super) fn unfounded(said: &Evidence) -> Finding {
    let message = format!(
        "The exclusion {} is not in the story; only the story itself can put something out of scope.",
        clip(&foreign::without_any(&said.quote))
    );
    warning(FindingCode::EvidenceNotFound, message)
}

/// Finds the exclusions that a line of the item is about. A refusal of what is excluded may be right, so it is only pointed at.
pub(super) fn check(item: &Item<'_>, exclusions: &[Exclusion]) -> Vec<Finding> {
    if exclusions.is_empty() {
        return Vec::new();
    }
    let lines = [item.title].into_iter().chain(item.when.iter().chain(item.then).map(String::as_str));
    let lines: Vec<String> = lines.map(text).collect();
    let hit = exclusions.iter().filter(|exclusion| lines.iter().any(|line| is_about(line, exclusion)));
    hit.map(|exclusion| {
        let message =
            format!("The story puts {} out of scope; leave the item out, or correct the exclusion.", clip(&exclusion.quote));
        if item.about_refusal || exclusion.words.len() < 2 {
            warning(FindingCode::OutOfScope, message)
        } else {
            error(FindingCode::OutOfScope, message)
        }
    })
    .collect()
}

/// All of an exclusion's words stand in the line; of many, four in five.
fn is_about(line: &str, exclusion: &Exclusion) -> bool {
    let said: Vec<&str> = words(line).collect();
    let present = exclusion.words.iter().filter(|word| said.iter().any(|other| akin(word, other))).count();
    present * 5 >= exclusion.words.len() * if exclusion.words.len() > 4 { 4 } else { 5 }
}
