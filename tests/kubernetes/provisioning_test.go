package kubernetes

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// What Grafana finds in /etc/grafana/provisioning, as the kubelet would write it: from path to text.
func mounted(objects []object, spec object) map[string]string {
	data := map[string]object{}
	for _, one := range ofKind(objects, "ConfigMap") {
		data[text(one, "metadata", "name")], _ = at(one, "data").(object)
	}
	files := map[string]string{}
	for _, volume := range list(spec, "volumes") {
		if text(volume, "name") != "provisioning" {
			continue
		}
		for _, source := range list(volume, "projected", "sources") {
			keys := data[text(source, "configMap", "name")]
			for _, item := range list(source, "configMap", "items") {
				if content, ok := keys[text(item, "key")].(string); ok {
					files[text(item, "path")] = content
				}
			}
		}
	}
	return files
}

// The files of the repository's provisioning/ that Grafana reads.
func provisioned(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	root := repository("provisioning")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil || relative == "kustomization.yaml" {
			return err
		}
		bytes, err := os.ReadFile(path)
		files[relative] = string(bytes)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestGrafanaReadsTheRepositorysProvisioningByteForByte(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name(), func(t *testing.T) {
			objects := v.build(t)
			var found map[string]string
			for _, one := range workloads(objects) {
				if strings.HasSuffix(one.owner, "/grafana") {
					found = mounted(objects, one.spec)
				}
			}
			expected := provisioned(t)
			if v.has("grafana-operator") {
				// Custom resources bring the other two.
				for name := range expected {
					if strings.HasPrefix(name, "datasources/") || strings.HasPrefix(name, "dashboards/") {
						delete(expected, name)
					}
				}
			}
			if len(found) != len(expected) {
				t.Errorf("expected %d files, found %d", len(expected), len(found))
			}
			for name, content := range expected {
				if (v.overlay == "openshift-thanos" || v.has("s3-store")) && name == "datasources/headroom.yaml" {
					continue
				}
				if found[name] != content {
					t.Errorf("%s: differs from provisioning/%s", name, name)
				}
			}
		})
	}
}

// The Thanos Querier needs more settings: those, and everything that the repository's data source has.
func TestTheDataSourceOfThanosIsThatOfTheRepositoryWithItsAccess(t *testing.T) {
	objects := variant{"openshift-thanos", nil}.build(t)
	var found string
	for _, one := range workloads(objects) {
		if one.owner == "Deployment/grafana" {
			found = mounted(objects, one.spec)["datasources/headroom.yaml"]
		}
	}
	source := datasource(t, found)
	delete(source["jsonData"].(object), "tlsAuthWithCACert")
	delete(source, "secureJsonData")
	if expected := datasource(t, provisioned(t)["datasources/headroom.yaml"]); json(source) != json(expected) {
		t.Errorf("expected %s, found %s", json(expected), json(source))
	}
}

// A bucket in place of a folder, and nothing else: each variable in it is one that the pod has.
func TestTheDataSourceOfABucketIsThatOfTheRepositoryWithAnotherStore(t *testing.T) {
	objects := variant{"kubernetes", []string{"s3-store"}}.build(t)
	for _, one := range workloads(objects) {
		if one.owner != "Deployment/grafana" {
			continue
		}
		found := mounted(objects, one.spec)["datasources/headroom.yaml"]
		source := datasource(t, found)
		expected := datasource(t, provisioned(t)["datasources/headroom.yaml"])
		values := list(one.spec, "containers")[0]
		for _, settings := range []any{source["jsonData"], source["secureJsonData"]} {
			for key, value := range settings.(object) {
				name, isVariable := strings.CutPrefix(value.(string), "$")
				if isVariable && !slices.ContainsFunc(list(values, "env"), func(variable object) bool { return text(variable, "name") == name }) {
					t.Errorf("%s: the pod has no %s", key, name)
				}
			}
		}
		for _, settings := range []any{source["jsonData"], expected["jsonData"]} {
			for key := range settings.(object) {
				if strings.HasPrefix(key, "store") {
					delete(settings.(object), key)
				}
			}
		}
		delete(source, "secureJsonData")
		if json(source) != json(expected) {
			t.Errorf("expected %s, found %s", json(expected), json(source))
		}
		return
	}
	t.Fatal("expected a deployment of Grafana")
}

// The operator replaces no variables, so their values stand there: those that the deployment gives them.
func TestTheOperatorsDataSourceIsThatOfTheRepository(t *testing.T) {
	values := strings.NewReplacer()
	for _, one := range workloads(variants[0].build(t)) {
		if one.owner == "Deployment/grafana" {
			container := list(one.spec, "containers")[0]
			values = strings.NewReplacer("$HEADROOM_REPORTS", variableOf(container, "HEADROOM_REPORTS"), "$HEADROOM_PROMETHEUS_URL", variableOf(container, "HEADROOM_PROMETHEUS_URL"))
		}
	}
	expected := datasource(t, values.Replace(provisioned(t)["datasources/headroom.yaml"]))
	uid := expected["uid"]
	delete(expected, "uid")
	objects := variant{"kubernetes", []string{"grafana-operator"}}.build(t)
	resource := ofKind(objects, "GrafanaDatasource")[0]
	if found := at(resource, "spec", "datasource"); json(found) != json(expected) || at(resource, "spec", "uid") != uid {
		t.Errorf("expected %s with the uid %v, found %s", json(expected), uid, json(at(resource, "spec")))
	}
}

// Each dashboard is a resource that reads the same config map.
func TestTheOperatorsDashboardsAreTheRepositorys(t *testing.T) {
	objects := variant{"kubernetes", []string{"grafana-operator"}}.build(t)
	found := map[string]string{}
	for _, dashboard := range ofKind(objects, "GrafanaDashboard") {
		for _, one := range ofKind(objects, "ConfigMap") {
			if text(one, "metadata", "name") == text(dashboard, "spec", "configMapRef", "name") {
				key := text(dashboard, "spec", "configMapRef", "key")
				found["dashboards/headroom/"+key] = text(one, "data", key)
			}
		}
	}
	for name, content := range provisioned(t) {
		if strings.HasSuffix(name, ".json") && found[name] != content {
			t.Errorf("%s: expected a GrafanaDashboard with that text, found none", name)
		}
	}
}

func datasource(t *testing.T, document string) object {
	t.Helper()
	var file object
	if err := yaml.Unmarshal([]byte(document), &file); err != nil {
		t.Fatal(err)
	}
	return list(file, "datasources")[0]
}
