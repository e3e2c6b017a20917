#!/usr/bin/env bash
# Puts Headroom into a cluster through Argo CD, waits until it is healthy, and asks Grafana for data.
#
#   deploy/deploy.sh            installs it, or checks what is installed: a second run changes nothing
#   deploy/deploy.sh --delete   removes it with its volumes: benchmark results are lost
#
# docs/kubernetes.md has the steps before this one.
set -euo pipefail

usage() {
  cat <<'END'
deploy.sh [options]
  --target openshift|kubernetes  which application of deploy/argocd; without it: openshift where the cluster has routes
  --repo URL                     the repository that Argo CD reads; without it: this checkout's remote `origin`
  --revision NAME                its branch, tag or commit; without it: what the application's file says
  --timeout DURATION             how long to wait for health, such as 15m (default)
  --grafana-url URL              where Grafana is reached from here; without it: its route or ingress
  --insecure                     do not check the certificate of that address
  --without-models               go on when no model is running yet
  --delete                       remove everything
Environment: KUBECTL, the program to use (kubectl, or oc where there is no kubectl).
END
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target='' repo='' revision='' timeout=15m grafana_url='' insecure='' models=required action=install

say() { printf '%s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case "$1" in
    --target | --repo | --revision | --timeout | --grafana-url)
      [ $# -ge 2 ] || fail "$1: expected a value behind it, found none"
      case "$1" in
        --target) target=$2 ;;
        --repo) repo=$2 ;;
        --revision) revision=$2 ;;
        --timeout) timeout=$2 ;;
        --grafana-url) grafana_url=${2%/} ;;
      esac
      shift 2
      ;;
    --insecure) insecure=--insecure; shift ;;
    --without-models) models=optional; shift ;;
    --delete) action=delete; shift ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; fail "expected one of these options, found $1" ;;
  esac
done

kube=${KUBECTL:-}
if [ -z "$kube" ]; then
  if command -v kubectl > /dev/null; then kube=kubectl; else kube=oc; fi
fi
command -v "$kube" > /dev/null || fail "expected kubectl or oc on the PATH, found neither"
"$kube" get --raw /version > /dev/null 2>&1 || fail "expected a cluster that answers \`$kube get --raw /version\`, found none: log in first"

has_api() { [ -n "$("$kube" api-resources --api-group="$1" -o name 2> /dev/null)" ]; }

if [ -z "$target" ]; then
  if has_api route.openshift.io; then target=openshift; else target=kubernetes; fi
fi
application_file=$here/argocd/$target.yaml
[ -f "$application_file" ] || fail "--target: expected openshift or kubernetes, found $target"

# The application's file is the one place of these.
field() { "$kube" patch --local -f "$application_file" --type=merge -p '{}' -o "jsonpath=$1"; }
application=$(field '{.metadata.name}')
argo=$(field '{.metadata.namespace}')
namespace=$(field '{.spec.destination.namespace}')
case "$target" in
  openshift) controller=openshift-gitops-argocd-application-controller ;;
  *) controller=argocd-application-controller ;;
esac

# Whether the overlay lists a component.
lists() { grep -Eq "^[[:space:]]*-[[:space:]].*components/$1\$" "$here/overlays/$target/kustomization.yaml"; }

random() { head -c 32 /dev/urandom | base64 | tr -d '+/=\n' | head -c 32; }

# Secrets that are in no repository: made here once, and never changed.
ensure_secret() { # name key [literal…]
  local name=$1 key=$2
  shift 2
  if "$kube" -n "$namespace" get secret "$name" > /dev/null 2>&1; then return; fi
  # By the standard input, so that no list of processes shows it.
  random | "$kube" -n "$namespace" create secret generic "$name" --from-file="$key=/dev/stdin" "$@" > /dev/null
  say "made the secret $name"
}

delete() {
  if has_api argoproj.io && "$kube" -n "$argo" get application "$application" > /dev/null 2>&1; then
    say "deleting the application $application and what it made; its volumes with the benchmark results go too"
    "$kube" -n "$argo" delete application "$application" --wait --timeout="$timeout" ||
      fail "application $application: not gone after $timeout; Argo CD deletes what it made first: see \`$kube -n $argo get application $application -o yaml\`"
  fi
  if "$kube" get namespace "$namespace" > /dev/null 2>&1; then
    "$kube" -n "$namespace" delete secret grafana-admin grafana-oauth-proxy --ignore-not-found
    # Jobs that were started by hand belong to nobody.
    "$kube" -n "$namespace" delete jobs -l app.kubernetes.io/name=guidellm,app.kubernetes.io/part-of=headroom --ignore-not-found
  fi
  say "$application is gone from $namespace; the namespace itself and the models in it stay"
}

