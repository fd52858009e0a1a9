package appliance

import (
	"bytes"
	"fmt"
	"os"
	"slices"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// withModelsData returns a configuration with those of the top-level nodes in the
// file of --models-data that it does not have.
func (c *Config) withModelsData(set *schema.Set, t *tree.Tree) (*tree.Tree, error) {
	if c.ModelsData == "" {
		return t, nil
	}
	given, err := readInstance(set, c.ModelsData)
	if err != nil {
		return nil, fmt.Errorf("read --models-data: %w", err)
	}
	e := t.Edit()
	for node := range given.Root().Children() {
		if module := node.Schema().Module.Name; slices.Contains(served, module) {
			return nil, fmt.Errorf("--models-data %s has data of %s, which is the appliance's own module: configure it over NETCONF or gNMI", c.ModelsData, module)
		}
		if t.Root().Child(node.Schema()) != nil {
			continue
		}
		if err := e.Merge(nil, node); err != nil {
			return nil, fmt.Errorf("merge --models-data %s: %w", c.ModelsData, err)
		}
	}
	return e.Tree(), nil
}

// readInstance reads a file of XML or JSON.
func readInstance(set *schema.Set, path string) (*tree.Tree, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var t *tree.Tree
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) {
		t, err = xml.Decode(set, text, xml.DecodeOptions{})
	} else {
		t, err = json.Decode(set, text, json.DecodeOptions{})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}
