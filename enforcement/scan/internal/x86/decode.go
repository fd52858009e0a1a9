package x86

import "encoding/binary"

// decoder reads one instruction.
type decoder struct {
	Inst
	code []byte
	mode Mode
	at   int
}

// Decode measures the first instruction of code. It returns ErrInvalid if there
// is none, and ErrShort if it goes on after the last byte.
func Decode(code []byte, mode Mode) (Inst, error) {
	if len(code) > MaxLen {
		code = code[:MaxLen]
	}
	d := decoder{code: code, mode: mode}
	err := d.decode()
	d.Len = d.at
	if err == ErrShort && len(code) == MaxLen {
		err = ErrInvalid // Intel SDM volume 2, section 2.3.11: 15 bytes at most
	}
	return d.Inst, err
}

func (d *decoder) decode() error {
	if err := d.prefixes(); err != nil {
		return err
	}
	d.prefixEnd = d.at
	opcode, err := d.next()
	if err != nil {
		return err
	}
	if number, ok, err := d.vector(opcode); ok || err != nil {
		if err != nil {
			return err
		}
		return d.operands(vectorFollows(number, d.Inst.Opcode))
	}
	if d.mode == Mode64 && opcode == 0xd5 {
		return d.rex2()
	}
	if opcode == 0x0f {
		if d.Map, opcode, err = d.escape(); err != nil {
			return err
		}
	}
	return d.finish(opcode)
}

// finish reads what follows the opcode, which was the last byte.
func (d *decoder) finish(opcode byte) error {
	d.Inst.Opcode, d.OpcodeAt = opcode, d.at-1
	return d.operands(follows(d.Map, opcode, d.mode))
}

// next reads a byte.
func (d *decoder) next() (byte, error) {
	if d.at == len(d.code) {
		return 0, ErrShort
	}
	d.at++
	return d.code[d.at-1], nil
}

// peek returns the next byte; 0 if there is none.
func (d *decoder) peek() byte {
	if d.at == len(d.code) {
		return 0
	}
	return d.code[d.at]
}

// prefixes reads the legacy prefixes and REX, which counts only as the last.
func (d *decoder) prefixes() error {
	for d.at < len(d.code) {
		b := d.code[d.at]
		switch rex := d.mode == Mode64 && b&0xf0 == 0x40; {
		case !rex && follows(OneByte, b, d.mode) != 'P':
			return nil
		case rex:
			d.Rex = b
		default:
			d.Rex = 0
			d.note(b)
		}
		d.at++
	}
	return ErrShort
}

// IsPrefix says whether a byte is a legacy prefix of 32-bit mode.
func IsPrefix(b byte) bool { return follows(OneByte, b, Mode32) == 'P' }

// IsPrefix64 says whether a byte is a legacy prefix or REX of 64-bit mode.
func IsPrefix64(b byte) bool { return follows(OneByte, b, Mode64) == 'P' }

func (d *decoder) note(prefix byte) {
	switch prefix {
	case 0x66:
		d.Size16 = true
	case 0x67:
		d.Addr = true
	case 0xf2, 0xf3:
		d.Rep = prefix
	}
}

// escape reads the opcode after 0F.
func (d *decoder) escape() (Map, byte, error) {
	b, err := d.next()
	if err != nil {
		return 0, 0, err
	}
	m := TwoByte
	switch b {
	case 0x38:
		m = Map38
	case 0x3a:
		m = Map3A
	default:
		return m, b, nil
	}
	b, err = d.next()
	return m, b, err
}

// rex2 reads what follows D5 (Intel APX specification, section 3.1.1): a
// payload whose highest bit selects the map, and the opcode.
func (d *decoder) rex2() error {
	payload, err := d.next()
	if err != nil {
		return err
	}
	d.prefixEnd, d.Rex = d.at, 0x40|payload&0xf
	if payload >= 0x80 {
		d.Map = TwoByte
	}
	opcode, err := d.next()
	if err != nil {
		return err
	}
	return d.finish(opcode)
}

