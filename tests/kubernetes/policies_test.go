package kubernetes

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// A rule about everything that a variant applies, and what breaks it.
type policy struct {
	says    string
	breaks  func(v variant, objects []object) []string
	example func(objects []object)
}

// The first deployment, to be spoiled by an example.
func deployment(objects []object) object { return ofKind(objects, "Deployment")[0] }

func firstContainer(objects []object) object {
	return list(deployment(objects), "spec", "template", "spec", "containers")[0]
}

var exactImage = regexp.MustCompile(`^\S+(:v?\d+\.\d+(\.\d+)?\S*|@sha256:[0-9a-f]{64})$`)

// Secrets and config maps that others make: the cluster, deploy.sh, or who adds a component.
var elsewhere = []string{"grafana-admin", "grafana-tls", "grafana-oauth-proxy", "headroom-reports", "headroom-push", "openshift-service-ca.crt", "kube-root-ca.crt"}

var policies = []policy{
	{
		says: "every container has requests and limits of memory and processors",
		breaks: func(_ variant, objects []object) []string {
			return ofContainers(objects, func(container object) string {
				for _, kind := range []string{"requests", "limits"} {
					for _, what := range []string{"cpu", "memory"} {
						if at(container, "resources", kind, what) == nil {
							return "no " + kind + " of " + what
						}
					}
				}
				return ""
			})
		},
		example: func(objects []object) { delete(firstContainer(objects)["resources"].(object), "limits") },
	},
	{
		says: "every image has an exact tag or a digest",
		breaks: func(_ variant, objects []object) []string {
			return ofContainers(objects, func(container object) string {
				if image := text(container, "image"); !exactImage.MatchString(image) {
					return image
				}
				return ""
			})
		},
		example: func(objects []object) { firstContainer(objects)["image"] = "docker.io/grafana/grafana:latest" },
	},
	{
		says: "the root file system is read-only",
		breaks: func(_ variant, objects []object) []string {
			return ofContainers(objects, func(container object) string {
				if at(container, "securityContext", "readOnlyRootFilesystem") != true {
					return "readOnlyRootFilesystem is not true"
				}
				return ""
			})
		},
		example: func(objects []object) { delete(firstContainer(objects), "securityContext") },
	},
	{
		says: "no secret is in clear",
		breaks: func(_ variant, objects []object) []string {
			var found []string
			for _, secret := range ofKind(objects, "Secret") {
				if at(secret, "data") != nil || at(secret, "stringData") != nil {
					found = append(found, called(secret))
				}
			}
			return append(found, ofContainers(objects, func(container object) string {
				for _, variable := range list(container, "env") {
					name := text(variable, "name")
					if text(variable, "value") != "" && regexp.MustCompile(`PASSWORD|TOKEN|SECRET|_KEY$`).MatchString(name) {
						return name
					}
				}
				return ""
			})...)
		},
		example: func(objects []object) {
			container := firstContainer(objects)
			container["env"] = append(container["env"].([]any), object{"name": "GF_SECURITY_ADMIN_PASSWORD", "value": "admin"})
		},
	},
	{
		says: "nobody administers without an account outside the demo's component",
		breaks: func(v variant, objects []object) []string {
			if v.overlay == "demo" || v.has("demo-admin") {
				return nil
			}
			return ofContainers(objects, func(container object) string {
				for _, variable := range list(container, "env") {
					if text(variable, "name") == "GF_AUTH_ANONYMOUS_ORG_ROLE" && text(variable, "value") != "Viewer" {
						return "anonymous " + text(variable, "value")
					}
				}
				return ""
			})
		},
		example: func(objects []object) {
			container := firstContainer(objects)
			container["env"] = append(container["env"].([]any), object{"name": "GF_AUTH_ANONYMOUS_ORG_ROLE", "value": "Admin"})
		},
	},
	{
		says: "what runs all the time is asked whether it is well",
		breaks: func(_ variant, objects []object) []string {
			var found []string
			for _, one := range workloads(ofKind(objects, "Deployment")) {
				for _, container := range list(one.spec, "containers") {
					for _, probe := range []string{"readinessProbe", "livenessProbe"} {
						if at(container, probe) == nil {
							found = append(found, fmt.Sprintf("%s, %s: no %s", one.owner, text(container, "name"), probe))
						}
					}
				}
			}
			return found
		},
		example: func(objects []object) { delete(firstContainer(objects), "livenessProbe") },
	},
	{
		says: "a network policy speaks for every pod, in both directions",
		breaks: func(_ variant, objects []object) []string {
			var found []string
			for _, one := range workloads(objects) {
				covered := slices.ContainsFunc(ofKind(objects, "NetworkPolicy"), func(policy object) bool {
					types, _ := at(policy, "spec", "policyTypes").([]any)
					return len(types) == 2 && selects(at(policy, "spec", "podSelector", "matchLabels"), at(one.meta, "labels"))
				})
				if !covered {
					found = append(found, one.owner)
				}
			}
			return found
		},
		example: func(objects []object) {
			ofKind(objects, "NetworkPolicy")[0]["spec"].(object)["policyTypes"] = []any{"Ingress"}
		},
	},
	{
		says: "a pod has the API's token only where a step needs it",
		breaks: func(_ variant, objects []object) []string {
			var found []string
			for _, one := range workloads(objects) {
				mounted, stated := at(one.spec, "automountServiceAccountToken").(bool)
				if !stated || mounted != (one.owner == "Deployment/prometheus") {
					found = append(found, one.owner)
				}
			}
			return found
		},
		example: func(objects []object) {
			delete(deployment(objects)["spec"].(object)["template"].(object)["spec"].(object), "automountServiceAccountToken")
		},
	},
	{
		says: "what a pod mounts or reads is there",
		breaks: func(_ variant, objects []object) []string {
			there := map[string]bool{}
			for _, one := range objects {
				there[called(one)] = true
			}
			var found []string
			for _, one := range workloads(objects) {
				for _, reference := range references(one.spec) {
					_, name, _ := strings.Cut(reference, "/")
					if !there[reference] && !slices.Contains(elsewhere, name) && name != "grafana-sa" {
						found = append(found, one.owner+": "+reference)
					}
				}
			}
			return found
		},
		example: func(objects []object) {
			volumes := list(deployment(objects), "spec", "template", "spec", "volumes")
			volumes[0]["persistentVolumeClaim"] = object{"claimName": "nowhere"}
		},
	},
	{
		says: "a volume comes in one wave with the first pod that binds it",
		breaks: func(_ variant, objects []object) []string {
			wave := func(one object) string { return text(one, "metadata", "annotations", "argocd.argoproj.io/sync-wave") }
			var found []string
			for _, claim := range ofKind(objects, "PersistentVolumeClaim") {
				together := slices.ContainsFunc(objects, func(one object) bool {
					pods := workloads([]object{one})
					return len(pods) == 1 && pods[0].kind != "CronJob" && wave(one) == wave(claim) &&
						slices.Contains(references(pods[0].spec), called(claim))
				})
				if !together {
					found = append(found, called(claim))
				}
			}
			return found
		},
		example: func(objects []object) {
			at(ofKind(objects, "PersistentVolumeClaim")[0], "metadata", "annotations").(object)["argocd.argoproj.io/sync-wave"] = "0"
		},
	},
	{
		says: "every service finds a pod",
		breaks: func(_ variant, objects []object) []string {
			var found []string
			for _, service := range ofKind(objects, "Service") {
				finds := slices.ContainsFunc(workloads(objects), func(one workload) bool {
					return selects(at(service, "spec", "selector"), at(one.meta, "labels"))
				})
				if !finds {
					found = append(found, called(service))
				}
			}
			return found
		},
		example: func(objects []object) {
			ofKind(objects, "Service")[0]["spec"].(object)["selector"] = object{"app": "other"}
		},
	},
	{
		says: "everything is in the models' namespace, but what reads the GPU operator's",
		breaks: func(_ variant, objects []object) []string {
			var found []string
			for _, one := range objects {
				where := text(one, "metadata", "namespace")
				cluster := strings.HasPrefix(text(one, "kind"), "Cluster")
				operator := strings.Contains(where, "gpu-operator") && text(one, "metadata", "name") == "headroom-prometheus"
				if cluster != (where == "") || !cluster && where != namespace && !operator {
					found = append(found, called(one)+" in "+where)
				}
			}
			return found
		},
		example: func(objects []object) { deployment(objects)["metadata"].(object)["namespace"] = "default" },
	},
	{
		says: "config maps are below the megabyte that the API takes",
		breaks: func(_ variant, objects []object) []string {
			var found []string
			for _, one := range ofKind(objects, "ConfigMap") {
				size := 0
				data, _ := at(one, "data").(object)
				for key, value := range data {
					size += len(key) + len(value.(string))
				}
				if size > 1<<20 {
					found = append(found, fmt.Sprintf("%s: %d bytes", called(one), size))
				}
			}
			return found
		},
		example: func(objects []object) {
			ofKind(objects, "ConfigMap")[0]["data"].(object)["large"] = strings.Repeat("x", 1<<20)
		},
	},
	{
		says: "the benchmark has a pod for each model, one at a time and no second try",
		breaks: func(_ variant, objects []object) []string {
			var models int
			for _, one := range ofKind(objects, "ConfigMap") {
				if strings.HasPrefix(text(one, "metadata", "name"), "guidellm-models-") {
					models = len(at(one, "data").(object))
				}
			}
			var found []string
			for _, one := range ofKind(objects, "CronJob") {
				job := at(one, "spec", "jobTemplate", "spec")
				container := list(job, "template", "spec", "containers")[0]
				stated := variableOf(container, "HEADROOM_COMPLETIONS")
				if fmt.Sprint(at(job, "completions")) != fmt.Sprint(models) || stated != fmt.Sprint(models) {
					found = append(found, fmt.Sprintf("%d models, %v completions, of which the script knows %s", models, at(job, "completions"), stated))
				}
				if fmt.Sprint(at(job, "parallelism")) != "1" || fmt.Sprint(at(job, "backoffLimitPerIndex")) != "0" || text(one, "spec", "concurrencyPolicy") != "Forbid" {
					found = append(found, called(one)+" may run twice")
				}
			}
			return found
		},
		example: func(objects []object) {
			ofKind(objects, "CronJob")[0]["spec"].(object)["jobTemplate"].(object)["spec"].(object)["completions"] = 3
		},
	},
}

