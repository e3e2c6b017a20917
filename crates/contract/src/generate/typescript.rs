//! Generates the TypeScript module of the contract.

use headroom_engine::bottleneck::BottleneckKind as Bottleneck;
use headroom_engine::breaking::BreakingState;
use headroom_engine::cost::{CostUnit, LoadRule};
use headroom_engine::findings::{Code, FindingSeverity};
use headroom_engine::live::Presence;
use headroom_engine::live::drift::Direction;
use headroom_engine::live::phases::PhaseKind;
use headroom_engine::pareto::Yield;
use headroom_engine::side_by_side::Mark;
use headroom_engine::slo::{Latency, Statistic};
use headroom_engine::tokens::TokenBasis;
use ts_rs::{Config, TS};

use crate::choices::{
    Annotation, Form, LimitUnit, LoadKind, LoadUnit, Metric, OTHER_SUBJECTS, Select, VariableKind,
    subjects as limit_subjects,
};
use crate::facts::{CustomSlo, DeploymentFacts, DeploymentMatch, Price, ProductionMapping};
use crate::frames::{Beside, Drawn, Read};
use crate::health::{HealthDetails, PrometheusHealth};
use crate::panel::{
    ChartLimit, ChartLimitVerdict, ChartOptions, ChartProduction, ChartSeries, ChartTheme, Comparison, ComparisonCell,
    ComparisonRow, DrawnChart, Fact, Float64Array, LimitInQuestion, Question, ScaleKind, SeriesAnswer, View,
};
use crate::production::{DeploymentHeadroom, Headrooms, Overlay, Seen};
use crate::query::{CUSTOM_SLO, DEFAULTS, Group, KEYS, Part, QuerySpec, Written, minutes};
use crate::resources::{
    Deployment, InProduction, Label, ListedRun, MetricChoice, Model, Problem, ProblemSeverity, Resource, SloChoice,
    UploadInParts, UploadOutcome, Uploaded, UploadedReport, UploadedRun,
};
use crate::run::{Finding, Judged, Limit, LimitVerdict, Run, Slo, Verdict, VerdictText};
use crate::settings::{
    HEADER_NAME, HEADER_VALUE, KEYS as SETTINGS, MOST_HEADERS, PROMETHEUS_KEYS, SECRETS, STORE_KEYS, STORE_SECRETS,
    Setting, Takes,
};
use crate::words::{Choice, Id, Word};

impl<T: Word> TS for Id<T> {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &Config) -> String {
        T::NAME.to_owned()
    }

    fn inline(config: &Config) -> String {
        Self::name(config)
    }
}

const HEAD: &str = "// Written from crates/contract and the query kinds of the backend. Do not edit it:
// `UPDATE_EXPECT=1 cargo test -p headroom-backend --test backend generated` regenerates it.
";

/// The whole text of the module.
#[must_use]
pub fn module(kinds: &[QuerySpec]) -> String {
    let mut text = HEAD.to_owned();
    for words in [
        words::<BreakingState>(),
        words::<FindingSeverity>(),
        words::<Code>(),
        words::<Presence>(),
        words::<Bottleneck>(),
        words::<PhaseKind>(),
        words::<Direction>(),
        words::<Mark>(),
        words::<Latency>(),
        words::<Group>(),
        words::<Part>(),
        words::<Drawn>(),
        words::<Beside>(),
        words::<Read>(),
        words::<Resource>(),
        words::<ProblemSeverity>(),
        words::<UploadOutcome>(),
        words::<LoadUnit>(),
        words::<LimitUnit>(),
        subjects(),
        choices::<Select>(),
        choices::<LoadKind>(),
        choices::<Form>(),
        choices::<Annotation>(),
        choices::<VariableKind>(),
        choices::<Metric>(),
        choices::<Statistic>(),
        choices::<View>(),
        choices::<ScaleKind>(),
        choices::<CostUnit>(),
        choices::<Yield>(),
        choices::<TokenBasis>(),
        choices::<LoadRule>(),
    ] {
        text.push_str(&words);
    }
    text.push_str(CHOICE);
    text.push_str(&query(kinds));
    text.push_str(&settings());
    for object in objects() {
        text.push_str(&object);
    }
    text
}

