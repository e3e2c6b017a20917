//! One number from the bits of many results, to prove that two targets compute the same.

use crate::breaking::breaking_point;
use crate::compare::compare;
use crate::cost::{Figures, LoadRule, Measure, ratio_of, stretches, successions};
use crate::curve::Curve;
use crate::distributions::{normal_quantile, student_quantile};
use crate::history::change_points;
use crate::level::{Distribution, Level, Rates, Requests, Samples};
use crate::pareto::{Yield, levels};
use crate::points::level_points;
use crate::random::Random;
use crate::run::{Arrivals, Deployment, DollarsPerHour, LoadModel, Price, Provenance, Run, Workload};
use crate::sheet::Sheet;
use crate::side_by_side::{Question, side_by_side};
use crate::slo::{Latency, Statistic, Subject, presets};
use crate::throughput::throughput_at;
use crate::tokens::TokenBasis;
use crate::usl;
use crate::verdict::assess;
use crate::whole;

/// Analyses seeded synthetic runs and folds the bits of every result into one number. Host and
/// WebAssembly must return the same.
#[must_use]
pub fn fingerprint() -> u64 {
    let mut fold = Fold(0xcbf2_9ce4_8422_2325);
    for seed in 0..24 {
        let run = synthetic_run(seed);
        for slo in presets() {
            let verdict = assess(&run, &slo);
            fold.option(verdict.breaking_load);
            for end in verdict.interval {
                fold.option(end);
            }
            fold.option(verdict.next_level);
            fold.option(verdict.narrowing.and_then(|narrowing| narrowing.interval).map(|[_, after]| after));
            fold.bytes(verdict.sentence.as_bytes());
            for finding in &verdict.findings {
                fold.bytes(finding.message.as_bytes());
            }
            fold.option(verdict.breaking_load.and_then(|load| throughput_at(&run, load)));
        }
        for latency in Latency::ALL {
            for statistic in Statistic::ALL {
                let points = level_points(&run, Subject::Latency(latency, statistic));
                for point in &points {
                    fold.number(point.value);
                    fold.option(point.lo);
                    fold.option(point.hi);
                }
                let Some(curve) = Curve::fit(&points) else { continue };
                for (_, value) in curve.sample(50) {
                    fold.number(value);
                }
                fold.option(breaking_point(&points, 1.5 * points[0].value).load);
            }
        }
        if let Some(fit) = usl::fit_run(&run) {
            for value in [fit.lambda, fit.sigma, fit.kappa, fit.r_squared] {
                fold.number(value);
            }
        }
    }
    for seed in 0..12 {
        judged(&mut fold, &synthetic_run(seed), &synthetic_run(seed + 12));
    }
    for seed in 0..6 {
        let (a, b) = (synthetic_run(seed), synthetic_run(seed + 3));
        for cell in compare(&a, &b).cells {
            for value in
                [cell.p, cell.adjusted_p, cell.shift_ms.value, cell.shift_ms.lo, cell.ratio.value, cell.ratio.hi]
            {
                fold.number(value);
            }
        }
        for slo in presets() {
            let served =
                |run: &Run| Figures::of(&Sheet::of(run, &slo), TokenBasis::Output, LoadRule::Interpolated).served;
            let Some((a, b)) = served(&a).zip(served(&b)) else { continue };
            let price = DollarsPerHour(1.7);
            let measure = Measure::Tokens(TokenBasis::Output);
            let ratio = ratio_of(measure, (&a, price), (&b, price));
            fold.option(ratio.map(|ratio| ratio.value));
            fold.option(ratio.and_then(|ratio| ratio.interval[0]));
        }
        let series: Vec<f64> = a.levels.iter().chain(&b.levels).filter_map(|level| level.ttft.as_ref()?.mean).collect();
        for change in change_points(&series) {
            fold.number(change.index as f64);
            fold.number(change.p);
        }
    }
    for step in 1..100 {
        fold.number(normal_quantile(f64::from(step) / 100.0));
        fold.number(student_quantile(0.975, f64::from(step)));
    }
    fold.0
}

