//! What both sides yield for the same money, and how that depends on a limit.

use headroom_engine::cost::{
    Figures, Fleet, Flip, LoadRule, Measure, Ratio, Served, TokenCost, break_even_price, cheaper, fleet_for_money,
    flips, ratio_of, sweep,
};
use headroom_engine::run::{DollarsPerHour, Run};
use headroom_engine::sheet::Sheet;
use headroom_engine::slo::{Limit, Subject};
use headroom_engine::tokens::TokenBasis;
use headroom_engine::what_if::{Sensitivity, ratio_sensitivity};

use crate::analysis::Judged;
use crate::arguments::{Compare, Over};

/// How far each assumption is moved to see how much the ratio depends on it.
const MOVED: f64 = 0.2;

/// Steps of the bounds that are shown, from a quarter to four times the limit's.
const FACTORS: [f64; 7] = [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0];

/// Equal steps in which the winner is searched for. Whole replicas and measured levels change in jumps; two jumps within
/// one step that cancel are not seen.
const SEARCHED: u32 = 256;

/// Both sides for the same money. Every ratio is B over A.
pub(super) struct Money {
    /// The price of the dearer replica, which is spent on either side.
    pub(super) spent: DollarsPerHour,
    /// Tokens per kind that both measured.
    pub(super) tokens: Vec<Tokens>,
    /// Whole replicas of A and of B for the money.
    pub(super) fleets: [Fleet; 2],
    /// Load of B's fleet over that of A's.
    pub(super) fleet_ratio: Option<Ratio>,
    /// The price of B at which output tokens (or what was measured) cost the same as on A.
    pub(super) break_even_b: Option<DollarsPerHour>,
    /// The assumptions that the ratio of tokens depends on, the strongest first.
    pub(super) sensitivity: Vec<Sensitivity>,
}

/// One kind of tokens on both sides.
pub(super) struct Tokens {
    pub(super) a: TokenCost,
    pub(super) b: TokenCost,
    /// Tokens per dollar.
    pub(super) ratio: Ratio,
    /// Whether B is cheaper; `None` when the data cannot tell.
    pub(super) b_cheaper: Option<bool>,
}

impl Money {
    /// `None` where a price, a load or every token rate is unknown on a side.
    pub(super) fn of(a: &Judged, b: &Judged, rule: LoadRule) -> Option<Self> {
        let [sheet_a, sheet_b] = [a, b].map(|judged| judged.verdict.sheet(&judged.run));
        let (price_a, price_b) = (sheet_a.known_price()?.per_hour, sheet_b.known_price()?.per_hour);
        let (breaking_a, breaking_b) = (sheet_a.breaking(), sheet_b.breaking());
        let (load_a, load_b) = (rule.load(&breaking_a)?, rule.load(&breaking_b)?);
        let (loads_a, loads_b) = (rule.interval(&breaking_a), rule.interval(&breaking_b));
        let ratio = |measure, (served_a, served_b): (&Served, &Served)| {
            ratio_of(measure, (served_b, loads_b, price_b), (served_a, loads_a, price_a))
        };
        let tokens: Vec<Tokens> = TokenBasis::ALL
            .into_iter()
            .filter_map(|basis| {
                let cost = |sheet: &Sheet| Figures::of(sheet, basis, rule).cost;
                let (a, b) = (cost(&sheet_a)?, cost(&sheet_b)?);
                let ratio = ratio(Measure::Tokens(basis), (&a.served, &b.served))?;
                Some(Tokens { a, b, ratio, b_cheaper: cheaper(&ratio) })
            })
            .collect();
        let first = tokens.first()?;
        let spent = DollarsPerHour(price_a.0.max(price_b.0));
        Some(Self {
            spent,
            fleets: [fleet_for_money(spent, load_a, price_a)?, fleet_for_money(spent, load_b, price_b)?],
            fleet_ratio: ratio(Measure::WholeReplicas, (&first.a.served, &first.b.served)),
            break_even_b: break_even_price(first.b.served.tokens_per_second, first.a.served.tokens_per_second, price_a),
            sensitivity: ratio_sensitivity(
                ("B", &b.run),
                ("A", &a.run),
                &a.verdict.slo,
                Measure::Tokens(first.a.served.basis),
                rule,
                MOVED,
            ),
            tokens,
        })
    }
}

