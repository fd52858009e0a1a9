package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

const (
	historySpace = "https://mpk-security.optical.net/yang/mpk-security-history"
	systemSpace  = "https://mpk-security.optical.net/yang/mpk-security"
)

// Revision is a configuration that was running, and who made it so. What is not
// known is absent.
type Revision struct {
	Number   uint64     `json:"number"`
	Running  bool       `json:"running"`
	Time     *time.Time `json:"time,omitempty"`
	User     string     `json:"user,omitempty"`
	Protocol string     `json:"protocol,omitempty"`
	Session  string     `json:"session,omitempty"`
	Source   string     `json:"source-address,omitempty"`
	Changes  int        `json:"changes"`
	Comment  string     `json:"comment,omitempty"`
}

// Pending is a confirmed commit that waits for its confirmation.
type Pending struct {
	User       string     `json:"user,omitempty"`
	Session    string     `json:"session,omitempty"`
	Source     string     `json:"source-address,omitempty"`
	Persistent bool       `json:"persistent"`
	Deadline   *time.Time `json:"deadline,omitempty"`
}

// History is the revisions that the appliance keeps, the newest first, which is
// running, and the confirmed commit that waits; nil: none does.
type History struct {
	Revisions []Revision `json:"revisions"`
	Pending   *Pending   `json:"pending,omitempty"`
}

// History reads the history.
func (a *Appliance) History(ctx context.Context) (*History, error) {
	reply, err := a.session.Call(ctx, `<get><filter type="subtree"><mpk-security xmlns="`+systemSpace+`"><system><history xmlns="`+historySpace+`"/></system></mpk-security></filter></get>`)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	el := descend(reply, dataName, xml.Name{Space: systemSpace, Local: "mpk-security"}, xml.Name{Space: systemSpace, Local: "system"}, xml.Name{Space: historySpace, Local: "history"})
	if el == nil {
		return nil, errors.New("the appliance tells no history; may the user read /mpk-security/system/history?")
	}
	return historyOf(el), nil
}

func historyOf(el *xml.Element) *History {
	h := &History{}
	for _, c := range el.Children {
		state := c.Child(historySpace, "state")
		switch {
		case c.Name.Local == "revision" && state != nil:
			h.Revisions = append(h.Revisions, revisionOf(state))
		case c.Name.Local == "pending" && state != nil:
			h.Pending = &Pending{
				User: textIn(state, "user"), Session: textIn(state, "session"), Source: textIn(state, "source-address"),
				Persistent: textIn(state, "persistent") == "true", Deadline: timeIn(state, "deadline"),
			}
		}
	}
	slices.SortFunc(h.Revisions, func(a, b Revision) int { return cmp.Compare(b.Number, a.Number) })
	if len(h.Revisions) > 0 {
		h.Revisions[0].Running = true
	}
	return h
}

func revisionOf(state *xml.Element) Revision {
	number, _ := strconv.ParseUint(textIn(state, "number"), 10, 64)
	changes, _ := strconv.Atoi(textIn(state, "changes"))
	return Revision{
		Number: number, Time: timeIn(state, "time"), User: textIn(state, "user"), Protocol: textIn(state, "protocol"),
		Session: textIn(state, "session"), Source: textIn(state, "source-address"), Changes: changes, Comment: textIn(state, "comment"),
	}
}

func timeIn(el *xml.Element, name string) *time.Time {
	t, err := time.Parse(time.RFC3339, textIn(el, name))
	if err != nil {
		return nil
	}
	return &t
}

// Point is a revision by its number or, above zero, by how far it is back.
type Point struct {
	Number uint64
	Back   int
}

func (p Point) xml() string {
	if p.Back > 0 {
		return `<back>` + strconv.Itoa(p.Back) + `</back>`
	}
	return `<revision>` + strconv.FormatUint(p.Number, 10) + `</revision>`
}

// Revision returns what the user may read of a revision, and its number.
func (a *Appliance) Revision(ctx context.Context, p Point) (*tree.Tree, uint64, error) {
	reply, err := a.session.Call(ctx, `<get-revision xmlns="`+historySpace+`">`+p.xml()+`</get-revision>`)
	if err != nil {
		return nil, 0, err
	}
	number := reply.Child(historySpace, "number")
	if number == nil {
		return nil, 0, errors.New("the appliance answered without the number of the revision")
	}
	n, err := strconv.ParseUint(number.TrimmedText(), 10, 64)
	if err != nil {
		return nil, 0, fmt.Errorf("the number of the revision is %q", number.TrimmedText())
	}
	t, err := a.decode(reply.Child(historySpace, "config"))
	return t, n, err
}

// Rollback makes a revision running.
func (a *Appliance) Rollback(ctx context.Context, number uint64, o Options) error {
	comment := ""
	if o.Comment != "" {
		comment = `<comment>` + escape(o.Comment) + `</comment>`
	}
	_, err := a.session.Call(ctx, `<rollback xmlns="`+historySpace+`">`+Point{Number: number}.xml()+comment+o.confirmed()+`</rollback>`)
	return uncertain(err)
}