func variableOf(container object, name string) string {
	for _, variable := range list(container, "env") {
		if text(variable, "name") == name {
			return text(variable, "value")
		}
	}
	return ""
}

func TestPoliciesHold(t *testing.T) {
	for _, variant := range variants {
		for _, policy := range policies {
			t.Run(variant.name()+": "+policy.says, func(t *testing.T) {
				for _, breach := range policy.breaks(variant, variant.build(t)) {
					t.Error(breach)
				}
			})
		}
	}
}

// Each policy finds an example of what it is against.
func TestPoliciesFindWhatBreaksThem(t *testing.T) {
	for _, policy := range policies {
		t.Run(policy.says, func(t *testing.T) {
			var objects []object
			for _, one := range variants[0].build(t) {
				objects = append(objects, copied(t, one))
			}
			policy.example(objects)
			if len(policy.breaks(variants[0], objects)) == 0 {
				t.Error("expected a breach, found none")
			}
		})
	}
}

// Grafana and Prometheus are those of docker-compose.yaml, so that what is tried there is what runs here.
func TestImagesAreThoseOfTheComposeFile(t *testing.T) {
	var compose object
	bytes, err := os.ReadFile(repository("docker-compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(bytes, &compose); err != nil {
		t.Fatal(err)
	}
	fallback := regexp.MustCompile(`\$\{\w+:-([^}]*)\}`)
	for _, service := range []string{"grafana", "prometheus"} {
		expected := "docker.io/" + fallback.ReplaceAllString(text(compose, "services", service, "image"), "$1")
		for _, v := range []variant{{"kubernetes", nil}, {"kubernetes", []string{"grafana-operator"}}} {
			if !slices.ContainsFunc(workloads(v.build(t)), func(one workload) bool {
				return slices.ContainsFunc(one.containers(), func(container object) bool { return text(container, "image") == expected })
			}) {
				t.Errorf("%s: expected a container of %s, found none", v.name(), expected)
			}
		}
	}
}

func ofContainers(objects []object, wrong func(object) string) []string {
	var found []string
	for _, one := range workloads(objects) {
		for _, container := range one.containers() {
			if said := wrong(container); said != "" {
				found = append(found, fmt.Sprintf("%s, %s: %s", one.owner, text(container, "name"), said))
			}
		}
	}
	return found
}

func selects(selector, labels any) bool {
	wanted, _ := selector.(object)
	for key, value := range wanted {
		if at(labels, key) != value {
			return false
		}
	}
	return len(wanted) > 0
}

// What a pod names of its namespace: `ConfigMap/NAME`, `Secret/NAME`, `PersistentVolumeClaim/NAME`, `ServiceAccount/NAME`.
func references(spec object) []string {
	found := []string{"ServiceAccount/" + text(spec, "serviceAccountName")}
	add := func(kind, name string) {
		if name != "" {
			found = append(found, kind+"/"+name)
		}
	}
	for _, volume := range list(spec, "volumes") {
		add("ConfigMap", text(volume, "configMap", "name"))
		add("Secret", text(volume, "secret", "secretName"))
		add("PersistentVolumeClaim", text(volume, "persistentVolumeClaim", "claimName"))
		for _, source := range list(volume, "projected", "sources") {
			add("ConfigMap", text(source, "configMap", "name"))
			add("Secret", text(source, "secret", "name"))
		}
	}
	for _, container := range append(list(spec, "initContainers"), list(spec, "containers")...) {
		for _, variable := range list(container, "env") {
			add("ConfigMap", text(variable, "valueFrom", "configMapKeyRef", "name"))
			add("Secret", text(variable, "valueFrom", "secretKeyRef", "name"))
		}
	}
	return found
}
