# A Grafana that has the plugin and its provisioning inside, for who runs no init container. After plugin.Dockerfile:
#
#   docker build -f deploy/images/grafana.Dockerfile --build-arg PLUGIN=REGISTRY/headroom/plugin:0.1.0 -t REGISTRY/headroom/grafana:0.1.0 .
#
# It needs HEADROOM_REPORTS and HEADROOM_PROMETHEUS_URL in its environment (docs/install.md).
ARG PLUGIN=registry.example.com/headroom/plugin:0.1.0
ARG GRAFANA=docker.io/grafana/grafana:12.4.0

FROM ${PLUGIN} AS plugin

FROM ${GRAFANA}
LABEL org.opencontainers.image.title="Grafana with Headroom" \
      org.opencontainers.image.description="Grafana, the plugin Headroom, its dashboards and alert rules" \
      org.opencontainers.image.version="0.1.0"
# Beside /var/lib/grafana, which a volume usually covers.
COPY --from=plugin /plugin /opt/headroom/plugins
COPY provisioning/datasources /etc/grafana/provisioning/datasources
COPY provisioning/plugins /etc/grafana/provisioning/plugins
COPY provisioning/dashboards /etc/grafana/provisioning/dashboards
COPY provisioning/alerting /etc/grafana/provisioning/alerting
ENV GF_PATHS_PLUGINS=/opt/headroom/plugins \
    GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=headroom-llm-app,headroom-llm-datasource,headroom-llm-panel \
    GF_PLUGINS_PREINSTALL_DISABLED=true
USER 472
