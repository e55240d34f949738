// grpc-go's client of the benchmark `unary`: every connection a channel of its own, every call in flight a goroutine.
// taskset chooses its core.
package main

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"rhei.example/bench/grpc/protocol"
	"rhei.example/bench/publish/bench"
)

// One call after the other.
func callOnAndOn(run *bench.LoadRun, stub protocol.BenchClient, body []byte) {
	for goOn := true; goOn; {
		begun := time.Now()
		reply, err := stub.Unary(context.Background(), &protocol.Payload{Body: body})
		if err == nil && len(reply.GetBody()) != len(body) {
			err = fmt.Errorf("a reply of %d bytes", len(reply.GetBody()))
		}
		goOn = run.End(begun, err)
	}
}

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1")
	connections := flag.Int("connections", 1, "TCP connections")
	inFlight := flag.Int("in-flight", 1, "calls in flight on each connection")
	payload := flag.Int("payload", 16, "bytes of the message's one field")
	seconds := flag.Float64("seconds", 2, "the measured window")
	warmup := flag.Float64("warmup", 0.5, "seconds before it that do not count")
	serverPID := flag.Int("server-pid", 0, "process whose CPU time to report, 0 for none")
	flag.Parse()

	run := bench.NewLoadRun(*warmup, *seconds, *serverPID)
	body := make([]byte, *payload)
	var callers sync.WaitGroup
	for range *connections {
		connection, err := grpc.NewClient(fmt.Sprintf("passthrough:///127.0.0.1:%d", *port),
			grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			bench.Die("make a channel", err)
		}
		stub := protocol.NewBenchClient(connection)
		for range *inFlight {
			callers.Go(func() { callOnAndOn(run, stub, body) })
		}
	}
	callers.Wait()
	fmt.Println(run.JSON())
}
