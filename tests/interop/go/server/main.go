// The server of the interoperability tests, by grpc-go. Usage: server [PORT]
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"interop/protocol"
)

type server struct {
	protocol.UnimplementedInteropServer

	mutex   sync.Mutex
	waiting []chan struct{}
	ends    map[string]*end
}

func (s *server) Nothing(context.Context, *protocol.Empty) (*protocol.Empty, error) {
	return &protocol.Empty{}, nil
}

func (s *server) Echo(ctx context.Context, request *protocol.EchoRequest) (*protocol.EchoReply, error) {
	echoed := echoed(ctx)
	if err := errors.Join(grpc.SetHeader(ctx, echoed), grpc.SetTrailer(ctx, echoed)); err != nil {
		return nil, err
	}
	if failure := request.GetFailure(); failure.GetCode() != 0 {
		return nil, toError(failure)
	}
	if request.GetMeeting() > 0 {
		s.meet(int(request.GetMeeting()))
	}
	reply := &protocol.EchoReply{Payload: request.GetPayload()}
	if size := request.GetReplySize(); size > 0 {
		reply.Payload = resized(reply.GetPayload(), size)
	}
	if client, ok := peer.FromContext(ctx); ok {
		reply.Peer = client.Addr.String()
	}
	return reply, nil
}

// echoed is the metadata of "x-" keys.
func echoed(ctx context.Context) metadata.MD {
	copied := metadata.MD{}
	received, _ := metadata.FromIncomingContext(ctx)
	for key, values := range received {
		if strings.HasPrefix(key, "x-") {
			copied.Append(key, values...)
		}
	}
	return copied
}

func toError(failure *protocol.Failure) error {
	if len(failure.GetDetails()) == 0 {
		return status.Error(codes.Code(failure.GetCode()), failure.GetMessage())
	}
	var details spb.Status
	if err := proto.Unmarshal(failure.GetDetails(), &details); err != nil {
		return err
	}
	return status.FromProto(&details).Err()
}

// meet returns once so many calls wait here.
func (s *server) meet(size int) {
	guest := make(chan struct{})
	s.mutex.Lock()
	s.waiting = append(s.waiting, guest)
	if len(s.waiting) >= size {
		for _, waiter := range s.waiting {
			close(waiter)
		}
		s.waiting = nil
	}
	s.mutex.Unlock()
	<-guest
}

func main() {
	port := append(os.Args[1:], "0")[0]
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer()
	protocol.RegisterInteropServer(s, &server{ends: map[string]*end{}})
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	context.AfterFunc(terminated, s.GracefulStop)
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	if err := s.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
