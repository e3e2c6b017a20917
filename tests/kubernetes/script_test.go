package kubernetes

import (
	encoding "encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	application = "step-07-model-performance-metrics"
	gitops      = "openshift-gitops"
	copyAt      = "https://git.example.org/headroom.git"
)

// A cluster with everything that deploy.sh asks for, but what a test takes away.
type stage struct {
	t    *testing.T
	root string
	// Grafana, as far as the script asks it.
	grafana *httptest.Server
	mutex   sync.Mutex
	health  string
	live    string
	runs    string
	asked   []string
}

// What Grafana answers when all is well.
const (
	wellHealth = `{"status":"OK","message":"Prometheus 3.5.0 answers; 2 model servers"}`
	wellLive   = `{"results":{"A":{"status":200,"frames":[{"schema":{"fields":[{"name":"time"}]},"data":{"values":[[1795494374000],[2.5]]}}]}}}`
	emptyLive  = `{"results":{"A":{"status":200,"frames":[{"schema":{"fields":[]},"data":{"values":[]}}]}}}`
)

// Puts the stage up. What it changed in the cluster is gone when the test ends.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, root: checkout(t), health: wellHealth, live: wellLive, runs: "[]"}
	edit(t, s.at("deploy/components/images/kustomization.yaml"), "registry.example.com/headroom/plugin", "registry.example.org/headroom/plugin")
	edit(t, s.at("deploy/components/images/kustomization.yaml"), "registry.example.com/headroom/benchmark", "registry.example.org/headroom/benchmark")
	s.grafana = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.grafana.Close)
	s.apply(argoRights)
	s.apply(model)
	kubectl(t, "", "-n", namespace, "patch", "pod", "mistral", "--subresource=status", "--type=merge", "-p", `{"status":{"phase":"Running"}}`)
	return s
}

func (s *stage) at(name string) string { return filepath.Join(s.root, name) }

// Applies something for as long as the test runs.
func (s *stage) apply(manifest string) {
	s.t.Helper()
	kubectl(s.t, manifest, "apply", "--server-side", "-f", "-")
	s.t.Cleanup(func() { _ = server.do(manifest, "delete", "--force", "--ignore-not-found", "--wait=false", "-f", "-") })
}

const argoRights = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: argo }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, name: openshift-gitops-argocd-application-controller, namespace: openshift-gitops }]
`

const model = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: models, namespace: private-ai }
---
apiVersion: v1
kind: Pod
metadata: { name: mistral, namespace: private-ai, labels: { serving.kserve.io/inferenceservice: mistral-3-int4 } }
spec:
  serviceAccountName: models
  containers: [{ name: kserve-container, image: "vllm:0.13.0" }]
`

func (s *stage) answer(writer http.ResponseWriter, request *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.asked = append(s.asked, request.Method+" "+request.URL.Path)
	// The user that Grafana was started with, and nobody else.
	secret := object{}
	out, _ := server.ask("", "-n", namespace, "get", "secret", "grafana-admin", "-o", "json")
	_ = encoding.Unmarshal([]byte(out), &secret)
	user, password, _ := request.BasicAuth()
	if json(text(secret, "data", "password")) != json([]byte(password)) || user != "admin" {
		http.Error(writer, `{"message":"Invalid username or password"}`, http.StatusUnauthorized)
		return
	}
	switch request.URL.Path {
	case "/api/datasources/uid/headroom/health":
		fmt.Fprint(writer, s.health)
	case "/api/ds/query":
		fmt.Fprint(writer, s.live)
	case "/api/datasources/uid/headroom/resources/runs":
		fmt.Fprint(writer, s.runs)
	default:
		http.NotFound(writer, request)
	}
}

// Runs deploy.sh; what it printed, and how it ended.
func (s *stage) run(variables []string, arguments ...string) (string, error) {
	s.t.Helper()
	command := exec.Command("bash", append([]string{s.at("deploy/deploy.sh")}, arguments...)...)
	command.Env = append(server.environment(), variables...)
	out, err := command.CombinedOutput()
	return string(out), err
}

func (s *stage) install(arguments ...string) (string, error) {
	s.t.Helper()
	return s.run(nil, append([]string{"--repo", copyAt, "--timeout", "20s", "--grafana-url", s.grafana.URL}, arguments...)...)
}

// Plays Argo CD until the test ends: applies what an application names and says so in its status, deletes it again when the
// application goes. `status` is what it says.
func (s *stage) playArgo(health string) {
	s.t.Helper()
	manifest := stream(s.t, parse(s.t, kubectl(s.t, "", "kustomize", s.at("deploy/overlays/openshift"))))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				playOnce(manifest, health)
			}
		}
	}()
	s.t.Cleanup(func() {
		close(stop)
		<-done
		_ = server.do("", "-n", gitops, "patch", "application", application, "--type=merge", "-p", `{"metadata":{"finalizers":[]}}`)
		_ = server.do("", "-n", gitops, "delete", "application", application, "--ignore-not-found")
		_ = server.do(manifest, "delete", "--ignore-not-found", "--wait=false", "-f", "-")
		_ = server.do("", "-n", namespace, "delete", "secret", "grafana-admin", "--ignore-not-found")
	})
}

