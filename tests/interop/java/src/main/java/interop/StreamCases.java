package interop;

import static interop.Client.pattern;
import static interop.Client.require;
import static interop.Client.resized;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.BlockingClientCall;
import interop.SeenReply.End;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The cases with streams. */
record StreamCases(ManagedChannel channel) {
  private static final ByteString TEN = pattern(10);

  private InteropGrpc.InteropBlockingV2Stub stub() {
    return stub(30);
  }

  private InteropGrpc.InteropBlockingV2Stub stub(int seconds) {
    return InteropGrpc.newBlockingV2Stub(channel).withDeadlineAfter(seconds, TimeUnit.SECONDS);
  }

  private static Step.Builder step(ByteString payload, Integer... replySizes) {
    return Step.newBuilder().setPayload(payload).addAllReplySizes(List.of(replySizes));
  }

  private static void write(BlockingClientCall<Step, ?> call, Step.Builder step) throws Exception {
    require(call.write(step.build()), "a step could not be written");
  }

  private static void expectPiece(BlockingClientCall<?, Piece> call, ByteString payload) throws Exception {
    Piece piece = call.read();
    require(piece != null, "the replies ended early: " + payload.size() + " bytes were to come");
    require(piece.getPayload().equals(payload), "another payload came than the one of " + payload.size() + " bytes");
  }

  private static void expectEnd(BlockingClientCall<?, Piece> call) throws Exception {
    require(call.read() == null, "there were more replies than asked for");
  }

  /** The error that ends a call, behind all replies. */
  private static StatusException errorOf(BlockingClientCall<?, ?> call) throws InterruptedException {
    try {
      while (call.read() != null) {}
    } catch (StatusException error) {
      return error;
    }
    throw new AssertionError("the call did not fail");
  }

  private static void expectCode(BlockingClientCall<?, ?> call, Status.Code code) throws InterruptedException {
    Status got = errorOf(call).getStatus();
    require(got.getCode() == code, "got " + got);
  }

  private void expectSeen(String id, End end, int messages) throws StatusException {
    SeenReply seen = stub().seen(SeenRequest.newBuilder().setId(id).build());
    require(seen.getEnd() == end && seen.getMessages() == messages, "the server saw " + seen);
  }

  private void clientStreaming() throws Exception {
    BlockingClientCall<Step, UploadReply> upload = stub().upload();
    for (int size : new int[] {27182, 8, 1828, 45904}) write(upload, step(pattern(size)));
    upload.halfClose();
    UploadReply reply = upload.read();
    require(reply.getMessages() == 4 && reply.getBytes() == 74922, "the server got " + reply);
  }

  private void serverStreaming() throws Exception {
    Step step = step(pattern(1000), 31415, 9, 2653, 58979).build();
    BlockingClientCall<?, Piece> download = stub().download(step);
    for (int size : step.getReplySizesList()) expectPiece(download, resized(step.getPayload(), size));
    expectEnd(download);
  }

  private void pingPong() throws Exception {
    BlockingClientCall<Step, Piece> chat = stub().chat();
    for (int[] sizes : new int[][] {{27182, 31415}, {8, 9}, {1828, 2653}, {45904, 58979}}) {
      write(chat, step(pattern(sizes[0]), sizes[1]));
      expectPiece(chat, resized(pattern(sizes[0]), sizes[1]));
    }
    chat.halfClose();
    expectEnd(chat);
  }

  private void emptyStream() throws Exception {
    BlockingClientCall<Step, Piece> chat = stub().chat();
    chat.halfClose();
    expectEnd(chat);
  }

  private void clientFirst() throws Exception {
    BlockingClientCall<Step, Piece> chat = stub().chat();
    write(chat, step(pattern(1000), 10, 20, 30).setId("client_first").setHold(true));
    chat.halfClose();
    for (int size : new int[] {10, 20, 30}) expectPiece(chat, pattern(size));
    expectEnd(chat);
    expectSeen("client_first", End.COMPLETE, 1);
  }

  private void serverFirst() throws Exception {
    BlockingClientCall<Step, Piece> chat = stub().chat();
    write(chat, step(TEN, 10).setId("server_first").setFinish(true));
    expectPiece(chat, TEN);
    expectEnd(chat);
    expectSeen("server_first", End.FINISHED, 1);
  }

