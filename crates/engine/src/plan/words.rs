//! Plans as people read them.

use super::{Done, Plan, REPEATS, Resource, Step, Why};
use crate::display;

impl Plan {
    /// The plan in one or two sentences; `unit` is that of the loads.
    #[must_use]
    pub fn sentence(&self, unit: &str) -> String {
        match self {
            Self::Measure(step) => step.sentence(unit),
            Self::Done(done) => format!("Nothing more to measure: {}", done.reason(unit)),
        }
    }
}

impl Step {
    /// What to measure and why.
    #[must_use]
    pub fn sentence(&self, unit: &str) -> String {
        let times = match self.length {
            length if length > 1.0 => {
                format!(", for {} times as long as an ordinary level", display::number(length))
            }
            length if length < 1.0 => format!(", for {} of an ordinary level's time", display::percent(length)),
            _ => String::new(),
        };
        format!("Measure {}{times}: {}", display::load_with_unit(self.load, unit), self.why.reason(unit))
    }
}

impl Why {
    /// The word for programs.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Holds(_) => "holds",
            Self::Fails(_) => "fails",
            Self::Between(..) => "between",
            Self::Requests(..) => "requests",
            Self::Scatter(_) => "scatter",
        }
    }

    /// Why a level helps, for a person.
    #[must_use]
    pub fn reason(self, unit: &str) -> String {
        let at = |load: f64| display::load_with_unit(load, unit);
        match self {
            Self::Begin => "nothing is measured yet.".to_owned(),
            Self::Holds(top) => format!("every limit still holds at {}.", at(top)),
            Self::Fails(lowest) => format!("{} fails already.", at(lowest)),
            Self::Between(low, high) => {
                format!("it breaks between {} and {}, where nothing was measured.", display::load(low), at(high))
            }
            Self::Requests(low, high) => format!(
                "the requests at {} and {} are too few; more of them narrow the answer most.",
                display::load(low),
                at(high)
            ),
            Self::Scatter(sigma) => format!(
                "levels differ by about {}, more than their requests explain; {REPEATS} of each tell how much.",
                display::percent(sigma)
            ),
        }
    }
}

impl Done {
    /// The word for programs.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Narrow(_) => "narrow",
            Self::NearerThanRuns(..) => "nearer_than_runs",
            Self::OneUser(..) => "one_user",
            Self::Repeated => "repeated",
            Self::Highest(_) => "highest",
            Self::Client(_) => "client",
            Self::Smallest(_) => "smallest",
            Self::NotJudged => "not_judged",
            Self::Spent(_) => "spent",
        }
    }

    /// Why nothing is left to measure, for a person.
    #[must_use]
    pub fn reason(self, unit: &str) -> String {
        let at = |load: f64| display::load_with_unit(load, unit);
        match self {
            Self::Narrow(width) => {
                format!("the interval is {} of the breaking load wide, which is narrow enough.", display::percent(width))
            }
            Self::NearerThanRuns(low, high) => format!(
                "{} and {} are nearer to each other than two runs of one deployment.",
                display::load(low),
                at(high)
            ),
            Self::OneUser(low, high) => format!("nothing lies between {} and {}.", display::load(low), at(high)),
            Self::Repeated => format!("the levels around the answer were measured {REPEATS} times each."),
            Self::Highest(top) => format!("every limit holds at {}, the highest load that may be offered.", at(top)),
            Self::Client(top) => format!(
                "the client could not offer more than {}. Give it more processes or machines, and measure on.",
                at(top)
            ),
            Self::Smallest(lowest) => format!("even {} fails, and nothing smaller can be offered.", at(lowest)),
            Self::NotJudged => {
                "a limit was not measured, so that another level would not be judged either. The verdict says which one."
                    .to_owned()
            }
            Self::Spent(resource) => format!("what is left of the {} budget does not pay for another level.", resource.name()),
        }
    }
}

impl Resource {
    /// The part of the budget, for a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Tokens => "token",
            Self::Dollars => "dollar",
            Self::Levels => "level",
        }
    }
}
