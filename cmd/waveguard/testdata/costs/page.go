package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// The lines of a page between which the tables are.
const (
	tablesBegin = "<!-- make bench-costs writes what follows -->\n"
	tablesEnd   = "<!-- make bench-costs wrote what precedes -->\n"
)

// measureInto measures all and puts the tables into a page, in the place of those there.
func measureInto(p pace, file string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if _, err := replaceTables(page, nil); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var tables bytes.Buffer
	if err := measure(p, "", io.MultiWriter(&tables, os.Stdout)); err != nil {
		return err
	}
	if page, err = replaceTables(page, tables.Bytes()); err != nil {
		return err
	}
	return os.WriteFile(file, page, 0o644)
}

func replaceTables(page, tables []byte) ([]byte, error) {
	before, rest, begun := bytes.Cut(page, []byte(tablesBegin))
	_, after, ended := bytes.Cut(rest, []byte(tablesEnd))
	if !begun || !ended {
		return nil, fmt.Errorf("no place for the tables: two lines are needed, %q and %q", tablesBegin, tablesEnd)
	}
	return bytes.Join([][]byte{before, []byte(tablesBegin), tables, []byte(tablesEnd), after}, nil), nil
}
