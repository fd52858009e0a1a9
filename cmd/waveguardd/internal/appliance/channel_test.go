package appliance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"

	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// channelEnd is set, to the attach socket and a role, in the processes that
// TestChannels starts.
const channelEnd = "WAVEGUARD_TEST_CHANNEL_END"

// feed is what TestChannels configures: services that any process of the user may provide,
// and a channel between them.
func feed() string {
	var b strings.Builder
	b.WriteString("<domains>")
	for i, name := range []string{"feed", "sink"} {
		fmt.Fprintf(&b, `<domain><name>%s</name><config><name>%s</name><id>%d</id><privilege-level>MEDIUM</privilege-level></config></domain>`, name, name, 100+i)
	}
	b.WriteString("</domains><services>")
	for name, domain := range map[string]string{"feed": "feed", "sink": "sink", "other": "sink"} {
		fmt.Fprintf(&b, `<service><name>%s</name><config><name>%s</name><domain>%s</domain><uid>%d</uid></config></service>`, name, name, domain, os.Getuid())
	}
	b.WriteString("</services>" + ofSamples("<producer>feed</producer><consumer>sink</consumer><consumer>other</consumer><slots>256</slots>"))
	return b.String()
}

func ofSamples(config string) string {
	return `<channels><channel><name>samples</name><config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><name>samples</name>` + config + `</config></channel></channels>`
}

// worker is a process with an end of a channel. It does what it is told by line.
type worker struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

func startEnd(t *testing.T, socket, role string) *worker {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestChannels$")
	cmd.Env = append(os.Environ(), channelEnd+"="+socket+" "+role)
	cmd.Stderr = t.Output()
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	return &worker{t, in, bufio.NewReader(out)}
}

// does has the process do so many, and requires what it says then.
func (w *worker) does(n int, want string) {
	w.t.Helper()
	fmt.Fprintln(w.in, n)
	line, err := w.out.ReadString('\n')
	if err != nil || !strings.Contains(line, want) {
		w.t.Fatalf("asked for %d it says %q (%v), want %q", n, line, err, want)
	}
}

// beEnd is what such a process does: it sends or takes messages, each of which has the next
// number, and says the last one's.
func beEnd(socket, role string) error {
	ctx := context.Background()
	service, spec := "feed", waveguard.ChannelSpec{Name: "samples", Role: waveguard.Producer}
	if role != "feed" {
		service, spec.Role = role, waveguard.Consumer
	}
	host, err := waveguard.Attach(ctx, waveguard.Config{Socket: socket, Services: []waveguard.ServiceSpec{{Name: service, Channels: []waveguard.ChannelSpec{spec}}}})
	if err != nil {
		return err
	}
	defer host.Close()
	s := host.Service(service)
	sender, _ := s.Sender(spec.Name)
	receiver, _ := s.Receiver(spec.Name)
	next, lines := 0, bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		limited, cancel := context.WithTimeout(ctx, 20*time.Second)
		if err == nil {
			err = s.Run(limited, func(th *waveguard.Thread) error {
				for range n {
					if err := pass(th, sender, receiver, next); err != nil {
						return err
					}
					next++
				}
				return nil
			})
		}
		cancel()
		fmt.Printf("%d %v\n", next, err)
	}
	return lines.Err()
}

// pass sends or takes the message of that number.
func pass(th *waveguard.Thread, to *waveguard.Sender, from *waveguard.Receiver, number int) error {
	if from == nil {
		return to.Send(th, strconv.AppendInt(nil, int64(number), 10))
	}
	m, err := from.Receive(th)
	if err == nil && string(m.Payload) != strconv.Itoa(number) {
		err = fmt.Errorf("took %q, want %d", m.Payload, number)
	}
	return err
}

// sentMessages waits until a gNMI subscription on change says that so many messages were sent.
func sentMessages(t *testing.T, stream gpb.GNMI_SubscribeClient, want uint64) {
	t.Helper()
	for {
		r, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range r.GetUpdate().GetUpdate() {
			if u.GetVal().GetUintVal() >= want {
				return
			}
		}
	}
}

