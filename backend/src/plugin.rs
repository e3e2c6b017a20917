//! The data source's implementation of the plugin protocol.

use std::sync::Arc;
use std::time::Instant;

use headroom_base::tasks::blocking;
use headroom_protocol::{
    Context, Health, Instances, Plugin, Query, QueryError, QueryResponse, ResourceRequest, ResourceResponse,
};
use serde_json::Value;

use crate::instance::{Instance, Surroundings};
use crate::query::{self, Audience};
use crate::usage::Usage;
use crate::{health, resources};

/// The Headroom data source.
pub struct HeadroomPlugin {
    instances: Instances<Instance>,
    surroundings: Surroundings,
    usage: Arc<Usage>,
}

impl Default for HeadroomPlugin {
    fn default() -> Self {
        Self::new()
    }
}

impl HeadroomPlugin {
    /// A data source in the surroundings of this process.
    #[must_use]
    pub fn new() -> Self {
        Self::within(Surroundings::of_process())
    }

    /// A data source in the given surroundings.
    #[must_use]
    pub fn within(surroundings: Surroundings) -> Self {
        Self { instances: Instances::default(), surroundings, usage: Arc::default() }
    }

    async fn instance(&self, context: &Context) -> Result<Arc<Instance>, QueryError> {
        let Some(settings) = &context.data_source else {
            return Err(QueryError::plugin(
                "Grafana sent no data source settings with the request: it asks the plugin for \
                                           something that only a data source can answer",
            ));
        };
        self.instances
            .get(context.org_id, settings, || {
                let (settings, surroundings) = (settings.clone(), self.surroundings.clone());
                let usage = Arc::clone(&self.usage);
                blocking(move || Instance::open(&settings, &surroundings, &usage))
            })
            .await
    }

    async fn answer(&self, context: &Context, query: &Query) -> Result<QueryResponse, QueryError> {
        let json: Value = query.parse()?;
        let read = query::read(&json, &query.query_type)
            .map_err(|problems| QueryError::bad_request(format!("query {}: {problems}", query.ref_id)))?;
        // Grafana itself evaluates alert rules: a header says so, and there is no user.
        let rule = context.from_alert() || context.user.is_none();
        let audience = if rule { Audience::AlertRule } else { Audience::Panel };
        let (kind, began) = (read.kind(), Instant::now());
        let frames = query::answer(self.instance(context).await?, read, query, audience, &self.usage).await;
        self.usage.query(kind, began.elapsed(), frames.is_err());
        Ok(frames?.into())
    }
}

impl Plugin for HeadroomPlugin {
    async fn query(&self, context: &Context, query: &Query) -> QueryResponse {
        self.answer(context, query).await.unwrap_or_else(QueryResponse::from)
    }

    async fn check_health(&self, context: &Context) -> Health {
        match self.instance(context).await {
            Ok(instance) => health::check(&instance, context).await,
            Err(error) => Health::error(error.message),
        }
    }

    async fn collect_metrics(&self) -> String {
        self.usage.to_prometheus()
    }

    async fn call_resource(&self, context: &Context, request: ResourceRequest) -> ResourceResponse {
        match self.instance(context).await {
            Ok(instance) => resources::answer(&instance, context, &request).await,
            Err(error) => resources::of_query_error(&error),
        }
    }
}
