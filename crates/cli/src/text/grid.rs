//! Rows of cells as aligned columns.

/// The rows as lines, every column as wide as its widest cell. The first `left` columns are aligned to the left, the
/// others to the right; lines have no spaces at their end.
pub(crate) fn grid(rows: &[Vec<String>], left: usize) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(
                |(column, (cell, &width))| {
                    if column < left { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
                },
            )
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "1"], ["bcd", "100"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(grid(&rows, 1), ["a      1", "bcd  100"]);
        assert_eq!(grid(&rows, 2), ["a    1", "bcd  100"]);
        assert_eq!(grid(&[], 0), Vec::<String>::new());
    }
}
