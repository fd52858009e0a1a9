package csdk_test

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/enforcement/channel"
)

var integrities = map[string]channel.Integrity{"none": channel.NoIntegrity, "crc32c": channel.CRC32C, "hmac": channel.HMACSHA256}

// channelHub has the two channels of sdk/c/bench/channel.c.
func channelHub(b *testing.B, integrity channel.Integrity, slots int) *hub {
	h := newHub(b)
	shape := channel.Shape{Slots: slots, SlotSize: 64, Integrity: integrity}
	h.line("feed", shape, "vault")
	h.line("echo", shape, "front")
	return h
}

// BenchmarkCChannel measures messages of 64 octets between two threads that wait busily, each in a domain: there
// and back, and one way as fast as it goes.
func BenchmarkCChannel(b *testing.B) {
	for _, does := range []string{"round-trip", "stream"} {
		for name, integrity := range integrities {
			b.Run(does+"/"+name, func(b *testing.B) {
				h := channelHub(b, integrity, 1024)
				b.ResetTimer()
				out, err := exec.Command(program(b, "../bench/channel"), h.path, backends(b)[0], does, fmt.Sprint(b.N)).Output()
				total, parsed := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
				if err != nil || parsed != nil {
					b.Fatal(err, parsed)
				}
				b.ReportMetric(total/float64(b.N), "ns/op")
			})
		}
	}
}

// BenchmarkCChannelInstructions counts the instructions of sending and of receiving a message of 64 octets, in user space, with
// valgrind. It has no instructions for SHA: that of HMAC is the portable one.
func BenchmarkCChannelInstructions(b *testing.B) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		b.Skip("needs valgrind")
	}
	const few, many = 1000, 3000
	for name, integrity := range integrities {
		b.Run(name, func(b *testing.B) {
			total := func(does string, times int) int64 {
				h := channelHub(b, integrity, 4096)
				return instructions(b, program(b, "../bench/channel"), h.path, "none", does, fmt.Sprint(times))
			}
			each := func(does string) float64 { return float64(total(does, many)-total(does, few)) / (many - few) }
			for b.Loop() {
				send := each("send")
				b.ReportMetric(send, "sent-instructions/op")
				b.ReportMetric(each("receive")-send, "received-instructions/op")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