/// Every object type.
fn objects() -> Vec<String> {
    let config = Config::new().with_large_int("number");
    vec![
        object::<Run>(&config),
        object::<Limit>(&config),
        object::<Slo>(&config),
        object::<Verdict>(&config),
        object::<VerdictText>(&config),
        object::<LimitVerdict>(&config),
        object::<Finding>(&config),
        object::<Judged>(&config),
        object::<Seen>(&config),
        object::<Overlay>(&config),
        object::<DeploymentHeadroom>(&config),
        object::<Headrooms>(&config),
        object::<SloChoice>(&config),
        object::<Deployment>(&config),
        object::<Model>(&config),
        object::<Label>(&config),
        object::<InProduction>(&config),
        object::<ListedRun>(&config),
        object::<Problem>(&config),
        object::<MetricChoice>(&config),
        object::<Uploaded>(&config),
        object::<UploadedReport>(&config),
        object::<UploadedRun>(&config),
        object::<UploadInParts>(&config),
        object::<HealthDetails>(&config),
        object::<PrometheusHealth>(&config),
        object::<CustomSlo>(&config),
        object::<DeploymentFacts>(&config),
        object::<DeploymentMatch>(&config),
        object::<Price>(&config),
        object::<ProductionMapping>(&config),
        object::<ChartTheme>(&config),
        object::<ChartOptions>(&config),
        object::<ChartLimitVerdict>(&config),
        object::<ChartLimit<Float64Array>>(&config),
        object::<ChartProduction<Float64Array>>(&config),
        object::<ChartSeries<Float64Array>>(&config),
        object::<Question>(&config),
        object::<Fact>(&config),
        object::<SeriesAnswer>(&config),
        object::<DrawnChart>(&config),
        object::<LimitInQuestion>(&config),
        object::<ComparisonCell>(&config),
        object::<ComparisonRow>(&config),
        object::<Comparison>(&config),
    ]
}

fn object<T: TS>(config: &Config) -> String {
    let docs = one_line_comments(&T::docs().unwrap_or_default());
    let declared = one_line_comments(&T::decl(config));
    let (first, fields) = declared.split_once('\n').unwrap_or((&declared, ""));
    let fields: Vec<String> = fields.lines().map(|field| format!("  {}", field.trim())).collect();
    let last = fields.join("\n").replace(", };", ",\n};");
    format!("\n{docs}export {}\n{last}\n", first.trim_end())
}

/// Puts comments of one line on one line: `/** … */`.
fn one_line_comments(text: &str) -> String {
    text.replace("/**\n * ", "/** ").replace("\n */", " */")
}

/// A list of words as an object, so that TypeScript names its members and does not spell out their texts.
fn words<T: Word>() -> String {
    let members: Vec<String> = T::ALL.iter().map(|word| format!("  {}: {},", word.key(), quoted(word.id()))).collect();
    let (name, about, members) = (T::NAME, T::ABOUT, members.join("\n"));
    format!(
        "\n/** {about} */\nexport const {name} = {{\n{members}\n}} as const;\nexport type {name} = (typeof {name})[keyof typeof {name}];\n"
    )
}

/// A list of words with the labels and meanings that an editor shows.
fn choices<T: Choice>() -> String {
    let name = T::NAME;
    let rows: Vec<String> = T::ALL
        .iter()
        .map(|word| {
            format!(
                "  {{ value: {name}.{}, label: {}, description: {} }},",
                word.key(),
                quoted(word.label()),
                quoted(word.about())
            )
        })
        .collect();
    format!(
        "{}\n/** The choices of {name} in an editor. */\nexport const {}: readonly Choice<{name}>[] = [\n{}\n];\n",
        words::<T>(),
        list_name(name),
        rows.join("\n")
    )
}

/// The name of the list of a type's choices: `LoadKind` as `LOAD_KINDS`.
fn list_name(name: &str) -> String {
    let mut found = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !found.is_empty() {
            found.push('_');
        }
        found.extend(letter.to_uppercase());
    }
    let end = if found.ends_with('S') { "" } else { "S" };
    format!("{found}{end}")
}

const CHOICE: &str = "
/** A choice of an editor. */
export interface Choice<T extends string = string> {
  value: T;
  label: string;
  description: string;
}
";

