package kubernetes

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	encoding "encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The one API server of all tests. They run one after the other.
var server *cluster

// Where the models and our own things are, and the others that are named in deploy/.
const namespace = "private-ai"

var namespaces = []string{namespace, "restricted", "nvidia-gpu-operator", "gpu-operator", "openshift-gitops", "argocd", "openshift-keda"}

type cluster struct {
	process *exec.Cmd
	folder  string
	url     string
	// Kinds of other projects that it knows: those of ../shared/data/crds, where that is.
	customKinds bool
	// What deploy.sh says before it knows any of them.
	bare string
}

func start() (*cluster, error) {
	folder, err := os.MkdirTemp("", "headroom-kubernetes-")
	if err != nil {
		return nil, err
	}
	c := &cluster{folder: folder}
	if err := c.boot(); err != nil {
		c.stop()
		log, _ := os.ReadFile(c.at("log"))
		return nil, fmt.Errorf("%w\n%s", err, tail(log, 4000))
	}
	return c, nil
}

func (c *cluster) boot() error {
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	for _, name := range []string{"kube-apiserver", "kubectl"} {
		if err := os.MkdirAll(c.at("bin"), 0o755); err != nil {
			return err
		}
		if err := os.Symlink(program, c.at("bin/"+name)); err != nil {
			return err
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	block := &pem.Block{Type: "RSA " + "PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	c.url = fmt.Sprintf("https://127.0.0.1:%d", ports[0])
	files := map[string]string{
		"accounts.key": string(pem.EncodeToMemory(block)),
		"tokens.csv":   "admin,admin,admin,system:masters\n",
		"kubeconfig":   kubeconfig(c.url, "admin"),
	}
	for name, text := range files {
		if err := os.WriteFile(c.at(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	log, err := os.Create(c.at("log"))
	if err != nil {
		return err
	}
	c.process = exec.Command(c.at("bin/kube-apiserver"),
		c.at("etcd"), fmt.Sprintf("http://127.0.0.1:%d", ports[1]), fmt.Sprintf("http://127.0.0.1:%d", ports[2]),
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[0]), "--cert-dir="+c.at("certificates"),
		"--service-cluster-ip-range=10.0.0.0/24", "--authorization-mode=RBAC", "--token-auth-file="+c.at("tokens.csv"),
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+c.at("accounts.key"),
		"--service-account-signing-key-file="+c.at("accounts.key"),
		// It waits for controllers that do not run here before anything is deleted.
		"--disable-admission-plugins=StorageObjectInUseProtection",
		"--endpoint-reconciler-type=none")
	c.process.Stdout, c.process.Stderr = log, log
	// It ends with the tests, however they end.
	c.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.process.Start(); err != nil {
		return err
	}
	if err := eventually(2*time.Minute, func() error { return c.do("", "get", "--raw", "/readyz") }); err != nil {
		return err
	}
	return c.furnish()
}

// What is in a cluster before we come.
func (c *cluster) furnish() error {
	var objects bytes.Buffer
	for _, name := range namespaces {
		fmt.Fprintf(&objects, "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: %s\n", name)
		if name == "restricted" {
			objects.WriteString("  labels:\n    pod-security.kubernetes.io/enforce: restricted\n")
		}
	}
	if err := c.do(objects.String(), "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	script := exec.Command("bash", repository("deploy/deploy.sh"), "--target", "openshift")
	script.Env = c.environment()
	said, _ := script.CombinedOutput()
	c.bare = string(said)
	crds := repository("../shared/data/crds")
	if _, err := os.Stat(crds); err != nil {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(crds, "*.yaml"))
	if err != nil {
		return err
	}
	arguments := []string{"apply", "--server-side"}
	for _, file := range files {
		arguments = append(arguments, "-f", file)
	}
	if err := c.do("", arguments...); err != nil {
		return err
	}
	c.customKinds = true
	// kubectl gives up at a definition that has no status yet.
	return eventually(time.Minute, func() error {
		return c.do("", "wait", "--for=condition=Established", "customresourcedefinitions", "--all", "--timeout=60s")
	})
}

func (c *cluster) stop() {
	if c.process != nil && c.process.Process != nil {
		_ = c.process.Process.Kill()
		_ = c.process.Wait()
	}
	_ = os.RemoveAll(c.folder)
}

func (c *cluster) at(name string) string { return filepath.Join(c.folder, name) }

func kubeconfig(url, token string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"test",
"clusters":[{"name":"test","cluster":{"server":%q,"insecure-skip-tls-verify":true}}],
"users":[{"name":"test","user":{"token":%q}}],
"contexts":[{"name":"test","context":{"cluster":"test","user":"test"}}]}`, url, token)
}

// The environment of programs that talk to this cluster: our kubectl first on the PATH.
func (c *cluster) environment() []string {
	return append(os.Environ(), "KUBECONFIG="+c.at("kubeconfig"), "PATH="+c.at("bin")+":"+os.Getenv("PATH"), "HOME="+c.folder)
}

// Runs kubectl as the cluster's administrator; the error has what it said.
func (c *cluster) ask(input string, arguments ...string) (string, error) {
	command := exec.Command(c.at("bin/kubectl"), arguments...)
	command.Env = c.environment()
	command.Stdin = strings.NewReader(input)
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w\n%s%s", strings.Join(arguments, " "), err, tail(out.Bytes(), 2000), tail(said.Bytes(), 4000))
	}
	return out.String(), nil
}

func (c *cluster) do(input string, arguments ...string) error {
	_, err := c.ask(input, arguments...)
	return err
}

// As `ask`, and the test fails where kubectl does.
func kubectl(t *testing.T, input string, arguments ...string) string {
	t.Helper()
	out, err := server.ask(input, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The objects of a list that kubectl prints as JSON.
func listed(t *testing.T, arguments ...string) []object {
	t.Helper()
	var list struct{ Items []object }
	out := kubectl(t, "", append(arguments, "-o", "json")...)
	// With --ignore-not-found nothing is no list.
	if out == "" {
		return nil
	}
	if err := encoding.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v: %v\n%s", arguments, err, out)
	}
	return list.Items
}

func repository(name string) string {
	folder, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return filepath.Join(folder, "..", "..", name)
}

func freePorts(count int) ([]int, error) {
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		// Closed when all are found, so that none is found twice.
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

func eventually(within time.Duration, attempt func() error) error {
	end := time.Now().Add(within)
	for {
		err := attempt()
		if err == nil || time.Now().After(end) {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func tail(text []byte, most int) []byte {
	if len(text) > most {
		return text[len(text)-most:]
	}
	return text
}

// Counts as skipped in `cargo xtask test`, with its reason.
func leftOut(t *testing.T, reason string, values ...any) {
	t.Helper()
	t.Logf("left out: "+reason, values...)
}
