//! The state that the preview serves: plugins, data sources, dashboards and the page, loaded once at the start.

use std::{collections::BTreeMap, env, path::PathBuf};

use headroom_protocol::{Context, Headers, InstanceSettings, SecureMap, User};
use serde_json::{Value, json};

use crate::{
    backends::{Backends, Program},
    csp::Policy,
    options::Options,
    plugins::{self, Plugin},
    provisioning::{
        dashboards::{self, Provider},
        datasources::{self, DataSource},
        expand,
    },
    users::ServiceAccount,
};

/// The version of Grafana that the page's packages are from, as plugins are told.
pub const GRAFANA_VERSION: &str = "13.2.2";

/// The host's state. Only the processes change while it runs.
pub struct Host {
    /// Every plugin found.
    pub plugins: Vec<Plugin>,
    /// Every provisioned data source.
    pub datasources: Vec<DataSource>,
    /// Where dashboards come from.
    pub providers: Vec<Provider>,
    /// The processes of the plugins.
    pub backends: Backends,
    /// Folder of the built page.
    pub page: PathBuf,
    /// Content security policy of pages that do not ask for another one.
    pub csp: Policy,
    /// Tokens that requests may bring.
    pub service_accounts: Vec<ServiceAccount>,
    /// What was wrong at the start, one sentence each.
    pub problems: Vec<String>,
}

impl Host {
    /// Reads plugins and provisioning, and starts the processes.
    #[must_use]
    pub fn load(options: &Options) -> Self {
        let provisioning = options.provisioning.canonicalize().unwrap_or_else(|_| options.provisioning.clone());
        // Grafana's images set this variable, and dashboard providers refer to it.
        let provisioning_text = provisioning.display().to_string();
        let lookup = move |name: &str| match env::var(name) {
            Ok(value) => Some(value),
            Err(_) => (name == "GF_PATHS_PROVISIONING").then(|| provisioning_text.clone()),
        };
        Self::read(options, &provisioning, &lookup)
    }

    fn read(options: &Options, provisioning: &std::path::Path, lookup: expand::Lookup<'_>) -> Self {
        let (plugins, mut problems) = plugins::find(&options.plugins);
        let datasources::Loaded { datasources, problems: found } = datasources::load(provisioning, lookup);
        problems.extend(found);
        let dashboards::Loaded { items: providers, problems: found } = dashboards::providers(provisioning, lookup);
        problems.extend(found);
        problems.extend(dashboards::load(&providers).problems);
        if !options.page.join("index.html").is_file() {
            problems.push(format!("the page is not built in {}; run `npm run build:preview`", options.page.display()));
        }
        let mut programs = Vec::new();
        for plugin in &plugins {
            match plugin.executable() {
                Some(path) if path.is_file() => programs.push(program(plugin, path, lookup)),
                Some(path) => problems.push(format!(
                    "plugin {} has no executable for this machine: {} is missing; run `cargo xtask build`",
                    plugin.id,
                    path.display()
                )),
                None => {}
            }
        }
        Self {
            backends: Backends::start(programs, crate::print_log),
            plugins,
            datasources,
            providers,
            page: options.page.clone(),
            csp: options.csp,
            service_accounts: options.service_accounts.clone(),
            problems,
        }
    }

    /// A plugin by its id.
    #[must_use]
    pub fn plugin(&self, id: &str) -> Option<&Plugin> {
        self.plugins.iter().find(|plugin| plugin.id == id)
    }

    /// A data source by its uid.
    #[must_use]
    pub fn datasource(&self, uid: &str) -> Option<&DataSource> {
        self.datasources.iter().find(|source| source.uid == uid)
    }

    /// What Grafana sends along with a request for a data source.
    #[must_use]
    pub fn context(&self, source: &DataSource, user: Option<User>, headers: Headers) -> Context {
        Context {
            org_id: 1,
            plugin_id: source.kind.clone(),
            plugin_version: self.plugin(&source.kind).map(|plugin| plugin.version().to_owned()).unwrap_or_default(),
            user,
            data_source: Some(instance_settings(source)),
            app: None,
            grafana_config: BTreeMap::new(),
            user_agent: format!("Grafana/{GRAFANA_VERSION} (headroom-preview)"),
            api_version: String::new(),
            namespace: "default".to_owned(),
            headers,
        }
    }

    /// Grafana's `/api/frontend/settings`, which `@grafana/runtime` reads as its configuration.
    #[must_use]
    pub fn frontend_settings(&self) -> Value {
        let of_kind = |kind: &str| -> Value {
            self.plugins
                .iter()
                .filter(|plugin| plugin.kind == kind)
                .map(|plugin| (plugin.id.clone(), meta(plugin)))
                .collect()
        };
        let datasources: Value =
            self.datasources.iter().map(|source| (source.name.clone(), self.datasource_settings(source))).collect();
        let default = self.datasources.iter().find(|source| source.is_default).or(self.datasources.first());
        json!({
            "appSubUrl": "",
            "appUrl": "/",
            "namespace": "default",
            "buildInfo": {
                "version": GRAFANA_VERSION, "versionString": "Headroom preview", "commit": "", "commitShort": "", "buildstamp": 0,
                "edition": "Open Source", "env": "production", "hasUpdate": false, "hideVersion": true, "latestVersion": "",
            },
            "datasources": datasources,
            "defaultDatasource": default.map_or("", |source| source.name.as_str()),
            "panels": of_kind("panel"),
            "apps": of_kind("app"),
            "featureToggles": {},
            "liveEnabled": false,
            "unifiedAlertingEnabled": false,
            "expressionsEnabled": false,
            "pluginCatalogURL": "",
            "publicDashboardAccessToken": "",
        })
    }