/// The query kinds, and the keys of a query.
fn query(kinds: &[QuerySpec]) -> String {
    let mut text = String::from("\n/** What is asked. */\nexport const QueryKind = {\n");
    for kind in kinds {
        line(&mut text, &format!("  {}: {},", camel(kind.id), quoted(kind.id)));
    }
    text.push_str(
        "} as const;\nexport type QueryKind = (typeof QueryKind)[keyof typeof QueryKind];

/** A query kind as an editor offers it, and what it takes. */
export interface KindChoice extends Choice<QueryKind> {
  /** The heading under which it is offered. */
  group: string;
  needsPrometheus: boolean;
  takes: readonly Part[];
  /** What `fields` may name. */
  fields: readonly Choice[];
}

/** Every query kind, in the order that editors offer them. */
export const QUERY_KINDS: readonly KindChoice[] = [\n",
    );
    for kind in kinds {
        let takes: Vec<String> = kind.takes.iter().map(|part| format!("Part.{}", part.key())).collect();
        line(&mut text, "  {");
        line(&mut text, &format!("    value: QueryKind.{},", camel(kind.id)));
        line(&mut text, &format!("    label: {},", quoted(kind.label)));
        line(&mut text, &format!("    description: {},", quoted(kind.about)));
        line(&mut text, &format!("    group: {},", quoted(kind.group.label())));
        line(&mut text, &format!("    needsPrometheus: {},", kind.needs_prometheus));
        line(&mut text, &format!("    takes: [{}],", takes.join(", ")));
        line(&mut text, "    fields: [");
        for field in (kind.fields)() {
            line(
                &mut text,
                &format!(
                    "      {{ value: {}, label: {}, description: {} }},",
                    quoted(&field.name),
                    quoted(&field.title),
                    quoted(&field.about)
                ),
            );
        }
        line(&mut text, "    ],");
        line(&mut text, "  },");
    }
    text.push_str("];\n\n/** The keys of a query beside Grafana's own. A value that is absent means what the backend takes it for. */\n");
    text.push_str("export interface QueryKeys {\n");
    for key in KEYS {
        let written = match key.written {
            Written::List => "string[]",
            Written::Text | Written::Promql => "string",
            Written::Flag => "boolean",
        };
        line(&mut text, &format!("  /** {}. */\n  {}?: {written};", sentence(key.about), key.name));
    }
    text.push_str("}\n\n/** Keys whose value is a list. */\n");
    line(&mut text, &keys("QUERY_LISTS", Written::List));
    text.push_str("\n/** Keys whose value is a text. */\n");
    line(&mut text, &keys("QUERY_TEXTS", Written::Text));
    text.push_str(&defaults());
    line(
        &mut text,
        &format!(
            "\n/** The id of limits that a query brings itself. */\nexport const CUSTOM_SLO = {};",
            quoted(CUSTOM_SLO)
        ),
    );
    text
}

fn defaults() -> String {
    format!(
        "\n/** What the backend takes an absent value for: to be shown, never to be sent. */\nexport const DEFAULTS = {{\n  \
         queryType: QueryKind.{},\n  select: Select.{},\n  format: Form.{},\n  window: {},\n}} as const;\n",
        camel(DEFAULTS.kind),
        DEFAULTS.select.key(),
        DEFAULTS.form.key(),
        quoted(&minutes(DEFAULTS.window)),
    )
}

/// What limits can be on, with the units of their bounds.
fn subjects() -> String {
    let mut text = String::from("\n/** What a limit can be on besides a latency. */\nexport const Subject = {\n");
    for subject in OTHER_SUBJECTS {
        line(&mut text, &format!("  {subject:?}: {},", quoted(&subject.id())));
    }
    text.push_str("} as const;\n\n/** What a limit can be on, and what its bound is counted in. */\n");
    text.push_str("export const LIMIT_UNITS: Readonly<Record<string, LimitUnit | undefined>> = {\n");
    for subject in limit_subjects() {
        line(&mut text, &format!("  {}: {},", subject.id(), quoted(subject.unit())));
    }
    text.push_str("};\n");
    text
}

fn keys(name: &str, written: Written) -> String {
    let names: Vec<String> = KEYS.iter().filter(|key| key.written == written).map(|key| quoted(key.name)).collect();
    format!("export const {name} = [\n  {},\n] as const;", names.join(",\n  "))
}

/// The keys of the settings, and those of the secrets.
fn settings() -> String {
    let mut text = String::from(
        "\n/** The keys of the data source's settings beside Grafana's own. */\nexport interface SettingKeys {\n",
    );
    // The Prometheus' address is in both lists; it is taken from the second one.
    let own = SETTINGS.iter().filter(|setting| PROMETHEUS_KEYS.iter().all(|other| other.key != setting.key));
    let all = own.chain(STORE_KEYS).chain(PROMETHEUS_KEYS).filter(|setting| !setting.key.starts_with(HEADER_NAME));
    for Setting { key, takes, about, .. } in all {
        let written = match takes {
            Takes::Text | Takes::Word(_) | Takes::Duration(_) | Takes::Name => "string".to_owned(),
            Takes::Seconds(_) => "number".to_owned(),
            Takes::Flag => "boolean".to_owned(),
            Takes::List(of) => format!("{of}[]"),
        };
        line(&mut text, &format!("  /** {}. */\n  {key}?: {written};", sentence(about)));
    }
    text.push_str("}\n");
    text.push_str(&headers_and_secrets());
    line(
        &mut text,
        &format!("\n/** Headers are numbered from 1 to this. */\nexport const MOST_HEADERS = {MOST_HEADERS};"),
    );
    text
}

fn headers_and_secrets() -> String {
    let secrets: Vec<String> = SECRETS
        .iter()
        .chain(STORE_SECRETS)
        .filter(|secret| !secret.key.starts_with(HEADER_VALUE))
        .map(|secret| quoted(secret.key))
        .collect();
    format!(
        "\n/** The names of headers that are sent with every request. */\nexport type HeaderNames = \
         Partial<Record<`{HEADER_NAME}${{number}}`, string>>;\n\n/** What only the backend may read: the browser sets and \
         can set and remove them and sees which are set. */\nexport type Secrets = Partial<Record<{} | \
         `{HEADER_VALUE}${{number}}`, string>>;\n",
        secrets.join(" | ")
    )
}

/// An id in camel case: `cost_now` as `CostNow`.
fn camel(id: &str) -> String {
    id.split('_')
        .map(|part| {
            let mut letters = part.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
        })
        .collect()
}

/// A text from a document as the first sentence of a comment: with a capital letter.
fn sentence(about: &str) -> String {
    let mut letters = about.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
}
