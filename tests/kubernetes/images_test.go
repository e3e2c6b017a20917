package kubernetes

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What can be said of the Dockerfiles without building them.
func TestDockerfiles(t *testing.T) {
	files, err := filepath.Glob(repository("deploy/images/*.Dockerfile"))
	if err != nil || len(files) != 3 {
		t.Fatalf("expected three Dockerfiles, found %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			for _, breach := range dockerfileBreaches(t, file) {
				t.Error(breach)
			}
		})
	}
}

// What an image must be, broken once each.
func TestDockerfileBreachesAreFound(t *testing.T) {
	good, err := os.ReadFile(repository("deploy/images/benchmark.Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(from, to, says string) {
		path := filepath.Join(t.TempDir(), "x.Dockerfile")
		write(t, path, strings.Replace(string(good), from, to, 1))
		write(t, path+".dockerignore", "*\n!deploy/images/benchmark-requirements.txt\n")
		if found := strings.Join(dockerfileBreaches(t, path), "\n"); !strings.Contains(found, says) {
			t.Errorf("%s: expected %q, found %q", to, says, found)
		}
	}
	check("python:3.11.13-slim-bookworm", "python:latest", "an exact version")
	check("USER 1001:1001", "USER root", "a user by number")
	check("USER 1001:1001", "", "a user by number")
	check("org.opencontainers.image.title", "title", "org.opencontainers.image.title")
	check("COPY deploy/images/benchmark-requirements.txt", "COPY deploy/images/nowhere.txt", "nowhere.txt")
	check("pip install", "pip install guidellm", "in an exact version")
}

func dockerfileBreaches(t *testing.T, file string) []string {
	t.Helper()
	bytes, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content := strings.ReplaceAll(string(bytes), "\\\n", " ")
	ignore, err := os.ReadFile(file + ".dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	arguments := map[string]string{}
	stages := map[string]bool{}
	user := ""
	var found []string
	for _, line := range strings.Split(content, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		switch words[0] {
		case "ARG":
			name, value, _ := strings.Cut(words[1], "=")
			arguments["${"+name+"}"] = value
		case "FROM":
			image := words[1]
			if value, ok := arguments[image]; ok {
				image = value
			}
			if !exactImage.MatchString(image) && !stages[image] {
				found = append(found, image+": expected an exact version")
			}
			if len(words) == 4 {
				stages[words[3]] = true
			}
			user = ""
		case "USER":
			user = words[1]
		case "COPY":
			found = append(found, missingSources(words[1:], string(ignore))...)
		case "RUN":
			// What pip installs is written down in a file of exact versions.
			if strings.Contains(line, "pip install") && !regexp.MustCompile(`pip install( --\S+( https://\S+)?)* -r \S+\s`).MatchString(line+" ") {
				found = append(found, line+": expected what is installed in an exact version, from a file")
			}
		}
	}
	if !regexp.MustCompile(`^[1-9]\d*(:\d+)?$`).MatchString(user) {
		found = append(found, "expected a user by number, found "+user)
	}
	for _, label := range []string{"title", "description", "version"} {
		if !strings.Contains(content, " org.opencontainers.image."+label+"=") {
			found = append(found, "expected the label org.opencontainers.image."+label)
		}
	}
	return found
}

// What is copied from the repository has to be there and to be sent to the builder. What `cargo xtask package` writes is not
// there before.
func missingSources(words []string, ignore string) []string {
	var found []string
	for _, source := range words[:len(words)-1] {
		if strings.HasPrefix(source, "--from=") {
			return nil
		}
		if _, err := os.Stat(repository(source)); err != nil && !strings.HasPrefix(source, "target/") {
			found = append(found, source+": expected it in the repository")
		}
		sent := false
		for _, line := range strings.Split(ignore, "\n") {
			rule := strings.TrimPrefix(line, "!")
			sent = sent || strings.HasPrefix(line, "!") && (source == rule || strings.HasPrefix(source, rule+"/"))
		}
		if !sent {
			found = append(found, source+": left out by the .dockerignore")
		}
	}
	return found
}
