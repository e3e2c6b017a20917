//! Whether a deployment has numbers in production, and if not, why not.

/// Whether a deployment is seen in production, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Presence {
    /// It serves requests.
    Serving,
    /// It refuses some requests for lack of capacity.
    Shedding,
    /// It is up and has nothing to do.
    Idle,
    /// Its metrics cannot be scraped, or it is gone: `up` is 0, or is absent although there were series before.
    Down,
    /// It is scraped, but this version of its server does not have the metric.
    MetricMissing,
    /// No series of it was ever found: its labels match nothing.
    NoData,
}

impl Presence {
    /// Every answer, from a server that works to one that was never found.
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

    /// Whether it is up, so that its metrics describe the present.
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

/// What was seen of a deployment in a time window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sighting {
    /// Whether any series of it is known, now or earlier in the time range that was searched.
    pub known: bool,
    /// Whether the last scrape of any of its targets worked; `None` if `up` is absent.
    pub up: Option<bool>,
    /// Whether the requested metric has samples in the window.
    pub measured: bool,
    /// Whether anything was running, waiting or finished in the window; `None` if unknown.
    pub active: Option<bool>,
    /// Whether requests were refused in the window for lack of capacity; `None` if unknown, which does not mean that
    /// none was.
    pub sheds: Option<bool>,
}

/// Tells the kinds of absence apart, and a server that refuses some requests from one that serves all.
#[must_use]
pub fn presence(sighting: &Sighting) -> Presence {
    match (sighting.known, sighting.up, sighting.measured) {
        (false, _, _) => Presence::NoData,
        // The last scrape decides: samples from a minute ago do not mean that a dead server serves.
        (true, Some(false), _) | (true, None, false) => Presence::Down,
        (true, Some(true), false) => Presence::MetricMissing,
        // Even if little is running, the demand may be high, so this comes before idle.
        (true, _, true) if sighting.sheds == Some(true) => Presence::Shedding,
        // `up` can be absent although there are samples: they came by remote write.
        (true, _, true) if sighting.active == Some(false) => Presence::Idle,
        (true, _, true) => Presence::Serving,
    }
}
