package kubernetes

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// Every variant is taken by the API server, strictly, and a second time changes nothing: so Argo CD sees no drift.
func TestEveryVariantAppliesTwiceWithoutChange(t *testing.T) {
	for _, variant := range variants {
		t.Run(variant.name(), func(t *testing.T) {
			objects := server.known(t, variant.build(t))
			manifest := stream(t, objects)
			apply := []string{"apply", "--server-side", "--validate=strict", "-f", "-"}
			defer kubectl(t, manifest, "delete", "--wait=false", "-f", "-")
			kubectl(t, manifest, apply...)
			first := listedOf(t, manifest)
			if len(first) != len(objects) {
				t.Errorf("expected %d objects in the cluster, found %d", len(objects), len(first))
			}
			kubectl(t, manifest, apply...)
			second := listedOf(t, manifest)
			if before, after := contents(first), contents(second); !maps.Equal(before, after) {
				t.Errorf("a second apply changed %v", changed(before, after))
			}
			// The API server encodes a quantity in another way when it is written again, and gives the same content another
			// version, once. From then on nothing is written at all.
			kubectl(t, manifest, apply...)
			if before, after := versions(second), versions(listedOf(t, manifest)); !maps.Equal(before, after) {
				t.Errorf("a third apply wrote %v", changed(before, after))
			}
		})
	}
}

// The API server refuses what it does not know. Otherwise the test above would show nothing.
func TestAnUnknownFieldIsRefused(t *testing.T) {
	manifest := "apiVersion: v1\nkind: Service\nmetadata:\n  name: wrong\n  namespace: private-ai\nspec:\n  ports: [{ port: 1 }]\n  portz: []\n"
	if err := server.do(manifest, "apply", "--server-side", "--validate=strict", "-f", "-"); err == nil {
		t.Error("expected the field `portz` to be refused, and it was applied")
	}
}

func identity(one object) string {
	return fmt.Sprintf("%s in %s", called(one), text(one, "metadata", "namespace"))
}

// Each object in its version.
func versions(objects []object) map[string]string {
	found := map[string]string{}
	for _, one := range objects {
		found[identity(one)] = text(one, "metadata", "resourceVersion")
	}
	return found
}

// Each object as it is, but for its version.
func contents(objects []object) map[string]string {
	found := map[string]string{}
	for _, one := range objects {
		metadata := maps.Clone(one["metadata"].(object))
		delete(metadata, "resourceVersion")
		whole := maps.Clone(one)
		whole["metadata"] = metadata
		found[identity(one)] = json(whole)
	}
	return found
}

func listedOf(t *testing.T, manifest string) []object {
	t.Helper()
	out := kubectl(t, manifest, "get", "-f", "-", "-o", "yaml")
	objects := parse(t, out)
	if len(objects) == 1 && text(objects[0], "kind") == "List" {
		return list(objects[0], "items")
	}
	return objects
}

func changed(first, second map[string]string) []string {
	var names []string
	for name := range maps.Keys(second) {
		if first[name] != second[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
