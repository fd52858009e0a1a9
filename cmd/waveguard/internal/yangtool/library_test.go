package yangtool

import "testing"

func TestModuleOf(t *testing.T) {
	for text, want := range map[string]string{
		"module a {":       "a",
		"\uFEFFmodule a {": "a",
		"// of\n  // module b\n\t/* for\n module b */ module\r\n  \"a\" {": "a",
		"/**/module 'a' {":                           "a",
		"submodule s {\n  belongs-to a {":            "a",
		"submodule s { belongs-to a { prefix a; } }": "a",
		"// nothing else\nmodule":                    "file",
		"container c;\nmodule b {":                   "file",
		"":                                           "file",
	} {
		if got := ModuleOf(&File{Name: "dir/file@2020-01-01.yang", Text: []byte(text)}); got != want {
			t.Errorf("%q is of module %s, want %s", text, got, want)
		}
	}
}
