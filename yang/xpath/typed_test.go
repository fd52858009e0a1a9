package xpath

import (
	"errors"
	"testing"
)

func TestValue(t *testing.T) {
	ctx := Context{Node: sample().kids[0]}
	for expr, want := range map[string]any{
		"1 + 1":         2.0,
		"1 = 1":         true,
		"not(1)":        false,
		"concat('a',1)": "a1",
		"'x'":           "x",
	} {
		if got, err := mustParse(t, expr).Value(ctx); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", expr, got, err, want)
		}
	}
	got, err := mustParse(t, "port | port/name | port").Value(ctx)
	if nodes, ok := got.([]Node); err != nil || !ok || len(nodes) != 6 {
		t.Errorf("a union is %v, %v", got, err)
	}
	if _, err := mustParse(t, "//*").Value(Context{Node: ctx.Node, MaxVisits: 1}); !errors.Is(err, ErrTooManyVisits) {
		t.Errorf("got %v", err)
	}
}
