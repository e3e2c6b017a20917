//! Units: the one table of the units of a frame's numbers, and how each is spelled.

/// The unit of a column. Grafana and the documents spell it in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// No number, or one without a unit.
    None,
    /// Offered load: users in a closed loop, requests per second in an open one.
    Load,
    /// The unit of the metric that was asked for.
    Value,
    /// Users.
    Users,
    /// Requests, as a count. Grafana shows it as a plain number.
    Requests,
    /// Requests per second.
    RequestsPerSecond,
    /// Tokens per second.
    TokensPerSecond,
    /// Operations per second.
    PerSecond,
    /// A count that may be large.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// A share from 0 to 1.
    Share,
    /// US dollars.
    Dollars,
    /// Joules.
    Joules,
    /// Watts.
    Watts,
}

impl Unit {
    /// Its spelling in the configuration of a Grafana field; empty without a unit, and where it depends on the query.
    #[must_use]
    pub const fn grafana(self) -> &'static str {
        match self {
            Self::None | Self::Load | Self::Value | Self::Requests => "",
            Self::Users => "users",
            Self::RequestsPerSecond => "reqps",
            Self::TokensPerSecond => "tok/s",
            Self::PerSecond => "ops",
            Self::Count => "short",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Hours => "h",
            Self::Days => "d",
            Self::Share => "percentunit",
            Self::Dollars => "currencyUSD",
            Self::Joules => "joule",
            Self::Watts => "watt",
        }
    }

    /// Its spelling for people, in the documents and in `meta.custom`; empty without a unit.
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            Self::None | Self::Count => "",
            Self::Load => "users or req/s",
            Self::Value => "ms, req/s or tok/s",
            Self::Users => "users",
            Self::Requests => "requests",
            Self::RequestsPerSecond => "req/s",
            Self::TokensPerSecond => "tok/s",
            Self::PerSecond => "per s",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Hours => "h",
            Self::Days => "d",
            Self::Share => "0 to 1",
            Self::Dollars => "US$",
            Self::Joules => "J",
            Self::Watts => "W",
        }
    }
}
