//! One configured data source: its settings, its library and its cached runs.

use std::path::PathBuf;
use std::sync::Arc;

use headroom_protocol::{InstanceSettings, QueryError};
use serde_json::Value;

use crate::catalog::{Catalog, Location};
use crate::library::Library;
use crate::production::Production;
use crate::refresh::{Fresh, RefreshError, Refresher};
use crate::run_cache::RunCache;
use crate::settings::{Settings, SettingsProblem};
use crate::store::{Store, StoreError};
use crate::turns::Turns;
use crate::usage::Usage;

/// The folders of the machine that the process uses.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Relative paths in the settings are relative to this folder.
    pub working_directory: PathBuf,
    /// The system's folder for temporary files.
    pub temporary: PathBuf,
}

impl Surroundings {
    /// The surroundings of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            // Without a working directory (it was removed) relative paths stay relative, and fail with their name.
            working_directory: std::env::current_dir().unwrap_or_default(),
            temporary: std::env::temp_dir(),
        }
    }
}

/// One configured data source.
#[derive(Debug)]
pub struct Instance {
    /// The checked settings.
    pub settings: Settings,
    /// The cached runs.
    pub runs: RunCache,
    /// What the user should know about the catalog.
    pub catalog_notices: Vec<String>,
    /// Whose turn it is to write into the store.
    pub turns: Turns,
    library: Option<(Arc<Library>, Refresher)>,
    production: Option<Production>,
}

impl Instance {
    /// Opens a data source. Blocks on the disk.
    ///
    /// # Errors
    /// If no catalog can be opened, not even in memory. Invalid settings are not an error here: each is reported where
    /// it matters.
    pub fn open(
        settings: &InstanceSettings,
        surroundings: &Surroundings,
        usage: &Arc<Usage>,
    ) -> Result<Self, QueryError> {
        let (json, unreadable) = match settings.json::<Value>() {
            Ok(json) => (json, None),
            Err(error) => (Value::Null, Some(error.to_string())),
        };
        let mut parsed = Settings::from_json(&json, &surroundings.working_directory);
        parsed.problems.extend(unreadable.map(|message| SettingsProblem { key: "jsonData".to_owned(), message }));
        let production = production(settings, &mut parsed);
        let mut instance = Self {
            settings: parsed,
            runs: RunCache::default(),
            catalog_notices: Vec::new(),
            turns: Turns::default(),
            library: None,
            production,
        };
        let Some(store) = instance.settings.store.clone() else { return Ok(instance) };
        let store = store.with_secrets(settings);
        let location = match &instance.settings.catalog {
            Some(path) => Location::File(path.clone()),
            None => Location::default_for(&surroundings.temporary, &settings.uid, &store.describe()),
        };
        let (catalog, notices) =
            Catalog::open(location, &store.identity()).map_err(|error| QueryError::plugin(error.to_string()))?;
        for notice in &notices {
            log::warn!("{notice}");
        }
        let store = Store::new(&store);
        store.drop_abandoned_uploads();
        let library = Arc::new(Library::new(store, catalog, instance.settings.deployments.clone()));
        let refresher = Refresher::new(Arc::clone(&library), instance.settings.refresh, Arc::clone(usage));
        instance.catalog_notices = notices;
        instance.library = Some((library, refresher));
        Ok(instance)
    }

    /// The library.
    ///
    /// # Errors
    /// If no store is set, or the settings cannot be used. The message says what to do.
    pub fn library(&self) -> Result<&Arc<Library>, QueryError> {
        self.parts().map(|(library, _)| library)
    }

    /// The Prometheus.
    ///
    /// # Errors
    /// If none is set, or the settings cannot be used. The message says what to do.
    pub fn production(&self) -> Result<&Production, QueryError> {
        self.production.as_ref().ok_or_else(|| {
            let why = self.settings.problems.iter().find(|problem| problem.is_of_prometheus());
            QueryError::bad_request(match why {
                Some(problem) => format!("the data source cannot ask its Prometheus: {problem}"),
                None => "the data source has no Prometheus to ask about production: set its address in the settings"
                    .to_owned(),
            })
        })
    }