  private void bothAtOnce() throws Exception {
    for (int i = 0; i < 50; ++i) {
      BlockingClientCall<Step, Piece> chat = stub().chat();
      write(chat, step(TEN, 10).setFinish(true));
      chat.halfClose();
      expectPiece(chat, TEN);
      expectEnd(chat);
    }
  }

  private void manyMessages(int messages) throws Exception {
    BlockingClientCall<Step, Piece> chat = stub().chat();
    CompletableFuture<Void> written = CompletableFuture.runAsync(() -> {
      try {
        for (int i = 0; i < messages; ++i) {
          ByteString payload = ByteString.copyFromUtf8(String.valueOf(i));
          write(chat, step(payload, payload.size()).setId("many_messages"));
        }
        chat.halfClose();
      } catch (Exception failure) {
        throw new AssertionError(failure);
      }
    });
    for (int i = 0; i < messages; ++i) expectPiece(chat, ByteString.copyFromUtf8(String.valueOf(i)));
    written.get();
    expectEnd(chat);
    expectSeen("many_messages", End.COMPLETE, messages);
  }

  private static void expectFailure(StatusException error) {
    Status got = error.getStatus();
    require(got.getCode() == Status.Code.FAILED_PRECONDITION, "got " + got);
    require("not while it rains".equals(got.getDescription()), "got " + got);
    require(StatusProto.fromThrowable(error).toByteString().equals(Client.DETAILS), "got other details");
  }

  private void serverFails() throws Exception {
    Failure.Builder failure =
        Failure.newBuilder().setCode(9).setMessage("not while it rains").setDetails(Client.DETAILS);
    Step.Builder step = step(pattern(1000), 10, 20).setFailure(failure);
    BlockingClientCall<?, Piece> download = stub().download(step.build());
    expectPiece(download, TEN);
    expectPiece(download, pattern(20));
    expectFailure(errorOf(download));

    BlockingClientCall<Step, UploadReply> upload = stub().upload();
    for (int i = 0; i < 2; ++i) write(upload, step(pattern(1000)));
    try {
      while (upload.write(step.build())) {}
    } catch (StatusException over) {
      // the read tells how
    }
    expectFailure(errorOf(upload));
  }

  /** A chat whose server waits for more steps, when it ends in its middle. */
  private void endChat(String id, int seconds, boolean cancel, Status.Code code) throws Exception {
    BlockingClientCall<Step, Piece> chat = stub(seconds).chat();
    write(chat, step(TEN, 10).setId(id));
    expectPiece(chat, TEN);
    if (cancel) chat.cancel("enough", null);
    expectCode(chat, code);
    expectSeen(id, End.CANCELLED, 1);
  }

  /** A download without an end, when it ends in its middle. */
  private void endDownload(String id, int seconds, boolean cancel, Status.Code code) throws Exception {
    Step step = step(pattern(1000), 1000).setId(id).setForever(true).build();
    BlockingClientCall<?, Piece> download = stub(seconds).download(step);
    for (int i = 0; i < 10; ++i) expectPiece(download, step.getPayload());
    if (cancel) download.cancel("enough", null);
    expectCode(download, code);
    expectSeen(id, End.CANCELLED, 1);
  }

  private void killed() throws Exception {
    BlockingClientCall<Step, Piece> chat = stub().chat();
    write(chat, step(TEN, 10));
    expectPiece(chat, TEN);
    Client.ask("kill the server");
    expectCode(chat, Status.Code.UNAVAILABLE);
    System.out.println("start the server");
    stub().withWaitForReady().nothing(Empty.getDefaultInstance());
  }

  void run(String name, int messages) throws Exception {
    switch (name) {
      case "client_streaming" -> clientStreaming();
      case "server_streaming" -> serverStreaming();
      case "ping_pong" -> pingPong();
      case "empty_stream" -> emptyStream();
      case "client_first" -> clientFirst();
      case "server_first" -> serverFirst();
      case "both_at_once" -> bothAtOnce();
      case "many_messages" -> manyMessages(messages);
      case "server_fails" -> serverFails();
      case "cancel" -> {
        endChat("cancel chat", 30, true, Status.Code.CANCELLED);
        endDownload("cancel download", 30, true, Status.Code.CANCELLED);
      }
      case "deadline" -> {
        endChat("deadline chat", 1, false, Status.Code.DEADLINE_EXCEEDED);
        endDownload("deadline download", 1, false, Status.Code.DEADLINE_EXCEEDED);
      }
      case "killed" -> killed();
      default -> throw new IllegalArgumentException("there is no such case");
    }
  }
}
