package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"interop/protocol"
)

type replies interface {
	Recv() (*protocol.Piece, error)
}

func expectPiece(stream replies, payload []byte) error {
	piece, err := stream.Recv()
	if err == nil && !bytes.Equal(piece.GetPayload(), payload) {
		err = fmt.Errorf("another payload came than the one of %d bytes", len(payload))
	}
	return err
}

func expectEnd(stream replies) error {
	if piece, err := stream.Recv(); err == nil {
		return fmt.Errorf("there was one more reply than asked for, of %d bytes", len(piece.GetPayload()))
	} else if err != io.EOF {
		return err
	}
	return nil
}

// expectCode reads to the end of the stream, which is to be an error.
func expectCode(stream replies, code codes.Code) error {
	for {
		if _, err := stream.Recv(); err == io.EOF {
			return errors.New("the call ended with OK")
		} else if err != nil && status.Code(err) != code {
			return fmt.Errorf("asked for %v, got %w", code, err)
		} else if err != nil {
			return nil
		}
	}
}

// talk writes a step to a chat and reads the one reply to it.
func talk(chat grpc.BidiStreamingClient[protocol.Step, protocol.Piece], step *protocol.Step) error {
	if err := chat.Send(step); err != nil {
		return err
	}
	return expectPiece(chat, resized(step.GetPayload(), step.GetReplySizes()[0]))
}

func (c client) expectSeen(ctx context.Context, id string, end protocol.SeenReply_End, messages int) error {
	seen, err := c.Seen(ctx, &protocol.SeenRequest{Id: id})
	if err == nil && (seen.GetEnd() != end || int(seen.GetMessages()) != messages) {
		err = fmt.Errorf("the server saw %v", seen)
	}
	return err
}

func (c client) clientStreaming(ctx context.Context) error {
	upload, err := c.Upload(ctx)
	if err != nil {
		return err
	}
	for _, size := range []int{27182, 8, 1828, 45904} {
		if err := upload.Send(&protocol.Step{Payload: pattern(size)}); err != nil {
			return err
		}
	}
	reply, err := upload.CloseAndRecv()
	if err == nil && (reply.GetMessages() != 4 || reply.GetBytes() != 74922) {
		err = fmt.Errorf("the server got %v", reply)
	}
	return err
}

func (c client) serverStreaming(ctx context.Context) error {
	step := &protocol.Step{Payload: pattern(1000), ReplySizes: []uint32{31415, 9, 2653, 58979}}
	download, err := c.Download(ctx, step)
	if err != nil {
		return err
	}
	for _, size := range step.GetReplySizes() {
		if err := expectPiece(download, resized(step.GetPayload(), size)); err != nil {
			return err
		}
	}
	return expectEnd(download)
}

func (c client) pingPong(ctx context.Context) error {
	chat, err := c.Chat(ctx)
	if err != nil {
		return err
	}
	for _, sizes := range [][2]int{{27182, 31415}, {8, 9}, {1828, 2653}, {45904, 58979}} {
		step := &protocol.Step{Payload: pattern(sizes[0]), ReplySizes: []uint32{uint32(sizes[1])}}
		if err := talk(chat, step); err != nil {
			return err
		}
	}
	return errors.Join(chat.CloseSend(), expectEnd(chat))
}

func (c client) emptyStream(ctx context.Context) error {
	chat, err := c.Chat(ctx)
	if err != nil {
		return err
	}
	return errors.Join(chat.CloseSend(), expectEnd(chat))
}

func (c client) clientFirst(ctx context.Context) error {
	chat, err := c.Chat(ctx)
	if err != nil {
		return err
	}
	step := &protocol.Step{Id: "client_first", Payload: pattern(1000), ReplySizes: []uint32{10, 20, 30}, Hold: true}
	if err := errors.Join(chat.Send(step), chat.CloseSend()); err != nil {
		return err
	}
	for _, size := range step.GetReplySizes() {
		if err := expectPiece(chat, resized(step.GetPayload(), size)); err != nil {
			return err
		}
	}
	return errors.Join(expectEnd(chat), c.expectSeen(ctx, step.GetId(), protocol.SeenReply_COMPLETE, 1))
}

func (c client) serverFirst(ctx context.Context) error {
	chat, err := c.Chat(ctx)
	if err != nil {
		return err
	}
	step := &protocol.Step{Id: "server_first", Payload: pattern(10), ReplySizes: []uint32{10}, Finish: true}
	if err := talk(chat, step); err != nil {
		return err
	}
	return errors.Join(expectEnd(chat), c.expectSeen(ctx, step.GetId(), protocol.SeenReply_FINISHED, 1))
}

func (c client) bothAtOnce(ctx context.Context) error {
	step := &protocol.Step{Payload: pattern(10), ReplySizes: []uint32{10}, Finish: true}
	for range 50 {
		chat, err := c.Chat(ctx)
		if err != nil {
			return err
		}
		if err := errors.Join(chat.Send(step), chat.CloseSend()); err != nil {
			return err
		}
		if err := errors.Join(expectPiece(chat, step.GetPayload()), expectEnd(chat)); err != nil {
			return err
		}
	}
	return nil
}

