package launch

import (
	"os/exec"
	"syscall"
)

// endWithParent has the process asked to end when the calling thread ends.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
