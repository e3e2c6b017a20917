//! `annotations`: benchmark runs and episodes of saturation as regions, restarts and changes as points in time.

use std::sync::Arc;
use std::time::Duration;

use headroom_base::tasks::blocking;
use headroom_engine::bottleneck::Kind;
use headroom_engine::display;
use headroom_engine::history::change_points;
use headroom_engine::live::Observation;
use headroom_engine::live::phases::{Episode, episodes};
use headroom_engine::points::level_points;
use headroom_engine::slo::Slo;
use headroom_protocol::frame::{Field, Frame, FrameType, Notice, Severity, Values, ns_from_ms};
use headroom_protocol::{Query, QueryError};
use serde_json::json;

use super::live::at_statistic;
use super::scene::{Placed, Scene, range};
use crate::instance::Instance;
use crate::production::{Wanted, Windows, time::Grid};
use crate::query::notices::{self, warning};
use crate::query::{Annotation, Answered, LoadKind, Request, Select, answered, select, service_level};

/// Windows in which a queue is looked for: a day at a quarter of an hour's resolution would miss most of them.
const WINDOWS: u32 = 1_440;
/// Windows in which a change of latency is looked for; the work grows with the square.
const CHANGE_WINDOWS: u32 = 200;

/// One annotation.
struct Mark {
    from_ms: i64,
    /// `None` for a point in time.
    to_ms: Option<i64>,
    title: String,
    text: String,
    tags: Vec<String>,
}

/// The frame of all annotations, in the order of their time.
pub(super) async fn frames(instance: Arc<Instance>, request: Request, query: &Query) -> Result<Vec<Frame>, QueryError> {
    let span = range(query)?;
    let kinds = &request.production.kinds;
    let asked = |kind: Annotation| kinds.is_empty() || kinds.contains(&kind);
    let mut marks = Vec::new();
    let mut notices = Vec::new();
    if instance.has_library() && (asked(Annotation::Runs) || asked(Annotation::Changes)) {
        let (runs, remarks) = all_runs(&instance, &request).await?;
        notices.extend(remarks);
        if asked(Annotation::Runs) {
            marks.extend(runs.iter().filter_map(of_run));
        }
        if asked(Annotation::Changes) {
            marks.extend(of_history(&runs));
        }
    }
    let production = [Annotation::Episodes, Annotation::Restarts, Annotation::Changes];
    // Without a Prometheus there are the benchmarks; who asks for more by name is told that there is none.
    let named = production.iter().any(|kind| kinds.contains(kind));
    if production.into_iter().any(asked) && (named || instance.production().is_ok()) {
        let (found, remarks) = of_production(&instance, &request, query, asked).await?;
        marks.extend(found);
        notices.extend(remarks.into_iter().filter(|notice| !notices.contains(notice)).collect::<Vec<_>>());
    }
    marks.retain(|mark| mark.from_ms <= span.1 && mark.to_ms.unwrap_or(mark.from_ms) >= span.0);
    marks.sort_by(|a, b| a.from_ms.cmp(&b.from_ms).then_with(|| a.title.cmp(&b.title)));
    Ok(vec![frame(&marks, notices)])
}

fn frame(marks: &[Mark], notices: Vec<Notice>) -> Frame {
    let mut frame = Frame::new("annotations");
    // Grafana splits the text at its commas.
    let tags: Vec<String> = marks.iter().map(|mark| mark.tags.join(",")).collect();
    // Grafana finds the parts of an annotation by the fields' display names: `timeEnd` under any other is not found, and a
    // region becomes a line. Without one a field goes by its own name.
    let field = |name: &str, values: Values, description: &str| Field::new(name, values).with_description(description);
    let texts =
        |text: fn(&Mark) -> &str| Values::from(marks.iter().map(|mark| text(mark).to_owned()).collect::<Vec<_>>());
    let begin = marks.iter().map(|mark| ns_from_ms(mark.from_ms)).collect();
    let end = marks.iter().map(|mark| mark.to_ms.map(ns_from_ms)).collect();
    frame.fields = vec![
        field("time", Values::time(begin), "When it began."),
        field("timeEnd", Values::time_nullable(end), "When it ended; empty for a point in time."),
        field("title", texts(|mark| &mark.title), "What it is."),
        field("text", texts(|mark| &mark.text), "What is known about it."),
        field("tags", Values::from(tags), "Its kind, its cause and its deployment."),
    ];
    frame.meta.frame_type = Some(FrameType::Table);
    frame.meta.type_version = [0, 1];
    frame.meta.custom = json!({ "headroom": "annotations" });
    frame.meta.notices = notices;
    frame
}

