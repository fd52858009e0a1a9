package launch

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/confine"
)

// stageVariable holds what the second step is to do. The program does not see it.
const stageVariable = "WAVEGUARD_LAUNCH_STAGE"

// The exit statuses of the second step, as env(1) and others have them.
const (
	StatusNotConfined   = 125
	StatusNotExecutable = 126
	StatusNotFound      = 127
)

// stage is what the second step is told.
type stage struct {
	Policy confine.Policy
	Path   string
	Args   []string // with the program's name
}

// Stage does the second step if this process is for that, and returns otherwise.
// It is called before anything else.
func Stage() {
	text, is := os.LookupEnv(stageVariable)
	if !is {
		return
	}
	var s stage
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		fail(StatusNotConfined, fmt.Errorf("read what to run: %w", err))
	}
	if err := confine.Apply(s.Policy); err != nil {
		fail(StatusNotConfined, fmt.Errorf("confine %s: %w", s.Path, err))
	}
	err := unix.Exec(s.Path, s.Args, programEnvironment(os.Environ()))
	if errors.Is(err, unix.ENOENT) {
		fail(StatusNotFound, fmt.Errorf("execute %s: %w", s.Path, err))
	}
	fail(StatusNotExecutable, fmt.Errorf("execute %s: %w", s.Path, err))
}

func fail(status int, err error) {
	fmt.Fprintln(os.Stderr, "waveguard run:", err)
	os.Exit(status)
}

// loaded are the variables with which code gets into a program that is not its own
// (ld.so(8)).
var loaded = []string{"LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "LD_PROFILE"}

// programEnvironment is what the program gets of an environment.
func programEnvironment(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == stageVariable || slices.Contains(loaded, name)
	})
}

// Withheld returns which of the variables in an environment the program does not get.
func Withheld(all []string) (names []string) {
	for _, v := range all {
		if name, _, _ := strings.Cut(v, "="); slices.Contains(loaded, name) {
			names = append(names, name)
		}
	}
	return names
}
