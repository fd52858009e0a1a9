package kernel

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestConcrete(t *testing.T) {
	const meta = "linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-56-cloud-amd64\n"
	if got := concrete("linux-image-cloud-amd64", meta); got != "linux-image-6.1.0-56-cloud-amd64" {
		t.Errorf("concrete of a package that depends on a kernel: %s", got)
	}
	const image = "linux-image-6.1.0-56-cloud-amd64\n  Depends: kmod\n  Depends: linux-base\n |Depends: initramfs-tools\n"
	if got := concrete("linux-image-6.1.0-56-cloud-amd64", image); got != "linux-image-6.1.0-56-cloud-amd64" {
		t.Errorf("concrete of a kernel: %s", got)
	}
}

func TestSource(t *testing.T) {
	const targets = "bookworm-updates https://u.example/debian/\nbookworm https://m.example/debian/\nbookworm https://n.example/debian/\n"
	if got, err := source("bookworm", targets); err != nil || got != "https://m.example/debian/" {
		t.Errorf("source of bookworm: %q, %v", got, err)
	}
	if got, err := source("trixie", targets); err == nil {
		t.Errorf("source of a release that there is none for: %q", got)
	}
}

func TestEntryName(t *testing.T) {
	for pkg, want := range map[string]string{
		"linux-image-cloud-amd64":                    "linux-image-cloud-amd64",
		"linux-image-cloud-amd64/bookworm-backports": "linux-image-cloud-amd64_bookworm-backports",
		"/tmp/linux-image-6.12_1_amd64.deb":          "linux-image-6.12_1_amd64",
	} {
		if got := entryName(pkg); got != want {
			t.Errorf("entryName(%s) = %q; want %q", pkg, got, want)
		}
	}
}

func TestModuleName(t *testing.T) {
	for file, want := range map[string]string{
		"kernel/drivers/net/virtio_net.ko":        "virtio_net",
		"/lib/modules/6.12/kernel/a/x-tables.ko":  "x_tables",
		"kernel/drivers/char/hw_random/v-r.ko.xz": "v_r",
		"modules.builtin":                         "",
		"kernel/readme.xz":                        "",
	} {
		name, ok := moduleName(file)
		if !ok {
			name = ""
		}
		if name != want {
			t.Errorf("moduleName(%s) = %q; want %q", file, name, want)
		}
	}
}

func TestOpenNeedsOneKernel(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); err == nil {
		t.Error("an empty folder was opened")
	}
	for _, d := range []string{"boot/vmlinuz-1", "boot/vmlinuz-2", "lib/modules/1"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir); err == nil {
		t.Error("a folder with two kernels was opened")
	}
}

// TestModulesAreSorted checks load order on ELF files of our own making: a needs
// b and c, b needs c, d is part of the kernel.
func TestModulesAreSorted(t *testing.T) {
	dir := t.TempDir()
	files := make(map[string]string)
	for name, depends := range map[string]string{"a": "b,c,d", "b": "c", "c": ""} {
		files[name] = filepath.Join(dir, name+".ko")
		if err := os.WriteFile(files[name], module(t, depends), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	k := &Kernel{files: files, builtin: map[string]bool{"d": true}}
	modules, err := k.Modules("a", "b")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range modules {
		names = append(names, m.Name)
	}
	if want := []string{"c", "b", "a"}; !slices.Equal(names, want) {
		t.Errorf("order %v; want %v", names, want)
	}
	if _, err := k.Modules("missing"); err == nil {
		t.Error("a missing module was found")
	}
}
