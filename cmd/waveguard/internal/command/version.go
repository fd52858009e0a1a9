package command

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

func versionCommand() *command {
	return &command{
		name:     "version",
		summary:  "tell the version of this command",
		about:    "The version of the appliance is told by \"waveguard status\".",
		examples: []string{"waveguard version", "waveguard version --output json"},
		run: func(_ context.Context, s *session) error {
			v := buildVersion()
			if s.output == forPrograms {
				return s.writeJSON(v)
			}
			_, err := fmt.Fprintf(s.Stdout, "waveguard %s\n", v)
			return err
		},
	}
}

// version is what the build recorded.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"` // since the revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func buildVersion() version {
	v := version{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = info.Main.Version
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Revision = setting.Value
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		}
	}
	return v
}

func (v version) String() string {
	text := v.Version
	if v.Revision != "" {
		text += " revision " + v.Revision
	}
	if v.Modified {
		text += ", modified"
	}
	return fmt.Sprintf("%s (%s, %s)", text, v.Go, v.Platform)
}
