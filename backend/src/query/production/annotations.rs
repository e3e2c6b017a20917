//! `annotations`: benchmark runs and episodes of saturation as regions; restarts and changes as points in time.

use std::sync::Arc;

use headroom_contract::frames::{Column as About, DocumentedFrame};
use headroom_contract::query::{Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_engine::bottleneck::BottleneckKind as Limit;
use headroom_engine::curve::Curve;
use headroom_engine::display;
use headroom_engine::history::{ChangePoint, change_points};
use headroom_engine::live::Observation;
use headroom_engine::live::observation::QUEUE;
use headroom_engine::live::phases::{Episode, episodes};
use headroom_engine::points::level_points;
use headroom_engine::slo::Subject;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame, FrameType, Values, ns_from_ms};
use serde_json::json;

use super::server_latency::at_statistic;
use crate::production::Wanted;
use crate::query::fleet::LiveDeployment;
use crate::query::judged::JudgedRun;
use crate::query::kind::{Answer, Audience, Found, ProductionNeed, QueryKind, Question, Source};
use crate::query::parse::{Annotation, Request};
use crate::query::seen::{Needs, Observe, Seen, WindowPlan};

/// The observations for episodes and restarts. At a resolution of a quarter of an hour, a day would miss most queues.
const PRESSURE: Observe = Observe {
    wanted: Wanted { traffic: false, latencies: false, queue: false, pressure: true, gpu: true, refusals: true },
    over: WindowPlan::Range { most: 1_440, scrapes: 1, as_panel: false },
};
/// The observations for changes of latency; the work grows with the square of the number of windows.
const LATENCY: Observe = Observe {
    wanted: Wanted { traffic: true, latencies: true, queue: false, pressure: false, gpu: false, refusals: false },
    over: WindowPlan::Range { most: 200, scrapes: 4, as_panel: false },
};

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "annotations",
    label: "Annotations",
    about: "Benchmarks, saturation, restarts and changes as marks in time",
    group: Group::Other,
    needs_prometheus: false,
    takes: &[
        Part::Deployments,
        Part::Namespaces,
        Part::Runs,
        Part::Limits,
        Part::Load,
        Part::Metric,
        Part::Statistic,
        Part::Annotations,
    ],
    fields: QuerySpec::no_fields,
    frames: &[DocumentedFrame {
        id: "annotations",
        rows: "One frame, one row per annotation in the order of time",
        columns: || vec![BEGIN, END, TITLE, TEXT, TAGS],
    }],
    alert: None,
};

const BEGIN: About = About::of("time", Unit::None, "", "When it began.");
const END: About = About::of("timeEnd", Unit::None, "", "When it ended; empty for a point in time.");
const TITLE: About = About::of("title", Unit::None, "", "What it is.");
const TEXT: About = About::of("text", Unit::None, "", "What is known about it.");
const TAGS: About = About::of("tags", Unit::None, "", "Its kind, its cause and its deployment, with commas between.");

/// `annotations`.
pub(super) struct AnnotationsQuery;

/// One annotation.
struct Mark {
    from_ms: i64,
    /// `None` for a point in time.
    to_ms: Option<i64>,
    title: String,
    text: String,
    tags: Vec<String>,
}

