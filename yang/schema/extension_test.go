package schema

import (
	"strings"
	"testing"
)

// written lists the uses of extensions as "module:name argument".
func written(uses Extensions) string {
	var out []string
	for _, x := range uses {
		text := x.Module.Name + ":" + x.Name
		if x.HasArgument {
			text += " " + x.Argument
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestExtensions(t *testing.T) {
	set := compileOK(t, `
		import b { prefix bb; }
		include s;
		bb:flag;
		extension own { argument what; }
		grouping g { leaf x { a:own 'of the grouping'; type string { bb:flag; } } }
		container c {
		  uses g { refine x { bb:flag; description d; } }
		  uses bb:g { augment in { leaf y { type string; bb:text ""; } } }
		}
		deviation /a:c/a:x { deviate add { bb:text added; units u; } deviate delete { a:own 'of the grouping'; } }
		rpc r { bb:flag; input { bb:text in; leaf z { type string; } } }`, `
		extension flag; extension text { argument value; }
		grouping g { container in { b:text inner; b:flag; } }`, sub("s", `import b { prefix q; } q:text sub;`))
	for path, want := range map[string]string{
		"/a:c": "", "/a:c/x": "b:flag, b:text added", "/a:c/in": "b:text inner, b:flag", "/a:c/in/y": "b:text ",
		"/a:r": "b:flag", "/a:r/input": "b:text in", "/a:r/output": "",
	} {
		if got := written(find(t, set, path).Extensions); got != want {
			t.Errorf("%s has %q, want %q", path, got, want)
		}
	}
	m := set.Module("a")
	if got := written(m.Extensions); got != "b:flag, b:text sub" {
		t.Errorf("the module has %q", got)
	}
	if x := m.Extensions.Find("b", "text"); x == nil || x.Argument != "sub" || m.Extensions.Find("a", "text") != nil {
		t.Errorf("found %+v", x)
	}
}

func TestStatusIsInherited(t *testing.T) {
	set := compileOK(t, `
		grouping g { leaf x { type string; } leaf y { type string; status obsolete; } }
		container c { status deprecated; leaf d { type string; } container e { status obsolete; leaf f { type string; } } }
		container u { uses g { status deprecated; } }
		augment /a:u { status obsolete; leaf z { type string; } choice h { leaf i { type string; } } }
		rpc r { status deprecated; input { leaf k { type string; } } }`)
	for path, want := range map[string]Status{
		"/a:c": Deprecated, "/a:c/d": Deprecated, "/a:c/e": Obsolete, "/a:c/e/f": Obsolete, "/a:u": Current,
		"/a:u/x": Deprecated, "/a:u/y": Obsolete, "/a:u/z": Obsolete, "/a:u/i": Obsolete, "/a:r/input/k": Deprecated,
	} {
		if got := find(t, set, path).Status; got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}
