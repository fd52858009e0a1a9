package command

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

// narrator tells events to people: only what changed, and by how much.
type narrator struct {
	w        io.Writer
	palette  text.Palette
	interval time.Duration
	values   map[string]any // by path
	live     bool           // after synchronization

	accusations map[string]*accusation // by service
}

func newNarrator(w io.Writer, p text.Palette, interval time.Duration) *narrator {
	return &narrator{w: w, palette: p, interval: interval, values: make(map[string]any), accusations: make(map[string]*accusation)}
}

// line is what is told of one list entry at one time.
type line struct {
	time    time.Time
	subject string
	style   text.Style
	parts   []string
}

// tell writes a line for each entry that events are about.
func (n *narrator) tell(events []appliance.Event) error {
	var lines []*line
	var accused []string // services whose last violation is another one now
	for _, event := range events {
		if event.Kind == appliance.Synchronized {
			n.live = true
			return n.announce()
		}
		if service, ok := violationOf(event); ok {
			if n.accuse(service, event) && n.live && !slices.Contains(accused, service) {
				accused = append(accused, service)
			}
			continue
		}
		if part, style := n.part(event); part != "" && n.live {
			lines = join(lines, event, part, style)
		}
	}
	for _, service := range accused {
		lines = append(lines, &line{time: events[0].Time, subject: service, style: text.Bad, parts: []string{n.accusations[service].String()}})
	}
	for _, l := range lines {
		if err := n.write(l); err != nil {
			return err
		}
	}
	return nil
}

func (n *narrator) announce() error {
	_, err := fmt.Fprintf(n.w, "Watching. Refusals and violations show as they happen, other counters every %v; ^C ends.\n", n.interval)
	return err
}

func (n *narrator) write(l *line) error {
	_, err := fmt.Fprintf(n.w, "%s  %s  %s\n", n.palette.Paint(text.Faint, l.time.Local().Format("15:04:05.000")),
		l.subject, n.palette.Paint(l.style, strings.Join(l.parts, ", ")))
	return err
}

// join adds a part to the last line, if that has the same subject.
func join(lines []*line, event appliance.Event, part string, style text.Style) []*line {
	about := subject(event)
	if len(lines) == 0 || lines[len(lines)-1].subject != about {
		lines = append(lines, &line{time: event.Time, subject: about})
	}
	last := lines[len(lines)-1]
	last.parts = append(last.parts, part)
	if style != text.Plain {
		last.style = style
	}
	return lines
}

// part says what an event changed; it is empty if that is nothing.
func (n *narrator) part(event appliance.Event) (string, text.Style) {
	before, known := n.values[event.Path]
	if event.Kind == appliance.Deleted {
		delete(n.values, event.Path)
		return event.Leaf + " is gone", text.Warn
	}
	n.values[event.Path] = event.Value
	if known && reflect.DeepEqual(before, event.Value) {
		return "", text.Plain
	}
	words := fmt.Sprintf("%s %v", event.Leaf, event.Value)
	now, isCount := event.Value.(uint64)
	if was, wasCount := before.(uint64); isCount && wasCount && now >= was {
		words += fmt.Sprintf(" (+%d)", now-was)
	}
	return words, style(event)
}

// style is for what people should not overlook.
func style(event appliance.Event) text.Style {
	switch {
	case event.Kind == appliance.Sampled:
		return text.Faint
	case event.Leaf == "denied", event.Leaf == "calls-tolerated":
		return text.Warn
	case event.Leaf == "action":
		return text.Bold
	case event.Leaf == "attached" && event.Value == true:
		return text.Good
	default:
		return text.Bad
	}
}

// subject names the list entry that an event is about.
func subject(event appliance.Event) string {
	if source, ok := event.Keys["source"]; ok {
		return source + " → " + event.Keys["target"]
	}
	if name, ok := event.Keys["name"]; ok {
		if strings.Contains(event.Path, "/domains/") {
			return "domain " + name
		}
		return name
	}
	return "appliance"
}