impl QueryKind for AnnotationsQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, request: &Request) -> Source {
        let in_production = [Annotation::Episodes, Annotation::Restarts, Annotation::Changes];
        // Without a Prometheus there are still the benchmarks; if a query names an annotation of production, it is told
        // that there is none.
        let named = in_production.iter().any(|kind| request.production.kinds.contains(kind));
        let production = if named {
            ProductionNeed::Needed
        } else if in_production.into_iter().any(|kind| is_asked(request, kind)) {
            ProductionNeed::WhereThereIs
        } else {
            ProductionNeed::No
        };
        let runs = [Annotation::Runs, Annotation::Changes].into_iter().any(|kind| is_asked(request, kind));
        Source::Both { runs, production }
    }

    fn needs(&self, question: &Question, fleet: &[Arc<LiveDeployment>], _: Audience) -> Result<Needs, QueryError> {
        let asked = |kind| is_asked(&question.request, kind);
        let pressure = asked(Annotation::Episodes) || asked(Annotation::Restarts);
        let latency = asked(Annotation::Changes) && fleet.iter().any(|deployment| deployment.benchmark.is_some());
        Ok(Needs {
            observe: pressure.then_some(PRESSURE),
            also: latency.then_some(LATENCY),
            // Unknown GPUs do not matter for an episode.
            warnings_only: pressure,
            ..Needs::default()
        })
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let asked = |kind| is_asked(&question.request, kind);
        let mut marks = Vec::new();
        if asked(Annotation::Runs) {
            marks.extend(found.runs.iter().filter_map(of_run));
        }
        if asked(Annotation::Changes) {
            marks.extend(of_history(&found.runs));
            marks.extend(found.seen.iter().flat_map(|seen| of_latency(question, seen)));
        }
        for seen in &found.seen {
            let observations = &seen.observed.observations;
            if asked(Annotation::Episodes) {
                marks.extend(episodes(observations).iter().map(|episode| of_episode(seen, episode)));
            }
            if asked(Annotation::Restarts) {
                marks.extend(observations.iter().filter(|one| one.restarted).map(|one| of_restart(seen, one)));
            }
        }
        let span = question.span;
        marks.retain(|mark| mark.from_ms <= span.to_ms && mark.to_ms.unwrap_or(mark.from_ms) >= span.from_ms);
        marks.sort_by(|a, b| a.from_ms.cmp(&b.from_ms).then_with(|| a.title.cmp(&b.title)));
        Ok(frame(&marks).into())
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        self.frames(question, found)
    }
}

/// Whether a query asks for this kind of annotation, by name or for all.
fn is_asked(request: &Request, kind: Annotation) -> bool {
    let kinds = &request.production.kinds;
    kinds.is_empty() || kinds.contains(&kind)
}

fn frame(marks: &[Mark]) -> Frame {
    let mut frame = Frame::new(KIND.id);
    // Grafana splits the text at commas.
    let tags: Vec<String> = marks.iter().map(|mark| mark.tags.join(",")).collect();
    // Grafana finds the parts of an annotation by the fields' display names: with another name `timeEnd` is not found,
    // and a region becomes a line. So these fields have no display name and go by their own names.
    let field =
        |about: &About, values: Values| Field::new(about.name.as_ref(), values).with_description(about.about.as_ref());
    let texts =
        |text: fn(&Mark) -> &str| Values::from(marks.iter().map(|mark| text(mark).to_owned()).collect::<Vec<_>>());
    let begin = marks.iter().map(|mark| ns_from_ms(mark.from_ms)).collect();
    let end = marks.iter().map(|mark| mark.to_ms.map(ns_from_ms)).collect();
    frame.fields = vec![
        field(&BEGIN, Values::time(begin)),
        field(&END, Values::time_nullable(end)),
        field(&TITLE, texts(|mark| &mark.title)),
        field(&TEXT, texts(|mark| &mark.text)),
        field(&TAGS, Values::from(tags)),
    ];
    frame.meta.frame_type = Some(FrameType::Table);
    frame.meta.type_version = [0, 1];
    frame.meta.custom = json!({ "headroom": KIND.id });
    frame
}

fn of_run(judged: &JudgedRun) -> Option<Mark> {
    let provenance = &judged.run.provenance;
    let deployment = judged.run.deployment_label();
    let tool = [Some(provenance.tool.as_str()), provenance.tool_version.as_deref()];
    let tool: Vec<&str> = tool.into_iter().flatten().collect();
    Some(Mark {
        from_ms: provenance.started_ms?,
        to_ms: provenance.ended_ms,
        title: format!("Benchmark of {deployment}"),
        text: format!("{}\n{} · {}", judged.verdict.sentence, tool.join(" "), provenance.source),
        tags: vec!["benchmark".to_owned(), judged.run.load_model.name().to_owned(), deployment.to_owned()],
    })
}

/// The breaking loads of one deployment, oldest first, with its name and the unit of the loads.
type Results<'a> = ((&'a str, &'a str), Vec<(&'a JudgedRun, f64)>);

