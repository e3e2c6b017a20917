package kubernetes

import (
	encoding "encoding/json"
	"testing"
)

func json(value any) string {
	bytes, err := encoding.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(bytes)
}

// The same object, to be changed.
func copied(t *testing.T, value object) object {
	t.Helper()
	var same object
	if err := encoding.Unmarshal([]byte(json(value)), &same); err != nil {
		t.Fatal(err)
	}
	return same
}
