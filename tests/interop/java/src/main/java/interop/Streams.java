package interop;

import com.google.protobuf.ByteString;
import interop.SeenReply.End;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The streams of the server, and how they ended. */
abstract class Streams extends InteropGrpc.InteropImplBase {
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** By the streams' ids. */
  private final Map<String, CompletableFuture<SeenReply>> ends = new ConcurrentHashMap<>();

  static ByteString resized(ByteString payload, int size) {
    return ByteString.copyFrom(Arrays.copyOf(payload.toByteArray(), size));
  }

  static StatusException toException(Failure failure) {
    Metadata trailers = new Metadata();
    if (!failure.getDetails().isEmpty()) trailers.put(DETAILS, failure.getDetails().toByteArray());
    return Status.fromCodeValue(failure.getCode()).withDescription(failure.getMessage()).asException(trailers);
  }

  private CompletableFuture<SeenReply> endOf(String id) {
    return ends.computeIfAbsent(id, absent -> new CompletableFuture<>());
  }

  /** One stream. Its steps come to `onStep`; how it ended is what is told first. */
  private abstract class Stream<R> implements StreamObserver<Step> {
    final ServerCallStreamObserver<R> replies;
    private String id = "";
    private int messages = 0;
    private boolean over = false;

    Stream(StreamObserver<R> replies) {
      this.replies = (ServerCallStreamObserver<R>) replies;
      this.replies.setOnCancelHandler(() -> tell(End.CANCELLED));
    }

    abstract void onStep(Step step);

    /** Ends the call with OK. */
    abstract void succeed();

    int messages() {
      return messages;
    }

    /** Ends the call as the step says, if it does. */
    void endWith(Step step) {
      if (step.getFailure().getCode() != 0) {
        tell(End.FAILED);
        replies.onError(toException(step.getFailure()));
      } else if (step.getFinish()) {
        tell(End.FINISHED);
        succeed();
      }
    }

    void complete() {
      if (over) return;
      tell(End.COMPLETE);
      succeed();
    }

    private void tell(End end) {
      over = true;
      if (!id.isEmpty()) endOf(id).complete(SeenReply.newBuilder().setEnd(end).setMessages(messages).build());
    }

    @Override
    public void onNext(Step step) {
      if (over) return;
      id = step.getId();
      ++messages;
      onStep(step);
    }

    @Override
    public void onError(Throwable error) {
      tell(End.CANCELLED);
    }

    @Override
    public void onCompleted() {
      complete();
    }
  }

  private static void sendPieces(Step step, Consumer<Piece> send) {
    for (int size : step.getReplySizesList()) {
      send.accept(Piece.newBuilder().setPayload(resized(step.getPayload(), size)).build());
    }
  }

  @Override
  public StreamObserver<Step> upload(StreamObserver<UploadReply> observer) {
    return new Stream<>(observer) {
      private long bytes = 0;

      @Override
      void onStep(Step step) {
        bytes += step.getPayload().size();
        endWith(step);
      }

      @Override
      void succeed() {
        replies.onNext(UploadReply.newBuilder().setMessages(messages()).setBytes(bytes).build());
        replies.onCompleted();
      }
    };
  }

  /** Of pieces. */
  private class Talk extends Stream<Piece> {
    private Step held = Step.getDefaultInstance();

    Talk(StreamObserver<Piece> observer) {
      super(observer);
    }

    @Override
    void onStep(Step step) {
      if (step.getHold()) {
        held = step;
        return;
      }
      sendPieces(step, replies::onNext);
      endWith(step);
    }

    @Override
    void succeed() {
      replies.onCompleted();
    }

    @Override
    public void onCompleted() {
      sendPieces(held, replies::onNext);
      endWith(held);
      complete();
    }
  }

  @Override
  public StreamObserver<Step> chat(StreamObserver<Piece> observer) {
    return new Talk(observer);
  }

  @Override
  public void download(Step step, StreamObserver<Piece> observer) {
    Talk talk = new Talk(observer);
    if (step.getForever()) {
      talk.replies.setOnReadyHandler(() -> {
        while (talk.replies.isReady()) sendPieces(step, talk.replies::onNext);
      });
    }
    talk.onNext(step);
    if (!step.getForever()) talk.onCompleted();
  }

  @Override
  public void seen(SeenRequest request, StreamObserver<SeenReply> observer) {
    endOf(request.getId()).thenAccept(seen -> {
      observer.onNext(seen);
      observer.onCompleted();
    });
  }
}
