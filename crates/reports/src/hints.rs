//! Hints about the deployment in a report: labels that people gave, and markers in the model's name and in the file's
//! path. Every hint states its source, and `deployments.yaml` overrides it.

use headroom_engine::run::{Deployment, Known, Run};

/// Labels under which people write the quantization, most specific first.
const QUANTIZATION_LABELS: &[&str] = &["quantization", "quant", "precision", "dtype"];
const HARDWARE_LABELS: &[&str] = &["hardware", "gpu", "accelerator"];
const COUNT_LABELS: &[&str] = &["gpu_count", "gpus", "num_gpus"];
const PARALLEL_LABELS: &[&str] = &["tensor_parallel", "tensor_parallel_size", "tp"];

/// How names begin that say over how many accelerators tensors are spread, with those of experts or without, and over how many
/// requests and experts are, where each holds all other tensors. The second says nothing of tensors: `dep8` is not `tep8`.
const TENSORS: &[&str] = &["tp", "tep"];
const REQUESTS: &[&str] = &["dep"];

/// Markers of quantization in names. An exact number format says more than the method that
/// made it, so formats come first. A name without a marker proves nothing: some models are
/// quantized as published.
const MARKERS: &[&str] = &[
    "nvfp4",
    "mxfp4",
    "fp4",
    "w4a16",
    "w8a8",
    "w8a16",
    "int4",
    "int8",
    "fp8",
    "4bit",
    "8bit",
    "awq",
    "gptq",
    "autoround",
    "marlin",
    "bnb",
    "gguf",
    "hqq",
    "eetq",
    "bf16",
    "fp16",
    "fp32",
];

/// Accelerators, by the word for them in names.
const ACCELERATORS: &[(&str, &str)] = &[
    ("gb200", "NVIDIA GB200"),
    ("gh200", "NVIDIA GH200"),
    ("b300", "NVIDIA B300"),
    ("b200", "NVIDIA B200"),
    ("h200", "NVIDIA H200"),
    ("h100", "NVIDIA H100"),
    ("h20", "NVIDIA H20"),
    ("a100", "NVIDIA A100"),
    ("a10g", "NVIDIA A10G"),
    ("a10", "NVIDIA A10"),
    ("l40s", "NVIDIA L40S"),
    ("l40", "NVIDIA L40"),
    ("l4", "NVIDIA L4"),
    ("t4", "NVIDIA T4"),
    ("v100", "NVIDIA V100"),
    ("mi355x", "AMD MI355X"),
    ("mi325x", "AMD MI325X"),
    ("mi300x", "AMD MI300X"),
    ("mi250x", "AMD MI250X"),
    ("gaudi3", "Intel Gaudi 3"),
    ("gaudi2", "Intel Gaudi 2"),
];

/// The deployment, as far as the report shows it.
pub(crate) fn deployment(model: Option<Known<String>>, labels: &[(String, String)], path: &str) -> Deployment {
    let path_words: Vec<String> = words(path).collect();
    let degree = |prefixes: &[&str]| {
        let degree = |word: &String| prefixes.iter().find_map(|prefix| word.strip_prefix(prefix)?.parse::<u32>().ok());
        path_words.iter().find_map(degree).filter(|&degree| degree > 0).map(in_path)
    };
    let parallel = label(labels, PARALLEL_LABELS).and_then(whole).or_else(|| degree(TENSORS));
    let gpus = label(labels, COUNT_LABELS)
        .and_then(whole)
        .or_else(|| path_words.iter().find_map(|word| counted_accelerator(word)).map(in_path))
        // One replica occupies at least as many as its tensors, or its requests and experts, are spread over.
        .or_else(|| parallel.clone())
        .or_else(|| degree(REQUESTS));
    let quantization = label(labels, QUANTIZATION_LABELS)
        .map(|known| Known { value: known.value.to_lowercase(), source: known.source })
        .or_else(|| {
            let marker = marker(&model.as_ref()?.value)?;
            Some(Known { value: marker, source: "model name".to_owned() })
        })
        .or_else(|| marker(path).map(|value| Known { value, source: PATH.to_owned() }));
    let hardware = label(labels, HARDWARE_LABELS).or_else(|| {
        let name = path_words
            .iter()
            .find_map(|word| accelerator(word.trim_start_matches(|c: char| c.is_ascii_digit() || c == 'x')))?;
        Some(in_path(name.to_owned()))
    });
    Deployment {
        name: label(labels, &["deployment"]),
        model,
        quantization,
        hardware,
        gpus,
        tensor_parallel: parallel,
        engine: label(labels, &["engine"]),
        price: None,
    }
}

/// Sets a run's model from a file beside its report, with what the name hints at.
pub(crate) fn name_model(run: &mut Run, model: Known<String>) {
    let hinted = deployment(Some(model), &run.provenance.labels, &run.provenance.source);
    run.deployment.model = hinted.model;
    run.deployment.quantization = hinted.quantization.or(run.deployment.quantization.take());
}

/// The source of a hint in the file's path.
const PATH: &str = "file path";

fn in_path<T>(value: T) -> Known<T> {
    Known { value, source: PATH.to_owned() }
}

/// The first label with one of these names that has a value.
fn label(labels: &[(String, String)], names: &[&str]) -> Option<Known<String>> {
    names.iter().find_map(|name| {
        let (key, value) =
            labels.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.trim().is_empty())?;
        Some(Known { value: value.trim().to_owned(), source: format!("label {key}") })
    })
}

