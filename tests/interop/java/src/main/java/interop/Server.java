package interop;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The server of the interoperability tests, by grpc-java. Usage: interop.Server [PORT] */
public final class Server extends Streams {
  private static final Context.Key<String> PEER = Context.key("peer");

  private final List<Runnable> waiting = new ArrayList<>();

  @Override
  public void nothing(Empty request, StreamObserver<Empty> observer) {
    observer.onNext(Empty.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void echo(EchoRequest request, StreamObserver<EchoReply> observer) {
    if (request.getFailure().getCode() != 0) {
      observer.onError(toException(request.getFailure()));
      return;
    }
    ByteString payload =
        request.getReplySize() > 0 ? resized(request.getPayload(), request.getReplySize()) : request.getPayload();
    EchoReply reply = EchoReply.newBuilder().setPayload(payload).setPeer(PEER.get()).build();
    Runnable answer = () -> {
      observer.onNext(reply);
      observer.onCompleted();
    };
    if (request.getMeeting() > 0) {
      meet(request.getMeeting(), answer);
    } else {
      answer.run();
    }
  }

  /** Answers once so many calls wait here. */
  private synchronized void meet(int size, Runnable answer) {
    waiting.add(answer);
    if (waiting.size() < size) return;
    waiting.forEach(Runnable::run);
    waiting.clear();
  }

  /** Sends the metadata of "x-" keys back in headers and trailers, and tells the service who calls. */
  private static final class Echoing implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata received, ServerCallHandler<Q, R> next) {
      Metadata echoed = echoed(received);
      ServerCall<Q, R> echoing = new SimpleForwardingServerCall<>(call) {
        @Override
        public void sendHeaders(Metadata headers) {
          headers.merge(echoed);
          super.sendHeaders(headers);
        }

        @Override
        public void close(Status status, Metadata trailers) {
          trailers.merge(echoed);
          super.close(status, trailers);
        }
      };
      String peer = String.valueOf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
      return Contexts.interceptCall(Context.current().withValue(PEER, peer), echoing, received, next);
    }

    private static Metadata echoed(Metadata received) {
      Set<Metadata.Key<?>> keys = new HashSet<>();
      for (String name : received.keys()) {
        if (!name.startsWith("x-")) continue;
        keys.add(name.endsWith(Metadata.BINARY_HEADER_SUFFIX)
            ? Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER)
            : Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
      }
      Metadata echoed = new Metadata();
      echoed.merge(received, keys);
      return echoed;
    }
  }

  public static void main(String[] arguments) throws Exception {
    int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
    io.grpc.Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port), InsecureServerCredentials.create())
            .addService(new Server())
            .intercept(new Echoing())
            .build()
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        server.shutdown().awaitTermination(10, TimeUnit.SECONDS);
      } catch (InterruptedException interrupted) {
        server.shutdownNow();
      }
    }));
    System.out.println("listening on " + server.getPort());
    server.awaitTermination();
  }
}
