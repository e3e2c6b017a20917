//! The quantities that the analysis uses.

/// Declares the quantities, and the list of all of them.
macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A measured quantity, whatever its name is in a server. Units are in
        /// [`DictionaryRow::unit`](super::DictionaryRow::unit).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Quantity {
            $($(#[$doc])* $name,)*
        }

        impl Quantity {
            /// All of them, in the order of the dictionary.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

quantities! {
    /// Time to first token.
    Ttft,
    /// Time between two tokens of a request; every gap counts.
    Itl,
    /// Time per output token after the first, one mean per request.
    Tpot,
    /// Time from the arrival of a request to its last token.
    E2e,
    /// Time waiting for a place in the batch.
    QueueTime,
    /// Time from the first scheduling to the first token.
    PrefillTime,
    /// Time from the first token to the last.
    DecodeTime,
    /// Time from the first scheduling to the last token.
    InferenceTime,
    /// Requests in the batch.
    Running,
    /// Requests waiting for a place in the batch.
    Waiting,
    /// Requests waiting, by the reason.
    WaitingByReason,
    /// Share of the KV cache that is in use.
    KvUse,
    /// Tokens looked up in the prefix cache.
    PrefixCacheQueries,
    /// Tokens found in the prefix cache.
    PrefixCacheHits,
    /// Share of looked-up tokens that were found, as the server computes it.
    PrefixCacheHitRatio,
    /// Requests put back from the batch because the KV cache was full.
    Preemptions,
    /// Requests refused because an admission limit was reached.
    AdmissionRejections,
    /// Prompt tokens read.
    PromptTokens,
    /// Prompt tokens that were not computed because a cache had them.
    CachedPromptTokens,
    /// Tokens generated.
    OutputTokens,
    /// Requests finished, by reason.
    Success,
    /// Requests that ended without an answer.
    Failed,
    /// HTTP answers, by class of status.
    HttpRequests,
    /// HTTP answers, with each status code counted separately.
    HttpAnswers,
    /// HTTP answers that refuse a request for lack of capacity.
    HttpRefusals,
    /// Prompt tokens of a request.
    PromptLength,
    /// Output tokens of a request.
    OutputLength,
    /// The configuration of the KV cache, in labels.
    CacheConfig,
    /// Whether the last scrape worked.
    Up,
    /// When the server's process started.
    ProcessStart,
    /// Power drawn by a GPU.
    GpuPower,
    /// Energy used by a GPU.
    GpuEnergy,
    /// Share of time in which a GPU ran anything at all.
    GpuUse,
    /// GPU memory in use.
    GpuMemoryUsed,
    /// GPU memory that is free.
    GpuMemoryFree,
    /// GPU memory that the driver keeps.
    GpuMemoryReserved,
    /// Temperature of a GPU.
    GpuTemperature,
    /// Temperature of a GPU's memory.
    GpuMemoryTemperature,
    /// Clock of the multiprocessors.
    SmClock,
    /// Clock of the memory.
    MemoryClock,
    /// Share of cycles in which tensor cores worked.
    TensorActive,
    /// Share of cycles in which multiprocessors had work.
    SmActive,
    /// Share of time in which the compute engine was busy.
    EngineActive,
    /// Share of cycles in which the memory interface moved data.
    DramActive,
    /// Share of time in which the memory was read or written.
    MemoryCopyUse,
    /// Time throttled for power.
    PowerViolation,
    /// Time throttled for heat.
    ThermalViolation,
    /// Why clocks are held down, as bits.
    ClockReasons,
    /// Clock events, by kind.
    ClockEvents,
    /// The last XID error.
    Xid,
    /// Speed of a fan.
    FanSpeed,
}