func subscribeToSent(t *testing.T, a *Appliance) gpb.GNMI_SubscribeClient {
	t.Helper()
	target, ctx := dialGNMI(t, a)
	stream, err := target.Subscribe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var elems []*gpb.PathElem
	for _, name := range []string{"mpk-security", "channels", "channel", "state", "counters", "sent"} {
		elems = append(elems, &gpb.PathElem{Name: name})
	}
	elems[2].Key = map[string]string{"name": "samples"}
	if err := stream.Send(&gpb.SubscribeRequest{Request: &gpb.SubscribeRequest_Subscribe{Subscribe: &gpb.SubscriptionList{
		Mode: gpb.SubscriptionList_STREAM, Encoding: gpb.Encoding_PROTO,
		Subscription: []*gpb.Subscription{{Mode: gpb.SubscriptionMode_ON_CHANGE, Path: &gpb.Path{Elem: elems}}},
	}}}); err != nil {
		t.Fatal(err)
	}
	return stream
}

// channelState returns what NETCONF says of the channel.
func (c *client) channelState() string {
	c.t.Helper()
	return string(c.call(`<get><filter type="xpath" select="/mpk-security/channels/channel"/></get>`))
}

// TestChannels goes the way of a channel: NETCONF makes it, two processes use it, its counters
// are streamed, it outlives the daemon, and what a commit takes away is away.
func TestChannels(t *testing.T) {
	if words := strings.Fields(os.Getenv(channelEnd)); len(words) == 2 {
		if err := beEnd(words[0], words[1]); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Parallel()
	dir := t.TempDir()
	a, stop := startWith(t, Config{Dir: dir})
	socket := dir + "/data/attach.sock"
	c := dial(t, a)
	c.commit(feed())
	producer, sink, other := startEnd(t, socket, "feed"), startEnd(t, socket, "sink"), startEnd(t, socket, "other")
	eventually(t, "the channel is in service", func() bool {
		return strings.Contains(c.channelState(), "<operational-state>IN_SERVICE</operational-state>")
	})
	stream := subscribeToSent(t, a)
	producer.does(100, "100 <nil>")
	sink.does(100, "100 <nil>")
	sentMessages(t, stream, 100)
	eventually(t, "what was received is told", func() bool { return strings.Contains(c.channelState(), "<received>100</received>") })
	if state := c.channelState(); !strings.Contains(state, ">100</backlog>") {
		t.Errorf("the other consumer's backlog is not told: %s", state)
	}

	stop() // the daemon is not there
	producer.does(50, "150 <nil>")
	sink.does(20, "120 <nil>")
	a, _ = startWith(t, Config{Dir: dir})
	producer.does(50, "200 <nil>")
	sink.does(80, "200 <nil>")
	other.does(200, "200 <nil>")
	c = dial(t, a)
	eventually(t, "the channel is in service again", func() bool {
		return strings.Contains(c.channelState(), "<operational-state>IN_SERVICE</operational-state>")
	})

	c.commit(ofSamples(`<consumer nc:operation="delete">sink</consumer>`))
	producer.does(10, "210 <nil>")
	other.does(10, "210 <nil>")
	sink.does(1, `200 consumer of channel samples`)
	sink.does(1, `is no consumer of channel "samples"; add it to`)

	c.commit(ofSamples("<administrative-state>OUT_OF_SERVICE</administrative-state>"))
	producer.does(1, "set /mpk-security/channels/channel[name=samples]/config/administrative-state to IN_SERVICE")
	other.does(1, "is out of service")
	c.commit(ofSamples("<administrative-state>IN_SERVICE</administrative-state>"))
	eventually(t, "it is in service once more", func() bool {
		return strings.Contains(c.channelState(), "<operational-state>IN_SERVICE</operational-state>")
	})
	producer.does(5, "215 <nil>")
	other.does(5, "215 <nil>")
}
