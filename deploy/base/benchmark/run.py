"""Measures one model with GuideLLM: the n-th file of models/ in the job's n-th pod, in every workload shape that it names.

Each report is a file of its own, DEPLOYMENT/TIME-guidellm-VERSION-PROFILE-SHAPE.json, and gets its name only when it is whole. A
benchmark that fails leaves none, the shapes after it are still measured, and the pod has failed.
"""

import datetime
import importlib.metadata
import json
import os
import subprocess
import sys

import settings

# What a load measures, by GuideLLM's name of the profile.
LOADS = {"concurrent": "streams", "poisson": "rate", "constant": "rate"}
NUMBERS = {"streams": int, "rate": float}


def chosen():
    """The model of this pod."""
    names = settings.names(settings.MODELS)
    count = int(os.environ.get("HEADROOM_COMPLETIONS", len(names)))
    index = int(os.environ.get("JOB_COMPLETION_INDEX", "0"))
    if count != len(names):
        settings.fail(f"the job has {count} completions and {settings.MODELS} has {len(names)} files; make them the same")
    if index >= len(names):
        settings.fail(f"this is pod {index} of the job and {settings.MODELS} has {len(names)} files; set `completions` to {len(names)}")
    return names[index]


def tokenizer(name, model):
    """Its folder on the volume, which needs no internet, or else its name at Hugging Face."""
    folder = os.path.join(settings.RESULTS, ".tokenizers", name)
    if os.path.isdir(folder):
        return folder, True
    if model.get("TOKENIZER"):
        return model["TOKENIZER"], False
    settings.fail(f"{name}: expected its tokenizer in {folder}, or TOKENIZER=… in {settings.MODELS}/{name}.env; found neither")


def command(model, shape, tokens, report):
    """GuideLLM's command line."""
    unit = LOADS.get(shape["PROFILE"])
    if unit is None:
        settings.fail(f"PROFILE: expected one of {', '.join(LOADS)}; found `{shape['PROFILE']}`")
    loads = [NUMBERS[unit](load) for load in shape["LOADS"].split()]
    profile = json.dumps({"kind": shape["PROFILE"], unit: loads})
    # The certificate of a model server within the cluster is often signed by the operator itself.
    backend = {"kind": "openai_http", "target": model["TARGET"], "model": model["MODEL"], "verify": False}
    data = f"kind=synthetic_text,prompt_tokens={shape['PROMPT_TOKENS']},output_tokens={shape['OUTPUT_TOKENS']}"
    return loads, [
        "guidellm", "run",
        "--backend", json.dumps(backend),
        "--tokenizer", f"kind=huggingface_auto,model={tokens}",
        "--data", data,
        "--data-loader", "kind=pytorch,num_workers=1,prefetch_factor=4",
        "--profile", profile,
        "--constraint", f"kind=max_duration,seconds={shape['SECONDS_PER_LOAD']}",
        "--output", f"kind=json,path={report}",
        "--disable-console-interactive",
    ]  # fmt: skip


def wrong(report, loads):
    """What keeps a report from being a result; None when nothing does."""
    try:
        with open(report, encoding="utf-8") as file:
            benchmarks = json.load(file)["benchmarks"]
    except (OSError, ValueError, KeyError) as error:
        return f"expected a report, found {error!r}"
    if len(benchmarks) != len(loads):
        return f"expected a benchmark for each of the {len(loads)} loads, found {len(benchmarks)}"
    if not any(benchmark["metrics"]["request_totals"]["successful"] for benchmark in benchmarks):
        return "not one request succeeded: is the model up, and is MODEL the name that it serves?"
    return None


def measure(name, model, shape_name):
    """Whether a report of this shape was written."""
    shape = settings.shape(shape_name)
    time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    folder = os.path.join(settings.RESULTS, name)
    os.makedirs(folder, exist_ok=True)
    version = importlib.metadata.version("guidellm")
    report = os.path.join(folder, f"{time}-guidellm-{version}-{shape['PROFILE']}-{shape_name}.json")
    # Headroom does not read hidden files, so it never sees half a report.
    aside = os.path.join(folder, "." + os.path.basename(report))
    tokens, local = tokenizer(name, model)
    loads, line = command(model, shape, tokens, aside)
    environment = os.environ | {"GUIDELLM__MAX_WORKER_PROCESSES": "2"} | ({"HF_HUB_OFFLINE": "1"} if local else {})
    print(f"{name}, {shape_name}: {' '.join(line)}", flush=True)
    status = subprocess.run(line, env=environment, check=False).returncode
    problem = f"guidellm ended with {status}" if status else wrong(aside, loads)
    if problem:
        if os.path.exists(aside):
            os.remove(aside)
        print(f"error: {name}, {shape_name}: {problem}", file=sys.stderr, flush=True)
        return False
    os.replace(aside, report)
    print(f"{name}, {shape_name}: wrote {report}", flush=True)
    return True


def main():
    name = chosen()
    model = settings.model(name)
    # Every shape, whatever the ones before it did.
    written = [measure(name, model, shape) for shape in model["SHAPES"].split()]
    if not all(written):
        settings.fail(f"{name}: {written.count(False)} of {len(written)} benchmarks failed; what each one said is above")


if __name__ == "__main__":
    main()