    /// Whether a store is set.
    #[must_use]
    pub fn has_library(&self) -> bool {
        self.library.is_some()
    }

    /// The current content of the library; see [`Refresher::fresh`].
    ///
    /// # Errors
    /// If there is no store, or neither it nor the catalog has anything to show.
    pub async fn fresh(&self) -> Result<Fresh, QueryError> {
        let (_, refresher) = self.parts()?;
        checked(refresher.fresh().await)
    }

    /// As [`fresh`](Self::fresh), for callers that have something to show without reports; see [`Refresher::at_hand`].
    ///
    /// # Errors
    /// As [`fresh`](Self::fresh).
    pub async fn at_hand(&self) -> Result<Fresh, QueryError> {
        let (_, refresher) = self.parts()?;
        checked(refresher.at_hand().await)
    }

    /// Waits for the first reading of the store, for callers that must not answer without it: an alert's labels come
    /// from benchmarks, and other labels would end the alert and start another one.
    ///
    /// # Errors
    /// As long as nothing is known yet. A store that cannot be read at all counts as having no reports.
    pub async fn known(&self) -> Result<(), QueryError> {
        match self.fresh().await {
            Err(error) if self.has_library() && error.status == NOT_YET => Err(error),
            _ => Ok(()),
        }
    }

    /// As [`fresh`](Self::fresh), but lists the store again.
    ///
    /// # Errors
    /// As [`fresh`](Self::fresh).
    pub async fn refresh_now(&self) -> Result<Fresh, QueryError> {
        let (_, refresher) = self.parts()?;
        checked(refresher.now().await)
    }

    fn parts(&self) -> Result<&(Arc<Library>, Refresher), QueryError> {
        self.library.as_ref().ok_or_else(|| {
            let why = self
                .settings
                .problems
                .iter()
                .find(|problem| problem.key.starts_with("store") || problem.key == "jsonData");
            QueryError::bad_request(match why {
                Some(problem) => format!("the data source has no store of reports to read: {problem}"),
                None => {
                    "the data source has no store of reports to read: set the folder or the bucket that holds them in its settings"
                        .to_owned()
                }
            })
        })
    }
}

/// The connection to the Prometheus in the settings. A problem with it becomes a problem of the settings.
fn production(data_source: &InstanceSettings, settings: &mut Settings) -> Option<Production> {
    let config = match settings.prometheus.config(data_source) {
        Ok(config) => config?,
        Err(problem) => {
            settings.problems.push(problem);
            return None;
        }
    };
    match Production::open(&config, settings.prometheus.scrape_interval) {
        Ok(production) => Some(production),
        Err(error) => {
            let key = "prometheusUrl".to_owned();
            settings.problems.push(SettingsProblem { key, message: error.to_string() });
            None
        }
    }
}

/// HTTP's "service unavailable": the request may be repeated in a moment.
const NOT_YET: u16 = 503;

/// If the store cannot be read now, that is an error only if nothing is known from before.
fn checked(fresh: Result<Fresh, RefreshError>) -> Result<Fresh, QueryError> {
    let fresh = fresh.map_err(|error| {
        let text = error.to_string();
        match error {
            RefreshError::StillReading(_) => QueryError::plugin(text).with_status(NOT_YET),
            RefreshError::Catalog(_) | RefreshError::Panicked => QueryError::plugin(text),
        }
    })?;
    match &fresh.snapshot.store_error {
        Some(error) if fresh.snapshot.headers.is_empty() => Err(match error {
            _ if error.is_of_settings() => QueryError::bad_request(error.to_string()),
            StoreError::Cancelled => QueryError::downstream(error.to_string()).with_status(NOT_YET),
            _ => QueryError::downstream(error.to_string()),
        }),
        _ => Ok(fresh),
    }
}
