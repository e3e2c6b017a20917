//! Why there is a number, or why there is none: different answers.

/// Whether a deployment is seen in production, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Presence {
    /// It serves requests.
    Serving,
    /// It refuses requests for want of capacity, whatever it does with the others.
    Shedding,
    /// It is up and has nothing to do.
    Idle,
    /// Its metrics cannot be scraped, or it is gone: `up` is 0, or absent where there were series before.
    Down,
    /// It is scraped, and its server has no such metric in this version.
    MetricMissing,
    /// No series of it was ever found: labels that match nothing.
    NoData,
}

impl Presence {
    /// Every answer, from a server that works to one that is not known.
    pub const ALL: [Self; 6] =
        [Self::Serving, Self::Shedding, Self::Idle, Self::Down, Self::MetricMissing, Self::NoData];

    /// `serving`, `shedding`, `idle`, `down`, `metric_missing` or `no_data`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Shedding => "shedding",
            Self::Idle => "idle",
            Self::Down => "down",
            Self::MetricMissing => "metric_missing",
            Self::NoData => "no_data",
        }
    }

    /// Whether it is there: what its metrics say is about now.
    #[must_use]
    pub fn is_there(self) -> bool {
        matches!(self, Self::Serving | Self::Shedding | Self::Idle)
    }

    /// What it means, in a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Serving => "It serves requests.",
            Self::Shedding => "It refuses requests for want of capacity.",
            Self::Idle => "It is up and has nothing to do.",
            Self::Down => "Its metrics cannot be scraped: the server is down, restarts, or was removed.",
            Self::MetricMissing => "It is scraped, but this version of its server has no such metric.",
            Self::NoData => "No series match: check which labels stand for this deployment.",
        }
    }
}

/// What was seen of a deployment over a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sighting {
    /// Whether any series of it is known, now or earlier in the time that was looked at.
    pub known: bool,
    /// Whether the last scrape of any of its targets worked; `None` when `up` is absent.
    pub up: Option<bool>,
    /// Whether the metric that was asked for has samples in the window.
    pub measured: bool,
    /// Whether anything was running, waiting, or finished in the window; `None` when not known.
    pub active: Option<bool>,
    /// Whether requests were refused in the window for want of capacity; `None` when not known, which is not that none was.
    pub sheds: Option<bool>,
}

/// Tells the four kinds of absence apart, and a server that takes every request from one that refuses some.
#[must_use]
pub fn presence(sighting: &Sighting) -> Presence {
    match (sighting.known, sighting.up, sighting.measured) {
        (false, _, _) => Presence::NoData,
        // The last scrape decides: samples of a minute ago do not make a dead server serve.
        (true, Some(false), _) | (true, None, false) => Presence::Down,
        (true, Some(true), false) => Presence::MetricMissing,
        // What it let in may be little: that says nothing of how much is asked of it.
        (true, _, true) if sighting.sheds == Some(true) => Presence::Shedding,
        // `up` can be absent with samples present: they came by remote write.
        (true, _, true) if sighting.active == Some(false) => Presence::Idle,
        (true, _, true) => Presence::Serving,
    }
}
