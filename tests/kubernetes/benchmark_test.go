package kubernetes

import (
	encoding "encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/yaml"
)

// The folders of a benchmark's pod, with what is mounted there.
type bench struct {
	folder string
}

func newBench(t *testing.T, files map[string]string) bench {
	t.Helper()
	b := bench{t.TempDir()}
	for _, folder := range []string{"models", "shapes", "results", "account", "bin"} {
		if err := os.MkdirAll(b.at(folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		write(t, b.at(name), content)
	}
	return b
}

func (b bench) at(name string) string { return filepath.Join(b.folder, name) }

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

// Runs a script of the benchmark; what it printed, and how it ended.
func (b bench) run(t *testing.T, script string, variables ...string) (string, error) {
	t.Helper()
	command := exec.Command("python3", repository("deploy/base/benchmark/"+script))
	command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH="+b.at("bin"), "PATH="+b.at("bin")+":"+os.Getenv("PATH"),
		"HEADROOM_MODELS="+b.at("models"), "HEADROOM_SHAPES="+b.at("shapes"), "HEADROOM_RESULTS="+b.at("results"),
		"HEADROOM_ACCOUNT="+b.at("account"), "NAMESPACE="+namespace)
	command.Env = append(command.Env, variables...)
	out, err := command.CombinedOutput()
	return string(out), err
}

func (b bench) reports(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(b.at("results"), func(path string, entry os.DirEntry, err error) error {
		// What is hidden, Headroom does not read; what the server said of itself stands beside a report.
		hidden := strings.Contains(strings.TrimPrefix(path, b.at("results")), "/.")
		if err == nil && !entry.IsDir() && !hidden && !strings.HasSuffix(path, ".server.json") {
			relative, _ := filepath.Rel(b.at("results"), path)
			names = append(names, relative)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func withoutPython(t *testing.T) bool {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		leftOut(t, "the scripts of the benchmark, because there is no `python3` here")
		return true
	}
	return false
}

const aModel = "MODEL=served-name\nTARGET=http://a-predictor:8080\nSELECTOR=serving.kserve.io/inferenceservice=a\nTOKENIZER=some/tokenizer\nSHAPES=chat poisson\n"

var shapes = map[string]string{
	"shapes/chat.env":    "PROFILE=concurrent\nMAX_TIME=1h\nPROMPT_TOKENS=512\nOUTPUT_TOKENS=256\n",
	"shapes/poisson.env": "PROFILE=poisson\nLEVEL_TIME=240s\nMAX_TIME=2h\nPROMPT_TOKENS=64\nOUTPUT_TOKENS=16\n",
}

// Stands for GuideLLM, which is gigabytes, and for the model server behind it: it takes GuideLLM's command line, notes it, and writes a
// report in GuideLLM's form, of a server that answers the first token after 80 ms for each user, or what the test asks for. All that
// drives it is the real `headroom bench`.
const standIn = `#!/usr/bin/env python3
import json, os, sys
options = dict(zip(sys.argv[2::2], sys.argv[3::2]))
profile = json.loads(options["--profile"])
with open(os.environ["NOTED"], "a") as file:
    file.write(json.dumps({"line": sys.argv[1:], "offline": os.environ.get("HF_HUB_OFFLINE"), "server": open(options["--config"]).read()}) + "\\n")
path = options["--output"].split("path=")[1]
behaviour = os.environ.get("BEHAVIOUR", "")
if behaviour == "fails" or behaviour == profile["kind"]:
    open(path, "w").write("half a rep")
    print("the data set could not be loaded", file=sys.stderr)
    sys.exit(3)
if behaviour == "silent":
    sys.exit(0)
load = (profile.get("streams") or profile["rate"])[0]
seconds = float(options["--constraint"].rsplit("=", 1)[1])
users = load if "streams" in profile else 4 * load
count = 0 if behaviour == "refused" else int(seconds * 4)
rows = []
for number in range(count):
    ttft = 80.0 * users * (0.75 + 0.5 * (number * 0.618 % 1))
    begin = 1796126400.0 + seconds * number / count
    latency = ttft / 1000 + 0.15
    rows.append({"request_start_time": begin, "request_end_time": begin + latency, "request_latency": latency, "prompt_tokens": 512,
        "output_tokens": 16, "time_to_first_token_ms": ttft, "inter_token_latency_ms": 10.0, "time_per_output_token_ms": latency * 1000 / 16})
def statistics(key):
    values = sorted(row[key] for row in rows)
    at = lambda percent: values[percent * len(values) // 100] if values else 0.0
    return {"successful": {"mean": sum(values) / max(len(values), 1), "median": at(50), "count": len(values), "total_sum": sum(values),
        "percentiles": {"p50": at(50), "p90": at(90), "p95": at(95), "p99": at(99)}}}
metrics = {"request_totals": {"successful": count, "errored": 10 if behaviour == "refused" else 0, "incomplete": 0, "total": count + 10}}
for key, source in (("request_latency",) * 2, ("time_to_first_token_ms",) * 2, ("inter_token_latency_ms",) * 2, ("time_per_output_token_ms",) * 2,
        ("prompt_token_count", "prompt_tokens"), ("output_token_count", "output_tokens")):
    metrics[key] = statistics(source)
strategy = {"type_": "concurrent", "streams": load} if "streams" in profile else {"type_": "poisson", "rate": load}
backend = json.load(open(options["--config"]))["spec"]["backend"]
json.dump({"metadata": {"version": 2, "guidellm_version": "0.8.1"},
    "config": {"spec": {"backend": backend, "data": [{"kind": "synthetic_text", "prompt_tokens": 512, "output_tokens": 16}]}},
    "benchmarks": [{"type_": "generative_benchmark", "config": {"strategy": strategy, "backend": {"model": backend["model"]}}, "metrics": metrics,
        "requests": {"successful": rows, "errored": [], "incomplete": []}, "start_time": 1796126400.0, "end_time": 1796126400.0 + seconds,
        "duration": seconds}], "conclusions": []}, open(path, "w"))
`

func withStandIn(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	headroom := os.Getenv("HEADROOM_PROGRAM")
	if headroom == "" {
		t.Fatal("HEADROOM_PROGRAM: expected the path of `headroom`, found nothing; run the tests by `cargo xtask test kubernetes`")
	}
	all := map[string]string{
		"bin/guidellm": standIn,
		"bin/headroom": "#!/bin/sh\nexec '" + headroom + "' \"$@\"\n",
	}
	for name, content := range shapes {
		all[name] = content
	}
	for name, content := range files {
		all[name] = content
	}
	return all
}

func TestTheBenchmarkSearchesTheEdgeInEachShape(t *testing.T) {
	if withoutPython(t) {
		return
	}
	b := newBench(t, withStandIn(t, map[string]string{"models/a.env": aModel, "models/b.env": strings.ReplaceAll(aModel, "a-pred", "b-pred")}))
	out, err := b.run(t, "run.py", "JOB_COMPLETION_INDEX=1", "HEADROOM_COMPLETIONS=2", "JOB_NAME=guidellm-daily-29", "JOB_UID=0123456789", "NOTED="+b.at("noted"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	name := regexp.MustCompile(`^b/(chat|poisson)-guidellm-daily-29-01234567/served-name-\d{8}T\d{6}Z-guidellm-(concurrent-p512-o256-c|poisson-p64-o16-r)[\d.]+(-\d+)?\.json$`)
	found := map[string]int{}
	for _, report := range b.reports(t) {
		match := name.FindStringSubmatch(report)
		if match == nil {
			t.Errorf("expected reports with model, time, tool, profile and load in their names, found %s", report)
			continue
		}
		found[match[1]]++
	}
	if found["chat"] < 3 || found["poisson"] < 3 {
		t.Errorf("expected a report for each load of two sweeps, found %v", found)
	}
	noted, err := os.ReadFile(b.at("noted"))
	if err != nil {
		t.Fatal(err)
	}
	for _, expected := range []string{"http://b-predictor:8080", `\"streams\": [1]`, "prompt_tokens=512,output_tokens=256", "model=some/tokenizer", `\"model\":\"served-name\"`, `\"verify\":false`} {
		if !strings.Contains(strings.ReplaceAll(string(noted), `\"streams\":[1]`, `\"streams\": [1]`), expected) {
			t.Errorf("expected %s in GuideLLM's command line, found\n%s", expected, noted)
		}
	}
	// The first token of p95 takes 1,000 ms at ten users: 80 ms x 1.225 x 10.
	if !strings.Contains(out, "TTFT p95") || !strings.Contains(out, "users") {
		t.Errorf("expected a verdict at the end, found\n%s", out)
	}
}

// A pod whose node went away is replaced: the new one goes on from the reports, and measures nothing twice.
func TestAReplacedPodGoesOn(t *testing.T) {
	if withoutPython(t) {
		return
	}
	b := newBench(t, withStandIn(t, map[string]string{"models/a.env": strings.Replace(aModel, "chat poisson", "chat", 1)}))
	variables := []string{"JOB_NAME=daily", "JOB_UID=0123456789", "NOTED=" + b.at("noted")}
	if out, err := b.run(t, "run.py", variables...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before := b.reports(t)
	last := before[len(before)-1]
	if err := os.Remove(filepath.Join(b.at("results"), last)); err != nil {
		t.Fatal(err)
	}
	if out, err := b.run(t, "run.py", variables...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	noted, _ := os.ReadFile(b.at("noted"))
	if runs := strings.Count(string(noted), "\n"); runs > len(before)+2 {
		t.Errorf("expected the reports that were there to be kept, found %d levels measured for %d reports", runs, len(before))
	}
	// Another job is another sweep.
	if out, err := b.run(t, "run.py", "JOB_NAME=daily", "JOB_UID=abcdefghij", "NOTED="+b.at("noted")); err != nil || !strings.Contains(out, "chat-daily-abcdefgh") {
		t.Errorf("expected a folder of its own for another job of the same name, found %v\n%s", err, out)
	}
}

// Each report, and what the server said beside it, goes to a Grafana elsewhere too; one that does not take them fails the job, and
// the reports stay.
func TestReportsArePushedWhereThatIsAsked(t *testing.T) {
	if withoutPython(t) {
		return
	}
	var mutex sync.Mutex
	var names []string
	var token string
	code := http.StatusCreated
	grafana := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		answer.Header().Set("Content-Type", "application/json")
		if request.Method == http.MethodGet {
			answer.WriteHeader(http.StatusNotFound)
			fmt.Fprint(answer, `{"message": "no report in the store has this content"}`)
			return
		}
		name := request.URL.Query().Get("name")
		names, token = append(names, request.URL.Path+" "+name), request.Header.Get("Authorization")
		answer.WriteHeader(code)
		if code != http.StatusCreated {
			fmt.Fprint(answer, `{"message": "only Editors may upload"}`)
			return
		}
		fmt.Fprintf(answer, `{"reports": [{"name": %q, "outcome": "stored", "path": %q, "message": null, "runs": [], "problems": []}]}`, name, name)
	}))
	defer grafana.Close()
	b := newBench(t, withStandIn(t, map[string]string{"models/a.env": strings.Replace(aModel, "chat poisson", "chat", 1)}))
	run := func() (string, error) {
		return b.run(t, "run.py", "JOB_NAME=daily", "JOB_UID=0123456789", "NOTED="+b.at("noted"), "HEADROOM_PUSH_TO="+grafana.URL, "HEADROOM_PUSH_DATA_SOURCE=elsewhere", "HEADROOM_TOKEN=MARKER-token")
	}
	out, err := run()
	if err != nil || strings.Contains(out, "MARKER-token") {
		t.Fatalf("expected it to push and to keep its token, found %v\n%s", err, out)
	}
	reports := b.reports(t)
	if len(reports) < 3 || len(names) < len(reports) || token != "Bearer MARKER-token" {
		t.Errorf("expected every report to be sent with the token, found %d of %d: %v", len(names), len(reports), names)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "/api/datasources/uid/elsewhere/resources/reports a/chat-daily-01234567/served-name-") {
			t.Errorf("expected the report below its deployment and sweep, found %s", name)
		}
	}
	code = http.StatusForbidden
	if out, err := run(); err == nil || !strings.Contains(out, "headroom push ended with 2") || len(b.reports(t)) != len(reports) {
		t.Errorf("expected a failed job that keeps its reports, found %v\n%s", err, out)
	}
}

// A tokenizer on the volume is used, and then nothing is asked of the internet.
func TestTheBenchmarkWorksDisconnected(t *testing.T) {
	if withoutPython(t) {
		return
	}
	b := newBench(t, withStandIn(t, map[string]string{"models/a.env": aModel, "results/.tokenizers/a/tokenizer.json": "{}"}))
	if out, err := b.run(t, "run.py", "NOTED="+b.at("noted")); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	noted, _ := os.ReadFile(b.at("noted"))
	if !strings.Contains(string(noted), "results/.tokenizers/a") || !strings.Contains(string(noted), `"offline": "1"`) {
		t.Errorf("expected the volume's tokenizer, and offline, found\n%s", noted)
	}
}

func TestABenchmarkThatFailsIsAFailedJob(t *testing.T) {
	if withoutPython(t) {
		return
	}
	check := func(name string, files map[string]string, variables []string, says string, measured string) {
		t.Run(name, func(t *testing.T) {
			all := withStandIn(t, map[string]string{"models/a.env": aModel})
			for path, content := range files {
				all[path] = content
			}
			b := newBench(t, all)
			out, err := b.run(t, "run.py", append(variables, "NOTED="+b.at("noted"))...)
			if err == nil || !strings.Contains(out, says) {
				t.Errorf("expected it to fail and to say %q, found %v and\n%s", says, err, out)
			}
			// No report of what failed; what went well is kept.
			for _, report := range b.reports(t) {
				if strings.HasSuffix(report, ".json") && (measured == "" || !strings.Contains(report, "/"+measured+"-")) {
					t.Errorf("expected no report of what failed, found %s", report)
				}
			}
		})
	}
	check("guidellm fails", nil, []string{"BEHAVIOUR=fails"}, "the data set could not be loaded", "")
	check("one shape of two fails", nil, []string{"BEHAVIOUR=poisson"}, "1 of 2 benchmarks failed", "chat")
	check("no report", nil, []string{"BEHAVIOUR=silent"}, "2 of 2 benchmarks failed", "")
	check("no request succeeded", nil, []string{"BEHAVIOUR=refused"}, "2 of 2 benchmarks failed", "")
	check("fewer pods than models", map[string]string{"models/b.env": aModel}, []string{"HEADROOM_COMPLETIONS=1"}, "1 completions", "")
	check("more pods than models", nil, []string{"JOB_COMPLETION_INDEX=1"}, "set `completions` to 1", "")
	check("an unknown key", map[string]string{"models/a.env": aModel + "RATE=1\n"}, nil, "found `RATE`", "")
	check("an unknown shape", map[string]string{"models/a.env": strings.Replace(aModel, "SHAPES=chat", "SHAPES=chta", 1)}, nil, "no such workload shape", "")
	check("an unknown profile", map[string]string{"shapes/chat.env": strings.Replace(shapes["shapes/chat.env"], "concurrent", "sweep", 1)}, nil, "possible values: concurrent", "poisson")
	check("no tokenizer", map[string]string{"models/a.env": strings.Replace(aModel, "TOKENIZER=some/tokenizer\n", "", 1)}, nil, "expected its tokenizer", "")
}

// The settings in the repository are taken by the scripts and by `headroom bench`, which says what it would do.
func TestTheShippedModelsAndShapesAreWellFormed(t *testing.T) {
	if withoutPython(t) {
		return
	}
	b := newBench(t, withStandIn(t, nil))
	for index := range 2 {
		out, err := b.run(t, "run.py", fmt.Sprintf("JOB_COMPLETION_INDEX=%d", index), "HEADROOM_COMPLETIONS=2", "NOTED="+b.at("noted"),
			"HEADROOM_MODELS="+repository("deploy/base/benchmark/models"), "HEADROOM_SHAPES="+repository("deploy/base/benchmark/shapes"))
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	sweeps := map[string]bool{}
	for _, report := range b.reports(t) {
		sweeps[filepath.Dir(report)] = true
	}
	if len(sweeps) != 10 {
		t.Errorf("expected five sweeps of two models, found %v", sweeps)
	}
}

// The pod of a model server, as KServe makes it.
const servingPod = `
apiVersion: v1
kind: Pod
metadata:
  name: a-predictor-1
  namespace: private-ai
  labels: { serving.kserve.io/inferenceservice: a }
  annotations: { internal.serving.kserve.io/storage-initializer-sourceuri: "oci://models/a-24b:1.5" }
spec:
  nodeName: gpu-node
  serviceAccountName: models
  containers:
    - name: kserve-container
      image: quay.io/vllm/vllm-openai:v0.13.0
      command: [vllm, serve, /mnt/models]
      args: ["--served-model-name=served-name", "--tensor-parallel-size", "4", "--quantization=compressed-tensors"]
      resources: { limits: { nvidia.com/gpu: "4" } }
    - name: proxy
      image: proxy:1.0.0
`

const gpuNode = "apiVersion: v1\nkind: Node\nmetadata:\n  name: gpu-node\n  labels: { nvidia.com/gpu.product: NVIDIA-L4 }\n"

// Reads a real API server with the account's own token and rights.
func TestFactsAreReadFromTheCluster(t *testing.T) {
	if withoutPython(t) {
		return
	}
	cluster := gpuNode + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: { name: models, namespace: private-ai }\n---" + servingPod
	objects := variant{"kubernetes", nil}.build(t)
	var rules []object
	for _, one := range objects {
		if strings.HasSuffix(text(one, "apiVersion"), "rbac.authorization.k8s.io/v1") || text(one, "kind") == "ServiceAccount" {
			rules = append(rules, one)
		}
	}
	manifest := stream(t, rules)
	kubectl(t, manifest, "apply", "--server-side", "-f", "-")
	defer kubectl(t, manifest, "delete", "--wait=false", "-f", "-")
	kubectl(t, cluster, "apply", "--server-side", "-f", "-")
	defer kubectl(t, cluster, "delete", "--force", "--wait=false", "-f", "-")
	kubectl(t, "", "-n", namespace, "patch", "pod", "a-predictor-1", "--subresource=status", "--type=merge", "-p", `{"status":{"phase":"Running"}}`)

	b := newBench(t, map[string]string{
		"models/a.env":  aModel + "NAME=A 24B\nPRICE_DOLLARS_PER_HOUR=3.4\nPRICE_SOURCE=list\nPRICE_DATE=2026-11-01\n",
		"models/b.env":  strings.ReplaceAll(aModel, "inferenceservice=a", "inferenceservice=b"),
		"account/token": strings.TrimSpace(kubectl(t, "", "-n", namespace, "create", "token", "guidellm")),
	})
	certificate, err := os.ReadFile(server.at("certificates/apiserver.crt"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, b.at("account/ca.crt"), string(certificate))
	out, err := b.run(t, "facts.py", "HEADROOM_API="+server.url)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(out, "b: no running pod") {
		t.Errorf("expected a word about the model that is not there, found\n%s", out)
	}
	expected := []object{
		{
			"name": "a", "match": object{"path": "a/**"}, "model": "A 24B", "quantization": "compressed-tensors", "hardware": "NVIDIA L4", "gpus": 4.0,
			"tensor_parallel": 4.0, "engine": "vllm 0.13.0", "price": object{"dollars_per_hour": 3.4, "source": "list", "date": "2026-11-01"},
			"production": object{"model_name": "served-name", "namespace": namespace},
		},
		{"name": "b", "match": object{"path": "b/**"}, "production": object{"model_name": "served-name", "namespace": namespace}},
	}
	if found := b.deployments(t); json(found) != json(expected) {
		t.Errorf("expected\n%s\nfound\n%s", json(expected), json(found))
	}

	// A second run writes it again; what somebody else wrote stays.
	if out, err := b.run(t, "facts.py", "HEADROOM_API="+server.url); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	write(t, b.at("results/deployments.yaml"), "deployments: []\n")
	out, err = b.run(t, "facts.py", "HEADROOM_API="+server.url)
	if err != nil || !strings.Contains(out, "written by somebody else") || len(b.deployments(t)) != 0 {
		t.Errorf("expected the file to be left alone, found %v\n%s", err, out)
	}

	// An account without rights is told, and the job fails.
	write(t, b.at("account/token"), strings.TrimSpace(kubectl(t, "", "-n", namespace, "create", "token", "grafana")))
	if out, err := b.run(t, "facts.py", "HEADROOM_API="+server.url); err == nil || !strings.Contains(out, "403") {
		t.Errorf("expected 403 to be told, found %v\n%s", err, out)
	}
}

func (b bench) deployments(t *testing.T) []object {
	t.Helper()
	bytes, err := os.ReadFile(b.at("results/deployments.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Deployments []object }
	converted, err := yaml.YAMLToJSON(bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := encoding.Unmarshal(converted, &file); err != nil {
		t.Fatal(err)
	}
	return file.Deployments
}

// A job by hand, as the published setup starts it.
func TestAJobByHandIsMadeFromTheCronJob(t *testing.T) {
	manifest := stream(t, ofKind(variants[0].build(t), "CronJob"))
	kubectl(t, manifest, "apply", "--server-side", "-f", "-")
	defer kubectl(t, manifest, "delete", "-f", "-")
	kubectl(t, "", "-n", namespace, "create", "job", "--from=cronjob/guidellm-daily", "manual-benchmark-01")
	defer kubectl(t, "", "-n", namespace, "delete", "job", "manual-benchmark-01")
	jobs := listed(t, "-n", namespace, "get", "jobs", "-l", "app.kubernetes.io/name=guidellm")
	if !slices.ContainsFunc(jobs, func(job object) bool { return text(job, "spec", "completionMode") == "Indexed" }) {
		t.Errorf("expected the job with the benchmark's label and a pod for each model, found %d jobs", len(jobs))
	}
}
