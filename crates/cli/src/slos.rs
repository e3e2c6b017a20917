//! `headroom slos`: the built-in service levels and their sources.

use std::io::Write;

use anyhow::Result;
use headroom_engine::slo::{DEFAULT_SLO, Limit, presets};
use serde::Serialize;

use crate::arguments::{Color, Format};
use crate::text::style::Style;
use crate::text::wrap;

#[derive(Serialize)]
struct SloJson {
    id: String,
    name: String,
    source: String,
    default: bool,
    limits: Vec<String>,
}

/// Writes the presets, the default first.
pub(crate) fn write(format: Format, color: Color, out: &mut impl Write) -> Result<()> {
    if format == Format::Json {
        let all: Vec<SloJson> = presets()
            .into_iter()
            .map(|slo| SloJson {
                default: slo.id == DEFAULT_SLO,
                limits: slo.limits.iter().map(Limit::expression).collect(),
                id: slo.id,
                name: slo.name,
                source: slo.source,
            })
            .collect();
        serde_json::to_writer_pretty(&mut *out, &all)?;
        writeln!(out)?;
        return Ok(());
    }
    let style = Style::new(color);
    for slo in presets() {
        let default = if slo.id == DEFAULT_SLO { "  (default)" } else { "" };
        let limits: Vec<String> = slo.limits.iter().map(Limit::label).collect();
        writeln!(out, "{}{}", style.bold(&slo.id), style.dim(default))?;
        writeln!(out, "  {}", limits.join(", "))?;
        for line in wrap(&slo.source, style.width(), "  ", "  ") {
            writeln!(out, "{}", style.dim(&line))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "Judge by limits of your own with --limit, for example --limit ttft_p95=1500ms.")?;
    Ok(())
}