/// Where the breaking load of a deployment changed from one run to the next.
fn of_history(runs: &[JudgedRun]) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut series: Vec<Results<'_>> = Vec::new();
    for judged in runs {
        let Some(load) = judged.verdict.breaking_load.filter(|_| judged.run.provenance.started_ms.is_some()) else {
            continue;
        };
        let key = (judged.run.deployment_label(), judged.run.load_model.unit());
        match series.iter_mut().find(|(known, _)| *known == key) {
            Some((_, found)) => found.push((judged, load)),
            None => series.push((key, vec![(judged, load)])),
        }
    }
    for ((deployment, unit), results) in series {
        let values: Vec<f64> = results.iter().map(|one| one.1).collect();
        for change in change_points(&values) {
            let Some((at_ms, judged)) =
                results.get(change.index).and_then(|(judged, _)| Some((judged.run.provenance.started_ms?, judged)))
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
                    judged.run.provenance.source
                ),
                tags: vec!["change".to_owned(), "breaking_load".to_owned(), deployment.to_owned()],
            });
        }
    }
    marks
}

/// Where production's latency changed relative to the benchmark's.
fn of_latency(question: &Question, seen: &Seen) -> Vec<Mark> {
    let ratios = ratios(question, seen);
    let values: Vec<f64> = ratios.iter().map(|one| one.1).collect();
    let axis = question.axis.subject().map_or_else(String::new, Subject::label);
    let mark = |change: &ChangePoint| {
        let (at_ms, _) = ratios.get(change.index)?;
        let slower = change.after > change.before;
        Some(Mark {
            from_ms: *at_ms,
            to_ms: None,
            title: format!("{} is {} since here", seen.name(), if slower { "slower" } else { "faster" }),
            text: format!(
                "{axis} (server) went from {} to {} times the benchmark's at the same load.",
                display::number(change.before),
                display::number(change.after)
            ),
            tags: vec!["change".to_owned(), "latency".to_owned(), seen.name().to_owned()],
        })
    };
    change_points(&values).iter().filter_map(mark).collect()
}

/// Production's latency divided by the benchmark's at the same load, for each window, so that a change of load does not
/// count.
fn ratios(question: &Question, seen: &Seen) -> Vec<(i64, f64)> {
    let (Some(run), Some(subject)) = (seen.deployment.run(), question.axis.subject()) else { return Vec::new() };
    let Subject::Latency(latency, statistic) = subject else { return Vec::new() };
    let Some(curve) = Curve::fit(&level_points(run, subject)) else { return Vec::new() };
    seen.also
        .observations
        .iter()
        .filter(|one| one.up != Some(false) && !one.restarted)
        .filter_map(|one| {
            let value = at_statistic(one.latencies.get(latency)?, statistic)?.value?;
            let measured = curve.value_at(one.load(run.load_model)?)?;
            (measured > 0.0).then_some((one.at_ms, value / measured))
        })
        .collect()
}

fn of_episode(seen: &Seen, episode: &Episode) -> Mark {
    let cause = match episode.cause {
        Limit::KvCacheWall => "KV cache full",
        Limit::ComputeWall => "accelerators busy",
        Limit::LatencyFloor => "single requests too slow",
        Limit::Queueing => "no place in the batch",
        Limit::AdmissionLimit => "limit on admission",
        Limit::NoneSeen | Limit::Unknown => "cause not known",
    };
    let ongoing = if episode.ongoing { " It had not ended at the end of the time range." } else { "" };
    let (tag, state) = if episode.shedding { ("shedding", "refused requests") } else { ("saturation", "saturated") };
    let waited = if episode.peak_waiting >= QUEUE {
        format!("Up to {} requests waited. ", display::number(episode.peak_waiting))
    } else {
        String::new()
    };
    let mut tags = vec![tag.to_owned(), episode.cause.id().to_owned(), seen.name().to_owned()];
    tags.extend(seen.deployment.target.namespace.clone());
    Mark {
        from_ms: episode.from_ms,
        to_ms: Some(episode.to_ms),
        title: format!("{} {state}: {cause}", seen.name()),
        text: format!("{waited}{}{ongoing}", episode.evidence.join(" ")),
        tags,
    }
}

fn of_restart(seen: &Seen, observation: &Observation) -> Mark {
    Mark {
        from_ms: observation.at_ms,
        to_ms: None,
        title: format!("{} restarted", seen.name()),
        text: "The counters of a server began anew.".to_owned(),
        tags: vec!["restart".to_owned(), seen.name().to_owned()],
    }
}
