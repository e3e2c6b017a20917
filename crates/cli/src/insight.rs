//! What a run shows besides its breaking load: requests that meet every limit, the shape of its throughput, what a
//! token costs, what limits it, and which assumption the answer depends on most.

use headroom_engine::bottleneck::{Bottleneck, ServerMetrics, bottleneck};
use headroom_engine::cost::{LoadRule, Served, TokenCost, recommended_load, served, token_cost};
use headroom_engine::goodput::{Goodput, best_goodput, goodput};
use headroom_engine::knee::{Bend, knee};
use headroom_engine::run::Run;
use headroom_engine::steady::{first_not_kept_up, keep_up_ratio};
use headroom_engine::throughput::{Peak, Plateau, peak, plateau, throughput_points};
use headroom_engine::tokens::TokenBasis;
use headroom_engine::usl::{Usl, fit_run};
use headroom_engine::verdict::Verdict;
use headroom_engine::what_if::{Sensitivity, load_sensitivity};

/// How far each bound is moved to see how much the answer depends on it, as a share.
const MOVED: f64 = 0.2;

/// What a run shows besides its breaking load.
pub(crate) struct Insight {
    /// Requests that met every limit, level by level; `None` if single requests are unknown.
    pub(crate) goodput: Vec<Option<Goodput>>,
    /// The level with the most good requests per second.
    pub(crate) best_goodput: Option<Goodput>,
    /// Served over offered requests, level by level; `None` in a closed loop.
    pub(crate) keep_up: Vec<Option<f64>>,
    /// The lowest offered rate that was not kept up with.
    pub(crate) not_kept_up: Option<f64>,
    /// The highest measured output throughput.
    pub(crate) peak: Option<Peak>,
    /// Where output throughput stops growing.
    pub(crate) plateau: Option<Plateau>,
    /// The fit of the Universal Scalability Law to output throughput.
    pub(crate) usl: Option<Usl>,
    /// Load and output tokens per second where the throughput curve bends most.
    pub(crate) knee: Option<(f64, f64)>,
    /// The smaller of the load that the limits allow and the load of highest throughput.
    pub(crate) recommended_load: Option<f64>,
    /// Token rates and costs at the load that the limits allow, one entry per measured basis.
    pub(crate) served: Vec<(Served, Option<TokenCost>)>,
    /// What limits the deployment.
    pub(crate) bottleneck: Bottleneck,
    /// The assumptions on which the answer depends, the most influential first.
    pub(crate) sensitivity: Vec<Sensitivity>,
}

impl Insight {
    /// The insight into a run under the service level of `verdict`.
    pub(crate) fn of(run: &Run, verdict: &Verdict) -> Self {
        let slo = &verdict.slo;
        let rule = LoadRule::Interpolated;
        let sheet = verdict.sheet(run);
        let breaking = sheet.breaking();
        Self {
            goodput: run.levels.iter().map(|level| goodput(level, slo)).collect(),
            best_goodput: best_goodput(run, slo),
            keep_up: run.levels.iter().map(|level| keep_up_ratio(level, run.load_model)).collect(),
            not_kept_up: first_not_kept_up(run),
            peak: peak(run),
            plateau: plateau(run),
            usl: fit_run(run),
            knee: knee(&throughput_points(run), Bend::Flattening),
            recommended_load: recommended_load(run, verdict),
            served: TokenBasis::ALL
                .into_iter()
                .filter_map(|basis| served(&sheet, &breaking, basis, rule))
                .map(|served| (served, token_cost(&sheet, served)))
                .collect(),
            bottleneck: bottleneck(run, verdict, &ServerMetrics::default()),
            sensitivity: load_sensitivity(run, slo, rule, MOVED),
        }
    }
}