/// Both sides as a function of one limit's bound. Every ratio is B over A.
pub(super) struct OverLimit {
    /// What is limited.
    pub(super) subject: Subject,
    /// One row per bound, ascending.
    pub(super) bounds: Vec<AtBound>,
    /// Where the cheaper side changes, by tokens per dollar.
    pub(super) token_flips: Vec<Flip>,
    /// Where the larger fleet changes, by whole replicas.
    pub(super) fleet_flips: Vec<Flip>,
    /// The bounds between which the winner was searched for.
    pub(super) searched: [f64; 2],
}

/// Both sides at one bound.
pub(super) struct AtBound {
    pub(super) bound: f64,
    /// The load that A holds; `None` where it holds none or that is not known.
    pub(super) load_a: Option<f64>,
    pub(super) load_b: Option<f64>,
    /// Tokens per dollar.
    pub(super) tokens: Option<Ratio>,
    /// Whole replicas for the same money.
    pub(super) fleets: Option<[Fleet; 2]>,
    /// Load of those fleets.
    pub(super) fleet_ratio: Option<Ratio>,
}

impl OverLimit {
    /// `None` where no latency limit could be moved.
    pub(super) fn of(a: &Judged, b: &Judged, request: &Compare) -> Option<Self> {
        let Over { subject, bounds } = match &request.over {
            Some(over) => over.clone(),
            None => usual(a, b)?,
        };
        let basis = basis_of(&a.run, &b.run);
        let (low, high) = (*bounds.first()?, *bounds.last()?);
        // The winner is searched for around a single bound as well.
        let (low, high) = if low < high { (low, high) } else { (0.25 * low, 4.0 * high) };
        let step = |index: u32| low + (high - low) * (f64::from(index) / f64::from(SEARCHED));
        let mut searched: Vec<f64> = (0..=SEARCHED).map(step).chain(bounds.iter().copied()).collect();
        searched.sort_by(f64::total_cmp);
        searched.dedup();
        let measure = Measure::Tokens(basis);
        // From the levels' own bounds at every bound alike: the verdicts' intervals belong to a single one.
        let slo = request.slo.with_bound(subject, low);
        let [sheet_a, sheet_b] = [a, b].map(|judged| Sheet::of(&judged.run, &slo).asking(subject));
        let both = |measure| sweep(&sheet_b, &sheet_a, &bounds, measure, request.rule);
        let changes = |measure| flips(&sheet_b, &sheet_a, &searched, measure, request.rule);
        let rows = both(measure).into_iter().zip(both(Measure::WholeReplicas));
        Some(Self {
            subject,
            bounds: rows
                .map(|(tokens, whole)| AtBound {
                    bound: tokens.bound,
                    load_a: tokens.b.map(|served| served.load),
                    load_b: tokens.a.map(|served| served.load),
                    tokens: tokens.ratio,
                    fleets: whole
                        .b
                        .zip(whole.a)
                        .and_then(|(served_a, served_b)| fleets(&a.run, &b.run, [served_a.load, served_b.load])),
                    fleet_ratio: whole.ratio,
                })
                .collect(),
            token_flips: changes(measure),
            fleet_flips: changes(Measure::WholeReplicas),
            searched: [low, high],
        })
    }
}

/// The limit that breaks first on A, else on B, else the first one on a latency, at bounds around its own.
fn usual(a: &Judged, b: &Judged) -> Option<Over> {
    let first = a.verdict.slo.limits.iter().find(|limit| limit.is_latency()).copied();
    let latency = |judged: &Judged| judged.verdict.binding.filter(Limit::is_latency);
    let limit = latency(a).or_else(|| latency(b)).or(first)?;
    Some(Over { subject: limit.subject, bounds: FACTORS.map(|factor| factor * limit.bound).to_vec() })
}

/// Output tokens where both sides measured them, else what both measured.
fn basis_of(a: &Run, b: &Run) -> TokenBasis {
    let measured = |run: &Run, basis: TokenBasis| run.levels.iter().any(|level| basis.of(&level.rates).is_some());
    let both = |basis: &TokenBasis| measured(a, *basis) && measured(b, *basis);
    TokenBasis::ALL.into_iter().find(both).unwrap_or(TokenBasis::Output)
}

/// The whole replicas that the dearer replica's price buys of each.
fn fleets(a: &Run, b: &Run, loads: [f64; 2]) -> Option<[Fleet; 2]> {
    let price = |run: &Run| run.deployment.price.as_ref().map(|price| price.per_hour);
    let (price_a, price_b) = (price(a)?, price(b)?);
    let money = DollarsPerHour(price_a.0.max(price_b.0));
    Some([fleet_for_money(money, loads[0], price_a)?, fleet_for_money(money, loads[1], price_b)?])
}
