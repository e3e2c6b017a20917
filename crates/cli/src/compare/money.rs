//! What both sides yield for the same money, and how that depends on a limit.

use headroom_engine::cost::{
    BOUND_FACTORS, Contest, FEWEST_REPEATS, Figures, Fleet, LoadRule, Measure, Ratio, Reach, Served, Stretch,
    TokenCost, break_even_price, fleet_for_money, ratio_of_repeats, searched, stretches, sweep,
};
use headroom_engine::run::{DollarsPerHour, Run};
use headroom_engine::sheet::Sheet;
use headroom_engine::slo::{Limit, Subject};
use headroom_engine::tokens::TokenBasis;
use headroom_engine::verdict::assess;
use headroom_engine::what_if::{Sensitivity, ratio_sensitivity};

use super::Side;
use crate::analysis::Judged;
use crate::arguments::{Compare, Over};

/// How far each assumption is moved to see how much the ratio depends on it, as a share.
const MOVED: f64 = 0.2;

/// Both sides for the same money. Every ratio is B over A.
pub(super) struct Money {
    /// The price of the more expensive replica: the sum that is spent on either side.
    pub(super) spent: DollarsPerHour,
    /// The comparison for each kind of tokens that both sides measured.
    pub(super) tokens: Vec<Tokens>,
    /// Whole replicas of A and of B for that money, each with whether its load is exact or a lower bound.
    pub(super) fleets: [(Reach, Fleet); 2],
    /// Load of B's fleet divided by that of A's.
    pub(super) fleet: Option<Contest>,
    /// The price of B at which output tokens (or what was measured) cost the same as on A.
    pub(super) break_even_b: Option<(Reach, DollarsPerHour)>,
    /// The assumptions on which the ratio of tokens depends, the most influential first.
    pub(super) sensitivity: Vec<Sensitivity>,
}

/// One kind of tokens on both sides.
pub(super) struct Tokens {
    pub(super) a: TokenCost,
    pub(super) b: TokenCost,
    /// Tokens per dollar, and requests per dollar.
    pub(super) contest: Contest,
}

