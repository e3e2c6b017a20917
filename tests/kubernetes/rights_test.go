package kubernetes

import (
	"slices"
	"strings"
	"testing"
)

// All that an account may do beyond what everybody may, as the API server itself lists it. Exact: a right more is an error.
func TestAccountsMayDoWhatTheyNeedAndNothingElse(t *testing.T) {
	check := func(v variant, account, where string, rights ...string) {
		t.Run(v.name()+" "+account+" in "+where, func(t *testing.T) {
			var rules []object
			for _, one := range v.build(t) {
				if strings.HasSuffix(text(one, "apiVersion"), "rbac.authorization.k8s.io/v1") || text(one, "kind") == "ServiceAccount" {
					rules = append(rules, one)
				}
			}
			manifest := stream(t, rules)
			kubectl(t, manifest, "apply", "--server-side", "-f", "-")
			defer kubectl(t, manifest, "delete", "--wait=false", "-f", "-")
			found := rightsOf(t, account, where)
			slices.Sort(rights)
			if !slices.Equal(found, rights) {
				t.Errorf("expected %q, found %q", rights, found)
			}
		})
	}
	pods := "pods [get list watch]"
	metrics := "[/metrics] [get]"
	node := "nodes [get]"

	plain := variant{"kubernetes", nil}
	check(plain, "prometheus", namespace, pods)
	check(plain, "prometheus", "nvidia-gpu-operator")
	check(plain, "prometheus", "default")
	check(plain, "grafana", namespace)
	check(plain, "guidellm", namespace, node, "pods [list]")
	check(plain, "guidellm", "default", node)

	openshift := variant{"openshift", nil}
	check(openshift, "prometheus", namespace, metrics, pods)
	check(openshift, "prometheus", "nvidia-gpu-operator", metrics, pods)
	check(openshift, "prometheus", "default", metrics)

	chart := variant{"kubernetes", []string{"dcgm-chart", "endpoint-picker"}}
	check(chart, "prometheus", "gpu-operator", metrics, pods)

	monitored := variant{"kubernetes", []string{"monitors", "recording-rules"}}
	check(monitored, "headroom-metrics-reader", namespace, metrics)

	// `cluster-monitoring-view` is OpenShift's own and not here, so what it grants is not among these.
	thanos := variant{"openshift-thanos", []string{"monitors", "recording-rules", "keda-vllm", "keda-endpoint-picker"}}
	check(thanos, "grafana", namespace)
	check(thanos, "keda-vllm", namespace)
}

// The question as a person asks it.
func TestRightsAsAPersonAsks(t *testing.T) {
	v := variant{"openshift", nil}
	manifest := stream(t, server.known(t, v.build(t)))
	kubectl(t, manifest, "apply", "--server-side", "-f", "-")
	defer kubectl(t, manifest, "delete", "--wait=false", "-f", "-")
	check := func(expected, account, where string, question ...string) {
		arguments := append([]string{"auth", "can-i", "--as=system:serviceaccount:" + namespace + ":" + account, "-n", where}, question...)
		out, _ := server.ask("", arguments...)
		if answer := strings.TrimSpace(out); answer != expected {
			t.Errorf("%s in %s, %v: expected %s, found %s", account, where, question, expected, answer)
		}
	}
	check("yes", "prometheus", namespace, "list", "pods")
	check("yes", "prometheus", "nvidia-gpu-operator", "watch", "pods")
	check("yes", "prometheus", namespace, "get", "/metrics")
	check("no", "prometheus", "default", "list", "pods")
	check("no", "prometheus", namespace, "get", "secrets")
	check("no", "prometheus", namespace, "delete", "pods")
	check("no", "prometheus", namespace, "create", "pods/exec")
	check("yes", "guidellm", namespace, "list", "pods")
	check("yes", "guidellm", namespace, "get", "nodes")
	check("no", "guidellm", namespace, "list", "nodes")
	check("no", "guidellm", namespace, "create", "jobs.batch")
	check("no", "guidellm", namespace, "get", "secrets")
	check("no", "guidellm", namespace, "patch", "deployments.apps")
	check("no", "grafana", namespace, "list", "pods")
	check("no", "grafana", namespace, "get", "configmaps")
}

// What an account may do beyond one that has no rights of its own: `pods [get list watch]`, sorted.
func rightsOf(t *testing.T, account, where string) []string {
	t.Helper()
	rules := func(name string) []string {
		return strings.Split(kubectl(t, "", "auth", "can-i", "--list", "--no-headers", "-n", where, "--as=system:serviceaccount:"+namespace+":"+name), "\n")
	}
	everybody := rules("nobody")
	var rights []string
	for _, line := range rules(account) {
		if line == "" || slices.Contains(everybody, line) {
			continue
		}
		// The columns are apart by blanks; those without names are `[]`.
		var words []string
		for _, word := range strings.Split(strings.Join(strings.Fields(line), " "), " [") {
			if word = strings.TrimSpace(word); word != "" && word != "]" {
				words = append(words, strings.TrimSuffix(strings.TrimPrefix(word, "["), "]"))
			}
		}
		right := words[0]
		if strings.HasPrefix(right, "/") {
			right = "[" + right + "]"
		}
		rights = append(rights, right+" ["+words[len(words)-1]+"]")
	}
	slices.Sort(rights)
	return rights
}