func playOnce(manifest, health string) {
	var app object
	out, err := server.ask("", "-n", gitops, "get", "application", application, "-o", "json")
	if err != nil || encoding.Unmarshal([]byte(out), &app) != nil {
		return
	}
	patch := func(value object) {
		_ = server.do("", "-n", gitops, "patch", "application", application, "--type=merge", "-p", json(value))
	}
	if at(app, "metadata", "deletionTimestamp") != nil {
		_ = server.do(manifest, "delete", "--ignore-not-found", "--wait=false", "-f", "-")
		patch(object{"metadata": object{"finalizers": []any{}}})
		return
	}
	source := at(app, "spec", "source")
	if at(app, "status", "health", "status") == health && json(at(app, "status", "sync", "comparedTo", "source")) == json(source) {
		return
	}
	_ = server.do(manifest, "apply", "--server-side", "--field-manager=argocd", "-f", "-")
	patch(object{"status": object{
		"sync":       object{"status": "Synced", "comparedTo": object{"source": source, "destination": at(app, "spec", "destination")}},
		"health":     object{"status": health},
		"conditions": []any{object{"type": "SyncError", "message": "the image cannot be pulled"}},
		"resources": []any{
			object{"kind": "Deployment", "name": "grafana", "namespace": namespace, "version": "v1", "status": "Synced", "health": object{"status": health, "message": "waiting for rollout"}},
			object{"kind": "Service", "name": "grafana", "namespace": namespace, "version": "v1", "status": "Synced", "health": object{"status": "Healthy"}},
		},
	}})
}

func withoutPrograms(t *testing.T) bool {
	t.Helper()
	if !server.customKinds {
		leftOut(t, "deploy.sh, because Argo CD's kinds are not in ../shared/data/crds here")
		return true
	}
	for _, program := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			leftOut(t, "deploy.sh, because there is no `%s` here", program)
			return true
		}
	}
	return false
}

