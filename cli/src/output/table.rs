//! Columns of text.

/// Rows below a head, as wide as their widest cell; numbers lean right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |row: &[String], column: usize| row.get(column).map_or("", String::as_str).to_owned();
    let columns: Vec<(usize, bool)> = head
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let width = rows.iter().map(|row| cell(row, column).chars().count()).chain([name.chars().count()]).max().unwrap_or(0);
            let numeric = !rows.is_empty() && rows.iter().all(|row| is_numeric(&cell(row, column)));
            (width, numeric)
        })
        .collect();
    let line = |cells: Vec<String>| {
        let padded = cells.iter().zip(&columns).map(|(text, (width, numeric))| {
            let gap = " ".repeat(width.saturating_sub(text.chars().count()));
            if *numeric { format!("{gap}{text}") } else { format!("{text}{gap}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(head.iter().map(|name| name.to_uppercase()).collect())];
    lines.extend(rows.iter().map(|row| line((0..head.len()).map(|column| cell(row, column)).collect())));
    lines.join("\n")
}

fn is_numeric(text: &str) -> bool {
    text.is_empty() || text == "–" || text.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '%' | '.'))
}

/// The beginning of a text that may be too long for a column.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let text = super::plain(text).replace(['\n', '\t'], " ");
    if text.chars().count() <= width {
        return text;
    }
    let mut start: String = text.chars().take(width.saturating_sub(1)).collect();
    start.push('…');
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["SHOP-1".to_owned(), "5".to_owned(), "née".to_owned()], vec!["S-2".to_owned(), "12".to_owned()]];
        insta::assert_snapshot!(table(&["story", "criteria", "note"], &rows), @r"
        STORY   CRITERIA  NOTE
        SHOP-1         5  née
        S-2           12
        ");
    }

    #[test]
    fn long_texts_are_cut_at_characters() {
        assert_eq!(cut("héllo\nworld", 7), "héllo …");
        assert_eq!(cut("short", 7), "short");
    }
}