// vector reads VEX, EVEX and XOP prefixes and the opcode after them, if there
// are any, and returns the number of the map.
func (d *decoder) vector(first byte) (number int, ok bool, err error) {
	second := d.peek()
	asRegister := d.mode == Mode64 || second >= 0xc0 // otherwise LES, LDS, BOUND
	payload := 0
	switch {
	case first == 0xc5 && asRegister:
		payload, number = 1, 1
	case first == 0xc4 && asRegister:
		payload, number = 2, int(second&0x1f)
	case first == 0x62 && asRegister:
		payload, number = 3, int(second&7)
	case first == 0x8f && second&0x1f >= 8: // otherwise POP
		payload, number = 2, int(second&0x1f)
	default:
		return 0, false, nil
	}
	if d.at+payload >= len(d.code) {
		d.at = len(d.code)
		return 0, false, ErrShort
	}
	d.at += payload
	d.prefixEnd = d.at
	d.Map, d.Inst.Opcode, d.OpcodeAt = vector, d.code[d.at], d.at
	d.at++
	if number == 0 {
		return 0, false, ErrInvalid
	}
	return number, true, nil
}

// operands reads what kind says.
func (d *decoder) operands(kind byte) error {
	switch kind {
	case 'x', 'P':
		return ErrInvalid
	case '.':
		return nil
	case 'm', 'B', 'Z', 'D', '3', '7':
		if err := d.modRM(); err != nil {
			return err
		}
	}
	return d.immediate(d.immediateLen(kind))
}

func (d *decoder) immediateLen(kind byte) int {
	sized := 4
	if d.Size16 {
		sized = 2
	}
	switch kind {
	case 'b', 'B', 'j':
		return 1
	case 'w':
		return 2
	case 'e':
		return 3
	case 'D':
		return 4
	case 'z', 'Z':
		return d.wide(sized)
	case 'v':
		if d.Rex&8 != 0 {
			return 8
		}
		return sized
	case 'J':
		if d.mode == Mode64 {
			return 4 // Intel SDM volume 2, JMP and CALL: 64-bit mode ignores 66
		}
		return sized
	case 'p':
		return sized + 2
	case 'o':
		return d.addressLen()
	case '3':
		return d.ifTest(1)
	case '7':
		return d.ifTest(d.wide(sized))
	}
	if d.Map == TwoByte && d.Inst.Opcode == 0x78 && (d.Size16 || d.Rep == 0xf2) {
		return 2 // AMD APM volume 4: EXTRQ, INSERTQ
	}
	return 0
}

// wide is sized, but 4 under REX.W, which outdoes prefix 66.
func (d *decoder) wide(sized int) int {
	if d.Rex&8 != 0 {
		return 4
	}
	return sized
}

func (d *decoder) ifTest(n int) int {
	if d.Reg() > 1 {
		return 0
	}
	return n
}

func (d *decoder) addressLen() int {
	switch {
	case d.mode == Mode64 && !d.Addr:
		return 8
	case d.mode == Mode32 && d.Addr:
		return 2
	}
	return 4
}

func (d *decoder) immediate(n int) error {
	if n == 0 {
		return nil
	}
	d.ImmAt, d.ImmLen = d.at, n
	return d.skip(n)
}

func (d *decoder) skip(n int) error {
	if d.at += n; d.at > len(d.code) {
		d.at = len(d.code)
		return ErrShort
	}
	return nil
}

// modRM reads ModRM, SIB and displacement.
func (d *decoder) modRM() error {
	b, err := d.next()
	if err != nil {
		return err
	}
	d.ModRM, d.ModRMAt = b, d.at-1
	control := d.Map == TwoByte && d.Inst.Opcode >= 0x20 && d.Inst.Opcode <= 0x23 // MOV CR, DR: always registers
	if d.Mod() == 3 || control {
		return nil
	}
	n := 0
	if d.mode == Mode32 && d.Addr {
		n = d.displacement16()
	} else if n, err = d.displacement(); err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	d.DispAt, d.DispLen = d.at, n
	return d.skip(n)
}

// displacement returns how long the displacement is. It reads SIB.
func (d *decoder) displacement() (int, error) {
	base := d.RM()
	if base == 4 {
		sib, err := d.next()
		if err != nil {
			return 0, err
		}
		base = sib & 7
	}
	switch {
	case d.Mod() == 1:
		return 1, nil
	case d.Mod() == 2, base == 5:
		return 4, nil
	}
	return 0, nil
}

func (d *decoder) displacement16() int {
	switch {
	case d.Mod() == 1:
		return 1
	case d.Mod() == 2, d.RM() == 6:
		return 2
	}
	return 0
}

// Imm returns the immediate, sign-extended; code is what was decoded.
func (i *Inst) Imm(code []byte) int64 {
	at := code[i.ImmAt:]
	switch i.ImmLen {
	case 1:
		return int64(int8(at[0]))
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(at)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(at)))
	case 8:
		return int64(binary.LittleEndian.Uint64(at))
	}
	return 0
}
