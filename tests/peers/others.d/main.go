// The shapes W1 to W6 with goroutines and buffered channels.
//
// Prints a line per workload: its name, and nanoseconds per operation, the median of the rounds.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"time"
)

const (
	capacity = 1024
	senders  = 4
	ringSize = 1000
)

type message struct {
	number uint64
	reply  chan uint64
}

// sum adds up what it gets. One with a reply is answered with its number; number 0 asks for the sum.
func sum(inbox <-chan message) {
	var total uint64
	for m := range inbox {
		total += m.number
		if m.reply != nil {
			if m.number == 0 {
				m.reply <- total
			} else {
				m.reply <- m.number
			}
		}
	}
}

func must(right bool, what string) {
	if !right {
		panic(what)
	}
}

func total(inbox chan<- message) uint64 {
	reply := make(chan uint64, 1)
	inbox <- message{0, reply}
	return <-reply
}

func sumTo(count uint64) uint64 { return count * (count + 1) / 2 }

func tell(count, from uint64) (time.Duration, uint64) {
	inbox := make(chan message, capacity)
	defer close(inbox)
	go sum(inbox)
	each := count / from
	began := time.Now()
	done := make(chan struct{})
	for sender := uint64(0); sender < from; sender++ {
		go func() {
			for number := uint64(1); number <= each; number++ {
				inbox <- message{number, nil}
			}
			done <- struct{}{}
		}()
	}
	for sender := uint64(0); sender < from; sender++ {
		<-done
	}
	got := total(inbox)
	took := time.Since(began)
	must(got == from*sumTo(each), "every message counts once")
	return took, each * from
}

func ask(count uint64) (time.Duration, uint64) {
	inbox := make(chan message, capacity)
	defer close(inbox)
	go sum(inbox)
	began := time.Now()
	for number := uint64(1); number <= count; number++ {
		reply := make(chan uint64, 1)
		inbox <- message{number, reply}
		must(<-reply == number, "each gets its own answer")
	}
	return time.Since(began), count
}

func ring(size int, hops uint64) time.Duration {
	inboxes := make([]chan uint64, size)
	for index := range inboxes {
		inboxes[index] = make(chan uint64, capacity)
	}
	finish := make(chan int)
	for index := range inboxes {
		go func(index int) {
			next := inboxes[(index+1)%size]
			for left := range inboxes[index] {
				if left == 0 {
					finish <- index
				} else {
					next <- left - 1
				}
			}
		}(index)
	}
	began := time.Now()
	inboxes[0] <- hops
	ended := <-finish
	took := time.Since(began)
	must(uint64(ended) == hops%uint64(size), "the token ends at its place")
	for _, inbox := range inboxes {
		close(inbox)
	}
	return took
}

// spawn carries the 40 bytes of state that the others carry.
func spawn(count uint64) (time.Duration, uint64) {
	began := time.Now()
	for number := uint64(0); number < count; number++ {
		inbox := make(chan message, capacity)
		done := make(chan [5]uint64)
		go func(state [5]uint64) {
			for m := range inbox {
				state[0] += m.number
			}
			done <- state
		}([5]uint64{number})
		close(inbox)
		must((<-done)[0] == number, "it ends with its state")
	}
	return time.Since(began), count
}

func main() {
	runtime.GOMAXPROCS(2)
	must(len(os.Args) == 3, "usage: main MESSAGES ROUNDS")
	messages, err := strconv.ParseUint(os.Args[1], 10, 32)
	must(err == nil && messages >= 20, "MESSAGES is a count of at least 20")
	rounds, err := strconv.Atoi(os.Args[2])
	must(err == nil && rounds > 0, "ROUNDS is a count")

	workloads := []struct {
		name string
		run  func() (time.Duration, uint64)
	}{
		{"W1", func() (time.Duration, uint64) { return tell(messages, 1) }},
		{"W2", func() (time.Duration, uint64) { return tell(messages, senders) }},
		{"W3", func() (time.Duration, uint64) { return ask(messages / 4) }},
		{"W4", func() (time.Duration, uint64) { return ring(2, messages/4*2), messages / 4 }},
		{"W5", func() (time.Duration, uint64) { return spawn(messages / 20) }},
		{"W6", func() (time.Duration, uint64) { return ring(ringSize, messages), messages }},
	}
	for _, workload := range workloads {
		var nanos []float64
		for round := 0; round <= rounds; round++ {
			took, operations := workload.run()
			// The first round only warms up.
			if round > 0 {
				nanos = append(nanos, float64(took.Nanoseconds())/float64(operations))
			}
		}
		sort.Float64s(nanos)
		fmt.Printf("%s %.0f\n", workload.name, nanos[len(nanos)/2])
	}
}
