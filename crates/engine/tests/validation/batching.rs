//! A serving engine that batches iteration by iteration: in each step prompts are read and every running request gets
//! one more token.

use std::collections::VecDeque;

use headroom_engine::random::Random;

use crate::trace::{Request, Trace};

/// What limits it, and what its steps cost. Of the order of an 8-billion-parameter model on one accelerator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Engine {
    /// Requests that run at once.
    pub(crate) slots: usize,
    /// Tokens that the key-value cache holds: a request is let in when its prompt and longest answer fit.
    pub(crate) cache_tokens: f64,
    /// Prompt tokens read in one step at most.
    pub(crate) step_tokens: f64,
    /// Seconds of a step with nothing in it.
    pub(crate) step_s: f64,
    /// Seconds more for every running request.
    pub(crate) running_s: f64,
    /// Seconds more for every prompt token.
    pub(crate) prompt_s: f64,
}

/// The engine of the scenarios.
pub(crate) const ENGINE: Engine = Engine {
    slots: 16,
    cache_tokens: 8000.0,
    step_tokens: 2048.0,
    step_s: 0.020,
    running_s: 0.000_5,
    prompt_s: 0.000_1,
};

/// The longest answer, tokens.
const LONGEST: f64 = 256.0;

struct Waiting {
    start: f64,
    prompt: f64,
    output: f64,
}

struct Running {
    start: f64,
    first: f64,
    prompt: f64,
    output: f64,
    left: f64,
}

/// A closed loop of `users` on an engine: from cold, all of them at once. The first `skipped` requests to end are not
/// recorded, and it stops once `recorded` have ended and after `seconds` of recording.
pub(crate) fn simulate(
    engine: Engine,
    users: usize,
    skipped: usize,
    recorded: usize,
    seconds: f64,
    random: &mut Random,
) -> Trace {
    let draw = |random: &mut Random, start: f64| Waiting {
        start,
        prompt: (256.0 * libm::exp(0.5 * random.normal())).clamp(16.0, 2000.0).round(),
        output: (80.0 * libm::exp(0.4 * random.normal())).clamp(4.0, LONGEST).round(),
    };
    let mut clock = 0.0;
    let mut queue: VecDeque<Waiting> = (0..users).map(|_| draw(random, 0.0)).collect();
    let mut running: Vec<Running> = Vec::new();
    let mut reserved = 0.0;
    let mut ended = 0;
    let mut begin = 0.0;
    let mut requests = Vec::new();
    // A recording starts with requests that start after its beginning, and ends with those that started before its end.
    while requests.len() < recorded || clock - begin < seconds {
        let mut reading = 0.0;
        let mut read = 0;
        while running.len() < engine.slots
            && let Some(next) = queue.front()
        {
            let fits = reserved + next.prompt + LONGEST <= engine.cache_tokens;
            let in_step = read == 0 || reading + next.prompt <= engine.step_tokens;
            if !(fits && in_step) {
                break;
            }
            let Some(Waiting { start, prompt, output }) = queue.pop_front() else { break };
            reserved += prompt + LONGEST;
            reading += prompt;
            read += 1;
            running.push(Running { start, first: f64::NAN, prompt, output, left: output });
        }
        let step = engine.step_s + engine.running_s * running.len() as f64 + engine.prompt_s * reading;
        // Steps in which nobody comes or goes are all alike.
        let steps = if read > 0 { 1.0 } else { running.iter().map(|one| one.left).fold(f64::INFINITY, f64::min) };
        clock += steps * step;
        for one in &mut running {
            if one.first.is_nan() {
                one.first = clock;
            }
            one.left -= steps;
        }
        let mut index = 0;
        while index < running.len() {
            if running[index].left > 0.0 {
                index += 1;
                continue;
            }
            let one = running.swap_remove(index);
            reserved -= one.prompt + LONGEST;
            ended += 1;
            if ended == skipped {
                begin = clock;
            }
            if ended > skipped && one.start >= begin {
                requests.push(Request { start: one.start, first: one.first, end: clock, tokens: one.output });
            }
            queue.push_back(draw(random, clock));
        }
    }
    // Those that still run when it stops are answered after every end that a level may have.
    for one in running {
        if one.start >= begin {
            let first = if one.first.is_nan() { f64::INFINITY } else { one.first };
            requests.push(Request { start: one.start, first, end: f64::INFINITY, tokens: one.output });
        }
    }
    for one in queue {
        requests.push(Request { start: one.start, first: f64::INFINITY, end: f64::INFINITY, tokens: one.output });
    }
    requests.sort_by(|a, b| a.start.total_cmp(&b.start));
    Trace { requests }
}
