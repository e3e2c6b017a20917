//! A concurrency quota for Envoy Gateway.
//!
//! Most gateways of the Kubernetes Gateway API, those for inference included, are built on Envoy, and its own gateway
//! has this policy for it. Model servers speak HTTP/1.1, where a connection carries one request at a time: the number
//! of connections to one endpoint is the number of requests in flight at one replica, so the quota grows with the
//! replicas. Requests without a free connection wait, at most as many again; further ones are refused at once with
//! status 503, which is better for everyone than all being late.

use anyhow::Result;
use serde::Serialize;

use super::threshold::in_flight;
use super::yaml::document;
use super::{Ruled, object};
use crate::arguments::Rules;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    api_version: &'static str,
    kind: &'static str,
    metadata: object::Metadata,
    spec: Spec,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    target_refs: Vec<TargetRef>,
    circuit_breaker: CircuitBreaker,
}

#[derive(Serialize)]
struct TargetRef {
    group: &'static str,
    kind: &'static str,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CircuitBreaker {
    per_endpoint: PerEndpoint,
    max_pending_requests: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_connections: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_parallel_requests: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PerEndpoint {
    max_connections: u64,
}

/// The manifest of one deployment.
///
/// # Errors
///
/// The outer one if it cannot be written; the inner one says why there is no quota.
pub(super) fn manifest(ruled: &Ruled, request: &Rules) -> Result<Result<String, String>> {
    let requests = match in_flight(&ruled.run, &ruled.threshold) {
        Ok(requests) => requests,
        Err(reason) => return Ok(Err(reason)),
    };
    let each = whole(requests / f64::from(request.proxies));
    if each == 0 {
        return Ok(Err(format!(
            "A replica holds {requests} requests in flight, which is less than one for each of {}. Use fewer proxies.",
            headroom_engine::display::count(u64::from(request.proxies), "proxy")
        )));
    }
    let replicas = request.max_replicas.map(u64::from);
    let manifest = Manifest {
        api_version: "gateway.envoyproxy.io/v1alpha1",
        kind: "BackendTrafficPolicy",
        metadata: object::metadata(ruled),
        spec: Spec {
            target_refs: vec![TargetRef {
                group: "gateway.networking.k8s.io",
                kind: "HTTPRoute",
                name: request.route.clone().unwrap_or_else(|| ruled.target.clone()),
            }],
            circuit_breaker: CircuitBreaker {
                per_endpoint: PerEndpoint { max_connections: each },
                max_pending_requests: each,
                // Envoy's own limits over all replicas are 1,024 each, which a large fleet exceeds.
                max_connections: replicas.map(|replicas| each * replicas),
                max_parallel_requests: replicas.map(|replicas| each * replicas + each),
            },
        },
    };
    let what = "Requests in flight at one replica, for Envoy Gateway: as many connections (HTTP/1.1, one request each), as \
                many requests waiting, and 503 for the others.";
    Ok(Ok(document(&object::comment(ruled, what), &manifest)?))
}

/// The number of whole requests in a load.
fn whole(requests: f64) -> u64 {
    let mut count = 0_u64;
    // Loads of a replica are small, and steps of one are exact in f64.
    while ((count + 1) as f64) <= requests {
        count += 1;
    }
    count
}
