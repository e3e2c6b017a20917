# What runs the benchmark: Python with GuideLLM. The scripts come from a config map (deploy/base/benchmark). From the root of the
# repository:
#
#   docker build -f deploy/images/benchmark.Dockerfile -t REGISTRY/headroom/benchmark:0.1.0 .
FROM docker.io/library/python:3.11.13-slim-bookworm
LABEL org.opencontainers.image.title="Headroom benchmark" \
      org.opencontainers.image.description="GuideLLM for the CronJob guidellm-daily" \
      org.opencontainers.image.version="0.1.0"
COPY deploy/images/benchmark-requirements.txt /tmp/requirements.txt
# PyTorch for processors alone: GuideLLM only makes prompts with it, and the one for GPUs is five gigabytes.
RUN pip install --no-cache-dir --no-deps --extra-index-url https://download.pytorch.org/whl/cpu -r /tmp/requirements.txt && \
    rm /tmp/requirements.txt && \
    guidellm --version
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 1001:1001
CMD ["guidellm", "--help"]