func TestDeployInstallsAndProvesThatDataFlow(t *testing.T) {
	if withoutPrograms(t) {
		return
	}
	s := newStage(t)
	s.playArgo("Healthy")
	out, err := s.install("--revision", "v0.1.0")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, expected := range []string{"found the model mistral-3-int4", "Grafana: " + s.grafana.URL, "2 model servers", "data flow", "manual-benchmark-01"} {
		if !strings.Contains(out, expected) {
			t.Errorf("expected it to say %q, found\n%s", expected, out)
		}
	}
	var app object
	if err := encoding.Unmarshal([]byte(kubectl(t, "", "-n", gitops, "get", "application", application, "-o", "json")), &app); err != nil {
		t.Fatal(err)
	}
	if source := at(app, "spec", "source"); text(source, "repoURL") != copyAt || text(source, "targetRevision") != "v0.1.0" || text(source, "path") != "deploy/overlays/openshift" {
		t.Errorf("expected the repository, the revision and the overlay, found %s", json(source))
	}

	// A second run changes nothing.
	before := everything(t)
	s.runs = `[{"id":"1"}]`
	out, err = s.install("--revision", "v0.1.0")
	if err != nil || !strings.Contains(out, "benchmarks are there") {
		t.Errorf("%v\n%s", err, out)
	}
	if after := everything(t); !maps.Equal(before, after) {
		t.Errorf("a second run changed %v", changed(before, after))
	}

	// Nothing is left, not even a benchmark that was started by hand; what was not ours stays.
	kubectl(t, "", "-n", namespace, "create", "job", "--from=cronjob/guidellm-daily", "manual-benchmark-01")
	for range 2 {
		if out, err := s.run(nil, "--delete", "--timeout", "20s"); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	for name := range everything(t) {
		t.Errorf("left behind: %s", name)
	}
	if !strings.Contains(kubectl(t, "", "-n", namespace, "get", "pod", "mistral", "-o", "name"), "mistral") {
		t.Error("the model is gone")
	}
}

// Everything of ours in the cluster, by name, with its version.
func everything(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	add := func(objects []object) {
		for _, one := range objects {
			found[identity(one)] = text(one, "metadata", "resourceVersion")
		}
	}
	kinds := strings.Fields(kubectl(t, "", "api-resources", "--verbs=list", "-o", "name"))
	add(listed(t, "get", strings.Join(kinds, ","), "--all-namespaces", "-l", "app.kubernetes.io/part-of=headroom", "--ignore-not-found"))
	add(listed(t, "-n", namespace, "get", "secrets"))
	return found
}

// Each is told, all at once, and nothing is changed.
func TestDeployTellsWhatIsMissing(t *testing.T) {
	if withoutPrograms(t) {
		return
	}
	check := func(name, says string, take func(s *stage) []string, arguments ...string) {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			variables := take(s)
			out, err := s.run(variables, append([]string{"--repo", copyAt, "--timeout", "1s", "--grafana-url", s.grafana.URL}, arguments...)...)
			if err == nil || !strings.Contains(out, says) {
				t.Errorf("expected it to fail and to say %q, found %v and\n%s", says, err, out)
			}
			for left := range everything(t) {
				t.Errorf("expected nothing to be changed, found %s", left)
			}
		})
	}
	nothing := func(*stage) []string { return nil }
	check("no model", "missing: a running model", func(s *stage) []string {
		kubectl(s.t, "", "-n", namespace, "delete", "pod", "mistral", "--force")
		return nil
	})
	check("images", "missing: images", func(s *stage) []string {
		edit(s.t, s.at("deploy/components/images/kustomization.yaml"), "registry.example.org", "registry.example.com")
		return nil
	})
	check("namespace", "missing: the namespace nowhere", func(s *stage) []string {
		edit(s.t, s.at("deploy/argocd/openshift.yaml"), "namespace: private-ai", "namespace: nowhere")
		return nil
	})
	check("Argo CD's namespace", "missing: the namespace no-gitops", func(s *stage) []string {
		edit(s.t, s.at("deploy/argocd/openshift.yaml"), "namespace: openshift-gitops", "namespace: no-gitops")
		return nil
	})
	check("the GPU operator", "missing: the namespace no-operator", func(s *stage) []string {
		edit(s.t, s.at("deploy/components/dcgm/rbac.yaml"), "namespace: nvidia-gpu-operator", "namespace: no-operator")
		return nil
	})
	check("Argo CD's rights", "missing: the right of Argo CD", func(s *stage) []string {
		kubectl(s.t, argoRights, "delete", "-f", "-")
		return nil
	})
	check("rights", "missing: your right to create applications", func(s *stage) []string {
		path := s.at("kubeconfig")
		token := strings.TrimSpace(kubectl(s.t, "", "-n", namespace, "create", "token", "models"))
		if err := os.WriteFile(path, []byte(kubeconfig(server.url, token)), 0o600); err != nil {
			s.t.Fatal(err)
		}
		return []string{"KUBECONFIG=" + path}
	})
	check("a cluster", "expected a cluster", func(s *stage) []string {
		path := s.at("kubeconfig")
		if err := os.WriteFile(path, []byte(kubeconfig("https://127.0.0.1:1", "none")), 0o600); err != nil {
			s.t.Fatal(err)
		}
		return []string{"KUBECONFIG=" + path}
	})
	check("a known target", "expected openshift or kubernetes", nothing, "--target", "nomad")
	check("a known option", "expected one of these options", nothing, "--force")
	check("a value", "expected a value behind it", nothing, "--revision")
}

// As on a cluster without Argo CD and without routes.
func TestDeployTellsThatArgoCDIsMissing(t *testing.T) {
	for _, expected := range []string{"missing: Argo CD", "apply --server-side -k deploy/overlays/openshift", "missing: routes"} {
		if !strings.Contains(server.bare, expected) {
			t.Errorf("expected it to say %q, found\n%s", expected, server.bare)
		}
	}
}

func TestDeployTellsWhatGoesWrong(t *testing.T) {
	if withoutPrograms(t) {
		return
	}
	check := func(name, argoSays string, answer func(s *stage), says ...string) {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.playArgo(argoSays)
			answer(s)
			timeout := "20s"
			if argoSays != "Healthy" {
				timeout = "3s"
			}
			out, err := s.install("--timeout", timeout)
			if err == nil {
				t.Errorf("expected it to fail, found\n%s", out)
			}
			for _, expected := range says {
				if !strings.Contains(out, expected) {
					t.Errorf("expected it to say %q, found\n%s", expected, out)
				}
			}
		})
	}
	check("never healthy", "Degraded", func(*stage) {}, "the image cannot be pulled", "Deployment grafana: Synced Degraded waiting for rollout", "expected {.status.health.status} to become Healthy")
	check("no data", "Healthy", func(s *stage) { s.live = emptyLive }, "no data of a model server", "2 model servers")
	check("the data source is not well", "Healthy", func(s *stage) { s.health = `{"status":"ERROR","message":"http://prometheus:9090: connection refused"}` }, "connection refused")
	check("Grafana is not reached", "Healthy", func(s *stage) { s.grafana.Close() }, "does not answer from here", "port-forward")
}
