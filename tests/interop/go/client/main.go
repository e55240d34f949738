// The client of the interoperability tests, by grpc-go. Usage: client ADDRESS CALLS CASE...
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"interop/protocol"
)

const text = "\t\nтакого місця немає · 北極の北 · 🧭 100%\r\n"

// A google.rpc.Status of code 9 with a Duration of 90 s in its details.
const details = "\x08\x09\x12\x12not while it rains" +
	"\x1a\x32\x0a\x2ctype.googleapis.com/google.protobuf.Duration\x12\x02\x08\x5a"

type client struct {
	protocol.InteropClient
	calls int
}

func (c client) empty(ctx context.Context) error {
	_, err := c.Nothing(ctx, &protocol.Empty{})
	return err
}

// pattern gives bytes that differ from their neighbours.
func pattern(size int) []byte {
	payload := make([]byte, size)
	for i := range payload {
		payload[i] = byte(i % 251)
	}
	return payload
}

// resized gives a payload as the server makes it of a request's.
func resized(payload []byte, size uint32) []byte {
	return append(bytes.Clone(payload), make([]byte, size)...)[:size]
}

// large sends a payload and gets one of another size.
func (c client) large(ctx context.Context, size int, replySize uint32) error {
	payload := pattern(size)
	reply, err := c.Echo(ctx, &protocol.EchoRequest{Payload: payload, ReplySize: replySize})
	if err == nil && !bytes.Equal(reply.GetPayload(), resized(payload, replySize)) {
		err = fmt.Errorf("another payload came back")
	}
	return err
}

// fail makes a call that is to fail, and returns its status.
func (c client) fail(ctx context.Context, failure *protocol.Failure) *status.Status {
	_, err := c.Echo(ctx, &protocol.EchoRequest{Failure: failure})
	return status.Convert(err)
}

func (c client) codes(ctx context.Context) error {
	for code := range int32(17) {
		message := ""
		if code != 0 {
			message = fmt.Sprint("code ", code)
		}
		got := c.fail(ctx, &protocol.Failure{Code: code, Message: message})
		if got.Code() != codes.Code(code) || got.Message() != message {
			return fmt.Errorf("asked for code %d, got %v", code, got)
		}
	}
	return nil
}

func (c client) unicode(ctx context.Context) error {
	got := c.fail(ctx, &protocol.Failure{Code: 2, Message: text})
	if got.Code() != codes.Unknown || got.Message() != text {
		return fmt.Errorf("got %v with the message %q", got.Code(), got.Message())
	}
	return nil
}

func (c client) details(ctx context.Context) error {
	got := c.fail(ctx, &protocol.Failure{Code: 9, Message: "not while it rains", Details: []byte(details)})
	if got.Code() != codes.FailedPrecondition {
		return fmt.Errorf("got %v", got)
	}
	serialized, err := proto.MarshalOptions{Deterministic: true}.Marshal(got.Proto())
	if err == nil && string(serialized) != details {
		err = fmt.Errorf("got the details %q", serialized)
	}
	return err
}

func (c client) metadata(ctx context.Context) error {
	texts := []string{"first", "second", "third"}
	binaries := []string{"\x00\x01\xfe\xff,\n", "second!", "thirds!!"}
	for i := range texts {
		ctx = metadata.AppendToOutgoingContext(ctx, "x-text", texts[i], "x-bytes-bin", binaries[i])
	}
	var headers, trailers metadata.MD
	if _, err := c.Echo(ctx, &protocol.EchoRequest{}, grpc.Header(&headers), grpc.Trailer(&trailers)); err != nil {
		return err
	}
	for where, got := range map[string]metadata.MD{"headers": headers, "trailers": trailers} {
		if !slices.Equal(got.Get("x-text"), texts) || !slices.Equal(got.Get("x-bytes-bin"), binaries) {
			return fmt.Errorf("the %s have %q and %q", where, got.Get("x-text"), got.Get("x-bytes-bin"))
		}
	}
	return nil
}

func (c client) atOnce(ctx context.Context) error {
	peers, errs := make([]string, c.calls), make([]error, c.calls)
	var group sync.WaitGroup
	for i := range c.calls {
		group.Go(func() {
			payload := []byte(strconv.Itoa(i))
			reply, err := c.Echo(ctx, &protocol.EchoRequest{Payload: payload, Meeting: uint32(c.calls)})
			if err == nil && !bytes.Equal(reply.GetPayload(), payload) {
				err = fmt.Errorf("a call got the reply of another")
			}
			peers[i], errs[i] = reply.GetPeer(), err
		})
	}
	group.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	if slices.Sort(peers); peers[0] != peers[len(peers)-1] {
		return fmt.Errorf("the calls came over several connections")
	}
	return nil
}

// ask asks the runner for something, and returns when it is done.
func ask(what string) error {
	fmt.Println(what)
	_, err := bufio.NewReader(os.Stdin).ReadString('\n')
	return err
}

func (c client) restart(ctx context.Context) error {
	if err := c.empty(ctx); err != nil {
		return fmt.Errorf("before: %w", err)
	}
	if err := ask("stop the server"); err != nil {
		return err
	}
	if err := c.empty(ctx); status.Code(err) != codes.Unavailable {
		return fmt.Errorf("without a server: %v", err)
	}
	waiting := make(chan error)
	go func() {
		_, err := c.Nothing(ctx, &protocol.Empty{}, grpc.WaitForReady(true))
		waiting <- err
	}()
	fmt.Println("start the server")
	return <-waiting
}

func (c client) run(name string) error {
	cases := map[string]func(context.Context) error{
		"empty_unary": c.empty,
		"large_unary": func(ctx context.Context) error { return c.large(ctx, 271828, 314159) },
		"large":       func(ctx context.Context) error { return c.large(ctx, 1<<20, 1<<20) },
		"codes":       c.codes, "unicode": c.unicode, "details": c.details, "metadata": c.metadata, "at_once": c.atOnce,
		"client_streaming": c.clientStreaming, "server_streaming": c.serverStreaming,
		"ping_pong": c.pingPong, "empty_stream": c.emptyStream,
		"client_first": c.clientFirst, "server_first": c.serverFirst, "both_at_once": c.bothAtOnce,
		"many_messages": c.manyMessages, "server_fails": c.serverFails,
		"cancel": c.cancel, "deadline": c.deadline, "killed": c.killed, "restart": c.restart,
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return cases[name](ctx)
}

func main() {
	if len(os.Args) < 4 {
		log.Fatal("usage: client ADDRESS CALLS CASE...")
	}
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	calls, malformed := strconv.Atoi(os.Args[2])
	if err := errors.Join(err, malformed); err != nil {
		log.Fatal(err)
	}
	c := client{protocol.NewInteropClient(connection), calls}
	failed := false
	for _, name := range os.Args[3:] {
		if err := c.run(name); err != nil {
			fmt.Printf("%s FAILED: %s\n", name, strings.ReplaceAll(err.Error(), "\n", " "))
			failed = true
		} else {
			fmt.Println(name, "ok")
		}
	}
	if failed {
		os.Exit(1)
	}
}
