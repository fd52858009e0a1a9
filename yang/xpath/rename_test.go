package xpath_test

import (
	"fmt"
	"testing"

	"github.com/optical-net/waveguard/yang/xpath"
)

func TestRename(t *testing.T) {
	tests := []struct{ src, want string }{
		{"/a:x/a:y[b:k = 'a:z']/c", "/A:x/A:y[B:k = 'A:z']/c"},
		{"'urn:x' = \"b:y\" or 'a: b'", "'urn:x' = \"B:y\" or 'a: b'"},
		{" a:* | //b:x ", " A:* | //B:x "},
		{"a:x div b:y*a:z", "A:x div B:y*A:z"},
		{"count(a:x) > 1 and .", "count(A:x) > 1 and ."},
		{"child::a:x/self::node()", "child::A:x/self::node()"},
		{"div", "div"},
		{"/a:x[b:k = $USER]/c", "/A:x[B:k = $USER]/c"},
	}
	upper := func(p string) (string, error) {
		switch p {
		case "a":
			return "A", nil
		case "b":
			return "B", nil
		}
		return "", fmt.Errorf("prefix %q is not bound", p)
	}
	for _, tt := range tests {
		if got, err := xpath.Rename(tt.src, upper); got != tt.want || err != nil {
			t.Errorf("Rename(%q) = %q, %v; want %q", tt.src, got, err, tt.want)
		}
	}
	for _, src := range []string{"/z:x", "a:x[", "f(a:x)", ""} {
		if got, err := xpath.Rename(src, upper); err == nil {
			t.Errorf("Rename(%q) = %q, want an error", src, got)
		}
	}
}

func TestRenameNames(t *testing.T) {
	got, err := xpath.RenameNames("/a:x[a:k = 'a:z']", func(p string) (string, error) { return "long-" + p, nil })
	if want := "/long-a:x[long-a:k = 'a:z']"; got != want || err != nil {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

func TestInherit(t *testing.T) {
	tests := []struct{ src, want string }{
		{"/a:x/y/b:z/w", "/a:x/a:y/b:z/b:w"},
		{"/a:x[k='1']/y", "/a:x[a:k='1']/a:y"},
		{"/a:x[b:k/l = m]/y", "/a:x[b:k/b:l = a:m]/a:y"},
		{"/a:x[count(y | b:z) > 1][n]/*/y", "/a:x[count(a:y | b:z) > 1][a:n]/*/a:y"},
		{"/a:x | y", "/a:x | y"},
		{"x/y", "x/y"},
		{"/a:x[concat(b:y, z)]", "/a:x[concat(b:y, a:z)]"},
		{"(/a:x)/y", "(/a:x)/y"},
		{"/a:x/text()", "/a:x/text()"},
	}
	for _, tt := range tests {
		if got, err := xpath.Inherit(tt.src); got != tt.want || err != nil {
			t.Errorf("Inherit(%q) = %q, %v; want %q", tt.src, got, err, tt.want)
		}
	}
	if _, err := xpath.Inherit("a:x["); err == nil {
		t.Error("a broken expression is taken")
	}
}

func FuzzRename(f *testing.F) {
	for _, src := range []string{"/a:x/y[b:k = 'a:z']/c", "a:*", "count(a:x|y) > 1", "a::b", "a:b:c", "a:x[", "div div div"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		same, err := xpath.Rename(src, func(p string) (string, error) { return p, nil })
		if err != nil {
			return
		}
		if same != src {
			t.Errorf("%q renamed to the same is %q", src, same)
		}
		full, err := xpath.Inherit(src)
		if err != nil {
			t.Fatalf("%q is renamed, but not completed: %v", src, err)
		}
		if again, err := xpath.Inherit(full); again != full || err != nil {
			t.Errorf("%q completed is %q, then %q, %v", src, full, again, err)
		}
	})
}
