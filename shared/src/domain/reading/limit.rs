//! What fits into a prompt.

use super::super::story::{Part, PartKind};

/// What stands where a text was cut.
pub const TRUNCATED: &str = "…[truncated]";

/// Less than this of a part says nothing.
pub(super) const USEFUL: usize = 200;

/// The parts within the limits, in the order they came; what was cut or left out is named.
///
/// The story's own parts come first, then parent and links, then comments from the newest, then attachments.
pub(super) fn limited(parts: Vec<Part>, part_chars: usize, total_chars: usize, lossy: &mut Vec<String>) -> Vec<Part> {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let rank = |at: usize| match parts.get(at).map(|part| part.kind) {
        Some(kind) if kind.is_the_story() => (0, at),
        Some(PartKind::Parent | PartKind::Link) => (1, at),
        // The last word counts.
        Some(PartKind::Comment) => (2, usize::MAX - at),
        _ => (3, at),
    };
    order.sort_by_key(|at| rank(*at));

    let mut left = total_chars;
    let mut kept: Vec<(usize, Part)> = Vec::with_capacity(parts.len());
    let mut parts: Vec<Option<Part>> = parts.into_iter().map(Some).collect();
    for at in order {
        let Some(part) = parts.get_mut(at).and_then(Option::take) else { continue };
        let length = part.text.chars().count();
        let room = left.min(part_chars);
        if length <= room {
            left -= length;
            kept.push((at, part));
        } else if room >= USEFUL.min(part_chars) || part.kind == PartKind::Summary {
            left = left.saturating_sub(room);
            lossy.push(format!("{}: cut at {room} of {length} characters", part.id));
            kept.push((at, Part::new(part.id.clone(), part.kind, cut(&part.text, room))));
        } else {
            lossy.push(format!("{}: left out, the story is longer than {total_chars} characters", part.id));
        }
    }
    kept.sort_by_key(|(at, _)| *at);
    kept.into_iter().map(|(_, part)| part).collect()
}

/// The beginning of a text, cut after a whole line or word where one ends near, and the mark.
pub(super) fn cut(text: &str, chars: usize) -> String {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    let head = text.get(..end).unwrap_or(text);
    let near = |at: &usize| *at > head.len() / 10 * 9;
    let at = head.rfind('\n').filter(near).or_else(|| head.rfind(' ').filter(near)).unwrap_or(head.len());
    format!("{}\n{TRUNCATED}", head.get(..at).unwrap_or(head).trim_end())
}
