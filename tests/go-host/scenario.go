package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
)

// scenario is what to ask a plugin.
type scenario struct {
	Environment map[string]string `json:"environment"`
	Settings    settings          `json:"settings"`
	User        *user             `json:"user"`
	Headers     map[string]string `json:"headers"`
	Queries     []query           `json:"queries"`
	Resource    *resource         `json:"resource"`
	Stream      *stream           `json:"stream"`
}

type settings struct {
	UID            string            `json:"uid"`
	Name           string            `json:"name"`
	URL            string            `json:"url"`
	JSONData       string            `json:"jsonData"`
	SecureJSONData map[string]string `json:"secureJsonData"`
	UpdatedMs      int64             `json:"updatedMs"`
}

type user struct {
	Login string `json:"login"`
	Role  string `json:"role"`
}

// query has its JSON as a string, so that it can be malformed.
type query struct {
	RefID     string `json:"refId"`
	QueryType string `json:"queryType"`
	JSON      string `json:"json"`
	FromMs    int64  `json:"fromMs"`
	ToMs      int64  `json:"toMs"`
}

type resource struct {
	Path    string              `json:"path"`
	URL     string              `json:"url"`
	Method  string              `json:"method"`
	Headers map[string][]string `json:"headers"`
	Body    string              `json:"body"`
}

// stream names a channel, and how many of its packets to wait for.
type stream struct {
	Path    string `json:"path"`
	Packets int    `json:"packets"`
}

// seen is what the plugin answered.
type seen struct {
	StartMs   float64             `json:"startMs"`
	Ping      string              `json:"ping"`
	Health    health              `json:"health"`
	Responses map[string]response `json:"responses"`
	// The whole answer as Grafana's HTTP API would write it.
	QueryJSON string        `json:"queryJson"`
	Resource  *resourceSeen `json:"resource"`
	Stream    *streamSeen   `json:"stream"`
	Metrics   string        `json:"metrics"`
	End       end           `json:"end"`
	Log       []logLine     `json:"log"`
}

type health struct {
	Status  string          `json:"status"`
	Message string          `json:"message"`
	Details json.RawMessage `json:"details"`
}

type response struct {
	Status      int    `json:"status"`
	Error       string `json:"error"`
	ErrorSource string `json:"errorSource"`
	// Each frame as the SDK's FrameToJSON writes it.
	Frames []string `json:"frames"`
}

type resourceSeen struct {
	Code    int32               `json:"code"`
	Headers map[string][]string `json:"headers"`
	Body    string              `json:"body"`
}

type streamSeen struct {
	Status  string   `json:"status"`
	Data    string   `json:"data"`
	Packets []string `json:"packets"`
}

// logLine is a line of the plugin's log after go-plugin has read it.
type logLine struct {
	Level   string `json:"@level"`
	Message string `json:"@message"`
	Module  string `json:"@module"`
}

// play starts the plugin, asks everything, and stops it whatever happens.
func play(program string, s scenario) (*seen, error) {
	r, err := start(program, s.Environment)
	if err != nil {
		return nil, err
	}
	result := &seen{StartMs: r.startMs}
	err = ask(r, s, result)
	result.End = r.stop()
	if err != nil {
		return nil, fmt.Errorf("%w\nlog:\n%s", err, r.log)
	}
	for line := range strings.Lines(r.log.String()) {
		var parsed logLine
		if err := json.Unmarshal([]byte(line), &parsed); err != nil {
			return nil, fmt.Errorf("a line of the log is not JSON: %q", line)
		}
		result.Log = append(result.Log, parsed)
	}
	return result, nil
}

func ask(r *running, s scenario, result *seen) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.protocol.Ping(); err != nil {
		result.Ping = err.Error()
	}
	pluginContext := s.context()

	checked, err := r.diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{PluginContext: pluginContext, Headers: s.Headers})
	if err != nil {
		return fmt.Errorf("CheckHealth: %w", err)
	}
	result.Health = health{Status: checked.Status.String(), Message: checked.Message, Details: checked.JsonDetails}
	if len(checked.JsonDetails) == 0 {
		result.Health.Details = json.RawMessage("null")
	}

	if err := askQueries(ctx, r, s, pluginContext, result); err != nil {
		return err
	}
	if s.Resource != nil {
		if result.Resource, err = askResource(ctx, r, *s.Resource, pluginContext); err != nil {
			return err
		}
	}
	if s.Stream != nil {
		if result.Stream, err = askStream(ctx, r, *s.Stream, pluginContext); err != nil {
			return err
		}
	}
	metrics, err := r.diagnostics.CollectMetrics(ctx, &pluginv2.CollectMetricsRequest{PluginContext: pluginContext})
	if err != nil {
		return fmt.Errorf("CollectMetrics: %w", err)
	}
	result.Metrics = string(metrics.GetMetrics().GetPrometheus())
	return nil
}

