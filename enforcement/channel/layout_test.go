package channel

import (
	"crypto/sha256"
	"testing"

	"github.com/optical-net/waveguard/internal/header"
)

var odd = Shape{Slots: 8, SlotSize: 100}

// layout pairs every C expression of channel.h with the number Go uses.
var layout = header.Layout{Include: "../../sdk/include", Name: "channel.h", Numbers: map[string]uint64{
	"WG_CHANNEL_MAGIC":         magic,
	"WG_CHANNEL_ABI":           ABI,
	"WG_MAX_CONSUMERS":         MaxConsumers,
	"WG_MAX_SLOTS":             MaxSlots,
	"WG_MAX_SLOT_SIZE":         MaxSlotSize,
	"WG_MAX_RING_SIZE":         maxRingSize,
	"WG_CONTROL_SIZE":          controlSize,
	"WG_CURSOR_SIZE":           cursorSize,
	"WG_RING_HEADER":           ringHeader,
	"WG_CHANNEL_OPEN":          stateOpen,
	"WG_CHANNEL_ENDED":         stateEnded,
	"WG_INTEGRITY_NONE":        uint64(NoIntegrity),
	"WG_INTEGRITY_CRC32C":      uint64(CRC32C),
	"WG_INTEGRITY_HMAC_SHA256": uint64(HMACSHA256),
	"WG_OVERFLOW_BLOCK":        uint64(Block),
	"WG_OVERFLOW_DROP_OLDEST":  uint64(DropOldest),
	"WG_SLOT_STRIDE(100)":      uint64(odd.Stride()),
	"WG_RING_SIZE(8, 100)":     uint64(odd.RingSize()),

	"sizeof(struct wg_channel_control)":               128,
	"offsetof(struct wg_channel_control, magic)":      controlMagic,
	"offsetof(struct wg_channel_control, abi)":        controlABI,
	"offsetof(struct wg_channel_control, consumers)":  controlConsumers,
	"offsetof(struct wg_channel_control, generation)": controlGeneration,
	"offsetof(struct wg_channel_control, ring_size)":  controlRingSize,
	"offsetof(struct wg_channel_control, slots)":      controlSlots,
	"offsetof(struct wg_channel_control, slot_size)":  controlSlotSize,
	"offsetof(struct wg_channel_control, stride)":     controlStride,
	"offsetof(struct wg_channel_control, integrity)":  controlIntegrity,
	"offsetof(struct wg_channel_control, overflow)":   controlOverflow,
	"offsetof(struct wg_channel_control, state)":      controlState,
	"offsetof(struct wg_channel_control, active)":     controlActive,
	"offsetof(struct wg_channel_control, key)":        controlKey,
	"sizeof(((struct wg_channel_control *)0)->key)":   keySize,

	"sizeof(struct wg_ring_header)":            192,
	"offsetof(struct wg_ring_header, head)":    ringHead,
	"offsetof(struct wg_ring_header, waiting)": ringWaiting,
	"offsetof(struct wg_ring_header, closed)":  ringClosed,
	"offsetof(struct wg_ring_header, octets)":  ringOctets,
	"offsetof(struct wg_ring_header, refused)": ringRefused,

	"sizeof(struct wg_slot)":                   slotHeader,
	"offsetof(struct wg_slot, turn)":           slotTurn,
	"offsetof(struct wg_slot, length)":         slotLength,
	"offsetof(struct wg_slot, crc)":            slotCRC,
	"offsetof(struct wg_slot, tag)":            slotTag,
	"sizeof(((struct wg_slot *)0)->tag)":       sha256.Size,
	"sizeof(struct wg_channel_cursor)":         192,
	"offsetof(struct wg_channel_cursor, next)": cursorNext,

	"offsetof(struct wg_channel_cursor, started)":   cursorStarted,
	"offsetof(struct wg_channel_cursor, waiting)":   cursorWaiting,
	"offsetof(struct wg_channel_cursor, received)":  cursorReceived,
	"offsetof(struct wg_channel_cursor, octets)":    cursorOctets,
	"offsetof(struct wg_channel_cursor, lost)":      cursorLost,
	"offsetof(struct wg_channel_cursor, corrupted)": cursorCorrupted,
}}

func TestLayoutIsThatOfTheHeader(t *testing.T) { layout.Compare(t) }

// TestHeaderIsAllCompared finds fields and constants of channel.h that the table above does not
// know.
func TestHeaderIsAllCompared(t *testing.T) { layout.AllCompared(t) }
