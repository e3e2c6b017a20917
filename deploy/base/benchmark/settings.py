"""Reads the files that say what is measured: lines KEY=VALUE, as in models/ and shapes/."""

import os
import sys

MODELS = os.environ.get("HEADROOM_MODELS", "/etc/headroom/models")
SHAPES = os.environ.get("HEADROOM_SHAPES", "/etc/headroom/shapes")
RESULTS = os.environ.get("HEADROOM_RESULTS", "/results")

MODEL_KEYS = {
    "required": ["MODEL", "TARGET", "SHAPES"],
    "optional": [
        "SELECTOR",
        "TOKENIZER",
        "NAME",
        "QUANTIZATION",
        "HARDWARE",
        "GPUS",
        "PRICE_DOLLARS_PER_HOUR",
        "PRICE_SOURCE",
        "PRICE_REGION",
        "PRICE_DATE",
    ],
}
# What a shape may say, and the option of `headroom bench` that it is.
SHAPE_OPTIONS = {
    "PROFILE": "--profile",
    "PROMPT_TOKENS": "--prompt-tokens",
    "OUTPUT_TOKENS": "--output-tokens",
    "LEVEL_TIME": "--level-time",
    "MAX_TIME": "--max-time",
    "SLO": "--slo",
    "FIRST": "--first",
    "MAX_LOAD": "--max-load",
    "UNTIL_WIDTH": "--until-width",
}
SHAPE_REQUIRED = ["PROFILE", "PROMPT_TOKENS", "OUTPUT_TOKENS", "MAX_TIME"]
SHAPE_KEYS = {"required": SHAPE_REQUIRED, "optional": [key for key in SHAPE_OPTIONS if key not in SHAPE_REQUIRED]}


def fail(message):
    """Ends the pod, and with it the job, as failed."""
    print(f"error: {message}", file=sys.stderr, flush=True)
    sys.exit(1)


def read(path, keys):
    """The settings of one file. Every key that is not known is an error, because it would be a setting without effect."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            key, equals, value = line.partition("=")
            if not equals:
                fail(f"{path}, line {number}: expected KEY=VALUE, found `{line}`")
            if key not in keys["required"] and key not in keys["optional"]:
                known = ", ".join(keys["required"] + keys["optional"])
                fail(f"{path}, line {number}: expected one of {known}; found `{key}`")
            found[key] = value.strip()
    for key in keys["required"]:
        if not found.get(key):
            fail(f"{path}: expected a line {key}=…, found none")
    return found


def names(folder):
    """The files of a mounted config map without their ending, in the order of their names."""
    found = sorted(name.removesuffix(".env") for name in os.listdir(folder) if name.endswith(".env"))
    if not found:
        fail(f"{folder}: expected files that end in .env, found none")
    return found


def model(name):
    """The settings of one model."""
    return read(os.path.join(MODELS, f"{name}.env"), MODEL_KEYS)


def shape(name):
    """The settings of one workload shape."""
    path = os.path.join(SHAPES, f"{name}.env")
    if not os.path.exists(path):
        fail(f"{path}: no such workload shape; there are {', '.join(names(SHAPES))}")
    return read(path, SHAPE_KEYS)