missing=0
lacks() {
  printf 'missing: %s\n' "$*" >&2
  missing=$((missing + 1))
}

# Whether a namespace is there. One that cannot be read is told, and taken to be there.
has_namespace() {
  local said
  said=$("$kube" get namespace "$1" 2>&1) && return 0
  case "$said" in
    *NotFound*) return 1 ;;
    *) lacks "your right to read the namespace $1: $said" ;;
  esac
}

may() { [ "$("$kube" auth can-i "$@" 2> /dev/null)" = yes ]; }

check_models() {
  local file selector name running=0
  for file in "$here"/base/benchmark/models/*.env; do
    name=$(basename "$file" .env)
    selector=$(sed -n 's/^SELECTOR=//p' "$file")
    [ -n "$selector" ] || continue
    if [ -n "$("$kube" -n "$namespace" get pods -l "$selector" --field-selector=status.phase=Running -o name)" ]; then
      running=$((running + 1))
      say "found the model $name"
    else
      say "no running pod of the model $name ($selector)"
    fi
  done
  if [ "$running" = 0 ] && [ "$models" = required ]; then
    lacks "a running model in $namespace: deploy one of deploy/base/benchmark/models, describe yours there, or go on with --without-models"
  fi
}

check_prerequisites() {
  has_api argoproj.io || lacks "Argo CD (the kind Application of argoproj.io): install it, or apply without it: $kube apply --server-side -k deploy/overlays/$target"
  [ "$target" != openshift ] || has_api route.openshift.io || lacks "routes (route.openshift.io), which overlays/openshift needs: this is no OpenShift; use --target kubernetes"
  has_namespace "$argo" || lacks "the namespace $argo, where Argo CD reads applications"
  may create applications.argoproj.io -n "$argo" || lacks "your right to create applications in $argo"
  if grep -q 'registry\.example\.com' "$here/components/images/kustomization.yaml"; then
    lacks "images: build deploy/images, push them, and name your registry in deploy/components/images/kustomization.yaml"
  fi
  if ! has_namespace "$namespace"; then
    lacks "the namespace $namespace, where the models are"
    return
  fi
  may create secrets -n "$namespace" || lacks "your right to create secrets in $namespace"
  if may impersonate serviceaccounts -n "$argo"; then
    local account=system:serviceaccount:$argo:$controller
    may create deployments.apps -n "$namespace" --as="$account" ||
      lacks "the right of Argo CD ($account) to create deployments in $namespace; in OpenShift: $kube label namespace $namespace argocd.argoproj.io/managed-by=$argo"
    may create clusterroles.rbac.authorization.k8s.io --as="$account" ||
      lacks "the right of Argo CD ($account) to create cluster roles, which read nodes and metrics"
  fi
  local component operator
  for component in dcgm dcgm-chart; do
    lists "$component" || continue
    # The first namespace in the file: that of the role.
    operator=$(sed -n 's/^  namespace: //p' "$here/components/$component/rbac.yaml" | head -n 1)
    has_namespace "$operator" ||
      lacks "the namespace $operator of the DCGM exporter: install the GPU operator, or take components/$component out of overlays/$target"
  done
  check_models
}

apply() {
  if [ -z "$repo" ]; then
    repo=$(git -C "$here" remote get-url origin 2> /dev/null) ||
      fail "--repo: expected the address of your copy of the repository, or a git remote \`origin\`; found neither"
  fi
  [ -n "$revision" ] || revision=$(field '{.spec.source.targetRevision}')
  case "$repo$revision" in
    *[\"\\]*) fail "--repo, --revision: expected no quotes and no backslashes, found $repo $revision" ;;
  esac
  ensure_secret grafana-admin password --from-literal=user=admin
  if lists oauth-proxy; then ensure_secret grafana-oauth-proxy session_secret; fi
  "$kube" patch --local -f "$application_file" --type=merge -o yaml \
    -p "{\"spec\":{\"source\":{\"repoURL\":\"$repo\",\"targetRevision\":\"$revision\"}}}" |
    "$kube" apply --server-side --field-manager=headroom-deploy -f - > /dev/null
  say "application $application in $argo: $repo at $revision"
}

explain() {
  say "what Argo CD says:" >&2
  "$kube" -n "$argo" get application "$application" \
    -o 'jsonpath={range .status.conditions[*]}  {.type}: {.message}{"\n"}{end}{.status.operationState.message}{"\n"}' >&2 || true
  "$kube" -n "$argo" get application "$application" \
    -o 'jsonpath={range .status.resources[*]}{.kind} {.name}: {.status} {.health.status} {.health.message}{"\n"}{end}' |
    grep -v -E ': Synced (Healthy)? *$' | sed 's/^/  /' >&2 || true
}

wait_for() { # jsonpath value
  "$kube" -n "$argo" wait "application/$application" --for="jsonpath=$1=$2" --timeout="$timeout" > /dev/null 2>&1 || {
    explain
    fail "application $application: expected $1 to become $2 within $timeout, found \"$("$kube" -n "$argo" get application "$application" -o "jsonpath=$1")\""
  }
}

wait_until_healthy() {
  say "waiting until it is synced and healthy"
  # Of what is asked for now, and not of what was there before.
  wait_for '{.status.sync.comparedTo.source.repoURL}' "$repo"
  wait_for '{.status.sync.comparedTo.source.targetRevision}' "$revision"
  wait_for '{.status.sync.status}' Synced
  wait_for '{.status.health.status}' Healthy
}

find_url() {
  [ -z "$grafana_url" ] || return 0
  local host
  case "$target" in
    openshift) host=$("$kube" -n "$namespace" get route grafana -o 'jsonpath={.spec.host}') ;;
    *) host=$("$kube" -n "$namespace" get ingress grafana -o 'jsonpath={.spec.rules[0].host}') ;;
  esac
  [ -n "$host" ] || fail "expected a host in Grafana's route or ingress in $namespace, found none"
  grafana_url=https://$host
}

ask() { # path [curl options]
  local path=$1 user password
  shift
  user=$("$kube" -n "$namespace" get secret grafana-admin -o 'jsonpath={.data.user}' | base64 -d)
  password=$("$kube" -n "$namespace" get secret grafana-admin -o 'jsonpath={.data.password}' | base64 -d)
  curl --silent --show-error --max-time 60 $insecure --config <(printf 'user = "%s:%s"\n' "$user" "$password") "$@" "$grafana_url$path"
}

# The first text behind a key of JSON.
text_of() { sed -n "s/.*\"$1\":\"\(\([^\"\\\\]\|\\\\.\)*\)\".*/\1/p" | head -n 1; }

prove() {
  say "Grafana: $grafana_url"
  local health message live runs
  health=$(ask /api/datasources/uid/headroom/health) ||
    fail "$grafana_url does not answer from here; with \`$kube -n $namespace port-forward deployment/grafana 3000\` running, try --grafana-url http://127.0.0.1:3000"
  message=$(text_of message <<< "$health")
  case "$health" in
    *'"status":"OK"'*) say "the data source says: $message" ;;
    *) fail "the data source is not well: ${message:-$health}" ;;
  esac
  live=$(ask /api/ds/query --header 'Content-Type: application/json' --data \
    '{"from":"now-15m","to":"now","queries":[{"refId":"A","datasource":{"type":"headroom-llm-datasource","uid":"headroom"},"queryType":"live","fields":["concurrency"],"intervalMs":15000,"maxDataPoints":100}]}')
  # A frame with rows begins with their times.
  grep -q '"values":\[\[[0-9]' <<< "$live" ||
    fail "no data of a model server in the last fifteen minutes: ${message:-the data source says nothing}. Are the models scraped? See docs/kubernetes.md, \"When no data arrive\""
  say "data flow: Grafana has the last fifteen minutes of the model servers"
  runs=$(ask /api/datasources/uid/headroom/resources/runs)
  case "$runs" in
    '[]'*) say "no benchmark yet: the first one is tonight, or now by: $kube -n $namespace create job --from=cronjob/guidellm-daily manual-benchmark-01" ;;
    '['*) say "benchmarks are there" ;;
    *) fail "the list of benchmarks: expected a list, found $runs" ;;
  esac
}

if [ "$action" = delete ]; then
  delete
  exit 0
fi
command -v curl > /dev/null || fail "expected curl on the PATH, found none: it asks Grafana for data"
check_prerequisites
[ "$missing" = 0 ] || fail "$missing prerequisites are missing; nothing was changed"
apply
wait_until_healthy
find_url
prove
