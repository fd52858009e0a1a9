package main

import (
	"encoding/binary"
	"fmt"
)

// mostPayload is the largest request, in bytes.
const mostPayload = 4096

// service answers requests in one way, however they come: it takes the request into
// memory of its own and answers with as many bytes, the number at their start one
// higher. A request too short for a number is answered as it is.
type service struct {
	memory []byte
	calls  uint64
}

func (s *service) answer(request, reply []byte) {
	s.calls++
	own := s.memory[:copy(s.memory, request)]
	if len(own) >= 8 {
		binary.LittleEndian.PutUint64(own, binary.LittleEndian.Uint64(own)+1)
	}
	copy(reply, own)
}

// exchange is a client's request and the reply to it.
type exchange struct{ request, reply []byte }

func newExchange(payload int) *exchange {
	return &exchange{make([]byte, payload), make([]byte, payload)}
}

// next changes the request.
func (e *exchange) next(i int) {
	if len(e.request) >= 8 {
		binary.LittleEndian.PutUint64(e.request, uint64(i))
	}
}

// check requires the reply to be that to the request.
func (e *exchange) check(i int) error {
	if len(e.reply) >= 8 {
		if got := binary.LittleEndian.Uint64(e.reply); got != uint64(i)+1 {
			return fmt.Errorf("call %d was answered with %d", i, got)
		}
	}
	return nil
}

// repeat exchanges n times by a round trip and returns the first error.
func (e *exchange) repeat(n int, roundTrip func(*exchange) error) error {
	for i := range n {
		e.next(i)
		if err := roundTrip(e); err != nil {
			return err
		}
		if err := e.check(i); err != nil {
			return err
		}
	}
	return nil
}
