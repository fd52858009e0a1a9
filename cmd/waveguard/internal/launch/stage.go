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

// stageVariable holds the policy of the second step, whose arguments are the path
// of the program and then the program's own. The program does not see it.
const stageVariable = "WAVEGUARD_LAUNCH_STAGE"

// The exit statuses of the second step, as env(1) and others have them.
const (
	StatusNotConfined   = 125
	StatusNotExecutable = 126
	StatusNotFound      = 127
)

// Stage does the second step if this process is for that, and returns otherwise.
// It is called before anything else.
func Stage() {
	text, is := os.LookupEnv(stageVariable)
	if !is {
		return
	}
	var policy confine.Policy
	err := json.Unmarshal([]byte(text), &policy)
	if err == nil && len(os.Args) < 2 {
		err = errors.New("there is no program among the arguments")
	}
	if err != nil {
		fail(StatusNotConfined, fmt.Errorf("read what to run (unset %s): %w", stageVariable, err))
	}
	path, args := os.Args[0], os.Args[1:]
	if err := confine.Apply(policy); err != nil {
		fail(StatusNotConfined, fmt.Errorf("confine %s: %w", path, err))
	}
	err = unix.Exec(path, args, programEnvironment(os.Environ()))
	if errors.Is(err, unix.ENOENT) {
		fail(StatusNotFound, fmt.Errorf("execute %s: %w", path, err))
	}
	fail(StatusNotExecutable, fmt.Errorf("execute %s: %w", path, err))
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
