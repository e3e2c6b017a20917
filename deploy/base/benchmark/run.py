"""Measures one model: the n-th file of models/ in the job's n-th pod, in every workload shape that it names.

`headroom bench` looks for the load that the model holds, with GuideLLM, a report for each load. A sweep has a folder of its own,
DEPLOYMENT/SHAPE-JOB, so a pod whose node went away is replaced by one that goes on from the reports there. A benchmark that fails
keeps the reports that are whole, the shapes after it are still measured, and the pod has failed.
"""

import datetime
import os
import subprocess
import sys

import settings


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


def job():
    """What names this job's sweeps: the job's name, and a part of its uid, because a job by hand may get an old one's name."""
    if not os.environ.get("JOB_NAME"):
        return datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    return f"{os.environ['JOB_NAME']}-{os.environ.get('JOB_UID', '')[:8]}".rstrip("-")


def tokenizer(name, model):
    """Its folder on the volume, which needs no internet, or else its name at Hugging Face."""
    folder = os.path.join(settings.RESULTS, ".tokenizers", name)
    if os.path.isdir(folder):
        return folder
    if model.get("TOKENIZER"):
        return model["TOKENIZER"]
    settings.fail(f"{name}: expected its tokenizer in {folder}, or TOKENIZER=… in {settings.MODELS}/{name}.env; found neither")


def command(model, shape, tokens, folder):
    """The command line of `headroom bench`."""
    line = [
        "headroom", "bench", model["TARGET"],
        "--model", model["MODEL"],
        "--out", folder,
        "--tool", "guidellm",
        "--tokenizer", tokens,
        # The certificate of a model server within the cluster is often signed by the operator itself.
        "--insecure",
    ]  # fmt: skip
    for key, option in settings.SHAPE_OPTIONS.items():
        if key in shape:
            line += [option, shape[key]]
    return line


def measure(name, model, shape_name):
    """Whether a sweep of this shape was measured to its end."""
    shape = settings.shape(shape_name)
    folder = os.path.join(settings.RESULTS, name, f"{shape_name}-{job()}")
    os.makedirs(folder, exist_ok=True)
    line = command(model, shape, tokenizer(name, model), folder)
    print(f"{name}, {shape_name}: {' '.join(line)}", flush=True)
    status = subprocess.run(line, check=False).returncode
    if status:
        print(f"error: {name}, {shape_name}: headroom bench ended with {status}", file=sys.stderr, flush=True)
    # What a sweep that failed measured before is worth as much.
    return pushed(name, folder) and status == 0


def pushed(name, folder):
    """Whether the reports of a sweep are where they are to be: with a Grafana elsewhere too, if one is named."""
    to = os.environ.get("HEADROOM_PUSH_TO")
    reports = sorted(file for file in os.listdir(folder) if file.endswith(".json") and not file.startswith("."))
    if not to or not reports:
        return True
    source = os.environ.get("HEADROOM_PUSH_DATA_SOURCE")
    if not source:
        settings.fail("HEADROOM_PUSH_TO names a Grafana; expected the uid of its data source in HEADROOM_PUSH_DATA_SOURCE, found none")
    line = [
        "headroom", "push", *(os.path.join(folder, report) for report in reports),
        "--to", to,
        "--data-source", source,
        "--folder", f"{name}/{os.path.basename(folder)}",
    ]  # fmt: skip
    status = subprocess.run(line, check=False).returncode
    if status == 2:
        print(f"error: {name}: headroom push ended with {status}; the reports stay in {folder}", file=sys.stderr, flush=True)
    return status != 2


def main():
    name = chosen()
    model = settings.model(name)
    # Every shape, whatever the ones before it did.
    measured = [measure(name, model, shape) for shape in model["SHAPES"].split()]
    if not all(measured):
        settings.fail(f"{name}: {measured.count(False)} of {len(measured)} benchmarks failed; what each one said is above")


if __name__ == "__main__":
    main()
