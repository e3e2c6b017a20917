//! `headroom next`: which load to measure next.

use std::io::Write;

use anyhow::{Result, bail};
use headroom_engine::display;
use headroom_engine::plan::{Goal, Measured, Plan, lead, plan};
use headroom_engine::repeats::is_repeat;
use headroom_engine::run::Run;
use headroom_engine::slo::{Limit, Slo};
use headroom_engine::verdict::{Verdict, assess};
use headroom_engine::workload;
use headroom_reports::{Problem, ProblemSeverity};
use serde::Serialize;

use crate::arguments::{Format, Next};
use crate::inputs;
use crate::json::{ProblemJson, problem};
use crate::text::style::Style;
use crate::text::wrap;

/// Runs that repeat each other, and what to measure next of them.
pub(crate) struct Planned {
    /// At least one, in the order of their sources.
    pub(crate) runs: Vec<Run>,
    /// Their verdicts.
    pub(crate) verdicts: Vec<Verdict>,
    /// What to do next.
    pub(crate) plan: Plan,
}

impl Planned {
    /// Plans from runs that repeat each other.
    pub(crate) fn of(runs: Vec<Run>, slo: &Slo, goal: &Goal) -> Self {
        let verdicts: Vec<Verdict> = runs.iter().map(|run| assess(run, slo)).collect();
        let measured: Vec<Measured<'_>> =
            runs.iter().zip(&verdicts).map(|(run, verdict)| Measured { run, verdict }).collect();
        let plan = plan(&measured, goal);
        Self { runs, verdicts, plan }
    }

    /// The run whose verdict leads, with that.
    pub(crate) fn lead(&self) -> Option<(&Run, &Verdict)> {
        let at = lead(self.runs.iter())?;
        Some((&self.runs[at], &self.verdicts[at]))
    }
}

/// Writes the plan of every deployment and says whether there is a load to measure.
pub(crate) fn write(request: &Next, out: &mut impl Write) -> (Vec<Problem>, Result<bool>) {
    let reading = inputs::read(&request.inputs, request.deployments.as_deref());
    let problems = reading.problems;
    let written = planned(reading.runs, request, &problems).and_then(|plans| {
        match request.format {
            Format::Json => json(&plans, request, &problems, out)?,
            _ => text(&plans, request, out)?,
        }
        Ok(plans.iter().any(|one| matches!(one.plan, Plan::Measure(_))))
    });
    (problems, written)
}

/// Every deployment's runs with their plan. Where nothing was measured that is one plan without a run.
fn planned(runs: Vec<Run>, request: &Next, problems: &[Problem]) -> Result<Vec<Planned>> {
    if runs.is_empty() {
        // A report that cannot be read is no sign that nothing was measured.
        if problems.iter().any(|problem| problem.code.severity() == ProblemSeverity::Error) {
            bail!("expected reports, or a folder without any to begin in; what was found could not be read");
        }
        return Ok(vec![Planned::of(Vec::new(), &request.slo, &request.goal)]);
    }
    let groups = workload::groups(&runs, is_repeat);
    let mut together: Vec<(usize, Vec<Run>)> = Vec::new();
    for (run, group) in runs.into_iter().zip(groups) {
        match together.iter_mut().find(|(known, _)| *known == group) {
            Some((_, runs)) => runs.push(run),
            None => together.push((group, vec![run])),
        }
    }
    Ok(together.into_iter().map(|(_, runs)| Planned::of(runs, &request.slo, &request.goal)).collect())
}

fn text(plans: &[Planned], request: &Next, out: &mut impl Write) -> Result<()> {
    let style = Style::new(request.color);
    let limits: Vec<String> = request.slo.limits.iter().map(Limit::label).collect();
    writeln!(out, "{}", style.bold(&format!("{}: {}", request.slo.name, limits.join(", "))))?;
    for one in plans {
        writeln!(out)?;
        let unit = one.runs.first().map_or("users", |run| run.load_model.unit());
        if let Some((run, verdict)) = one.lead() {
            writeln!(out, "{}  {}", style.bold(run.deployment_label()), style.dim(&workload::question(run)))?;
            let known = known(verdict, unit);
            for line in wrap(&known, style.width(), "  ", "  ") {
                writeln!(out, "{}", style.dim(&line))?;
            }
        }
        let sign = if matches!(one.plan, Plan::Measure(_)) { "→ " } else { "✓ " };
        for line in wrap(&one.plan.sentence(unit), style.width(), sign, "  ") {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// What is known so far, in a few words.
pub(crate) fn known(verdict: &Verdict, unit: &str) -> String {
    let at = |load: f64| display::load_with_unit(load, unit);
    match (verdict.breaking_load, verdict.interval) {
        (Some(load), [None, None]) => format!("so far: holds {}, no interval", at(load)),
        (Some(load), ends) => format!("so far: holds {} ({})", at(load), display::interval(ends)),
        (None, _) => match (verdict.max_passing_load, verdict.first_failing_load) {
            (Some(top), _) => format!("so far: holds at least {}", at(top)),
            (None, Some(lowest)) => format!("so far: fails at {}", at(lowest)),
            (None, None) => "so far: cannot be judged".to_owned(),
        },
    }
}

#[derive(Serialize)]
struct Document<'a> {
    slo: &'a str,
    until_width: f64,
    plans: Vec<PlanJson<'a>>,
    problems: Vec<ProblemJson<'a>>,
}

#[derive(Serialize)]
struct PlanJson<'a> {
    deployment: Option<&'a str>,
    workload: Option<String>,
    load_unit: Option<&'static str>,
    sources: Vec<&'a str>,
    /// What to measure; `null` when nothing.
    load: Option<f64>,
    length: Option<f64>,
    reason: &'static str,
    sentence: String,
    breaking_load: Option<f64>,
    interval: [Option<f64>; 2],
}

fn json(plans: &[Planned], request: &Next, problems: &[Problem], out: &mut impl Write) -> Result<()> {
    let document = Document {
        slo: &request.slo.id,
        until_width: request.goal.until_width,
        plans: plans.iter().map(plan_json).collect(),
        problems: problems.iter().map(problem).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn plan_json(one: &Planned) -> PlanJson<'_> {
    let lead = one.lead();
    let unit = lead.map(|(run, _)| run.load_model.unit());
    let (step, reason) = match one.plan {
        Plan::Measure(step) => (Some(step), step.why.id()),
        Plan::Done(done) => (None, done.id()),
    };
    PlanJson {
        deployment: lead.map(|(run, _)| run.deployment_label()),
        workload: lead.map(|(run, _)| workload::question(run)),
        load_unit: unit,
        sources: one.runs.iter().map(|run| run.provenance.source.as_str()).collect(),
        load: step.map(|step| step.load),
        length: step.map(|step| step.length),
        reason,
        sentence: one.plan.sentence(unit.unwrap_or("users")),
        breaking_load: lead.and_then(|(_, verdict)| verdict.breaking_load),
        interval: lead.map_or([None, None], |(_, verdict)| verdict.interval),
    }
}
