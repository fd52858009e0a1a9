package appliance

import (
	"path/filepath"
	"strings"
	"testing"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
)

const deviceNS = `xmlns="http://org/openroadm/device"`

// device is a transponder: what it is, a circuit pack with two ports, and an
// Ethernet interface of a module that augments the device.
const device = `<org-openroadm-device ` + deviceNS + `>
<info><node-id>XPDR-A1</node-id><node-number>1</node-number><node-type>xpdr</node-type><clli>NODEA</clli><ipAddress>192.0.2.7</ipAddress><prefix-length>24</prefix-length></info>
<circuit-packs><circuit-pack-name>1/0</circuit-pack-name><circuit-pack-type>line</circuit-pack-type><administrative-state>inService</administrative-state>
<shelf>1</shelf><slot>1</slot>
<ports><port-name>1</port-name><port-qual>xpdr-client</port-qual><administrative-state>inService</administrative-state></ports></circuit-packs>
<shelves><shelf-name>1</shelf-name><shelf-type>main</shelf-type><administrative-state>inService</administrative-state></shelves>
<interface><name>1GE</name><type xmlns:t="http://org/openroadm/interfaces">t:ethernetCsmacd</type><administrative-state>inService</administrative-state>
<supporting-circuit-pack-name>1/0</supporting-circuit-pack-name><supporting-port>1</supporting-port>
<ethernet xmlns="http://org/openroadm/ethernet-interfaces"><speed>100000</speed></ethernet></interface>
</org-openroadm-device>`

// TestOpenROADM holds that the appliance keeps, checks and serves a device of
// Open ROADM 7.1 beside its own configuration, as TransportPCE reads it.
func TestOpenROADM(t *testing.T) {
	from := published(t)
	// One module cannot be compiled as it was published; another needs a module of the IANA.
	folders := []string{filepath.Join(from, "openroadm-7.1") + ":-org-openroadm-ospf", filepath.Join(from, "ietf") + ":"}
	dir := t.TempDir()
	a, stop := startWith(t, Config{Dir: dir, Models: folders, ModelsData: "testdata/openroadm.json"})
	c := dial(t, a)
	// What TransportPCE looks for before it takes a device for one of release 7.1.
	mustRefuse(t, c.hello, "http://org/openroadm/device?module=org-openroadm-device&amp;revision=2020-05-29")

	in := func(content string) string {
		return `<org-openroadm-device ` + deviceNS + `>` + content + `</org-openroadm-device>`
	}
	for content, words := range map[string][]string{
		`<info><node-type xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/></info>`:                                                                                                                                                              {"data-missing", "node-type"},
		`<interface><name>x</name><type xmlns:t="http://org/openroadm/interfaces">t:ethernetCsmacd</type><administrative-state>inService</administrative-state><supporting-interface-list>nowhere</supporting-interface-list></interface>`:                                {"instance-required", "supporting-interface-list"},
		`<interface><name>x</name><type xmlns:t="http://org/openroadm/interfaces">t:opticalTransport</type><administrative-state>inService</administrative-state><ethernet xmlns="http://org/openroadm/ethernet-interfaces"><speed>100000</speed></ethernet></interface>`: {"unknown-element", "ethernet"},
		`<xponder><xpdr-number>0</xpdr-number><xpdr-type>tpdr</xpdr-type></xponder>`:                                                                                                                                                                                      {"Xponder not supported by device"},
	} {
		mustRefuse(t, c.editIn(in(content)), words...)
	}
	if refusal := c.editIn(device); refusal != "" {
		t.Fatal(refusal)
	}

	readDevice(t, c)
	target, ctx := dialGNMI(t, a)
	got, err := target.Get(ctx, &gpb.GetRequest{Encoding: gpb.Encoding_JSON_IETF, Path: []*gpb.Path{
		{Elem: []*gpb.PathElem{{Name: "org-openroadm-device"}, {Name: "interface", Key: map[string]string{"name": "1GE"}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, got.String(), `org-openroadm-ethernet-interfaces:ethernet`, "100000")

	stop()
	a, _ = startIn(t, dir, folders...)
	readDevice(t, dial(t, a))
}

// readDevice reads what TransportPCE reads first.
func readDevice(t *testing.T, c *client) {
	t.Helper()
	info := string(c.call(`<get><filter type="subtree"><org-openroadm-device ` + deviceNS + `><info/></org-openroadm-device></filter></get>`))
	mustRefuse(t, info, "<node-id>XPDR-A1</node-id>", "<node-type>xpdr</node-type>", "<clli>NODEA</clli>")
	if strings.Contains(info, "circuit-packs") {
		t.Error("the filter was not kept to")
	}
	mustRefuse(t, string(c.call(`<get><filter type="subtree"><org-openroadm-device `+deviceNS+`><circuit-packs><circuit-pack-name>1/0</circuit-pack-name></circuit-packs></org-openroadm-device></filter></get>`)),
		"<port-qual>xpdr-client</port-qual>")
}
