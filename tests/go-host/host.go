package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
)

// running is a plugin process and the clients that Grafana would hold of it.
type running struct {
	client      *plugin.Client
	protocol    plugin.ClientProtocol
	command     *exec.Cmd
	data        grpcplugin.DataClient
	diagnostics grpcplugin.DiagnosticsClient
	resource    grpcplugin.ResourceClient
	stream      grpcplugin.StreamClient
	log         *lines
	startMs     float64
}

// start does what Grafana's plugin manager does: same handshake, same set of plugins, none of the host's environment.
func start(program string, environment map[string]string) (*running, error) {
	command := exec.Command(program)
	for name, value := range environment {
		command.Env = append(command.Env, name+"="+value)
	}
	log := &lines{}
	client := plugin.NewClient(&plugin.ClientConfig{
		Cmd: command,
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{grpcplugin.ProtocolVersion: {
			"data":        &grpcplugin.DataGRPCPlugin{},
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
			"resource":    &grpcplugin.ResourceGRPCPlugin{},
			"stream":      &grpcplugin.StreamGRPCPlugin{},
		}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		SkipHostEnv:      true,
		Logger:           hclog.New(&hclog.LoggerOptions{Name: "host", Level: hclog.Trace, Output: log, JSONFormat: true}),
	})
	began := time.Now()
	protocol, err := client.Client()
	if err != nil {
		client.Kill()
		return nil, fmt.Errorf("%s does not start: %w\nlog:\n%s", program, err, log)
	}
	r := &running{client: client, protocol: protocol, command: command, log: log, startMs: millis(time.Since(began))}
	if r.data, err = dispense[grpcplugin.DataClient](protocol, "data"); err != nil {
		return nil, err
	}
	if r.diagnostics, err = dispense[grpcplugin.DiagnosticsClient](protocol, "diagnostics"); err != nil {
		return nil, err
	}
	if r.resource, err = dispense[grpcplugin.ResourceClient](protocol, "resource"); err != nil {
		return nil, err
	}
	if r.stream, err = dispense[grpcplugin.StreamClient](protocol, "stream"); err != nil {
		return nil, err
	}
	return r, nil
}

func dispense[T any](protocol plugin.ClientProtocol, name string) (T, error) {
	raw, err := protocol.Dispense(name)
	if err != nil {
		var none T
		return none, err
	}
	client, ok := raw.(T)
	if !ok {
		return client, fmt.Errorf("the %s client is a %T", name, raw)
	}
	return client, nil
}

// end is how the process ended.
type end struct {
	KillMs   float64 `json:"killMs"`
	Exited   bool    `json:"exited"`
	ExitCode int     `json:"exitCode"`
	Signaled bool    `json:"signaled"`
}

// stop ends the plugin as Grafana does: a request to shut down, and SIGKILL after two seconds.
func (r *running) stop() end {
	began := time.Now()
	r.client.Kill()
	ended := end{KillMs: millis(time.Since(began)), Exited: r.client.Exited()}
	if state := r.command.ProcessState; state != nil {
		ended.ExitCode = state.ExitCode()
		if status, ok := state.Sys().(syscall.WaitStatus); ok {
			ended.Signaled = status.Signaled()
		}
	}
	return ended
}

// hold starts a plugin, says where it listens, and waits for its own violent death.
func hold(program string) error {
	r, err := start(program, nil)
	if err != nil {
		return err
	}
	if err := r.protocol.Ping(); err != nil {
		return err
	}
	fmt.Println(r.client.ReattachConfig().Addr.String())
	<-context.Background().Done()
	return nil
}

// lines keeps what is logged; go-plugin writes from several goroutines.
type lines struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.String()
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
