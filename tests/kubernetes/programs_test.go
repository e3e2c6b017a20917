// Tests of deploy/ on a real Kubernetes API server: `cargo xtask test kubernetes`.
package kubernetes

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// One program for everything, because linking Kubernetes twice takes twice as long: the name that it is started by says
// whether it is the API server, kubectl or the tests.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "kube-apiserver":
		os.Exit(serve())
	case "kubectl":
		if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
			util.CheckErr(err)
		}
		os.Exit(0)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	started, err := start()
	if err != nil {
		fmt.Fprintf(os.Stderr, "the API server: %v\n", err)
		return 1
	}
	defer started.stop()
	server = started
	return m.Run()
}

// The API server with its etcd beside it in the same process. The first argument is the etcd's folder, the second and the
// third its addresses, the others are the API server's own.
func serve() int {
	config := embed.NewConfig()
	config.Dir = os.Args[1]
	config.LogLevel = "error"
	// Nothing of a test has to survive a crash of the machine.
	config.UnsafeNoFsync = true
	client, err := url.Parse(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	peer, err := url.Parse(os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peer}, []url.URL{*peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	select {
	case <-etcd.Server.ReadyNotify():
	case <-time.After(time.Minute):
		fmt.Fprintln(os.Stderr, "etcd: expected it to be ready within a minute, it is not")
		return 1
	}
	os.Args = append([]string{"kube-apiserver", "--etcd-servers=" + os.Args[2]}, os.Args[4:]...)
	return cli.Run(app.NewAPIServerCommand())
}
