package kubernetes

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// KEDA adds a replica where the alert begins: its triggers keep as much of the measured load as HeadroomLow calls too little.
func TestScalingAgreesWithTheAlerts(t *testing.T) {
	rules, err := os.ReadFile(repository("deploy/prometheus/prometheusrule.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	alert := regexp.MustCompile(`headroom:headroom:ratio < (0\.\d+) and`).FindSubmatch(rules)
	if alert == nil {
		t.Fatal("expected the bound of HeadroomLow in deploy/prometheus/prometheusrule.yaml, found none")
	}
	free, err := strconv.ParseFloat(string(alert[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	objects := variant{"openshift-thanos", []string{"monitors", "recording-rules", "keda-vllm", "keda-endpoint-picker"}}.build(t)
	measured := 0
	for _, scaled := range ofKind(objects, "ScaledObject") {
		for _, trigger := range list(scaled, "spec", "triggers") {
			name := called(scaled) + ", " + text(trigger, "name")
			for _, breach := range triggerBreaches(objects, trigger) {
				t.Errorf("%s: %s", name, breach)
			}
			if text(trigger, "name") != "measured-replicas" {
				continue
			}
			measured++
			kept, err := strconv.ParseFloat(text(trigger, "metadata", "threshold"), 64)
			if err != nil || math.Abs(kept+free-1) > 1e-9 {
				t.Errorf("%s: expected a threshold of %g, found %q", name, 1-free, text(trigger, "metadata", "threshold"))
			}
			// Without a benchmark there is no number, and no number must not become zero replicas' worth of load.
			if text(trigger, "metadata", "ignoreNullValues") != "false" || !strings.Contains(text(trigger, "metadata", "query"), "headroom:holds:users") {
				t.Errorf("%s: expected the measured load in its query, and nothing in place of a missing one", name)
			}
		}
	}
	if measured != 2 {
		t.Errorf("expected a trigger on the measured load in both components, found %d", measured)
	}
}

// A trigger that Thanos lets in.
func triggerBreaches(objects []object, trigger object) []string {
	var found []string
	if text(trigger, "metadata", "authModes") != "bearer" {
		found = append(found, "expected authModes: bearer")
	}
	authentication := text(trigger, "authenticationRef", "name")
	for _, one := range ofKind(objects, "TriggerAuthentication") {
		if text(one, "metadata", "name") != authentication {
			continue
		}
		for _, token := range list(one, "spec", "boundServiceAccountToken") {
			if len(ofKindNamed(objects, "ServiceAccount", text(token, "serviceAccountName"))) == 1 && text(token, "parameter") == "bearerToken" {
				return found
			}
		}
	}
	return append(found, fmt.Sprintf("expected a TriggerAuthentication %q with the token of an account that is there", authentication))
}

func ofKindNamed(objects []object, kind, name string) []object {
	var found []object
	for _, one := range ofKind(objects, kind) {
		if text(one, "metadata", "name") == name {
			found = append(found, one)
		}
	}
	return found
}
