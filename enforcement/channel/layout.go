package channel

// The layout of sdk/include/waveguard/channel.h.
const (
	// ABI is the version of the layout.
	ABI = 1
	// MaxConsumers is the most consumers of a channel.
	MaxConsumers = 32
	// MaxSlots is the most slots of a ring.
	MaxSlots = 65536
	// MaxSlotSize is the most octets of a message.
	MaxSlotSize = 1 << 24

	maxRingSize = 1 << 31
	controlSize = 4096
	cursorSize  = 4096
	ringHeader  = 4096
	slotHeader  = 64

	magic = 0x4e41484344524757

	controlMagic      = 0
	controlABI        = 8
	controlConsumers  = 12
	controlGeneration = 16
	controlRingSize   = 24
	controlSlots      = 32
	controlSlotSize   = 36
	controlStride     = 40
	controlIntegrity  = 44
	controlOverflow   = 45
	controlState      = 48
	controlActive     = 52
	controlKey        = 64
	keySize           = 32

	stateOpen  = 1
	stateEnded = 2

	ringHead    = 0
	ringWaiting = 64
	ringClosed  = 68
	ringOctets  = 128
	ringRefused = 136

	slotTurn   = 0
	slotLength = 8
	slotCRC    = 12
	slotTag    = 16

	cursorNext      = 0
	cursorStarted   = 8
	cursorWaiting   = 64
	cursorReceived  = 128
	cursorOctets    = 136
	cursorLost      = 144
	cursorCorrupted = 152
)