/// Every run that the filters let through, of both load models, oldest first.
async fn all_runs(instance: &Arc<Instance>, request: &Request) -> Result<(Vec<Answered>, Vec<Notice>), QueryError> {
    let fresh = match instance.fresh().await {
        Ok(fresh) => fresh,
        Err(error) => return Ok((Vec::new(), vec![warning(format!("no benchmark runs: {}", error.message))])),
    };
    let notices = notices::of_library(instance, &fresh);
    let slo: Slo = service_level(instance, &request.slo)?;
    let (instance, request) = (Arc::clone(instance), request.clone());
    let mut runs = blocking(move || {
        let mut runs = Vec::new();
        for load in [LoadKind::Closed, LoadKind::Open] {
            if request.load.is_none_or(|asked| asked == load) {
                let all = Request { load: Some(load), select: Select::All, ..request.clone() };
                runs.extend(answered(&instance, select(&fresh.snapshot.headers, &all), &slo)?.0);
            }
        }
        Ok::<_, QueryError>(runs)
    })
    .await?;
    runs.sort_by_key(|answered| answered.run.provenance.started_ms);
    Ok((runs, notices))
}

fn of_run(answered: &Answered) -> Option<Mark> {
    let provenance = &answered.run.provenance;
    let deployment = answered.run.deployment.label();
    let tool = [Some(provenance.tool.as_str()), provenance.tool_version.as_deref()];
    let tool: Vec<&str> = tool.into_iter().flatten().collect();
    Some(Mark {
        from_ms: provenance.started_ms?,
        to_ms: provenance.ended_ms,
        title: format!("Benchmark of {deployment}"),
        text: format!("{}\n{} · {}", answered.verdict.sentence, tool.join(" "), provenance.source),
        tags: vec!["benchmark".to_owned(), answered.run.load_model.name().to_owned(), deployment.to_owned()],
    })
}

/// The breaking loads of one deployment, by its name and the unit of the load, oldest first.
type Results<'a> = ((&'a str, &'a str), Vec<(&'a Answered, f64)>);

/// Where the breaking load of a deployment changed from one run to the next.
fn of_history(runs: &[Answered]) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut series: Vec<Results<'_>> = Vec::new();
    for answered in runs {
        let Some(load) = answered.verdict.breaking_load.filter(|_| answered.run.provenance.started_ms.is_some()) else {
            continue;
        };
        let key = (answered.run.deployment.label(), answered.run.load_model.unit());
        match series.iter_mut().find(|(known, _)| *known == key) {
            Some((_, found)) => found.push((answered, load)),
            None => series.push((key, vec![(answered, load)])),
        }
    }
    for ((deployment, unit), results) in series {
        let values: Vec<f64> = results.iter().map(|one| one.1).collect();
        for change in change_points(&values) {
            let Some((at_ms, answered)) = results
                .get(change.index)
                .and_then(|(answered, _)| Some((answered.run.provenance.started_ms?, answered)))
            else {
                continue;
            };
            marks.push(Mark {
                from_ms: at_ms,
                to_ms: None,
                title: format!(
                    "{deployment} holds {} since here",
                    if change.after < change.before { "less" } else { "more" }
                ),
                text: format!(
                    "From this run on it breaks at {} instead of {} ({}).",
                    display::load_with_unit(change.after, unit),
                    display::load(change.before),
                    answered.run.provenance.source
                ),
                tags: vec!["change".to_owned(), "breaking_load".to_owned(), deployment.to_owned()],
            });
        }
    }
    marks
}