fn whole(known: Known<String>) -> Option<Known<u32>> {
    let value = known.value.parse().ok().filter(|&count: &u32| count > 0)?;
    Some(Known { value, source: known.source })
}

/// The lower-case words of a name or path.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}

/// The quantization in a name.
fn marker(name: &str) -> Option<String> {
    let found: Vec<String> = words(name).collect();
    let plain = MARKERS.iter().find(|marker| found.iter().any(|word| word == *marker)).map(|&marker| marker.to_owned());
    // llama.cpp's formats contain underscores: q4_k_m, q8_0.
    let kinds = || {
        name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map(str::to_ascii_lowercase)
            .find(|word| is_gguf_kind(word))
    };
    kinds().or(plain)
}

fn is_gguf_kind(word: &str) -> bool {
    let mut parts = word.split('_');
    let bits = parts.next().and_then(|first| first.strip_prefix('q')).and_then(|bits| bits.parse::<u8>().ok());
    let rest: Vec<&str> = parts.collect();
    bits.is_some_and(|bits| (2..=8).contains(&bits))
        && matches!(rest.as_slice(), ["0" | "1" | "k"] | ["k", "s" | "m" | "l" | "xl"])
}

fn accelerator(word: &str) -> Option<&'static str> {
    ACCELERATORS.iter().find(|(short, _)| *short == word).map(|&(_, name)| name)
}

/// The name of an accelerator, by the word for it in a text: `NVIDIA H100` for `h100` and for `NVIDIA-H100-80GB-HBM3`.
/// A text without such a word is kept as it is.
pub(crate) fn hardware_name(name: &str) -> String {
    words(name).find_map(|word| accelerator(&word)).unwrap_or(name).to_owned()
}

/// The number in a word such as `4xh100`.
fn counted_accelerator(word: &str) -> Option<u32> {
    let (count, name) = word.split_once('x')?;
    accelerator(name)?;
    count.parse().ok().filter(|&count: &u32| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(model: &str, labels: &[(&str, &str)], path: &str) -> Vec<String> {
        let labels: Vec<_> = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let model = (!model.is_empty()).then(|| Known { value: model.to_owned(), source: "report".to_owned() });
        let known = deployment(model, &labels, path);
        let text = |name: &str, known: &Option<Known<String>>| {
            known.as_ref().map(|k| format!("{name}={} ({})", k.value, k.source))
        };
        let number = |name: &str, known: &Option<Known<u32>>| {
            known.as_ref().map(|k| format!("{name}={} ({})", k.value, k.source))
        };
        [
            text("name", &known.name),
            text("quantization", &known.quantization),
            text("hardware", &known.hardware),
            number("gpus", &known.gpus),
            number("tp", &known.tensor_parallel),
            text("engine", &known.engine),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    #[test]
    fn a_label_outranks_the_model_name_and_that_the_path() {
        assert_eq!(
            check("x/Llama-FP8", &[("quantization", "W4A16")], "int8/a.json"),
            ["quantization=w4a16 (label quantization)"]
        );
        assert_eq!(check("x/Llama-FP8", &[], "int8/a.json"), ["quantization=fp8 (model name)"]);
        assert_eq!(check("x/Llama", &[], "int8/a.json"), ["quantization=int8 (file path)"]);
        assert_eq!(check("x/Llama", &[], "a.json"), Vec::<String>::new());
    }

    #[test]
    fn markers_in_model_names() {
        let cases = [
            ("RedHatAI/Llama-3.1-8B-Instruct-FP8-dynamic", Some("fp8")),
            ("RedHatAI/Llama-3.1-8B-Instruct-quantized.w4a16", Some("w4a16")),
            ("TheBloke/Llama-2-7B-AWQ", Some("awq")),
            ("unsloth/llama-bnb-4bit", Some("4bit")),
            ("bartowski/Llama-3.2-1B-Q4_K_M", Some("q4_k_m")),
            ("tiny_q8_0", None),
            ("meta-llama/Llama-3.1-8B-Instruct", None),
            ("org/report-2025-q4", None),
        ];
        for (name, expected) in cases {
            assert_eq!(marker(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn hardware_from_labels_and_path() {
        assert_eq!(
            check("", &[("gpu", "H100"), ("gpu_count", "2")], "a.json"),
            ["hardware=H100 (label gpu)", "gpus=2 (label gpu_count)"]
        );
        assert_eq!(
            check("", &[], "runs/4xL40S_tp2/a.json"),
            ["hardware=NVIDIA L40S (file path)", "gpus=4 (file path)", "tp=2 (file path)"]
        );
        assert_eq!(
            check("", &[], "m25_tep8_conc4.json"),
            ["gpus=8 (file path)", "tp=8 (file path)"],
            "experts are spread as tensors are"
        );
        assert_eq!(check("", &[], "m25_dep8_conc4.json"), ["gpus=8 (file path)"], "and here tensors are not");
        assert_eq!(check("", &[], "deployed_tp0_dependent.json"), Vec::<String>::new());
        assert_eq!(check("", &[("tp", "4")], "a"), ["gpus=4 (label tp)", "tp=4 (label tp)"]);
        assert_eq!(check("", &[("gpus", "none")], "a"), Vec::<String>::new());
        assert_eq!(
            check("", &[("deployment", "chat"), ("engine", "vllm 0.32")], ""),
            ["name=chat (label deployment)", "engine=vllm 0.32 (label engine)"]
        );
    }
}
