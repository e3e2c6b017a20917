# The plugin for an init container, which copies /plugin into the folder that Grafana reads. From the root of the repository:
#
#   cargo xtask package
#   docker build -f deploy/images/plugin.Dockerfile -t REGISTRY/headroom/plugin:0.1.0 .
#
# The zip without dashboards is the right one here: provisioning/ brings them (docs/install.md).
ARG BUSYBOX=docker.io/library/busybox:1.37.0

FROM ${BUSYBOX} AS unpacked
ARG TARGETARCH=amd64
COPY target/package/headroom-llm-app-*-gitops.zip /package/
RUN set -eu; \
    count=$(find /package -name '*.zip' | wc -l); \
    [ "$count" = 1 ] || { echo "expected one headroom-llm-app-VERSION-gitops.zip in target/package, found $count" >&2; exit 1; }; \
    mkdir /plugin; \
    unzip -q /package/*.zip -d /plugin; \
    program=/plugin/headroom-llm-app/datasource/gpx_headroom_linux_${TARGETARCH}; \
    [ -f "$program" ] || { echo "expected $program in the zip, found none: package for this platform" >&2; exit 1; }; \
    chmod -R a+rX,go-w /plugin

FROM ${BUSYBOX}
LABEL org.opencontainers.image.title="Headroom plugin" \
      org.opencontainers.image.description="The Grafana plugin Headroom, to be copied by an init container" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=unpacked /plugin /plugin
USER 65532:65532
CMD ["cp", "-r", "/plugin/.", "/plugins/"]
