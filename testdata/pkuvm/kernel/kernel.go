package kernel

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Kernel is one unpacked kernel package.
type Kernel struct {
	// Image is the file to boot.
	Image string
	// Release names the kernel, as uname -r does.
	Release string

	files   map[string]string // module name to its file
	builtin map[string]bool
}

// Open reads the folder of an unpacked kernel package.
func Open(dir string) (*Kernel, error) {
	image, err := one(dir, "boot/vmlinuz-*")
	if err != nil {
		return nil, err
	}
	modules, err := one(dir, "lib/modules/*", "usr/lib/modules/*")
	if err != nil {
		return nil, err
	}
	k := &Kernel{Image: image, Release: filepath.Base(modules)}
	if k.files, err = moduleFiles(modules); err != nil {
		return nil, err
	}
	k.builtin, err = builtinModules(filepath.Join(modules, "modules.builtin"))
	return k, err
}

// one returns the only match of the patterns in dir.
func one(dir string, patterns ...string) (string, error) {
	var found []string
	for _, p := range patterns {
		m, err := filepath.Glob(filepath.Join(dir, p))
		if err != nil {
			return "", err
		}
		found = append(found, m...)
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%s is not one unpacked kernel: %d files match %s; remove it to have it fetched again",
			dir, len(found), strings.Join(patterns, " or "))
	}
	return found[0], nil
}

func moduleFiles(dir string) (map[string]string, error) {
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if name, ok := moduleName(file); err == nil && ok && d.Type().IsRegular() {
			files[name] = file
		}
		return err
	})
	return files, err
}

func builtinModules(list string) (map[string]bool, error) {
	f, err := os.Open(list)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	builtin := make(map[string]bool)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, ok := moduleName(lines.Text()); ok {
			builtin[name] = true
		}
	}
	return builtin, lines.Err()
}

// moduleName derives a module's name from its file, which may be compressed
// and may have dashes where the name has underscores.
func moduleName(file string) (string, bool) {
	base := strings.TrimSuffix(path.Base(file), compressed)
	name, ok := strings.CutSuffix(base, ".ko")
	return strings.ReplaceAll(name, "-", "_"), ok
}
