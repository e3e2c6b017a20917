package kubernetes

import (
	"fmt"
	"strings"
	"testing"
)

// A pod that a variant runs, as a pod of its own, and what it comes from.
type workload struct {
	owner string
	kind  string
	spec  object
	meta  object
}

// Every pod template among objects. Those of the Grafana Operator complete what it fills in itself.
func workloads(objects []object) []workload {
	var found []workload
	for _, one := range objects {
		path := map[string][]string{
			"Deployment": {"spec", "template"},
			"Job":        {"spec", "template"},
			"CronJob":    {"spec", "jobTemplate", "spec", "template"},
			"Grafana":    {"spec", "deployment", "spec", "template"},
		}[text(one, "kind")]
		if path == nil {
			continue
		}
		template, _ := at(one, path...).(object)
		spec, _ := at(template, "spec").(object)
		meta, _ := at(template, "metadata").(object)
		if text(one, "kind") == "Grafana" {
			spec = completed(one, spec)
		}
		found = append(found, workload{owner: called(one), kind: text(one, "kind"), spec: spec, meta: meta})
	}
	return found
}

// The operator takes image and account from elsewhere in its resource.
func completed(grafana, spec object) object {
	whole := object{"serviceAccountName": "grafana-sa"}
	for key, value := range spec {
		whole[key] = value
	}
	var containers []any
	for _, container := range list(spec, "containers") {
		filled := object{"image": text(grafana, "spec", "version")}
		for key, value := range container {
			filled[key] = value
		}
		containers = append(containers, filled)
	}
	whole["containers"] = containers
	return whole
}

func (w workload) containers() []object {
	return append(list(w.spec, "initContainers"), list(w.spec, "containers")...)
}

// In a namespace that enforces `restricted` this API server takes every pod.
func TestPodsPassRestrictedAdmission(t *testing.T) {
	for _, variant := range variants {
		t.Run(variant.name(), func(t *testing.T) {
			pods := workloads(variant.build(t))
			if len(pods) < 2 {
				t.Fatalf("expected Grafana and the benchmark at least, found %d pods", len(pods))
			}
			for _, pod := range pods {
				if err := admit(pod.spec); err != nil {
					t.Errorf("%s: %v", pod.owner, err)
				}
			}
		})
	}
}

// What a pod must not be, and that the API server says so: otherwise the test above would show nothing.
func TestAdmissionRefusesWhatIsNotRestricted(t *testing.T) {
	pod := func() object {
		return workloads(variants[0].build(t))[0].spec
	}
	check := func(name string, spoil func(spec object)) {
		t.Run(name, func(t *testing.T) {
			spec := copied(t, pod())
			spoil(spec)
			if err := admit(spec); err == nil || !strings.Contains(err.Error(), "PodSecurity") {
				t.Errorf("expected PodSecurity to refuse it, found %v", err)
			}
		})
	}
	check("root", func(spec object) {
		spec["securityContext"].(object)["runAsNonRoot"] = false
		spec["securityContext"].(object)["runAsUser"] = 0
	})
	check("no seccomp profile", func(spec object) { delete(spec["securityContext"].(object), "seccompProfile") })
	check("capabilities", func(spec object) {
		for _, container := range append(list(spec, "containers"), list(spec, "initContainers")...) {
			delete(container["securityContext"].(object), "capabilities")
		}
	})
	check("a folder of the node", func(spec object) {
		spec["volumes"] = append(spec["volumes"].([]any), object{"name": "node", "hostPath": object{"path": "/"}})
	})
}

// Asks the API server to take a pod, without keeping it.
func admit(spec object) error {
	account := text(spec, "serviceAccountName")
	manifest := fmt.Sprintf("apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: %s, namespace: restricted }\n", account)
	if err := server.do(manifest, "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	pod := object{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": object{"generateName": "tried-", "namespace": "restricted"},
		"spec":     spec,
	}
	return server.do(json(pod), "create", "--dry-run=server", "--validate=strict", "-f", "-")
}
