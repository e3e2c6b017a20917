//! Published definitions of "broken". They disagree, so every verdict names the one that it used.

use super::Latency::{E2e, Itl, Ttft};
use super::Statistic::{P95, P99};
use super::{Limit, Slo, Subject};

/// The preset that is used by default.
///
/// One second to the first token is the classic limit for an uninterrupted flow of thought (Nielsen, *Usability
/// Engineering*, 1993), and 100 ms between tokens is ten tokens per second, about twice the speed at which people read.
/// p95, because published service levels for language models are usually stated in it.
pub const DEFAULT_SLO: &str = "interactive";

struct Preset {
    id: &'static str,
    name: &'static str,
    source: &'static str,
    limits: &'static [(Subject, f64)],
}

const TTFT_P95: Subject = Subject::Latency(Ttft, P95);
const ITL_P95: Subject = Subject::Latency(Itl, P95);
const E2E_P95: Subject = Subject::Latency(E2e, P95);
const TTFT_P99: Subject = Subject::Latency(Ttft, P99);
const ITL_P99: Subject = Subject::Latency(Itl, P99);
const E2E_P99: Subject = Subject::Latency(E2e, P99);
const ERRORS: Subject = Subject::ErrorRate;

/// Queue depth and KV cache use are left out even if the source has them: benchmark reports do not contain them, and a
/// limit that cannot be checked would leave every verdict open.
///
/// Most sources do not mention errors, but a server that refuses half of its requests answers the others fast. Their
/// limit on errors is the share that their percentiles leave out ([`Slo::bearable_errors`]), and `source` says so.
const PRESETS: &[Preset] = &[
    Preset {
        id: DEFAULT_SLO,
        name: "Interactive",
        source: "Headroom's default: first token within a second, then at least 10 tokens per second, for 95 of 100 \
                 requests; one that failed is not among them",
        limits: &[(TTFT_P95, 1000.0), (ITL_P95, 100.0), (ERRORS, 0.05)],
    },
    Preset {
        id: "break_2s",
        name: "Breaking point at 2 s",
        source: "Mistral Small INT4/BF16 comparison (rhoai3-demo), sizing plan, December 2025: TTFT above 2 s, below 10 \
                 tokens per second or below 95% success; it names no statistic, p95 is taken",
        limits: &[(TTFT_P95, 2000.0), (ITL_P95, 100.0), (ERRORS, 0.05)],
    },
    Preset {
        id: "acceptable_800ms",
        name: "Acceptable at 800 ms",
        source: "Mistral Small INT4/BF16 comparison (rhoai3-demo), sizing plan, December 2025: TTFT below 800 ms, above \
                 20 tokens per second, 99% success; it names no statistic, p95 is taken",
        limits: &[(TTFT_P95, 800.0), (ITL_P95, 50.0), (ERRORS, 0.01)],
    },
    Preset {
        id: "acceptable_1s",
        name: "Acceptable at 1 s",
        source: "Mistral Small INT4/BF16 comparison (rhoai3-demo), README table, December 2025 to March 2026: TTFT below \
                 1 s, above 20 tokens per second; it names no statistic, p95 is taken",
        limits: &[(TTFT_P95, 1000.0), (ITL_P95, 50.0)],
    },
    Preset {
        id: "excellent_500ms",
        name: "Excellent at 500 ms",
        source: "Mistral Small INT4/BF16 comparison (rhoai3-demo), README table, December 2025 to March 2026: TTFT below \
                 500 ms, above 50 tokens per second; it names no statistic, p95 is taken",
        limits: &[(TTFT_P95, 500.0), (ITL_P95, 20.0)],
    },
    Preset {
        id: "conversational",
        name: "Conversational",
        source: "llm-d-planner's chat template of early 2026 and the experience class of the rhoai3-demo benchmarks, March \
                 2026",
        limits: &[(TTFT_P95, 150.0), (ITL_P95, 25.0), (E2E_P95, 7000.0)],
    },
    Preset {
        id: "responsive",
        name: "Responsive",
        source: "experience class \u{201c}interactive\u{201d} of the rhoai3-demo benchmarks, March 2026",
        limits: &[(TTFT_P95, 500.0), (ITL_P95, 35.0), (E2E_P95, 25_000.0)],
    },
    Preset {
        id: "deferred",
        name: "Deferred",
        source: "experience class \u{201c}deferred\u{201d} of the rhoai3-demo benchmarks, March 2026",
        limits: &[(TTFT_P95, 1000.0), (ITL_P95, 40.0), (E2E_P95, 35_000.0)],
    },
    Preset {
        id: "batch",
        name: "Batch",
        source: "llm-d-planner's batch template of early 2026 (its current guide is looser: TTFT 5 s, ITL 80 ms)",
        limits: &[(TTFT_P95, 2000.0), (ITL_P95, 45.0), (E2E_P95, 90_000.0)],
    },
    Preset {
        id: "planner_conversational",
        name: "Conversational (llm-d-planner)",
        source: "llm-d-planner, traffic and SLO guide, experience class \u{201c}conversational\u{201d}; upper end of its range",
        limits: &[(TTFT_P95, 500.0), (ITL_P95, 50.0)],
    },
    Preset {
        id: "planner_batch",
        name: "Batch (llm-d-planner)",
        source: "llm-d-planner, traffic and SLO guide, experience class \u{201c}batch\u{201d}; upper end of its range",
        limits: &[(TTFT_P95, 5000.0), (ITL_P95, 80.0)],
    },
    Preset {
        id: "capacity_report",
        name: "Capacity report",
        source: "defaults of the rhoai3-demo capacity report, July 2026",
        limits: &[(TTFT_P95, 2000.0), (ITL_P95, 200.0), (ERRORS, 0.01)],
    },
    Preset {
        id: "autoscale_itl",
        name: "Scale-out at 65 ms ITL",
        source: "autoscaling threshold of the rhoai3-demo KEDA ScaledObject, 2026 (its queue limit cannot be judged from \
                 a benchmark)",
        limits: &[(ITL_P95, 65.0)],
    },
    Preset {
        id: "psap",
        name: "PSAP dashboard",
        source: "default thresholds of Red Hat's PSAP performance dashboard",
        limits: &[(TTFT_P95, 2000.0), (ITL_P95, 50.0)],
    },
    Preset {
        id: "guidellm_chat",
        name: "Chat (GuideLLM)",
        source: "GuideLLM, Service Level Objectives guide, chat applications",
        limits: &[(TTFT_P99, 200.0), (ITL_P99, 50.0)],
    },
    Preset {
        id: "guidellm_rag",
        name: "RAG (GuideLLM)",
        source: "GuideLLM, Service Level Objectives guide, retrieval-augmented generation",
        limits: &[(TTFT_P99, 300.0), (ITL_P99, 100.0), (E2E_P99, 3000.0)],
    },
    Preset {
        id: "guidellm_code",
        name: "Code generation (GuideLLM)",
        source: "GuideLLM, Service Level Objectives guide, code generation",
        limits: &[(TTFT_P99, 500.0), (ITL_P99, 150.0)],
    },
];

/// The built-in service levels, the default first. They are starting points: each can be copied and edited as a custom
/// list of limits.
#[must_use]
pub fn presets() -> Vec<Slo> {
    PRESETS.iter().map(Preset::to_slo).collect()
}

/// The built-in service level with this id.
#[must_use]
pub fn preset(id: &str) -> Option<Slo> {
    PRESETS.iter().find(|preset| preset.id == id).map(Preset::to_slo)
}

impl Preset {
    fn to_slo(&self) -> Slo {
        let mut slo = Slo {
            id: self.id.into(),
            name: self.name.into(),
            source: self.source.into(),
            limits: self.limits.iter().map(|&(subject, bound)| Limit { subject, bound }).collect(),
        };
        if slo.limits.iter().all(|limit| limit.subject != ERRORS) {
            let limit = Limit { subject: ERRORS, bound: slo.bearable_errors() };
            let share = ERRORS.format(limit.bound);
            slo.source += "; of errors it says nothing: ";
            slo.source += &share;
            slo.source += " is taken, what its percentiles leave out";
            slo.limits.push(limit);
        }
        slo
    }
}