func (c client) manyMessages(ctx context.Context) error {
	messages := 10 * c.calls
	chat, err := c.Chat(ctx)
	if err != nil {
		return err
	}
	written := make(chan error, 1)
	go func() {
		for i := range messages {
			payload := []byte(strconv.Itoa(i))
			step := &protocol.Step{Id: "many_messages", Payload: payload, ReplySizes: []uint32{uint32(len(payload))}}
			if err := chat.Send(step); err != nil {
				written <- err
				return
			}
		}
		written <- chat.CloseSend()
	}()
	for i := range messages {
		if err := expectPiece(chat, []byte(strconv.Itoa(i))); err != nil {
			return err
		}
	}
	if err := errors.Join(<-written, expectEnd(chat)); err != nil {
		return err
	}
	return c.expectSeen(ctx, "many_messages", protocol.SeenReply_COMPLETE, messages)
}

func failureIn(err error) error {
	if got := status.Convert(err); got.Code() != codes.FailedPrecondition || got.Message() != "not while it rains" {
		return fmt.Errorf("got %v", got)
	}
	return nil
}

func (c client) serverFails(ctx context.Context) error {
	failure := &protocol.Failure{Code: 9, Message: "not while it rains", Details: []byte(details)}
	step := &protocol.Step{Payload: pattern(1000), ReplySizes: []uint32{10, 20}, Failure: failure}
	download, err := c.Download(ctx, step)
	if err != nil {
		return err
	}
	if err := errors.Join(expectPiece(download, pattern(10)), expectPiece(download, pattern(20))); err != nil {
		return err
	}
	_, err = download.Recv()
	if err := failureIn(err); err != nil {
		return err
	}

	upload, err := c.Upload(ctx)
	if err != nil {
		return err
	}
	for range 2 {
		if err := upload.Send(&protocol.Step{Payload: step.GetPayload()}); err != nil {
			return err
		}
	}
	for err == nil {
		err = upload.Send(step)
	}
	_, err = upload.CloseAndRecv()
	return failureIn(err)
}

// endChat begins a chat, whose server waits for more steps when it ends in its middle.
func (c client) endChat(ctx context.Context, id string, end func(), code codes.Code) error {
	chat, err := c.Chat(ctx)
	if err != nil {
		return err
	}
	if err := talk(chat, &protocol.Step{Id: id, Payload: pattern(10), ReplySizes: []uint32{10}}); err != nil {
		return err
	}
	end()
	if err := expectCode(chat, code); err != nil {
		return err
	}
	return c.expectSeen(context.WithoutCancel(ctx), id, protocol.SeenReply_CANCELLED, 1)
}

// endDownload begins a download without an end, which ends in its middle.
func (c client) endDownload(ctx context.Context, id string, end func(), code codes.Code) error {
	step := &protocol.Step{Id: id, Payload: pattern(1000), ReplySizes: []uint32{1000}, Forever: true}
	download, err := c.Download(ctx, step)
	if err != nil {
		return err
	}
	for range 10 {
		if err := expectPiece(download, step.GetPayload()); err != nil {
			return err
		}
	}
	end()
	if err := expectCode(download, code); err != nil {
		return err
	}
	return c.expectSeen(context.WithoutCancel(ctx), id, protocol.SeenReply_CANCELLED, 1)
}

func (c client) cancel(ctx context.Context) error {
	chat, cancelChat := context.WithCancel(ctx)
	defer cancelChat()
	if err := c.endChat(chat, "cancel chat", cancelChat, codes.Canceled); err != nil {
		return err
	}
	download, cancelDownload := context.WithCancel(ctx)
	defer cancelDownload()
	return c.endDownload(download, "cancel download", cancelDownload, codes.Canceled)
}

func (c client) deadline(ctx context.Context) error {
	chat, cancelChat := context.WithTimeout(ctx, 2*time.Second)
	defer cancelChat()
	if err := c.endChat(chat, "deadline chat", func() {}, codes.DeadlineExceeded); err != nil {
		return err
	}
	download, cancelDownload := context.WithTimeout(ctx, 2*time.Second)
	defer cancelDownload()
	return c.endDownload(download, "deadline download", func() {}, codes.DeadlineExceeded)
}

func (c client) killed(ctx context.Context) error {
	chat, err := c.Chat(ctx)
	if err != nil {
		return err
	}
	if err := talk(chat, &protocol.Step{Payload: pattern(10), ReplySizes: []uint32{10}}); err != nil {
		return err
	}
	if err := ask("kill the server"); err != nil {
		return err
	}
	if err := expectCode(chat, codes.Unavailable); err != nil {
		return err
	}
	fmt.Println("start the server")
	_, err = c.Nothing(ctx, &protocol.Empty{}, grpc.WaitForReady(true))
	return err
}
