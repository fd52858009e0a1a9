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
