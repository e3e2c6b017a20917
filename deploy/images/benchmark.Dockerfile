# What runs the benchmark: Python with GuideLLM, and `headroom`, which drives it. The scripts come from a config map
# (deploy/base/benchmark). From the root of the repository:
#
#   cargo xtask package
#   docker build -f deploy/images/benchmark.Dockerfile -t REGISTRY/headroom/benchmark:0.1.0 .
FROM docker.io/library/python:3.11.13-slim-bookworm AS unpacked
ARG TARGETARCH=amd64
COPY target/package/headroom-*.linux_*.zip /package/
# The names of the plugin's zips begin in the same way.
RUN rm -f /package/headroom-llm-app-*.zip && \
    python3 -m zipfile -e /package/headroom-*.linux_${TARGETARCH}.zip /unpacked && \
    chmod 755 /unpacked/headroom

FROM docker.io/library/python:3.11.13-slim-bookworm
LABEL org.opencontainers.image.title="Headroom benchmark" \
      org.opencontainers.image.description="GuideLLM and headroom for the CronJob guidellm-daily" \
      org.opencontainers.image.version="0.1.0"
COPY deploy/images/benchmark-requirements.txt /tmp/requirements.txt
# PyTorch for processors alone: GuideLLM only makes prompts with it, and the one for GPUs is five gigabytes.
RUN pip install --no-cache-dir --no-deps --extra-index-url https://download.pytorch.org/whl/cpu -r /tmp/requirements.txt && \
    rm /tmp/requirements.txt && \
    guidellm --version
COPY --from=unpacked /unpacked/headroom /usr/local/bin/headroom
COPY --from=unpacked /unpacked/LICENSE /unpacked/THIRD-PARTY-LICENSES.txt /usr/share/doc/headroom/
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 1001:1001
CMD ["guidellm", "--help"]
