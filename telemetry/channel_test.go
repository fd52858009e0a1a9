package telemetry_test

import (
	"slices"
	"testing"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

const ofChannel = "channels/channel[name='c']"

func consumerOf(service string) string {
	return ofChannel + "/consumer-ends/consumer-end[service='" + service + "']/state"
}

// passed is a state in which so many messages went through the channel c.
func passed(n uint64, consumers ...string) *gen.MpkSecurity {
	state := counted(1)
	state.Channel = map[string]*gen.MpkSecurity_Channel{}
	for _, name := range []string{"c", "ghost"} {
		c := &gen.MpkSecurity_Channel{
			OperationalState: gen.MpkSecurityTypes_OperationalState_DEGRADED, Generation: ygot.Uint64(17),
			ProducerState: gen.MpkSecurityTypes_ChannelEndState_OPEN,
			Counters:      &gen.MpkSecurity_Channel_Counters{Sent: ygot.Uint64(n)},
			ConsumerEnd:   map[string]*gen.MpkSecurity_Channel_ConsumerEnd{},
		}
		for _, service := range consumers {
			c.ConsumerEnd[service] = &gen.MpkSecurity_Channel_ConsumerEnd{
				Service: ygot.String(service), EndState: gen.MpkSecurityTypes_ChannelEndState_WAITING, Backlog: ygot.Uint64(n),
				Counters: &gen.MpkSecurity_Channel_ConsumerEnd_Counters{Received: ygot.Uint64(n)},
			}
		}
		state.Channel[name] = c
	}
	return state
}

// TestChannelsAreServed holds that the state of a configured channel is shown, and of its
// consumers as long as they are some.
func TestChannelsAreServed(t *testing.T) {
	config := slices.Concat(node(), viewtest.Service("r1", "b", 7), viewtest.Service("r2", "b", 7),
		viewtest.Channel("c", "s", "r1"), []string{ofChannel + "/config/consumer[.='r2']"})
	s, from := openStore(t, config...), &source{state: passed(3, "r1", "r2")}
	c := collector(s, from)
	collect(t, c)
	s.want(ofChannel+"/state/operational-state", "DEGRADED")
	s.want(ofChannel+"/state/generation", "17")
	s.want(ofChannel+"/state/mpk-security-telemetry:counters/sent", "3")
	s.want(consumerOf("r2")+"/end-state", "WAITING")
	s.want(consumerOf("r2")+"/service", "r2")
	s.want(consumerOf("r2")+"/mpk-security-telemetry:counters/received", "3")
	s.want(consumerOf("r2")+"/mpk-security-telemetry:backlog", "3")

	before := s.Operational()
	from.state = passed(4, "r1", "r2")
	from.state.Channel["c"].ConsumerEnd["r2"] = passed(3, "r2").Channel["c"].ConsumerEnd["r2"]
	collect(t, c)
	for _, change := range tree.Diff(before, s.Operational()) {
		if name := change.Path.Schema().Name; name != "sent" && name != "received" && name != "backlog" {
			t.Errorf("changed is %v", change.Path)
		}
	}

	from.state = passed(5, "r1")
	from.state.Channel["c"].Generation = nil
	collect(t, c)
	s.want(ofChannel+"/state/generation", "")
	s.want(consumerOf("r1")+"/mpk-security-telemetry:counters/received", "5")
	if s.Operational().Find(viewtest.Path(t, ofChannel+"/consumer-ends/consumer-end[service='r2']")) != nil {
		t.Error("a consumer that is none any more is shown")
	}
	if s.Operational().Find(viewtest.Path(t, "channels/channel[name='ghost']")) != nil {
		t.Error("a channel that is not configured is shown")
	}

	s.remove(ofChannel)
	collect(t, c)
	s.create(viewtest.Channel("c", "s", "r1")...)
	collect(t, c)
	s.want(consumerOf("r1")+"/mpk-security-telemetry:counters/received", "5")
}
