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

type object = map[string]any

// What a user may apply: an overlay, with components that he added to its list.
type variant struct {
	overlay    string
	components []string
}

func (v variant) name() string {
	return strings.Join(append([]string{v.overlay}, v.components...), "+")
}

func (v variant) has(component string) bool { return slices.Contains(v.components, component) }

// Every overlay and every component; `TestEveryComponentIsTested` holds this list to the folder.
var variants = []variant{
	{"kubernetes", nil},
	{"openshift", nil},
	{"openshift-thanos", nil},
	{"demo", nil},
	{"kubernetes", []string{"grafana-13"}},
	{"kubernetes", []string{"shared-results"}},
	{"kubernetes", []string{"s3-store"}},
	{"kubernetes", []string{"push-results"}},
	{"kubernetes", []string{"anonymous-viewer"}},
	{"kubernetes", []string{"dcgm-chart", "endpoint-picker"}},
	{"kubernetes", []string{"monitors", "recording-rules"}},
	{"kubernetes", []string{"grafana-operator"}},
	{"openshift", []string{"oauth-proxy", "shared-results"}},
	{"openshift-thanos", []string{"monitors", "recording-rules", "keda-vllm", "keda-endpoint-picker"}},
}

// A copy of what kustomize reads, for a test to change.
func checkout(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"deploy", "provisioning"} {
		err := filepath.WalkDir(repository(name), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(repository("."), path)
			if err != nil {
				return err
			}
			place := filepath.Join(root, relative)
			if entry.IsDir() {
				return os.MkdirAll(place, 0o755)
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			bytes, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(place, bytes, info.Mode().Perm())
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Adds a line to a list of an overlay's kustomization, as a user would.
func addComponent(t *testing.T, root, overlay, component string) {
	t.Helper()
	path := filepath.Join(root, "deploy/overlays", overlay, "kustomization.yaml")
	edit(t, path, "components:\n", "components:\n  - ../../components/"+component+"\n")
}

func edit(t *testing.T, path, from, to string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s: expected %q in it", path, from)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

var built = map[string][]object{}

// The objects that kustomize makes of a variant.
func (v variant) build(t *testing.T) []object {
	t.Helper()
	if objects, ok := built[v.name()]; ok {
		return objects
	}
	root := checkout(t)
	for _, component := range slices.Backward(v.components) {
		addComponent(t, root, v.overlay, component)
	}
	objects := parse(t, kubectl(t, "", "kustomize", filepath.Join(root, "deploy/overlays", v.overlay)))
	built[v.name()] = objects
	return objects
}

func parse(t *testing.T, text string) []object {
	t.Helper()
	var objects []object
	for _, document := range strings.Split(text, "\n---\n") {
		var one object
		if err := yaml.Unmarshal([]byte(document), &one); err != nil {
			t.Fatalf("%v\n%.400s", err, document)
		}
		if one != nil {
			objects = append(objects, one)
		}
	}
	return objects
}

func stream(t *testing.T, objects []object) string {
	t.Helper()
	var text strings.Builder
	for _, one := range objects {
		bytes, err := yaml.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString("---\n")
		text.Write(bytes)
	}
	return text.String()
}

// What stands at a path of keys; nil where nothing does.
func at(value any, keys ...string) any {
	for _, key := range keys {
		fields, ok := value.(object)
		if !ok {
			return nil
		}
		value = fields[key]
	}
	return value
}

func text(value any, keys ...string) string {
	found, _ := at(value, keys...).(string)
	return found
}

func list(value any, keys ...string) []object {
	found, _ := at(value, keys...).([]any)
	var objects []object
	for _, one := range found {
		if fields, ok := one.(object); ok {
			objects = append(objects, fields)
		}
	}
	return objects
}

// Kind and name, for messages.
func called(one object) string { return text(one, "kind") + "/" + text(one, "metadata", "name") }

func ofKind(objects []object, kind string) []object {
	var found []object
	for _, one := range objects {
		if text(one, "kind") == kind {
			found = append(found, one)
		}
	}
	return found
}

// Whether the API server knows the kind without a CustomResourceDefinition.
func builtIn(one object) bool {
	group, _, found := strings.Cut(text(one, "apiVersion"), "/")
	return !found || !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
}

// The objects that this API server can judge. Of others it is said that they were left out.
func (c *cluster) known(t *testing.T, objects []object) []object {
	t.Helper()
	if c.customKinds {
		return objects
	}
	var known, unknown []object
	for _, one := range objects {
		if builtIn(one) {
			known = append(known, one)
		} else {
			unknown = append(unknown, one)
		}
	}
	if len(unknown) > 0 {
		leftOut(t, "custom resources, whose definitions are not in ../shared/data/crds here")
	}
	return known
}

func TestEveryComponentIsTested(t *testing.T) {
	for _, kind := range []string{"overlays", "components"} {
		entries, err := os.ReadDir(repository("deploy/" + kind))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			used := slices.ContainsFunc(variants, func(v variant) bool {
				return v.overlay == entry.Name() || v.has(entry.Name()) || listsComponent(t, v.overlay, entry.Name())
			})
			if !used {
				t.Errorf("deploy/%s/%s: expected it in `variants`, or in an overlay", kind, entry.Name())
			}
		}
	}
}

func listsComponent(t *testing.T, overlay, component string) bool {
	t.Helper()
	text, err := os.ReadFile(repository("deploy/overlays/" + overlay + "/kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), "components/"+component+"\n")
}
