// grpc-go's server of the benchmark `unary`. taskset chooses its core.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"

	"rhei.example/bench/grpc/protocol"
	"rhei.example/bench/publish/bench"
)

type echo struct {
	protocol.UnimplementedBenchServer
}

func (echo) Unary(_ context.Context, request *protocol.Payload) (*protocol.Payload, error) {
	return &protocol.Payload{Body: request.GetBody()}, nil
}

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1")
	flag.Parse()

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		bench.Die("listen", err)
	}
	server := grpc.NewServer()
	protocol.RegisterBenchServer(server, echo{})
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	context.AfterFunc(terminated, server.Stop)
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	if err := server.Serve(listener); err != nil && terminated.Err() == nil {
		bench.Die("serve", err)
	}
}
