//! Findings about what the client counts as the first token.

use super::{Case, Code, Finding, FindingSeverity};
use crate::display;
use crate::level::Distribution;
use crate::run::LoadModel;

/// The first token comes later than reading the prompt explains, on a server with nothing else to do.
///
/// A server computes all tokens of a prompt together, so each takes no longer than one token of the answer. If TTFT is
/// longer than that, and most of the request is over by then, the client did not see the first token that was
/// generated. There are two causes, with opposite remedies.
pub(super) fn check(case: &Case<'_>, findings: &mut Vec<Finding>) {
    const MOST: f64 = 0.5;
    // Network, tokenizer and scheduler take some time whatever the prompt.
    const NOTICED_MS: f64 = 500.0;
    // Some servers send answers shorter than this in one piece by design.
    const FEWEST_TOKENS: f64 = 16.0;
    // With more requests in flight a queue may be the cause.
    const IDLE: f64 = 2.0;
    // An answer after a reasoning phase is still sent token by token, so it takes more than this share of the request.
    const AT_ONCE: f64 = 0.02;
    let Some(level) = case.run.levels.first() else { return };
    let in_flight = match case.run.load_model {
        LoadModel::Closed => Some(level.load),
        LoadModel::Open(_) => level.concurrency,
    };
    let typical = |distribution: &Option<Distribution>| {
        let distribution = distribution.as_ref()?;
        distribution.mean.or_else(|| distribution.quantile(0.5)).filter(|value| value.is_finite() && *value >= 0.0)
    };
    let (Some(in_flight), Some(prompt), Some(output), Some(ttft), Some(itl)) = (
        in_flight,
        level.prompt_tokens.or(case.run.workload.prompt_tokens),
        level.output_tokens.or(case.run.workload.output_tokens),
        typical(&level.ttft),
        typical(&level.itl),
    ) else {
        return;
    };
    let between = (output - 1.0) * itl;
    let whole = typical(&level.e2e).unwrap_or(ttft + between);
    let late = ttft >= NOTICED_MS && ttft > MOST * whole && ttft > prompt * itl;
    // A first token after the end of the request is another finding.
    if in_flight > IDLE || output < FEWEST_TOKENS || !late || ttft > whole {
        return;
    }
    let (code, cause) = if between <= AT_ONCE * whole {
        (
            Code::NotStreamed,
            "The answer arrived in one piece: the server, or a proxy before it, does not stream. Turn streaming on, or \
             buffering off, and measure again; until then judge by E2E.",
        )
    } else {
        (
            Code::ReasoningInTtft,
            "The model probably reasons first and the client takes that for waiting: TTFT then holds most of the output, and \
             ITL divides the rest by all tokens. Judge by E2E, or let the tool count reasoning tokens as tokens; do not set \
             this TTFT against the server's.",
        )
    };
    findings.push(Finding {
        code,
        severity: FindingSeverity::Warning,
        load: Some(level.load),
        message: format!(
            "At {}, where nothing queues, the first token takes {} of the {} of a request, longer than reading {} prompt tokens \
             can. {cause}",
            display::load_with_unit(level.load, case.unit()),
            display::milliseconds(ttft),
            display::milliseconds(whole),
            display::number(prompt.round())
        ),
    });
}