    /// One data source as the front end sees it: without secrets.
    pub fn datasource_settings(&self, source: &DataSource) -> Value {
        let meta = self.plugin(&source.kind).map_or_else(|| unknown_meta(&source.kind), meta);
        json!({
            "id": source.id, "uid": source.uid, "name": source.name, "type": source.kind, "access": source.access,
            "url": format!("/api/datasources/proxy/uid/{}", source.uid), "isDefault": source.is_default,
            "readOnly": true, "jsonData": source.json_data, "meta": meta,
            "module": meta["module"], "preload": false,
        })
    }

    /// One data source as `/api/datasources` gives it: which secrets are set, never what they are.
    #[must_use]
    pub fn datasource_record(&self, source: &DataSource) -> Value {
        let secure: Value = source.secure_json_data.keys().map(|key| (key.clone(), Value::Bool(true))).collect();
        json!({
            "id": source.id, "uid": source.uid, "orgId": 1, "name": source.name, "type": source.kind,
            "typeName": self.plugin(&source.kind).map_or(source.kind.as_str(), |plugin| plugin.name.as_str()),
            "access": source.access, "url": source.url, "user": source.user, "database": source.database,
            "basicAuth": source.basic_auth, "basicAuthUser": source.basic_auth_user,
            "withCredentials": source.with_credentials, "isDefault": source.is_default,
            "jsonData": source.json_data, "secureJsonFields": secure, "readOnly": true, "version": 1,
        })
    }
}

fn instance_settings(source: &DataSource) -> InstanceSettings {
    let secure: SecureMap = source
        .secure_json_data
        .iter()
        .map(|(key, value)| (key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    InstanceSettings {
        id: source.id,
        uid: source.uid.clone(),
        name: source.name.clone(),
        url: source.url.clone(),
        user: source.user.clone(),
        database: source.database.clone(),
        basic_auth_enabled: source.basic_auth,
        basic_auth_user: source.basic_auth_user.clone(),
        json_data: Value::Object(source.json_data.clone()).to_string().into(),
        secure,
        // Provisioned once per process, so the settings are as old as the process.
        updated_ms: 1,
        api_version: String::new(),
    }
}

/// A plugin's plugin.json with what Grafana adds: the path of its module, and absolute addresses of its pictures.
pub fn meta(plugin: &Plugin) -> Value {
    let mut meta = plugin.manifest.clone();
    let base = format!("public/plugins/{}", plugin.id);
    for size in ["small", "large"] {
        let logo =
            meta.pointer(&format!("/info/logos/{size}")).and_then(Value::as_str).map(|path| format!("/{base}/{path}"));
        if let (Some(logo), Some(place)) = (logo, meta.pointer_mut(&format!("/info/logos/{size}"))) {
            *place = Value::String(logo);
        }
    }
    if let Value::Object(fields) = &mut meta {
        fields.insert("module".to_owned(), json!(format!("{base}/module.js")));
        fields.insert("baseUrl".to_owned(), json!(base));
        fields.insert("enabled".to_owned(), json!(true));
        fields.insert("signature".to_owned(), json!("unsigned"));
        fields.insert("loadingStrategy".to_owned(), json!("script"));
        fields.insert("angular".to_owned(), json!({ "detected": false, "hideDeprecation": true }));
        fields.insert("path".to_owned(), json!(format!("{base}/module.js")));
        fields.insert("version".to_owned(), json!(plugin.version()));
    }
    meta
}

/// A placeholder for a plugin that is not installed here, such as Grafana's own Prometheus data source.
fn unknown_meta(id: &str) -> Value {
    json!({
        "id": id, "type": "datasource", "name": id, "module": "", "baseUrl": "",
        "info": { "version": "", "description": "", "author": { "name": "" }, "links": [], "screenshots": [], "updated": "",
                  "logos": { "small": "", "large": "" } },
    })
}

fn program(plugin: &Plugin, path: PathBuf, lookup: expand::Lookup<'_>) -> Program {
    let mut variables = vec![("GF_VERSION".to_owned(), GRAFANA_VERSION.to_owned())];
    variables.push(("GF_EDITION".to_owned(), "oss".to_owned()));
    // Grafana passes the proxy variables to every plugin, and the log level from its configuration file.
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "GF_PLUGIN_LOG_LEVEL"] {
        if let Some(value) = lookup(name) {
            variables.push((name.to_owned(), value));
        }
    }
    Program { plugin: plugin.id.clone(), path, variables }
}
