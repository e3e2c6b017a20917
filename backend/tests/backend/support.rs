//! Stores, contexts and calls for the tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use headroom_backend::HeadroomPlugin;
use headroom_backend::instance::Surroundings;
use headroom_engine::run::Run;
use headroom_protocol::frame::{Column, Field, Frame, Values};
use headroom_protocol::{Context, InstanceSettings, Plugin as _, Query, QueryResponse, ResourceRequest, User};
use serde_json::{Value, json};

/// The repository.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The recorded reports of the demonstration.
pub(crate) fn demo() -> PathBuf {
    workspace().join("demo/reports")
}

/// The main closed-loop run of each demonstration deployment, and the open-loop run.
pub(crate) const BF16: &str = "tiny-llama-bf16/20261124T042108Z-guidellm-0.8.1-concurrent.json";
pub(crate) const BF16_REPEAT: &str = "tiny-llama-bf16/20261124T042623Z-guidellm-0.8.1-concurrent-repeat.json";
pub(crate) const BF16_OLD: &str = "tiny-llama-bf16/20261124T041937Z-guidellm-0.5.4-concurrent.json";
pub(crate) const BF16_OPEN: &str = "tiny-llama-bf16/20261124T041712Z-guidellm-0.8.1-poisson.json";
pub(crate) const INT8: &str = "tiny-llama-int8/20261124T042931Z-guidellm-0.8.1-concurrent.json";

/// A store in a temporary folder, with a data source over it.
pub(crate) struct Fixture {
    root: tempfile::TempDir,
    pub(crate) plugin: HeadroomPlugin,
    pub(crate) context: Context,
}

impl Fixture {
    /// A store with these reports of the demonstration and its deployments file.
    pub(crate) fn with(reports: &[&str]) -> Self {
        Self::configured(reports, json!({}))
    }

    /// The same with more settings.
    pub(crate) fn configured(reports: &[&str], mut settings: Value) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("reports")).unwrap();
        fs::create_dir_all(root.path().join("tmp")).unwrap();
        if settings.get("storePath").is_none() {
            settings["storePath"] = json!(root.path().join("reports"));
        }
        let surroundings =
            Surroundings { working_directory: root.path().to_owned(), temporary: root.path().join("tmp") };
        let fixture = Self { plugin: HeadroomPlugin::within(surroundings), context: context(&settings), root };
        for report in reports {
            fixture.add(report);
        }
        fs::copy(demo().join("deployments.yaml"), fixture.path("deployments.yaml")).unwrap();
        fixture
    }

    /// Adds a report of the demonstration.
    pub(crate) fn add(&self, report: &str) {
        self.write(report, &fs::read(demo().join(report)).unwrap());
    }

    /// Writes a file that looks finished long ago.
    pub(crate) fn write(&self, path: &str, content: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        settle(&path);
    }

    /// A path in the store.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join("reports").join(path)
    }

    /// The folder that holds everything.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) async fn query(&self, json: Value) -> QueryResponse {
        self.query_as(&self.context, json).await
    }

    pub(crate) async fn query_as(&self, context: &Context, json: Value) -> QueryResponse {
        self.plugin.query(context, &query(&json)).await
    }

    /// The frames of a query that must succeed.
    pub(crate) async fn frames(&self, json: Value) -> Vec<Frame> {
        let response = self.query(json.clone()).await;
        assert_eq!(response.error, None, "{json}");
        for frame in &response.frames {
            frame.rows().unwrap();
        }
        response.frames
    }

    pub(crate) async fn get(&self, url: &str) -> (u16, Value) {
        self.call(&self.context, "GET", url).await
    }

    pub(crate) async fn call(&self, context: &Context, method: &str, url: &str) -> (u16, Value) {
        let response = self.plugin.call_resource(context, request(method, url)).await;
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }
}

/// Makes a file look finished: a report that was touched seconds ago may still be written.
pub(crate) fn settle(path: &Path) {
    File::options().write(true).open(path).unwrap().set_modified(SystemTime::now() - Duration::from_hours(1)).unwrap();
}

