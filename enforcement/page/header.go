package page

import (
	"errors"
	"fmt"
	"os"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// kind is what tells the two pages apart.
type kind struct {
	name     string
	magic    uint64
	seals    int
	header   int // bytes
	pageSize func(hosted int) int
}

var (
	policyKind = kind{"policy", policyMagic, shm.FixedSize | shm.NoNewWriters | shm.NoMoreSeals, policyHeaderSize, policyPageSize}
	statsKind  = kind{"stats", statsMagic, shm.FixedSize | shm.NoMoreSeals, statsHeaderSize, statsPageSize}
)

// create makes a page with the fields that both headers begin with.
func (k kind) create(hosted int) (*os.File, []byte, error) {
	if err := checkHosted(hosted); err != nil {
		return nil, nil, fmt.Errorf("create %s page: %w", k.name, err)
	}
	size := k.pageSize(hosted)
	file, err := shm.Create(k.name+" page", size)
	if err != nil {
		return nil, nil, err
	}
	memory, err := shm.Map(file, size, shm.ReadWrite)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	if err := shm.Seal(file, k.seals); err != nil {
		return nil, nil, errors.Join(err, shm.Unmap(memory), file.Close())
	}
	mpk.Uint64At(memory, headerMagic).Store(k.magic)
	mpk.Uint32At(memory, headerABI).Store(ABI)
	mpk.Uint32At(memory, headerHosted).Store(uint32(hosted))
	mpk.Uint64At(memory, headerSize).Store(uint64(size))
	return file, memory, nil
}

// open maps the page behind file and returns how many domains it is for. The
// caller keeps file.
func (k kind) open(file *os.File, how shm.Access) (memory []byte, hosted int, err error) {
	size, err := shm.Size(file, k.seals)
	if errors.Is(err, shm.ErrSeals) {
		err = fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open %s page: %w", k.name, err)
	}
	if size < k.header || size > k.pageSize(MaxHosted) {
		return nil, 0, fmt.Errorf("open %s page: %w: it has %d bytes", k.name, ErrFormat, size)
	}
	memory, err = shm.Map(file, size, how)
	if err != nil {
		return nil, 0, fmt.Errorf("open %s page: %w", k.name, err)
	}
	hosted, err = k.check(memory)
	if err != nil {
		_ = shm.Unmap(memory)
		return nil, 0, fmt.Errorf("open %s page: %w: %w", k.name, ErrFormat, err)
	}
	return memory, hosted, nil
}

// check reads each header word once: a forger may change them meanwhile.
func (k kind) check(memory []byte) (hosted int, err error) {
	if magic := mpk.Uint64At(memory, headerMagic).Load(); magic != k.magic {
		return 0, fmt.Errorf("magic is %#x, want %#x", magic, k.magic)
	}
	if abi := mpk.Uint32At(memory, headerABI).Load(); abi != ABI {
		return 0, fmt.Errorf("layout version is %d, this program knows %d", abi, ABI)
	}
	hosted = int(mpk.Uint32At(memory, headerHosted).Load())
	if err := checkHosted(hosted); err != nil {
		return 0, err
	}
	size, want := mpk.Uint64At(memory, headerSize).Load(), k.pageSize(hosted)
	if size != uint64(want) || len(memory) != want {
		return 0, fmt.Errorf("header says %d bytes, memory has %d, %d domains need %d", size, len(memory), hosted, want)
	}
	return hosted, nil
}
