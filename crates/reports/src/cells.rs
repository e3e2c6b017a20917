//! A line of comma-separated values, split into cells.

use std::borrow::Cow;

use crate::limits;

/// The cells of a line, without surrounding blanks. A cell in double quotes may contain commas; doubled quotes in it
/// stand for one. Cells beyond [`limits::CELLS`] are left out.
pub(crate) fn cells(line: &str) -> Vec<Cow<'_, str>> {
    let mut cells = Vec::new();
    let mut rest = Some(line);
    while let Some(line) = rest {
        let (cell, behind) = match line.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let (cell, behind) = unquoted(quoted);
                (Cow::Owned(cell), behind.split_once(',').map(|(_, behind)| behind))
            }
            None => match line.split_once(',') {
                Some((cell, behind)) => (Cow::Borrowed(cell.trim()), Some(behind)),
                None => (Cow::Borrowed(line.trim()), None),
            },
        };
        cells.push(cell);
        rest = behind.filter(|_| cells.len() < limits::CELLS);
    }
    cells
}

/// The content of a cell whose opening quote is before `text`, and the rest of the line. A quote that is not closed
/// extends to the end of the line.
fn unquoted(text: &str) -> (String, &str) {
    let mut cell = String::new();
    let mut rest = text;
    while let Some((part, behind)) = rest.split_once('"') {
        cell.push_str(part);
        let Some(again) = behind.strip_prefix('"') else { return (cell.trim().to_owned(), behind) };
        cell.push('"');
        rest = again;
    }
    cell.push_str(rest);
    (cell.trim().to_owned(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_split_into_cells() {
        let cases: &[(&str, &[&str])] = &[
            ("a,b", &["a", "b"]),
            (" a , b ", &["a", "b"]),
            ("a,,", &["a", "", ""]),
            (r#""a,b",c"#, &["a,b", "c"]),
            (r#""say ""hi""",c"#, &[r#"say "hi""#, "c"]),
            (r#""open"#, &["open"]),
            ("", &[""]),
        ];
        for (line, expected) in cases {
            assert_eq!(cells(line), *expected, "{line}");
        }
    }
}
