package netconf

import (
	"bytes"
	"strings"

	"github.com/optical-net/waveguard/yang/xml"
)

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>`

// writeText writes s as character data.
func writeText(b *bytes.Buffer, s string) { b.Write(xml.AppendText(b.AvailableBuffer(), s)) }

// writeElement writes a childless element without prefix.
func writeElement(b *bytes.Buffer, name, text string) {
	b.WriteString("<" + name + ">")
	writeText(b, text)
	b.WriteString("</" + name + ">")
}

var quotes = strings.NewReplacer(`"`, "&#34;", "\t", "&#9;", "\n", "&#10;")

func writeAttribute(b *bytes.Buffer, name, value string) {
	b.WriteString(" " + name + `="`)
	b.WriteString(quotes.Replace(string(xml.AppendText(nil, value))))
	b.WriteByte('"')
}