func askQueries(ctx context.Context, r *running, s scenario, pluginContext *pluginv2.PluginContext, result *seen) error {
	request := &pluginv2.QueryDataRequest{PluginContext: pluginContext, Headers: s.Headers}
	for _, q := range s.Queries {
		request.Queries = append(request.Queries, &pluginv2.DataQuery{
			RefId: q.RefID, QueryType: q.QueryType, Json: []byte(q.JSON), MaxDataPoints: 1000, IntervalMS: 1000,
			TimeRange: &pluginv2.TimeRange{FromEpochMS: q.FromMs, ToEpochMS: q.ToMs},
		})
	}
	// Frames as Arrow and as JSON must be the same frames.
	asJSON := &pluginv2.QueryDataRequest{PluginContext: pluginContext, Headers: s.Headers, Queries: request.Queries, Format: pluginv2.DataFrameFormat_JSON}
	answer, err := r.data.QueryData(ctx, request)
	if err != nil {
		return fmt.Errorf("QueryData: %w", err)
	}
	answerJSON, err := r.data.QueryData(ctx, asJSON)
	if err != nil {
		return fmt.Errorf("QueryData with frames as JSON: %w", err)
	}
	decoded, err := backend.FromProto().QueryDataResponse(answer)
	if err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	result.Responses = map[string]response{}
	for refID, dr := range decoded.Responses {
		written := response{Status: int(dr.Status), ErrorSource: string(dr.ErrorSource)}
		if dr.Error != nil {
			written.Error = dr.Error.Error()
		}
		for i, frame := range dr.Frames {
			text, err := data.FrameToJSON(frame, data.IncludeAll)
			if err != nil {
				return fmt.Errorf("query %s, frame %d: %w", refID, i, err)
			}
			other := answerJSON.Responses[refID].Frames[i]
			same, err := sameJSON(text, other)
			if err != nil {
				return fmt.Errorf("query %s, frame %d: %w", refID, i, err)
			}
			if !same {
				return fmt.Errorf("query %s, frame %d: as Arrow it reads\n%s\nand as JSON\n%s", refID, i, text, other)
			}
			written.Frames = append(written.Frames, string(text))
		}
		result.Responses[refID] = written
	}
	text, err := json.Marshal(decoded)
	if err != nil {
		return fmt.Errorf("the answer cannot be written as JSON: %w", err)
	}
	result.QueryJSON = string(text)
	return nil
}

// sameJSON compares two texts by value: the order of members, escapes, and the last digit of a number do not matter where the same
// double is meant, and every digit of an integer does.
func sameJSON(a, b []byte) (bool, error) {
	parse := func(text []byte) (value any, err error) {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		err = decoder.Decode(&value)
		return value, err
	}
	first, err := parse(a)
	if err != nil {
		return false, err
	}
	second, err := parse(b)
	return sameValue(first, second), err
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		if !ok || a == b || !strings.ContainsAny(string(a), ".e") {
			return ok && a == b
		}
		x, errX := a.Float64()
		y, errY := b.Float64()
		return errX == nil && errY == nil && x == y
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameValue)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, sameValue)
	default:
		return a == b
	}
}

func askResource(ctx context.Context, r *running, asked resource, pluginContext *pluginv2.PluginContext) (*resourceSeen, error) {
	headers := map[string]*pluginv2.StringList{}
	for name, values := range asked.Headers {
		headers[name] = &pluginv2.StringList{Values: values}
	}
	parts, err := r.resource.CallResource(ctx, &pluginv2.CallResourceRequest{
		PluginContext: pluginContext, Path: asked.Path, Url: asked.URL, Method: asked.Method, Headers: headers, Body: []byte(asked.Body),
	})
	if err != nil {
		return nil, fmt.Errorf("CallResource: %w", err)
	}
	var result *resourceSeen
	for {
		part, err := parts.Recv()
		if errors.Is(err, io.EOF) {
			return result, nil
		}
		if err != nil {
			return nil, fmt.Errorf("CallResource: %w", err)
		}
		if result == nil {
			result = &resourceSeen{Code: part.Code, Headers: map[string][]string{}}
			for name, list := range part.Headers {
				result.Headers[name] = list.Values
			}
		}
		result.Body += string(part.Body)
	}
}

func askStream(ctx context.Context, r *running, asked stream, pluginContext *pluginv2.PluginContext) (*streamSeen, error) {
	granted, err := r.stream.SubscribeStream(ctx, &pluginv2.SubscribeStreamRequest{PluginContext: pluginContext, Path: asked.Path})
	if err != nil {
		return nil, fmt.Errorf("SubscribeStream: %w", err)
	}
	result := &streamSeen{Status: granted.Status.String(), Data: string(granted.Data)}
	packets, err := r.stream.RunStream(ctx, &pluginv2.RunStreamRequest{PluginContext: pluginContext, Path: asked.Path})
	if err != nil {
		return nil, fmt.Errorf("RunStream: %w", err)
	}
	for len(result.Packets) < asked.Packets {
		packet, err := packets.Recv()
		if err != nil {
			return nil, fmt.Errorf("RunStream, packet %d: %w", len(result.Packets), err)
		}
		result.Packets = append(result.Packets, string(packet.Data))
	}
	// The stream stays open, so that the plugin is stopped with a follower there.
	return result, nil
}

func (s scenario) context() *pluginv2.PluginContext {
	result := &pluginv2.PluginContext{
		OrgId: 1, PluginId: "headroom-llm-datasource", PluginVersion: "0.1.0", UserAgent: "Grafana/12.4.0 (linux; amd64)", Namespace: "default",
		GrafanaConfig: map[string]string{"GF_APP_URL": "http://localhost:3000/"},
		DataSourceInstanceSettings: &pluginv2.DataSourceInstanceSettings{
			Id: 1, Uid: s.Settings.UID, Name: s.Settings.Name, Url: s.Settings.URL, JsonData: []byte(s.Settings.JSONData),
			DecryptedSecureJsonData: s.Settings.SecureJSONData, LastUpdatedMS: s.Settings.UpdatedMs,
		},
	}
	if s.User != nil {
		result.User = &pluginv2.User{Login: s.User.Login, Name: s.User.Login, Email: s.User.Login + "@example.org", Role: s.User.Role}
	}
	return result
}
