package interop;

import com.google.protobuf.ByteString;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** The client of the interoperability tests, by grpc-java. Usage: interop.Client ADDRESS CALLS CASE... */
public record Client(ManagedChannel channel, int calls) {
  private static final String TEXT = "\t\nтакого місця немає · 北極の北 · 🧭 100%\r\n";

  /** A google.rpc.Status of code 9 with a Duration of 90 s in its details. */
  static final ByteString DETAILS = ByteString.copyFrom(
      "\u0008\u0009\u0012\u0012not while it rains\u001a\u0032\n\u002ctype.googleapis.com/google.protobuf.Duration"
          + "\u0012\u0002\u0008\u005a",
      StandardCharsets.ISO_8859_1);

  /** Bytes that differ from their neighbours. */
  static ByteString pattern(int size) {
    byte[] payload = new byte[size];
    for (int i = 0; i < payload.length; ++i) payload[i] = (byte) (i % 251);
    return ByteString.copyFrom(payload);
  }

  /** A payload as the server makes it of a request's. */
  static ByteString resized(ByteString payload, int size) {
    return ByteString.copyFrom(Arrays.copyOf(payload.toByteArray(), size));
  }

  /** Asks the runner for something, and returns when it is done. */
  static void ask(String what) throws IOException {
    System.out.println(what);
    while (System.in.read() != '\n') {}
  }

  private InteropGrpc.InteropBlockingStub stub() {
    return InteropGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  /** Ends a case. */
  static void require(boolean holds, String otherwise) {
    if (!holds) throw new AssertionError(otherwise);
  }

  /** The error of a call that asks for one. */
  private StatusRuntimeException fail(Failure.Builder failure) {
    try {
      stub().echo(EchoRequest.newBuilder().setFailure(failure).build());
    } catch (StatusRuntimeException error) {
      return error;
    }
    throw new AssertionError("the call that asked for code " + failure.getCode() + " did not fail");
  }

  private void empty() {
    stub().nothing(Empty.getDefaultInstance());
  }

  /** Sends a payload and gets one of another size. */
  private void large(int size, int replySize) {
    ByteString payload = pattern(size);
    EchoReply reply = stub().echo(EchoRequest.newBuilder().setPayload(payload).setReplySize(replySize).build());
    require(reply.getPayload().equals(resized(payload, replySize)), "another payload came back");
  }

  private void codes() {
    stub().echo(EchoRequest.getDefaultInstance());
    for (int code = 1; code <= 16; ++code) {
      String message = "code " + code;
      Status got = fail(Failure.newBuilder().setCode(code).setMessage(message)).getStatus();
      require(got.getCode().value() == code && message.equals(got.getDescription()),
          "asked for code " + code + ", got " + got);
    }
  }

  private void unicode() {
    Status got = fail(Failure.newBuilder().setCode(2).setMessage(TEXT)).getStatus();
    require(TEXT.equals(got.getDescription()), "got " + got);
  }

  private void details() {
    StatusRuntimeException error =
        fail(Failure.newBuilder().setCode(9).setMessage("not while it rains").setDetails(DETAILS));
    require(error.getStatus().getCode() == Status.Code.FAILED_PRECONDITION, "got " + error.getStatus());
    ByteString got = StatusProto.fromThrowable(error).toByteString();
    require(got.equals(DETAILS), "got the details " + got);
  }

  private void metadata() {
    Metadata.Key<String> textKey = Metadata.Key.of("x-text", Metadata.ASCII_STRING_MARSHALLER);
    Metadata.Key<byte[]> bytesKey = Metadata.Key.of("x-bytes-bin", Metadata.BINARY_BYTE_MARSHALLER);
    List<String> texts = List.of("first", "second", "third");
    List<byte[]> binaries = List.of(
        new byte[] {0, 1, (byte) 0xfe, (byte) 0xff, ',', '\n'}, "second!".getBytes(), "thirds!!".getBytes());
    Metadata sent = new Metadata();
    texts.forEach(text -> sent.put(textKey, text));
    binaries.forEach(bytes -> sent.put(bytesKey, bytes));

    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    stub().withInterceptors(
            MetadataUtils.newAttachHeadersInterceptor(sent),
            MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
        .echo(EchoRequest.getDefaultInstance());
    Map.of("headers", headers.get(), "trailers", trailers.get()).forEach((where, got) -> {
      // Values of ASCII keys may have been joined by commas on their way (PROTOCOL-HTTP2.md, Custom-Metadata).
      List<String> gotTexts = new ArrayList<>();
      got.getAll(textKey).forEach(text -> gotTexts.addAll(List.of(text.split(", ?"))));
      require(gotTexts.equals(texts), "x-text in the " + where + " is " + gotTexts);
      List<byte[]> gotBinaries = new ArrayList<>();
      got.getAll(bytesKey).forEach(gotBinaries::add);
      require(Arrays.deepEquals(gotBinaries.toArray(), binaries.toArray()), "x-bytes-bin differs in the " + where);
    });
  }

  private void atOnce() throws Exception {
    InteropGrpc.InteropFutureStub stub = InteropGrpc.newFutureStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    List<Future<EchoReply>> underWay = new ArrayList<>();
    for (int i = 0; i < calls; ++i) {
      ByteString payload = ByteString.copyFromUtf8(String.valueOf(i));
      underWay.add(stub.echo(EchoRequest.newBuilder().setPayload(payload).setMeeting(calls).build()));
    }
    Set<String> peers = new HashSet<>();
    for (int i = 0; i < calls; ++i) {
      EchoReply reply = underWay.get(i).get();
      require(reply.getPayload().toStringUtf8().equals(String.valueOf(i)), "a call got the reply of another");
      peers.add(reply.getPeer());
    }
    require(peers.size() == 1, "the calls came over " + peers.size() + " connections");
  }

  private void restart() throws Exception {
    empty();
    ask("stop the server");
    try {
      empty();
      throw new AssertionError("a call without a server did not fail");
    } catch (StatusRuntimeException error) {
      require(error.getStatus().getCode() == Status.Code.UNAVAILABLE, "without a server: " + error.getStatus());
    }
    Future<Empty> waiting = InteropGrpc.newFutureStub(channel).withWaitForReady()
        .withDeadlineAfter(30, TimeUnit.SECONDS).nothing(Empty.getDefaultInstance());
    System.out.println("start the server");
    waiting.get();
  }

  private void run(String name) throws Exception {
    switch (name) {
      case "empty_unary" -> empty();
      case "large_unary" -> large(271828, 314159);
      case "large" -> large(1 << 20, 1 << 20);
      case "codes" -> codes();
      case "unicode" -> unicode();
      case "details" -> details();
      case "metadata" -> metadata();
      case "at_once" -> atOnce();
      case "restart" -> restart();
      default -> new StreamCases(channel).run(name, 10 * calls);
    }
  }

  public static void main(String[] arguments) {
    ManagedChannel channel = Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create()).build();
    Client client = new Client(channel, Integer.parseInt(arguments[1]));
    boolean good = true;
    for (String name : Arrays.asList(arguments).subList(2, arguments.length)) {
      try {
        client.run(name);
        System.out.println(name + " ok");
      } catch (Exception | AssertionError failure) {
        System.out.println(name + " FAILED: " + failure.toString().replace('\n', ' '));
        good = false;
      }
    }
    System.exit(good ? 0 : 1);
  }
}