async fn of_production(
    instance: &Arc<Instance>,
    request: &Request,
    query: &Query,
    asked: impl Fn(Annotation) -> bool,
) -> Result<(Vec<Mark>, Vec<Notice>), QueryError> {
    let scene = Scene::of(Arc::clone(instance), request, query).await?;
    let mut marks = Vec::new();
    let (from_ms, to_ms) = (scene.from_ms, scene.to_ms);
    let span = Duration::from_millis(to_ms.abs_diff(from_ms));
    let mut notices = scene.notices.clone();
    if asked(Annotation::Episodes) || asked(Annotation::Restarts) {
        let wanted = Wanted { pressure: true, gpu: true, ..Wanted::default() };
        let seen = scene
            .observe(wanted, |scrape| {
                Some(Windows::of(Grid::within(from_ms, to_ms, (span / WINDOWS).max(scrape))?, scrape))
            })
            .await?;
        // GPUs that are not known are no news beside an episode.
        notices = scene.remarks(&seen);
        notices.retain(|notice| notice.severity != Severity::Info);
        for (placed, seen) in scene.placed.iter().zip(&seen) {
            let observations = &seen.observations;
            if asked(Annotation::Episodes) {
                marks.extend(episodes(observations).iter().map(|episode| of_episode(placed, episode)));
            }
            if asked(Annotation::Restarts) {
                marks.extend(observations.iter().filter(|one| one.restarted).map(|one| of_restart(placed, one)));
            }
        }
    }
    if asked(Annotation::Changes) && scene.placed.iter().any(|placed| placed.benchmark.is_some()) {
        let wanted = Wanted { traffic: true, latencies: true, ..Wanted::default() };
        let seen = scene
            .observe(wanted, |scrape| {
                Some(Windows::of(Grid::within(from_ms, to_ms, (span / CHANGE_WINDOWS).max(scrape * 4))?, scrape))
            })
            .await?;
        for (placed, seen) in scene.placed.iter().zip(seen) {
            let ratios = ratios(&scene, placed, &seen.observations);
            let values: Vec<f64> = ratios.iter().map(|one| one.1).collect();
            let changes = blocking(move || Ok::<_, QueryError>(change_points(&values))).await?;
            let axis = scene.axis.subject().map_or_else(String::new, headroom_engine::slo::Subject::label);
            marks.extend(changes.iter().filter_map(|change| {
                let (at_ms, _) = ratios.get(change.index)?;
                Some(Mark {
                    from_ms: *at_ms,
                    to_ms: None,
                    title: format!(
                        "{} is {} since here",
                        placed.target.name,
                        if change.after > change.before { "slower" } else { "faster" }
                    ),
                    text: format!(
                        "{axis} (server) went from {} to {} times the benchmark's at the same load.",
                        display::number(change.before),
                        display::number(change.after)
                    ),
                    tags: vec!["change".to_owned(), "latency".to_owned(), placed.target.name.clone()],
                })
            }));
        }
    }
    Ok((marks, notices))
}

/// Production's latency over the benchmark's at the same load, window by window, so that a change of load is none.
fn ratios(scene: &Scene, placed: &Placed, observations: &[Observation]) -> Vec<(i64, f64)> {
    let (Some(run), Some(subject)) = (placed.run(), scene.axis.subject()) else { return Vec::new() };
    let headroom_engine::slo::Subject::Latency(latency, statistic) = subject else { return Vec::new() };
    let Some(curve) = headroom_engine::curve::Curve::fit(&level_points(run, subject)) else { return Vec::new() };
    observations
        .iter()
        .filter(|one| one.up != Some(false) && !one.restarted)
        .filter_map(|one| {
            let value = at_statistic(one.latencies.get(latency)?, statistic)?.value?;
            let measured = curve.value_at(one.load(run.load_model)?)?;
            (measured > 0.0).then_some((one.at_ms, value / measured))
        })
        .collect()
}

fn of_episode(placed: &Placed, episode: &Episode) -> Mark {
    let cause = match episode.cause {
        Kind::KvCacheWall => "KV cache full",
        Kind::ComputeWall => "accelerators busy",
        Kind::LatencyFloor => "single requests too slow",
        Kind::Queueing => "no place in the batch",
        Kind::NoneSeen | Kind::Unknown => "cause not known",
    };
    let ongoing = if episode.ongoing { " It had not ended at the end of the time range." } else { "" };
    let mut tags = vec!["saturation".to_owned(), episode.cause.id().to_owned(), placed.target.name.clone()];
    tags.extend(placed.target.namespace.clone());
    Mark {
        from_ms: episode.from_ms,
        to_ms: Some(episode.to_ms),
        title: format!("{} saturated: {cause}", placed.target.name),
        text: format!(
            "Up to {} requests waited. {}{ongoing}",
            display::number(episode.peak_waiting),
            episode.evidence.join(" ")
        ),
        tags,
    }
}

fn of_restart(placed: &Placed, observation: &Observation) -> Mark {
    Mark {
        from_ms: observation.at_ms,
        to_ms: None,
        title: format!("{} restarted", placed.target.name),
        text: "The counters of a server began anew.".to_owned(),
        tags: vec!["restart".to_owned(), placed.target.name.clone()],
    }
}
