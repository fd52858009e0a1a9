package files

import (
	"context"
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Files reads and writes what URLs name, as far as the policy permits. Its methods
// may be called concurrently. Their errors are *tree.Error.
type Files struct {
	folder *folder
	policy func() Policy
}

// Open makes the folder, if need be, that the scheme file serves. Policy is asked
// at every use.
func Open(dir string, policy func() Policy) (*Files, error) {
	folder, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder %s: %w", dir, err)
	}
	return &Files{folder, policy}, nil
}

// Close gives up the folder.
func (f *Files) Close() error { return f.folder.root.Close() }

// Schemes returns the schemes of the URLs that are served now.
func (f *Files) Schemes() []string {
	p := f.policy()
	return p.schemes()
}

// Read returns what is at a URL.
func (f *Files) Read(ctx context.Context, url string) ([]byte, error) {
	p := f.policy()
	at, err := p.place(url)
	switch {
	case err != nil:
		return nil, err
	case at.remote == nil:
		return f.folder.read(at.file, p.MaximumBytes)
	}
	return p.get(ctx, at)
}

// Write puts content at a URL: all of it or nothing in the folder.
func (f *Files) Write(ctx context.Context, url string, content []byte) error {
	p := f.policy()
	at, err := p.place(url)
	switch {
	case err != nil:
		return err
	case int64(len(content)) > p.MaximumBytes:
		return tooBig(p.MaximumBytes)
	case at.remote == nil:
		return f.folder.write(at.file, content, p.QuotaBytes)
	case !at.remote.Write:
		return wrongURL("remote %q is not for writing", at.remote.Name)
	}
	return p.put(ctx, at, content)
}

// Delete removes what is at a URL of the folder.
func (f *Files) Delete(_ context.Context, url string) error {
	p := f.policy()
	at, err := p.place(url)
	switch {
	case err != nil:
		return err
	case at.remote != nil:
		return failed(tree.TagOperationUnsupported, "nothing is deleted on other servers")
	}
	return f.folder.delete(at.file)
}

// Erase removes everything in the folder, as a reset to the factory's state wants.
func (f *Files) Erase() error { return f.folder.erase() }

// State returns what the folder takes of its quota, as operational data; nil in a
// schema without the module.
func (f *Files) State(set *schema.Set) tree.Node {
	path, err := set.ParsePath("/mpk-security:mpk-security/system/" + module + ":files/state/used")
	if err != nil {
		return nil
	}
	value, err := tree.Path(path).Schema().ParseValue(fmt.Sprint(f.folder.used()))
	if err != nil {
		return nil
	}
	e := tree.New(set).Edit()
	if err := e.SetLeaf(path, value); err != nil {
		return nil
	}
	return e.Tree().Root().Child(path[0].Node)
}

func failed(tag tree.Tag, format string, args ...any) error {
	return &tree.Error{Tag: tag, Message: fmt.Sprintf(format, args...)}
}

func tooBig(maximum int64) error {
	return failed(tree.TagTooBig, "the configuration is larger than %d octets; see system/files/config/maximum-size", maximum)
}