/// Everything that is judged from sheets, over a range of bounds: costs, the cheapest run, and the comparison of runs
/// side by side.
fn judged(fold: &mut Fold, a: &Run, b: &Run) {
    let priced = |run: &Run, dollars: f64| {
        let price = Price { per_hour: DollarsPerHour(dollars), source: None, region: None, date: None };
        let deployment = Deployment { price: Some(price), ..Deployment::default() };
        let workload = Workload { prompt_tokens: Some(256.0), ..run.workload.clone() };
        Run { deployment, workload, ..run.clone() }
    };
    let (basis, rule) = (TokenBasis::Output, LoadRule::Interpolated);
    for slo in presets() {
        let mut sheets = [priced(a, 1.7), priced(b, 2.9)].map(|run| Sheet::of(&run, &slo));
        let bounds: Vec<f64> = (1..=24).map(|step| 100.0 * f64::from(step)).collect();
        for sheet in &sheets {
            for &bound in &bounds {
                let figures = Figures::at(sheet, bound, basis, rule);
                fold.option(figures.breaking.load);
                for end in figures.breaking.interval {
                    fold.option(end);
                }
                fold.option(figures.served.map(|served| served.tokens_per_second));
                fold.option(figures.cost.map(|cost| cost.dollars_per_million()));
            }
        }
        for change in successions(&[&sheets[0], &sheets[1]], &bounds, basis, rule) {
            fold.number(change.bound);
        }
        for stretch in stretches(&sheets[0], &sheets[1], &bounds, Measure::Tokens(basis), rule) {
            fold.number(stretch.from);
            fold.number(stretch.to);
            fold.word(u64::from(stretch.certain));
        }
        for point in levels(&[&sheets[0], &sheets[1]], Yield::PerDollar) {
            fold.number(point.per_user);
            fold.number(point.yielded);
            fold.word(u64::from(point.on_front));
            fold.word(u64::from(point.beaten));
        }
        for sheet in &mut sheets {
            sheet.move_limit(Some(700.0));
        }
        let question =
            Question { basis, rule, baseline: 0, load: Some(50.0), replicas: None, spare: 1, over_limits: true };
        let found = side_by_side(&sheets, &question);
        for sentence in found.sentences.iter().chain(&found.notes) {
            fold.bytes(sentence.as_bytes());
        }
        for answer in found.answers.iter().chain(&found.over).flat_map(|answers| &answers.runs) {
            fold.bytes(answer.text.as_bytes());
            fold.bytes(answer.detail.as_bytes());
        }
    }
}

/// [`fingerprint`] as a bare WebAssembly export, so that a test can call it without bindings.
#[cfg(feature = "wasm-selftest")]
#[expect(unsafe_code, reason = "an export needs a name that is not mangled; this one is unique to this crate")]
#[unsafe(no_mangle)]
pub extern "C" fn headroom_engine_fingerprint() -> u64 {
    fingerprint()
}

/// FNV-1a over 64-bit words: order matters and every bit counts.
struct Fold(u64);

impl Fold {
    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
    }

    fn number(&mut self, value: f64) {
        self.word(value.to_bits());
    }

    fn option(&mut self, value: Option<f64>) {
        self.word(u64::from(value.is_some()));
        self.number(value.unwrap_or(0.0));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.word(u64::from(byte));
        }
    }
}

/// A run whose latencies grow with load. Its size and kind depend on the seed.
fn synthetic_run(seed: u64) -> Run {
    let mut random = Random::seeded(seed);
    let open = seed % 3 == 2;
    let base_ms = 80.0 + 400.0 * random.uniform();
    let knee = 4.0 + 12.0 * random.uniform();
    let levels = (0..7)
        .map(|step| {
            let users = f64::from(1_u32 << step);
            let slow = 1.0 + (users / knee) * (users / knee);
            let count = 20 + whole::rank(random.bits() % 120);
            let mut samples = Samples::default();
            for index in 0..count {
                let ttft = base_ms * slow * (0.6 + 0.4 * random.exponential());
                let itl = 20.0 * (1.0 + 0.03 * users) * (1.0 + 0.1 * random.normal().abs());
                samples.start_s.push(index as f64 * 0.1);
                samples.ttft_ms.push(ttft);
                samples.itl_ms.push(itl);
                samples.tpot_ms.push((ttft + 63.0 * itl) / 64.0);
                samples.e2e_ms.push(ttft + 63.0 * itl);
                samples.output_tokens.push(64.0);
            }
            let summary = |column: &[f64]| {
                let mut sorted = column.to_vec();
                sorted.sort_by(f64::total_cmp);
                let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
                let at = |q: f64| (q, sorted[whole::index((sorted.len() - 1) as f64 * q)]);
                Some(Distribution {
                    count: sorted.len() as u64,
                    mean: Some(mean),
                    std: Some(0.4 * mean),
                    min: sorted.first().copied(),
                    max: sorted.last().copied(),
                    quantiles: [0.5, 0.9, 0.95, 0.99].into_iter().map(at).collect(),
                })
            };
            let duration = 30.0;
            Level {
                load: if open { users * 0.37 } else { users },
                concurrency: Some(users * 0.98),
                duration_s: Some(duration),
                requests: Requests { ok: count as u64, errored: seed % 4, incomplete: 1 << step },
                rates: Rates { output_tokens: Some(count as f64 * 64.0 / duration), ..Rates::default() },
                output_tokens: Some(64.0),
                ttft: summary(&samples.ttft_ms),
                itl: summary(&samples.itl_ms),
                tpot: summary(&samples.tpot_ms),
                e2e: summary(&samples.e2e_ms),
                samples: seed.is_multiple_of(2).then_some(samples),
                ..Level::default()
            }
        })
        .collect();
    Run {
        id: format!("synthetic-{seed}"),
        provenance: Provenance { tool: "selftest".into(), ..Provenance::default() },
        deployment: Deployment::default(),
        workload: Workload { output_tokens: Some(64.0), ..Workload::default() },
        load_model: if open { LoadModel::Open(Arrivals::Poisson) } else { LoadModel::Closed },
        levels,
        off_curve: Vec::new(),
    }
}
