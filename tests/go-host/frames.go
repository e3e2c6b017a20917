package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// writeFrames writes frames made by the SDK, each as NAME.arrow and as NAME.json.
func writeFrames(folder string) error {
	for name, frame := range map[string]*data.Frame{"types": types(), "described": described(), "empty": data.NewFrame("empty")} {
		arrow, err := frame.MarshalArrow()
		if err != nil {
			return err
		}
		text, err := data.FrameToJSON(frame, data.IncludeAll)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name+".arrow"), arrow, 0o600); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name+".json"), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// both makes a field of which every row is filled, and one whose second row is empty.
func both[T any](name string, a, b, c T) []*data.Field {
	return []*data.Field{data.NewField(name, nil, []T{a, b, c}), data.NewField(name+"?", nil, []*T{&a, nil, &c})}
}

func types() *data.Frame {
	frame := data.NewFrame("types")
	add := func(fields []*data.Field) { frame.Fields = append(frame.Fields, fields...) }
	add(both[int8]("int8", math.MinInt8, 0, math.MaxInt8))
	add(both[int16]("int16", math.MinInt16, 0, math.MaxInt16))
	add(both[int32]("int32", math.MinInt32, 0, math.MaxInt32))
	add(both[int64]("int64", math.MinInt64, 0, math.MaxInt64))
	add(both[uint8]("uint8", 0, 1, math.MaxUint8))
	add(both[uint16]("uint16", 0, 1, math.MaxUint16))
	add(both[uint32]("uint32", 0, 1, math.MaxUint32))
	add(both[uint64]("uint64", 0, 1, math.MaxUint64))
	add(both[float32]("float32", float32(math.NaN()), 0.1, float32(math.Inf(-1))))
	add(both[float64]("float64", math.NaN(), math.Inf(1), 1e-300))
	add(both[float64]("float64 numbers", 1.0/3, 1e21, -12345.678))
	add(both[bool]("bool", true, false, true))
	add(both[string]("string", "", "Größe <b>&\u2028\"\\", "line\nbreak\t\x01"))
	add(both[time.Time]("time", time.Unix(1700000000, 0), time.Unix(0, 0), time.Unix(1795500238, 123456789)))
	add(both[time.Time]("time early", time.Unix(0, -1), time.Unix(-1, 0), time.Unix(-2208988800, 1)))
	add(both[json.RawMessage]("json", json.RawMessage(`{"a":[1,2.5,null]}`), json.RawMessage(`[]`), json.RawMessage(`"text"`)))
	config := &data.FieldConfig{TypeConfig: &data.FieldTypeConfig{Enum: &data.EnumFieldConfig{Text: []string{"edge", "floor"}, Color: []string{"green", "blue"}}}}
	for _, field := range both[data.EnumItemIndex]("enum", 0, 1, 0) {
		field.Config = config
		frame.Fields = append(frame.Fields, field)
	}
	return frame
}

func described() *data.Frame {
	config := (&data.FieldConfig{
		DisplayNameFromDS: "TTFT <p95>", Description: "Time to first token", Unit: "ms", NoValue: "none",
		Thresholds: &data.ThresholdsConfig{Mode: data.ThresholdsModePercentage, Steps: []data.Threshold{
			data.NewThreshold(math.Inf(-1), "green", ""), data.NewThreshold(80, "red", "over"),
		}},
		Color:  map[string]any{"mode": "fixed", "fixedColor": "red"},
		Links:  []data.DataLink{{Title: "Run", URL: "/d/runs?a=1&b=2", TargetBlank: true}},
		Custom: map[string]any{"lineWidth": 2, "axisLabel": "x"},
	}).SetDecimals(1).SetMin(0).SetMax(2500.5).SetFilterable(true)
	value := data.NewField("ttft", data.Labels{"model": "Mistral Small", "deployment": "int4"}, []float64{1.5, math.NaN()}).SetConfig(config)
	frame := data.NewFrame("described", data.NewField("load", nil, []float64{1, 2}), value)
	frame.RefID = "A"
	frame.Meta = &data.FrameMeta{
		Type: data.FrameTypeNumericLong, TypeVersion: data.FrameTypeVersion{0, 1},
		Custom:                 map[string]any{"headroom": "levels", "run": map[string]any{"gpus": 1, "price_per_hour": nil}},
		Stats:                  []data.QueryStat{{FieldConfig: data.FieldConfig{DisplayName: "Parse", Unit: "ms"}, Value: 12.5}},
		Notices:                []data.Notice{{Severity: data.NoticeSeverityWarning, Text: "a <truncated> report", Link: "https://example.org/?a&b"}},
		PreferredVisualization: data.VisTypeTable, ExecutedQueryString: "curve int4", UniqueRowIDFields: []int{0},
	}
	return frame
}
