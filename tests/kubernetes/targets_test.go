package kubernetes

import (
	encoding "encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// A pod as Prometheus sees it.
type scraped struct {
	name, namespace string
	labels          object
	annotations     object
	phase           string
	initPort        int
	ports           []object
}

var seen = []scraped{
	{name: "bf16-1", labels: object{"serving.kserve.io/inferenceservice": "bf16"}, annotations: object{"prometheus.io/scrape": "true", "prometheus.io/port": "8080"}, initPort: 8080, ports: []object{{"containerPort": 8080}, {"containerPort": 8443}}},
	{name: "bf16-old", labels: object{"serving.kserve.io/inferenceservice": "bf16"}, phase: "Succeeded", ports: []object{{"containerPort": 8080}}},
	{name: "llm-1", labels: object{"app.kubernetes.io/part-of": "llminferenceservice", "app.kubernetes.io/component": "llminferenceservice-workload-prefill", "app.kubernetes.io/name": "llm"}, ports: []object{{"containerPort": 8000}}},
	{name: "llm-router", labels: object{"app.kubernetes.io/part-of": "llminferenceservice", "app.kubernetes.io/component": "llminferenceservice-router-scheduler", "app.kubernetes.io/name": "llm"}, ports: []object{{"containerPort": 9002, "name": "grpc"}, {"containerPort": 9090, "name": "metrics"}}},
	{name: "pool-epp", labels: object{"inferencepool": "pool-epp"}, ports: []object{{"containerPort": 9090, "name": "metrics"}}},
	{name: "sglang", annotations: object{"prometheus.io/scrape": "true", "prometheus.io/port": "30000", "prometheus.io/path": "/m"}, ports: []object{{"containerPort": 30000}, {"containerPort": 30001}}},
	{name: "plain", ports: []object{{"containerPort": 8080}}},
	{name: "exporter", namespace: "nvidia-gpu-operator", labels: object{"app": "nvidia-dcgm-exporter"}, ports: []object{{"containerPort": 9400}}},
	{name: "driver", namespace: "nvidia-gpu-operator", ports: []object{{"containerPort": 9400}}},
	{name: "elsewhere", namespace: "argocd", labels: object{"serving.kserve.io/inferenceservice": "x"}, annotations: object{"prometheus.io/scrape": "true"}, ports: []object{{"containerPort": 8080}}},
}

func (s scraped) manifest() object {
	container := func(name string, ports []object) object {
		return object{"name": name, "image": "x:1.0.0", "ports": ports}
	}
	spec := object{"serviceAccountName": "pods", "containers": []object{container("server", s.ports)}}
	if s.initPort != 0 {
		spec["initContainers"] = []object{container("storage-initializer", []object{{"containerPort": s.initPort}})}
	}
	return object{"apiVersion": "v1", "kind": "Pod", "spec": spec,
		"metadata": object{"name": s.name, "namespace": s.where(), "labels": s.labels, "annotations": s.annotations}}
}

func (s scraped) where() string {
	if s.namespace == "" {
		return namespace
	}
	return s.namespace
}

// With the account's own token, what is to be scraped is found on the API server, once each, and nothing else.
// VictoriaMetrics looks for it, by Prometheus's own configuration: Debian's Prometheus is built without Kubernetes.
func TestPrometheusFindsItsTargets(t *testing.T) {
	program := program("victoria-metrics")
	if program == "" {
		leftOut(t, "what Prometheus finds, because there is no `victoria-metrics` here")
		return
	}
	objects := variant{"openshift", nil}.build(t)
	var manifest strings.Builder
	var rules []object
	for _, one := range objects {
		if strings.HasSuffix(text(one, "apiVersion"), "rbac.authorization.k8s.io/v1") || text(one, "kind") == "ServiceAccount" {
			rules = append(rules, one)
		}
	}
	for _, where := range []string{namespace, "nvidia-gpu-operator", "argocd"} {
		rules = append(rules, object{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": object{"name": "pods", "namespace": where}})
	}
	for _, one := range seen {
		manifest.WriteString("---\n" + json(one.manifest()) + "\n")
	}
	accounts := stream(t, rules)
	kubectl(t, accounts, "apply", "--server-side", "-f", "-")
	defer kubectl(t, accounts, "delete", "--wait=false", "-f", "-")
	kubectl(t, manifest.String(), "apply", "--server-side", "-f", "-")
	defer kubectl(t, manifest.String(), "delete", "--force", "--wait=false", "-f", "-")
	for index, one := range seen {
		phase := one.phase
		if phase == "" {
			phase = "Running"
		}
		address := fmt.Sprintf("127.1.0.%d", index+1)
		status := object{"status": object{"phase": phase, "podIP": address, "podIPs": []object{{"ip": address}}}}
		kubectl(t, "", "-n", one.where(), "patch", "pod", one.name, "--subresource=status", "--type=merge", "-p", json(status))
	}

	folder := t.TempDir()
	write(t, filepath.Join(folder, "token"), strings.TrimSpace(kubectl(t, "", "-n", namespace, "create", "token", "prometheus")))
	write(t, filepath.Join(folder, "prometheus.yaml"), scrapeConfiguration(t, objects, filepath.Join(folder, "token")))
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", ports[0])
	command := exec.Command(program, "-promscrape.config="+filepath.Join(folder, "prometheus.yaml"), "-storageDataPath="+filepath.Join(folder, "data"), "-httpListenAddr="+address)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said strings.Builder
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Process.Kill(); _ = command.Wait() }()

	expected := []string{
		"annotated http://127.1.0.6:30000/m namespace=private-ai pod=sglang deployment=",
		"dcgm http://127.1.0.8:9400/metrics namespace= pod= deployment=",
		"endpoint-picker http://127.1.0.4:9090/metrics namespace=private-ai pod=llm-router deployment=llm",
		"endpoint-picker http://127.1.0.5:9090/metrics namespace=private-ai pod=pool-epp deployment=",
		"inferenceservice http://127.1.0.1:8080/metrics namespace=private-ai pod=bf16-1 deployment=bf16",
		"llminferenceservice https://127.1.0.3:8000/metrics namespace=private-ai pod=llm-1 deployment=llm",
		"prometheus http://127.0.0.1:9090/metrics namespace= pod= deployment=",
	}
	var found []string
	err = eventually(30*time.Second, func() error {
		found = targets(address)
		if !slices.Equal(found, expected) {
			return fmt.Errorf("expected\n%s\nfound\n%s", strings.Join(expected, "\n"), strings.Join(found, "\n"))
		}
		return nil
	})
	if err != nil {
		t.Errorf("%v\n%s", err, tail([]byte(said.String()), 3000))
	}
}

// The configuration that the pod mounts, in one file, with the API server's address and token in place of what a pod has.
func scrapeConfiguration(t *testing.T, objects []object, token string) string {
	t.Helper()
	var whole object
	var jobs []any
	for _, one := range ofKind(objects, "ConfigMap") {
		data, _ := at(one, "data").(object)
		switch name := text(one, "metadata", "name"); {
		case strings.HasPrefix(name, "prometheus-scrape-"):
			for _, content := range data {
				var file object
				if err := yaml.UnmarshalStrict([]byte(content.(string)), &file); err != nil {
					t.Fatal(err)
				}
				for _, job := range list(file, "scrape_configs") {
					jobs = append(jobs, reached(job, token))
				}
			}
		case strings.HasPrefix(name, "prometheus-"):
			if err := yaml.UnmarshalStrict([]byte(data["prometheus.yaml"].(string)), &whole); err != nil {
				t.Fatal(err)
			}
		}
	}
	if text(whole, "global", "scrape_interval") != "5s" {
		t.Errorf("expected a scrape every five seconds, found %s", text(whole, "global", "scrape_interval"))
	}
	// Newer than Debian's Prometheus: what the files hold is put in place.
	delete(whole, "scrape_config_files")
	whole["scrape_configs"] = jobs
	return json(whole)
}

func reached(job object, token string) object {
	for _, discovery := range list(job, "kubernetes_sd_configs") {
		discovery["api_server"] = server.url
		discovery["authorization"] = object{"credentials_file": token}
		discovery["tls_config"] = object{"insecure_skip_verify": true}
		if at(discovery, "namespaces", "own_namespace") == true {
			discovery["namespaces"] = object{"names": []string{namespace}}
		}
	}
	if at(job, "authorization", "credentials_file") != nil {
		job["authorization"] = object{"credentials_file": token}
	}
	return job
}

// What is scraped, sorted: job, address and the labels that queries use.
func targets(address string) []string {
	response, err := http.Get("http://" + address + "/api/v1/targets?state=active")
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	bytes, _ := io.ReadAll(response.Body)
	var answer struct {
		Data struct {
			ActiveTargets []struct {
				ScrapePool string
				ScrapeURL  string
				Labels     map[string]string
			}
		}
	}
	if encoding.Unmarshal(bytes, &answer) != nil {
		return nil
	}
	var found []string
	for _, one := range answer.Data.ActiveTargets {
		found = append(found, fmt.Sprintf("%s %s namespace=%s pod=%s deployment=%s", one.ScrapePool, one.ScrapeURL, one.Labels["namespace"], one.Labels["pod"], one.Labels["deployment"]))
	}
	slices.Sort(found)
	return found
}

// Prometheus takes the rest of its configuration: everything but the discovery that Debian's is built without.
func TestPrometheusTakesItsConfiguration(t *testing.T) {
	promtool := program("promtool")
	if promtool == "" {
		leftOut(t, "Prometheus's configuration, because there is no `promtool` here")
		return
	}
	for _, v := range []variant{{"openshift", nil}, {"kubernetes", []string{"dcgm-chart", "endpoint-picker"}}} {
		var whole object
		if err := encoding.Unmarshal([]byte(scrapeConfiguration(t, v.build(t), "token")), &whole); err != nil {
			t.Fatal(err)
		}
		for _, job := range list(whole, "scrape_configs") {
			delete(job, "kubernetes_sd_configs")
		}
		file := filepath.Join(t.TempDir(), "prometheus.yaml")
		write(t, file, json(whole))
		if out, err := exec.Command(promtool, "check", "config", "--syntax-only", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", v.name(), err, out)
		}
	}
}

// A program on the PATH, or where `cargo xtask` unpacks Debian's package.
func program(name string) string {
	if found, err := exec.LookPath(name); err == nil {
		return found
	}
	places, _ := filepath.Glob(repository(".cache/tools/debian/*/usr/bin/" + name))
	if len(places) > 0 {
		return places[0]
	}
	return ""
}
