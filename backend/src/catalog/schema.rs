//! The tables of the catalog, and how an older catalog is upgraded.

use rusqlite::{Connection, TransactionBehavior};

use super::CatalogError;

/// One step per version: step `n` upgrades version `n` to `n + 1`. Shipped steps are never edited; a new version
/// appends one.
const STEPS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
];

/// The version that this program writes, stored in SQLite's `user_version`.
pub(super) const VERSION: usize = STEPS.len();

/// Upgrades the schema to [`VERSION`], each step in its own transaction.
///
/// # Errors
/// [`CatalogError::Newer`] if a newer Headroom wrote the catalog; otherwise an error of SQLite.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), CatalogError> {
    loop {
        // Immediate: if two processes open a new catalog at once, one creates the tables; the other waits and then
        // finds the current version.
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: usize = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match STEPS.get(version) {
            Some(sql) => {
                step.execute_batch(sql)?;
                step.pragma_update(None, "user_version", version + 1)?;
                step.commit()?;
            }
            None if version == VERSION => return Ok(()),
            None => return Err(CatalogError::Newer { found: version, known: VERSION }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_database_gets_the_current_schema_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, VERSION);
    }

    #[test]
    fn a_catalog_of_a_newer_version_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", VERSION + 3).unwrap();
        let error = migrate(&mut connection).unwrap_err();
        assert!(matches!(error, CatalogError::Newer { found, .. } if found == VERSION + 3), "{error}");
    }
}
