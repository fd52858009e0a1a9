package appliance

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
)

// under returns a path below the root of the models. An element is a name, or
// the keys of the list before it as name=value.
func under(elements ...string) *gpb.Path {
	path := &gpb.Path{Elem: []*gpb.PathElem{{Name: "mpk-security"}}}
	for _, element := range elements {
		name, value, isKey := strings.Cut(element, "=")
		if !isKey {
			path.Elem = append(path.Elem, &gpb.PathElem{Name: name})
			continue
		}
		list := path.Elem[len(path.Elem)-1]
		if list.Key == nil {
			list.Key = make(map[string]string)
		}
		list.Key[name] = value
	}
	return path
}

// transition returns a path below a transition.
func transition(source, target string, below ...string) *gpb.Path {
	return under(append([]string{"transitions", "transition", "source=" + source, "target=" + target}, below...)...)
}

// format writes a path as people do: /a/b[key=value]/c, without module names.
func format(paths ...*gpb.Path) string {
	var b strings.Builder
	for _, path := range paths {
		for _, element := range path.GetElem() {
			b.WriteString("/" + local(element.GetName()))
			for _, key := range slices.Sorted(maps.Keys(element.GetKey())) {
				fmt.Fprintf(&b, "[%s=%s]", key, escape.Replace(element.GetKey()[key]))
			}
		}
	}
	return b.String()
}

// escape is for key values, gNMI specification section 2.4.1 (path strings).
var escape = strings.NewReplacer(`\`, `\\`, `]`, `\]`)

// local is a name without its module's.
func local(name string) string {
	if _, after, found := strings.Cut(name, ":"); found {
		return after
	}
	return name
}
