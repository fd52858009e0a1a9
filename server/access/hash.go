package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// params are the cost parameters of argon2id.
type params struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// defaultParams is the second recommended option of RFC 9106 section 4.
var defaultParams = params{memory: 64 << 10, passes: 3, threads: 4}

// The most a configured hash may cost to verify: about a second and 1 GiB.
const (
	maxMemory  = 1 << 20
	maxPasses  = 16
	maxHashLen = 128
	saltLen    = 16
	tagLen     = 32
)

var errHashForm = errors.New(`a password hash has the form $argon2id$v=19$m=<KiB>,t=<passes>,p=<threads>$<salt>$<hash>`)

// String returns the PHC form.
func (p params) String() string { return fmt.Sprintf("m=%d,t=%d,p=%d", p.memory, p.passes, p.threads) }

// phc is a parsed password hash.
type phc struct {
	params
	salt, tag []byte
}

// HashPassword returns the hash of a password as the model's password-hash leaf
// takes it: argon2id (RFC 9106) in the PHC string format.
func HashPassword(password string) (string, error) {
	if password == "" {
		return "", errors.New("a password cannot be empty")
	}
	h := phc{params: defaultParams, salt: make([]byte, saltLen)}
	if _, err := rand.Read(h.salt); err != nil {
		return "", fmt.Errorf("read random salt: %w", err)
	}
	h.tag = h.derive(password, tagLen)
	return h.String(), nil
}

func (h *phc) derive(password string, length uint32) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.threads, length)
}

// String returns the PHC string.
func (h *phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, h.params,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.tag))
}

// verify says whether the password is the one that was hashed. It takes the
// same time whatever the answer.
func (h *phc) verify(password string) bool {
	return subtle.ConstantTimeCompare(h.derive(password, uint32(len(h.tag))), h.tag) == 1
}

func parsePHC(text string) (*phc, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, errHashForm
	}
	h := &phc{}
	var err error
	if h.params, err = parseParams(fields[3]); err != nil {
		return nil, err
	}
	if h.salt, err = decodeField(fields[4], 8); err != nil {
		return nil, err
	}
	h.tag, err = decodeField(fields[5], 16)
	return h, err
}

func parseParams(text string) (p params, err error) {
	n, err := fmt.Sscanf(text, "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads)
	switch {
	case n != 3 || err != nil || text != p.String():
		return p, errHashForm
	case p.passes == 0 || p.passes > maxPasses || p.threads == 0 || p.memory < 8*uint32(p.threads) || p.memory > maxMemory:
		return p, fmt.Errorf("password hash parameters %s are out of bounds: m is from 8 per thread to %d, t from 1 to %d",
			text, maxMemory, maxPasses)
	}
	return p, nil
}

func decodeField(text string, least int) ([]byte, error) {
	b, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < least || len(b) > maxHashLen {
		return nil, errHashForm
	}
	return b, nil
}
