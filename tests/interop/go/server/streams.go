package main

import (
	"context"
	"io"

	"google.golang.org/grpc"

	"interop/protocol"
)

// end is how a stream ended, once `told` is closed.
type end struct {
	told chan struct{}
	how  protocol.SeenReply
}

// endOf is the end of the stream with the id, which may still be to come.
func (s *server) endOf(id string) *end {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.ends[id] == nil {
		s.ends[id] = &end{told: make(chan struct{})}
	}
	return s.ends[id]
}

func (s *server) Seen(ctx context.Context, request *protocol.SeenRequest) (*protocol.SeenReply, error) {
	end := s.endOf(request.GetId())
	select {
	case <-end.told:
		return &end.how, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// stream is one while its handler runs.
type stream struct {
	id       string
	messages uint32
	end      protocol.SeenReply_End
}

// tell tells how the stream ended, which a call with an id is asked later.
func (s *server) tell(ctx context.Context, stream *stream) {
	if stream.id == "" {
		return
	}
	end := s.endOf(stream.id)
	end.how.End, end.how.Messages = stream.end, stream.messages
	if ctx.Err() != nil {
		end.how.End = protocol.SeenReply_CANCELLED
	}
	close(end.told)
}

func (s *stream) count(step *protocol.Step) {
	s.id = step.GetId()
	s.messages++
}

// endedBy tells whether the step ends the call, and how.
func (s *stream) endedBy(step *protocol.Step) (bool, error) {
	if failure := step.GetFailure(); failure.GetCode() != 0 {
		s.end = protocol.SeenReply_FAILED
		return true, toError(failure)
	}
	if step.GetFinish() {
		s.end = protocol.SeenReply_FINISHED
	}
	return step.GetFinish(), nil
}

func resized(payload []byte, size uint32) []byte {
	return append(payload[:len(payload):len(payload)], make([]byte, size)...)[:size]
}

type pieces interface {
	Send(*protocol.Piece) error
}

func sendPieces(step *protocol.Step, stream pieces) error {
	for _, size := range step.GetReplySizes() {
		if err := stream.Send(&protocol.Piece{Payload: resized(step.GetPayload(), size)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) Upload(requests grpc.ClientStreamingServer[protocol.Step, protocol.UploadReply]) error {
	var stream stream
	defer s.tell(requests.Context(), &stream)
	var reply protocol.UploadReply
	for {
		step, err := requests.Recv()
		if err == io.EOF {
			stream.end = protocol.SeenReply_COMPLETE
			return requests.SendAndClose(&reply)
		}
		if err != nil {
			return err
		}
		stream.count(step)
		reply.Messages = stream.messages
		reply.Bytes += uint64(len(step.GetPayload()))
		if ended, err := stream.endedBy(step); err != nil {
			return err
		} else if ended {
			return requests.SendAndClose(&reply)
		}
	}
}

func (s *server) Download(step *protocol.Step, replies grpc.ServerStreamingServer[protocol.Piece]) error {
	var stream stream
	defer s.tell(replies.Context(), &stream)
	stream.count(step)
	err := sendPieces(step, replies)
	for err == nil && step.GetForever() {
		err = sendPieces(step, replies)
	}
	if err != nil {
		return err
	}
	stream.end = protocol.SeenReply_COMPLETE
	_, err = stream.endedBy(step)
	return err
}

func (s *server) Chat(chat grpc.BidiStreamingServer[protocol.Step, protocol.Piece]) error {
	var stream stream
	defer s.tell(chat.Context(), &stream)
	var held *protocol.Step
	for {
		step, err := chat.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		stream.count(step)
		if step.GetHold() {
			held = step
			continue
		}
		if err := sendPieces(step, chat); err != nil {
			return err
		}
		if ended, err := stream.endedBy(step); ended {
			return err
		}
	}
	if err := sendPieces(held, chat); err != nil {
		return err
	}
	stream.end = protocol.SeenReply_COMPLETE
	_, err := stream.endedBy(held)
	return err
}
