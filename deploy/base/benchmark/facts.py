"""Reads from the cluster what the reports do not say, and writes it to `deployments.yaml` beside them.

For each file of models/ the pods with its SELECTOR say which image serves the model with which arguments on how many GPUs, and
the label of their node says which GPU that is. What is not found stays out, because Headroom shows it as unknown then.
"""

import json
import os
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

import settings

ACCOUNT = os.environ.get("HEADROOM_ACCOUNT", "/var/run/secrets/kubernetes.io/serviceaccount")
MARK = "# Written by the benchmark before each run: changes are lost. Prices and facts of your own go into models/*.env."
GPU_RESOURCES = ["nvidia.com/gpu", "amd.com/gpu", "intel.com/gpu", "habana.ai/gaudi"]
GPU_LABELS = ["nvidia.com/gpu.product", "amd.com/gpu.product-name", "gpu.intel.com/product"]
# Where KServe notes on a pod from where its model came.
SOURCE = "internal.serving.kserve.io/storage-initializer-sourceuri"


def ask(path):
    """What the Kubernetes API answers to a GET."""
    server = os.environ.get("HEADROOM_API") or "https://{}:{}".format(
        os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    )
    with open(os.path.join(ACCOUNT, "token"), encoding="utf-8") as file:
        headers = {"Authorization": f"Bearer {file.read().strip()}"}
    trust = ssl.create_default_context(cafile=os.path.join(ACCOUNT, "ca.crt"))
    with urllib.request.urlopen(urllib.request.Request(server + path, headers=headers), context=trust, timeout=30) as answer:
        return json.load(answer)


def serving_pods(selector, namespace):
    """The pods that serve a model now."""
    query = urllib.parse.urlencode({"labelSelector": selector})
    pods = ask(f"/api/v1/namespaces/{namespace}/pods?{query}")["items"]
    return [pod for pod in pods if pod.get("status", {}).get("phase") == "Running"]


def server(pod):
    """The container that serves: the one with GPUs, or the first."""
    containers = pod["spec"]["containers"]
    return next((container for container in containers if gpus(container)), containers[0])


def gpus(container):
    """How many accelerators a container has; None where it asks for none."""
    limits = container.get("resources", {}).get("limits", {})
    counts = [int(limits[name]) for name in GPU_RESOURCES if name in limits]
    return sum(counts) or None


def argument(container, *names):
    """The value of an argument of the server, `--name value` or `--name=value`, as written in command or arguments."""
    words = " ".join(container.get("command", []) + container.get("args", [])).split()
    for name in names:
        for place, word in enumerate(words):
            if word.startswith(name + "="):
                return word[len(name) + 1 :].strip("'\"")
            if word == name and place + 1 < len(words):
                return words[place + 1].strip("'\"")
    return None


def hardware(pod):
    """The product name of the node's accelerators."""
    labels = ask("/api/v1/nodes/" + pod["spec"]["nodeName"])["metadata"].get("labels", {})
    found = next((labels[name] for name in GPU_LABELS if labels.get(name)), None)
    return found.replace("-", " ") if found else None


def engine(container):
    """The server's name and version, where its image says so."""
    image = container["image"].split("@")[0]
    name, _, tag = image.rpartition("/")[2].partition(":")
    word = next((word for word in ["vllm", "sglang", "tensorrt", "tgi"] if word in name), None)
    version = re.search(r"\d+\.\d+\.\d+\S*", tag)
    return f"{word or name} {version.group() if version else tag}".strip() if word or tag else None


def observed(pod):
    """What a serving pod says about its deployment."""
    container = server(pod)
    parallel = argument(container, "--tensor-parallel-size", "-tp")
    return {
        "model": pod["metadata"].get("annotations", {}).get(SOURCE),
        "quantization": argument(container, "--quantization", "-q"),
        "hardware": hardware(pod) if gpus(container) else None,
        "gpus": gpus(container),
        "tensor_parallel": int(parallel) if parallel and parallel.isdigit() else None,
        "engine": engine(container),
    }


def price(model):
    """What the settings say of the price."""
    if "PRICE_DOLLARS_PER_HOUR" not in model:
        return None
    keys = {"source": "PRICE_SOURCE", "region": "PRICE_REGION", "date": "PRICE_DATE"}
    return {"dollars_per_hour": float(model["PRICE_DOLLARS_PER_HOUR"])} | {
        key: model[name] for key, name in keys.items() if name in model
    }


def entry(name, model, namespace):
    """One entry of `deployments.yaml`: what the cluster shows, over it what the settings say."""
    facts = {}
    if model.get("SELECTOR"):
        pods = serving_pods(model["SELECTOR"], namespace)
        if pods:
            facts = observed(pods[0])
        else:
            print(f"{name}: no running pod has {model['SELECTOR']}; its hardware and engine stay unknown", file=sys.stderr)
    stated = {"model": model.get("NAME"), "quantization": model.get("QUANTIZATION"), "hardware": model.get("HARDWARE")}
    stated["gpus"] = int(model["GPUS"]) if "GPUS" in model else None
    facts |= {key: value for key, value in stated.items() if value is not None}
    facts["price"] = price(model)
    known = {key: value for key, value in facts.items() if value is not None}
    production = {"model_name": model["MODEL"], "namespace": namespace}
    return {"name": name, "match": {"path": f"{name}/**"}} | known | {"production": production}


def write(entries):
    """Replaces the file in one step. One that somebody else wrote is left alone."""
    path = os.path.join(settings.RESULTS, "deployments.yaml")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if file.readline().strip() != MARK:
                print(f"{path}: written by somebody else, so it stays as it is; delete it to have it written", file=sys.stderr)
                return
    aside = os.path.join(settings.RESULTS, ".deployments.yaml")
    with open(aside, "w", encoding="utf-8") as file:
        # JSON is YAML too, and needs no library.
        file.write(f"{MARK}\n{json.dumps({'deployments': entries}, indent=2, ensure_ascii=False)}\n")
    os.replace(aside, path)


def main():
    namespace = os.environ["NAMESPACE"]
    try:
        entries = [entry(name, settings.model(name), namespace) for name in settings.names(settings.MODELS)]
    except urllib.error.HTTPError as error:
        settings.fail(f"{error.url}: the Kubernetes API answered {error.code} {error.reason}; see deploy/base/benchmark/rbac.yaml")
    write(entries)


if __name__ == "__main__":
    main()
