package scan

import "os"

// ReadMappings reads the mappings of a process with that directory.
func ReadMappings(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = (&process{dir: f}).mappings()
	return err
}

// Reread has a follower read lists, as with a kernel that cannot be asked for single mappings.
func (f *Follower) Reread() { f.list.unanswered = true }

// Answered says whether the kernel can be asked for single mappings.
func (f *Follower) Answered() bool { return !f.list.unanswered }
