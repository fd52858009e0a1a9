package appliance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Count is a counter of 64 bits. It is read from a number or, as RFC 7951
// writes it, a string, and written as a number.
type Count uint64

// UnmarshalJSON implements json.Unmarshaler.
func (c *Count) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseUint(strings.Trim(string(text), `"`), 10, 64)
	*c = Count(n)
	return err
}

// entry is a list entry or container in the style of OpenConfig.
type entry struct {
	Config json.RawMessage `json:"config"`
	State  json.RawMessage `json:"state"`
}

// read sets a record from both parts: the state is what is in force, the
// configuration what stands in for it where the state is silent.
func (e entry) read(record any) error {
	for _, part := range []json.RawMessage{e.Config, e.State} {
		if part == nil {
			continue
		}
		if err := json.Unmarshal(part, record); err != nil {
			return err
		}
	}
	return nil
}

// readList reads the entries of the one list of a container.
func readList[T any](text []byte, list string) ([]T, error) {
	entries, err := readEntries[entry](text, list)
	if err != nil {
		return nil, err
	}
	records := make([]T, len(entries))
	for i, e := range entries {
		if err := e.read(&records[i]); err != nil {
			return nil, fmt.Errorf("read %s %d: %w", list, i+1, err)
		}
	}
	return records, nil
}

// readEntries reads the entries of the one list of a container, each as an E.
func readEntries[E any](text []byte, list string) (entries []E, err error) {
	plain, err := withoutModules(text)
	if err != nil {
		return nil, err
	}
	var container map[string]json.RawMessage
	if err := json.Unmarshal(plain, &container); err != nil {
		return nil, fmt.Errorf("read %s list: %w", list, err)
	}
	if container[list] != nil {
		if err := json.Unmarshal(container[list], &entries); err != nil {
			return nil, fmt.Errorf("read %s list: %w", list, err)
		}
	}
	return entries, nil
}

// withoutModules takes the module out of member names, which RFC 7951 section
// 4 puts there now and then. Our models have no names that differ by it alone.
func withoutModules(text []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return json.Marshal(strip(value))
}

func strip(value any) any {
	switch value := value.(type) {
	case map[string]any:
		plain := make(map[string]any, len(value))
		for name, member := range value {
			plain[local(name)] = strip(member)
		}
		return plain
	case []any:
		for i := range value {
			value[i] = strip(value[i])
		}
	}
	return value
}
