# The plugin for an init container, which copies /plugin into the folder that Grafana reads. From the root of the repository:
#
#   cargo xtask package
#   docker build -f deploy/images/plugin.Dockerfile -t REGISTRY/headroom/plugin:0.1.0 .
#
# The zip without dashboards is the right one here: provisioning/ brings them (docs/install.md). `cargo xtask package --all` makes those
# for the other architecture, which `docker buildx build --platform` asks for.
ARG BUSYBOX=docker.io/library/busybox:1.37.0

FROM ${BUSYBOX} AS unpacked
ARG TARGETARCH=amd64
COPY target/package/headroom-llm-app-*-gitops.linux_*.zip /package/
RUN set -eu; \
    count=$(find /package -name "*.linux_${TARGETARCH}.zip" | wc -l); \
    [ "$count" = 1 ] || { echo "expected one headroom-llm-app-VERSION-gitops.linux_${TARGETARCH}.zip in target/package, found $count" >&2; exit 1; }; \
    mkdir /plugin; \
    unzip -q /package/*.linux_${TARGETARCH}.zip -d /plugin; \
    chmod -R a+rX,go-w /plugin

FROM ${BUSYBOX}
LABEL org.opencontainers.image.title="Headroom plugin" \
      org.opencontainers.image.description="The Grafana plugin Headroom, to be copied by an init container" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=unpacked /plugin /plugin
USER 65532:65532
CMD ["cp", "-r", "/plugin/.", "/plugins/"]
