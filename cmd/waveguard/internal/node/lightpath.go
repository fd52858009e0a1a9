package node

import "time"

// A lightpath in memory: number uint32, channel uint32, expiry in Unix
// milliseconds uint64. A free record is all zeros.
const (
	lightpathBytes = 16
	maxLightpaths  = 512
)

// lightpaths is the table of lightpaths that are up.
type lightpaths struct{ block }

type lightpath struct {
	number  uint32 // not 0
	channel int
	expires time.Time // to the millisecond
}

func (l lightpaths) at(i int) lightpath {
	record := l.slice(i*lightpathBytes, lightpathBytes)
	return lightpath{
		number:  record.uint32(0),
		channel: int(record.uint32(4)),
		expires: time.UnixMilli(int64(record.uint64(8))),
	}
}

// add has no effect on a full table.
func (l lightpaths) add(p lightpath) {
	for i := range maxLightpaths {
		if record := l.slice(i*lightpathBytes, lightpathBytes); record.uint32(0) == 0 {
			record.setUint32(0, p.number)
			record.setUint32(4, uint32(p.channel))
			record.setUint64(8, uint64(p.expires.UnixMilli()))
			return
		}
	}
}

func (l lightpaths) remove(number uint32) {
	for i := range maxLightpaths {
		if l.at(i).number == number {
			clear(l.slice(i*lightpathBytes, lightpathBytes))
		}
	}
}

// up returns how many there are.
func (l lightpaths) up() (count uint64) {
	for i := range maxLightpaths {
		if l.at(i).number != 0 {
			count++
		}
	}
	return count
}

// expired returns the numbers of those whose time is over.
func (l lightpaths) expired(now time.Time) (numbers []uint32) {
	for i := range maxLightpaths {
		if p := l.at(i); p.number != 0 && now.After(p.expires) {
			numbers = append(numbers, p.number)
		}
	}
	return numbers
}