impl Money {
    /// `None` where a price, a load or every token rate is unknown on a side, and where the two were not asked the same.
    pub(super) fn of(side_a: &Side, side_b: &Side, rule: LoadRule) -> Option<Self> {
        let (a, b) = (&side_a.judged, &side_b.judged);
        let [sheet_a, sheet_b] = [a, b].map(|judged| judged.verdict.sheet(&judged.run));
        if !sheet_b.is_comparable(&sheet_a) {
            return None;
        }
        let (price_a, price_b) = (sheet_a.known_price()?.per_hour, sheet_b.known_price()?.per_hour);
        let tokens: Vec<Tokens> = TokenBasis::ALL
            .into_iter()
            .filter_map(|basis| {
                let cost = |sheet: &Sheet| Figures::of(sheet, basis, rule).cost;
                let (a, b) = (cost(&sheet_a)?, cost(&sheet_b)?);
                let measure = Measure::Tokens(basis);
                let single = Contest::of(measure, (&sheet_b, &b.served), (&sheet_a, &a.served))?;
                let contest = match repeated([side_b, side_a], [price_b, price_a], basis, rule) {
                    Some((ratio, requests)) => Contest { ratio, requests, ..single },
                    None => single,
                };
                Some(Tokens { a, b, contest })
            })
            .collect();
        let first = tokens.first()?;
        let (of_a, of_b) = (&first.a.served, &first.b.served);
        let spent = DollarsPerHour(price_a.0.max(price_b.0));
        let even = break_even_price(of_b.tokens_per_second, of_a.tokens_per_second, price_a);
        Some(Self {
            spent,
            fleets: [fleet_of(of_a, price_a, spent)?, fleet_of(of_b, price_b, spent)?],
            fleet: Contest::of(Measure::WholeReplicas, (&sheet_b, of_b), (&sheet_a, of_a)),
            break_even_b: even.map(|price| (Reach::of([of_b.at_least, of_a.at_least]), price)),
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

    /// Whether repeated runs showed how much runs differ.
    pub(super) fn by_repeats(&self) -> bool {
        self.tokens.iter().any(|tokens| tokens.contest.ratio.by_repeats)
    }
}

/// The whole replicas that the money buys, and whether their load is exact or a lower bound.
fn fleet_of(served: &Served, price: DollarsPerHour, money: DollarsPerHour) -> Option<(Reach, Fleet)> {
    Some((Reach::of([served.at_least, false]), fleet_for_money(money, served.load, price)?))
}

/// Tokens and requests per dollar of the first side divided by those of the second, over all repeated runs of both.
/// `None` if there are too few runs or the sweep of one ended while passing. The ratio of requests is `None` if a run
/// lacks its request rate.
fn repeated(
    sides: [&Side; 2],
    prices: [DollarsPerHour; 2],
    basis: TokenBasis,
    rule: LoadRule,
) -> Option<(Ratio, Option<Ratio>)> {
    if sides.iter().any(|side| side.runs().count() < FEWEST_REPEATS) {
        return None;
    }
    let served = |side: &Side| -> Vec<Option<Served>> {
        let slo = &side.judged.verdict.slo;
        let one = |run: &Run| {
            let served = Figures::of(&assess(run, slo).sheet(run), basis, rule).served;
            served.filter(|served| !served.at_least)
        };
        side.runs().map(one).collect()
    };
    let [one, other] = sides.map(served);
    let ratio = |rate: fn(&Served) -> Option<f64>| {
        let per_dollar = |served: &[Option<Served>], price: DollarsPerHour| -> Vec<Option<f64>> {
            served.iter().map(|served| Some(rate(served.as_ref()?)? / price.0)).collect()
        };
        ratio_of_repeats(&per_dollar(&one, prices[0]), &per_dollar(&other, prices[1]))
    };
    Some((ratio(|served| Some(served.tokens_per_second))?, ratio(|served| Some(served.requests?.value))))
}

/// Both sides as a function of the bound of one limit. Every ratio is B over A.
pub(super) struct OverLimit {
    /// What is limited.
    pub(super) subject: Subject,
    /// One row per bound, ascending.
    pub(super) bounds: Vec<AtBound>,
    /// Who is ahead at which bounds, by tokens per dollar.
    pub(super) tokens: Vec<Stretch>,
    /// Who is ahead at which bounds, by whole replicas.
    pub(super) fleets: Vec<Stretch>,
    /// The bounds between which the winner was searched for.
    pub(super) searched: [f64; 2],
}

/// Both sides at one bound.
pub(super) struct AtBound {
    pub(super) bound: f64,
    /// What A serves; `None` if it holds no load or that is unknown.
    pub(super) a: Option<Served>,
    pub(super) b: Option<Served>,
    /// Tokens per dollar.
    pub(super) tokens: Option<Contest>,
    /// Whole replicas of A and of B for the same money.
    pub(super) fleets: Option<[(Reach, Fleet); 2]>,
    /// Load of B's fleet divided by that of A's.
    pub(super) fleet: Option<Contest>,
}

impl OverLimit {
    /// `None` if there is no latency limit to move.
    pub(super) fn of(a: &Judged, b: &Judged, request: &Compare) -> Option<Self> {
        let Over { subject, bounds } = match &request.over {
            Some(over) => over.clone(),
            None => usual(a, b)?,
        };
        let basis = basis_of(&a.run, &b.run);
        let (low, high) = (*bounds.first()?, *bounds.last()?);
        // If there is a single bound, the winner is searched for around it as well.
        let [least, .., most] = BOUND_FACTORS;
        let (low, high) = if low < high { (low, high) } else { (least * low, most * high) };
        let between = searched([low, high], &bounds);
        let measure = Measure::Tokens(basis);
        // Uses the levels' own confidence bounds everywhere, because the intervals of the verdicts are for a single
        // bound.
        let slo = request.slo.with_bound(subject, low);
        let [sheet_a, sheet_b] = [a, b].map(|judged| Sheet::of(&judged.run, &slo).asking(subject));
        let both = |measure| sweep(&sheet_b, &sheet_a, &bounds, measure, request.rule);
        // What each holds is its own. Who is ahead is asked of two that were asked the same.
        let comparable = sheet_b.is_comparable(&sheet_a);
        let ahead = |measure| {
            if comparable { stretches(&sheet_b, &sheet_a, &between, measure, request.rule) } else { Vec::new() }
        };
        let rows = both(measure).into_iter().zip(both(Measure::WholeReplicas));
        Some(Self {
            subject,
            bounds: rows
                .map(|(tokens, whole)| AtBound {
                    bound: tokens.bound,
                    a: tokens.b,
                    b: tokens.a,
                    tokens: tokens.contest.filter(|_| comparable),
                    fleets: tokens.b.zip(tokens.a).and_then(|served| fleets([&sheet_a, &sheet_b], served)),
                    fleet: whole.contest.filter(|_| comparable),
                })
                .collect(),
            tokens: ahead(measure),
            fleets: ahead(Measure::WholeReplicas),
            searched: [low, high],
        })
    }
}

/// The limit that breaks first on A, else on B, else the first latency limit, with bounds around its own.
fn usual(a: &Judged, b: &Judged) -> Option<Over> {
    let first = a.verdict.slo.limits.iter().find(|limit| limit.is_latency()).copied();
    let latency = |judged: &Judged| judged.verdict.binding.filter(Limit::is_latency);
    let limit = latency(a).or_else(|| latency(b)).or(first)?;
    Some(Over { subject: limit.subject, bounds: BOUND_FACTORS.map(|factor| factor * limit.bound).to_vec() })
}

/// Output tokens where both sides measured them, else what both measured.
fn basis_of(a: &Run, b: &Run) -> TokenBasis {
    let measured = |run: &Run, basis: TokenBasis| run.levels.iter().any(|level| basis.of(&level.rates).is_some());
    let both = |basis: &TokenBasis| measured(a, *basis) && measured(b, *basis);
    TokenBasis::ALL.into_iter().find(both).unwrap_or(TokenBasis::Output)
}

/// The whole replicas of A and of B for the price of the more expensive replica.
fn fleets(sheets: [&Sheet; 2], (a, b): (Served, Served)) -> Option<[(Reach, Fleet); 2]> {
    let [price_a, price_b] = sheets.map(|sheet| sheet.known_price().map(|price| price.per_hour));
    let (price_a, price_b) = (price_a?, price_b?);
    let money = DollarsPerHour(price_a.0.max(price_b.0));
    Some([fleet_of(&a, price_a, money)?, fleet_of(&b, price_b, money)?])
}
