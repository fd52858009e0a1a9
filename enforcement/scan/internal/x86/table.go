package x86

// What follows an opcode:
//
//	.  nothing
//	m  ModRM
//	b  immediate of 1 byte; w of 2; e of 3 (ENTER)
//	z  immediate of 4 bytes, 2 with prefix 66; v the same, 8 with REX.W
//	j  branch of 1 byte; J of 4 bytes, 2 with prefix 66 in 32-bit mode
//	B  ModRM and b; Z ModRM and z
//	o  an address
//	p  a far pointer
//	3  ModRM and b, if Reg is 0 or 1 (TEST); 7 the same with z
//	P  it is a prefix
//	x  no instruction
const oneByte64 = "" +
	"mmmmbzxxmmmmbzxx" + // 00; 0F leads to the other maps
	"mmmmbzxxmmmmbzxx" + // 10
	"mmmmbzPxmmmmbzPx" + // 20
	"mmmmbzPxmmmmbzPx" + // 30
	"PPPPPPPPPPPPPPPP" + // 40, REX
	"................" + // 50
	"xxxmPPPPzZbB...." + // 60
	"jjjjjjjjjjjjjjjj" + // 70
	"BZxBmmmmmmmmmmmm" + // 80
	"..........x....." + // 90
	"oooo....bz......" + // A0
	"bbbbbbbbvvvvvvvv" + // B0
	"BBw.xxBZe.w..bx." + // C0
	"mmmmxxx.mmmmmmmm" + // D0
	"jjjjbbbbJJxj...." + // E0
	"P.PP..37......mm" // F0

const oneByte32 = "" +
	"mmmmbz..mmmmbz.x" + // 00
	"mmmmbz..mmmmbz.." + // 10
	"mmmmbzP.mmmmbzP." + // 20
	"mmmmbzP.mmmmbzP." + // 30
	"................" + // 40
	"................" + // 50
	"..mmPPPPzZbB...." + // 60
	"jjjjjjjjjjjjjjjj" + // 70
	"BZBBmmmmmmmmmmmm" + // 80
	"..........p....." + // 90
	"oooo....bz......" + // A0
	"bbbbbbbbzzzzzzzz" + // B0
	"BBw.mmBZe.w..b.." + // C0
	"mmmmbb..mmmmmmmm" + // D0
	"jjjjbbbbJJpj...." + // E0
	"P.PP..37......mm" // F0

const twoByte = "" +
	"mmmmx.....x.xm.B" + // 00
	"mmmmmmmmmmmmmmmm" + // 10
	"mmmmxxxxmmmmmmmm" + // 20
	"......x.xxxxxxxx" + // 30; 38 and 3A lead to other maps
	"mmmmmmmmmmmmmmmm" + // 40
	"mmmmmmmmmmmmmmmm" + // 50
	"mmmmmmmmmmmmmmmm" + // 60
	"BBBBmmm.mmxxmmmm" + // 70
	"JJJJJJJJJJJJJJJJ" + // 80
	"mmmmmmmmmmmmmmmm" + // 90
	"...mBmxx...mBmmm" + // A0
	"mmmmmmmmmmBmmmmm" + // B0
	"mmBmBBBm........" + // C0
	"mmmmmmmmmmmmmmmm" + // D0
	"mmmmmmmmmmmmmmmm" + // E0
	"mmmmmmmmmmmmmmmm" // F0

// follows returns what follows an opcode.
func follows(m Map, opcode byte, mode Mode) byte {
	switch {
	case m == Map38:
		return 'm'
	case m == Map3A:
		return 'B'
	case m == TwoByte:
		return twoByte[opcode]
	case mode == Mode64:
		return oneByte64[opcode]
	}
	return oneByte32[opcode]
}

// vectorFollows does so under VEX, EVEX and XOP.
func vectorFollows(number int, opcode byte) byte {
	switch number {
	case 1:
		switch opcode {
		case 0x77: // VZEROUPPER
			return '.'
		case 0x70, 0x71, 0x72, 0x73, 0xc2, 0xc4, 0xc5, 0xc6:
			return 'B'
		}
	case 3, 8:
		return 'B'
	case 4: // APX: the one-byte map, promoted
		switch opcode {
		case 0x80, 0x83, 0xc0, 0xc1, 0x6b, 0x24, 0x2c:
			return 'B'
		case 0x81, 0x69:
			return 'Z'
		case 0xf6:
			return '3'
		case 0xf7:
			return '7'
		}
	case 7: // URDMSR, UWRMSR and their like
		return 'D'
	case 10:
		return 'D'
	}
	return 'm'
}