/// An editor in front of a data source with these settings.
pub(crate) fn context(json_data: &Value) -> Context {
    Context {
        org_id: 1,
        plugin_id: "headroom-llm-datasource".to_owned(),
        user: Some(User { login: "ed".to_owned(), role: "Editor".to_owned(), ..User::default() }),
        data_source: Some(InstanceSettings {
            uid: "headroom".to_owned(),
            name: "Headroom".to_owned(),
            json_data: json_data.to_string().into(),
            updated_ms: 1,
            ..InstanceSettings::default()
        }),
        ..Context::default()
    }
}

pub(crate) fn query(json: &Value) -> Query {
    Query { ref_id: "A".to_owned(), json: json.to_string().into(), ..Query::default() }
}

pub(crate) fn request(method: &str, url: &str) -> ResourceRequest {
    ResourceRequest {
        path: url.split('?').next().unwrap_or_default().to_owned(),
        url: url.to_owned(),
        method: method.to_owned(),
        ..ResourceRequest::default()
    }
}

/// A report of the demonstration as the readers see it.
pub(crate) fn read(report: &str) -> Run {
    let reading = headroom_reports::read_file(&demo().join(report), report);
    assert_eq!(reading.problems, [], "{report}");
    let [run] = <[Run; 1]>::try_from(reading.runs).unwrap_or_else(|runs| panic!("{report}: {} runs", runs.len()));
    run
}

/// A number column; `NaN` stands for an empty row.
pub(crate) fn numbers(field: &Field) -> Vec<f64> {
    match &field.values {
        Values::Float64(column) => optional(column).map(|value| value.unwrap_or(f64::NAN)).collect(),
        Values::UInt64(column) => optional(column).map(|value| value.map_or(f64::NAN, |value| value as f64)).collect(),
        Values::UInt32(column) => optional(column).map(|value| value.map_or(f64::NAN, f64::from)).collect(),
        other => panic!("{} is {other:?}", field.name),
    }
}

fn optional<T: Copy>(column: &Column<T>) -> impl Iterator<Item = Option<T>> {
    column.iter().map(Option::<&T>::copied)
}

/// A text column; an empty row is an empty text.
pub(crate) fn texts(field: &Field) -> Vec<String> {
    match &field.values {
        Values::String(column) => column.iter().map(|value| value.cloned().unwrap_or_default()).collect(),
        other => panic!("{} is {other:?}", field.name),
    }
}

/// The texts of a frame's notices.
pub(crate) fn notices(frames: &[Frame]) -> Vec<&str> {
    frames.iter().flat_map(|frame| &frame.meta.notices).map(|notice| notice.text.as_str()).collect()
}

/// The names of the columns that the frame of this id has by its query kind, which the documents are written from.
pub(crate) fn documented(frame: &str) -> Vec<String> {
    let kinds = headroom_backend::query::kinds();
    let known = kinds.iter().flat_map(|kind| kind.frames).find(|known| known.id == frame);
    let known = known.unwrap_or_else(|| panic!("no kind has a frame {frame}"));
    (known.columns)().into_iter().map(|column| column.name.into_owned()).collect()
}

/// The names of a frame's fields.
pub(crate) fn field_names(frame: &Frame) -> Vec<String> {
    frame.fields.iter().map(|field| field.name.clone()).collect()
}

/// Whether some text contains a part.
#[track_caller]
pub(crate) fn assert_mentions(texts: &[&str], part: &str) {
    assert!(texts.iter().any(|text| text.contains(part)), "none mentions {part:?}: {texts:#?}");
}

/// No text of a frame has a line end: a table does not know them and estimates heights by characters.
#[track_caller]
pub(crate) fn assert_no_line_ends(frame: &Frame) {
    for field in frame.fields.iter().filter(|field| matches!(field.values, Values::String(_))) {
        let broken: Vec<String> = texts(field).into_iter().filter(|text| text.contains('\n')).collect();
        assert_eq!(broken, [""; 0], "{}: {}", frame.name, field.name);
    }
}
