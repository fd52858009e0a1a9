// Package keys lends few hardware protection keys to many domains.
//
// A [Ring] has the keys, a [Holder] is a domain that needs one while threads are
// inside it. One key, the parking key, is never opened by any thread: the memory
// of a domain without a key of its own is tagged with it, and so is as closed as
// any. When keys run out the ring parks the least valuable holder, by priority and
// then by how long ago it was last entered, and lends its key on. What that costs
// is time: the memory of two domains is tagged anew.
//
// # When a key may change hands
//
// A key must not change hands while any thread has it open, because rights are a
// register of each thread that nobody else can change. So every holder counts the
// threads that are inside, or that will come back to it without asking again. The
// count and the key are one word: a thread enters by one atomic addition that
// reads the key as well, and the ring parks by one compare-and-swap that succeeds
// only with a count of zero. A thread closes its rights before it is counted out.
// Together that is the epoch rule of key reuse, for exactly the threads that it
// is about: each of them has passed a gate, outwards, since it had the key.
// testdata/keys.pml is a model of it, which spin checks; each of the mistakes
// that can be switched on in it is found.
//
// # When all keys are in use
//
// A thread that finds no key waits, and gives up all it holds before it does:
// its own rights are closed, and what it came through can be parked ([Stack.Yield]).
// Nobody holds a key and waits for another, so there is no deadlock among waiting
// threads; they wait for those that run.
//
// They are served in the order in which they came. Who comes later and needs a key
// joins the queue, and a holder that threads go in and out of without a pause is
// closed to newcomers until those inside have left: it drains, a bit of the same
// word. The least valuable does so first; after a while it is another one's turn,
// since a thread inside may need one that wants to enter. So nobody starves as long
// as the threads inside some holder leave while it drains. The model has that, too.
package keys
