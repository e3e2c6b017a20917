package kubernetes

import (
	encoding "encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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
		if err == nil && !entry.IsDir() {
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
	"shapes/chat.env":    "PROFILE=concurrent\nLOADS=1 2 4\nSECONDS_PER_LOAD=60\nPROMPT_TOKENS=512\nOUTPUT_TOKENS=256\n",
	"shapes/poisson.env": "PROFILE=poisson\nLOADS=0.5 1\nSECONDS_PER_LOAD=60\nPROMPT_TOKENS=64\nOUTPUT_TOKENS=16\n",
}

// Stands for GuideLLM, which is gigabytes: it notes its command line and writes as many benchmarks as it was given loads, or what
// the test asks for. The real one is run by hand: docs/kubernetes.md says how.
const standIn = `#!/usr/bin/env python3
import json, os, sys
with open(os.environ["NOTED"], "a") as file:
    file.write(json.dumps({"line": sys.argv[1:], "offline": os.environ.get("HF_HUB_OFFLINE")}) + "\n")
options = dict(zip(sys.argv[2::2], sys.argv[3::2]))
profile = json.loads(options["--profile"])
loads = profile.get("streams") or profile["rate"]
path = options["--output"].split("path=")[1]
behaviour = os.environ.get("BEHAVIOUR", "")
if behaviour == "fails" or behaviour == profile["kind"]:
    open(path, "w").write("half a rep")
    sys.exit(3)
if behaviour == "silent":
    sys.exit(0)
good = 0 if behaviour == "refused" else 7
if behaviour == "short":
    loads = loads[1:]
json.dump({"benchmarks": [{"metrics": {"request_totals": {"successful": good}}} for _ in loads]}, open(path, "w"))
`

func withStandIn(files map[string]string) map[string]string {
	all := map[string]string{
		"bin/guidellm": standIn,
		// What importlib.metadata asks for GuideLLM's version.
		"bin/guidellm-0.8.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: guidellm\nVersion: 0.8.1\n",
	}
	for name, content := range shapes {
		all[name] = content
	}
	for name, content := range files {
		all[name] = content
	}
	return all
}

func TestTheBenchmarkWritesAReportForEachShape(t *testing.T) {
	if withoutPython(t) {
		return
	}
	b := newBench(t, withStandIn(map[string]string{"models/a.env": aModel, "models/b.env": strings.ReplaceAll(aModel, "a-pred", "b-pred")}))
	out, err := b.run(t, "run.py", "JOB_COMPLETION_INDEX=1", "HEADROOM_COMPLETIONS=2", "NOTED="+b.at("noted"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	name := regexp.MustCompile(`^b/\d{8}T\d{6}Z-guidellm-0\.8\.1-(concurrent-chat|poisson-poisson)\.json$`)
	reports := b.reports(t)
	if len(reports) != 2 || !name.MatchString(reports[0]) || !name.MatchString(reports[1]) {
		t.Errorf("expected two reports with model, time, version, profile and shape in their names, found %v", reports)
	}
	noted, err := os.ReadFile(b.at("noted"))
	if err != nil {
		t.Fatal(err)
	}
	for _, expected := range []string{"http://b-predictor:8080", `\"streams\": [1, 2, 4]`, `\"rate\": [0.5, 1.0]`, "prompt_tokens=512,output_tokens=256", "kind=max_duration,seconds=60", "model=some/tokenizer", `\"model\": \"served-name\"`} {
		if !strings.Contains(string(noted), expected) {
			t.Errorf("expected %s in GuideLLM's command line, found\n%s", expected, noted)
		}
	}
}

// A tokenizer on the volume is used, and then nothing is asked of the internet.
func TestTheBenchmarkWorksDisconnected(t *testing.T) {
	if withoutPython(t) {
		return
	}
	b := newBench(t, withStandIn(map[string]string{"models/a.env": aModel, "results/.tokenizers/a/tokenizer.json": "{}"}))
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
	check := func(name string, files map[string]string, variables []string, says string, reports int) {
		t.Run(name, func(t *testing.T) {
			all := withStandIn(map[string]string{"models/a.env": aModel})
			for path, content := range files {
				all[path] = content
			}
			b := newBench(t, all)
			out, err := b.run(t, "run.py", append(variables, "NOTED="+b.at("noted"))...)
			if err == nil || !strings.Contains(out, says) {
				t.Errorf("expected it to fail and to say %q, found %v and\n%s", says, err, out)
			}
			// Nothing is left of what failed; what went well is kept.
			if found := b.reports(t); len(found) != reports {
				t.Errorf("expected %d reports, found %v", reports, found)
			}
		})
	}
	check("guidellm fails", nil, []string{"BEHAVIOUR=fails"}, "guidellm ended with 3", 0)
	check("one shape of two fails", nil, []string{"BEHAVIOUR=poisson"}, "1 of 2 benchmarks failed", 1)
	check("no report", nil, []string{"BEHAVIOUR=silent"}, "expected a report", 0)
	check("no request succeeded", nil, []string{"BEHAVIOUR=refused"}, "not one request succeeded", 0)
	check("a load is missing", nil, []string{"BEHAVIOUR=short"}, "for each of the 3 loads, found 2", 0)
	check("fewer pods than models", map[string]string{"models/b.env": aModel}, []string{"HEADROOM_COMPLETIONS=1"}, "1 completions", 0)
	check("more pods than models", nil, []string{"JOB_COMPLETION_INDEX=1"}, "set `completions` to 1", 0)
	check("an unknown key", map[string]string{"models/a.env": aModel + "RATE=1\n"}, nil, "found `RATE`", 0)
	check("an unknown shape", map[string]string{"models/a.env": strings.Replace(aModel, "SHAPES=chat", "SHAPES=chta", 1)}, nil, "no such workload shape", 0)
	check("an unknown profile", map[string]string{"shapes/chat.env": strings.Replace(shapes["shapes/chat.env"], "concurrent", "sweep", 1)}, nil, "expected one of concurrent", 0)
	check("no tokenizer", map[string]string{"models/a.env": strings.Replace(aModel, "TOKENIZER=some/tokenizer\n", "", 1)}, nil, "expected its tokenizer", 0)
}

// The settings in the repository are read by the script that reads them in the cluster.
func TestTheShippedModelsAndShapesAreWellFormed(t *testing.T) {
	if withoutPython(t) {
		return
	}
	b := newBench(t, withStandIn(nil))
	for index := range 2 {
		out, err := b.run(t, "run.py", fmt.Sprintf("JOB_COMPLETION_INDEX=%d", index), "HEADROOM_COMPLETIONS=2", "NOTED="+b.at("noted"),
			"HEADROOM_MODELS="+repository("deploy/base/benchmark/models"), "HEADROOM_SHAPES="+repository("deploy/base/benchmark/shapes"))
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	if found := b.reports(t); len(found) != 10 {
		t.Errorf("expected five reports of two models, found %v", found)
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
