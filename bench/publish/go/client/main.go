// The client of the benchmark `publish` for JSON over HTTP/1.1 in Go: net/http and encoding/json. HTTP/1.1 has one request
// at a time on a connection, so it opens one for each message in flight, with a goroutine of its own.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"sync"
	"time"

	"rhei.example/bench/publish/bench"
)

type options struct {
	port, connections, inFlight, payload int
	rate                                 float64
}

// Sends one message and checks the reply.
func publish(client *http.Client, url string, data []byte) error {
	body, err := json.Marshal(bench.Request{Topic: "bench", Data: data})
	if err != nil {
		return err
	}
	response, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP status %d: %s", response.StatusCode, text)
	}
	var reply bench.Reply
	if err := json.Unmarshal(text, &reply); err != nil {
		return err
	}
	if reply.Bytes != len(data) {
		return fmt.Errorf("%d bytes taken in of %d", reply.Bytes, len(data))
	}
	return nil
}

// One message after the other on a connection of its own. With a rate, the first is due at `due` and the others at equal
// distances; one whose time has come while the one before it was under way goes at once, and counts from when it was due.
func publishOnAndOn(run *bench.LoadRun, options options, data []byte, due time.Time) {
	client := &http.Client{Transport: &http.Transport{}}
	url := fmt.Sprintf("http://127.0.0.1:%d/publish", options.port)
	for goOn := true; goOn; {
		begun := time.Now()
		if options.rate > 0 {
			time.Sleep(time.Until(due))
			begun = due
			due = due.Add(time.Duration(float64(options.connections) / options.rate * float64(time.Second)))
		}
		goOn = run.End(begun, publish(client, url, data))
	}
}

func main() {
	var options options
	flag.IntVar(&options.port, "port", 0, "port on 127.0.0.1")
	flag.IntVar(&options.connections, "connections", 1, "channels, of which each has as many connections as messages in flight")
	flag.IntVar(&options.inFlight, "in-flight", 1, "messages in flight on each channel")
	flag.IntVar(&options.payload, "payload", 16, "bytes of a message's data")
	flag.Float64Var(&options.rate, "rate", 0, "messages a second on all channels together, 0 for as many as there can be")
	cpu := flag.Int("cpu", -1, "core to run on, -1 for any")
	seconds := flag.Float64("seconds", 2, "the measured window")
	warmup := flag.Float64("warmup", 0.5, "seconds before it that do not count")
	serverPID := flag.Int("server-pid", 0, "process whose CPU time to report, 0 for none")
	flag.Parse()
	bench.PinToCPU(*cpu)

	data := make([]byte, options.payload)
	rand.New(rand.NewSource(1)).Read(data)
	run := bench.NewLoadRun(*warmup, *seconds, *serverPID)
	start := time.Now()
	var publishers sync.WaitGroup
	for connection := range options.connections {
		for range options.inFlight {
			due := start
			if options.rate > 0 {
				due = start.Add(time.Duration(float64(connection) / options.rate * float64(time.Second)))
			}
			publishers.Go(func() { publishOnAndOn(run, options, data, due) })
		}
	}
	publishers.Wait()
	fmt.Println(run.JSON())
}
