// Starts a backend plugin as Grafana does, with the same libraries, asks it what a scenario says, stops it, and writes what it saw as
// JSON to standard output.
//
//	go-host run PLUGIN SCENARIO.json   everything in the scenario
//	go-host hold PLUGIN                starts it, says where it listens, and waits to be killed
//	go-host frames FOLDER              writes frames made by Grafana's SDK, as Arrow and as JSON
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "go-host:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "run":
		text, err := os.ReadFile(args[2])
		if err != nil {
			return err
		}
		var s scenario
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&s); err != nil {
			return fmt.Errorf("the scenario %s cannot be read: %w", args[2], err)
		}
		seen, err := play(args[1], s)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(seen)
	case len(args) == 2 && args[0] == "hold":
		return hold(args[1])
	case len(args) == 2 && args[0] == "frames":
		return writeFrames(args[1])
	default:
		return errors.New("expected: run PLUGIN SCENARIO.json | hold PLUGIN | frames FOLDER")
	}
}
