package bench;

import io.grpc.InsecureServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import rhei.bench.BenchGrpc;
import rhei.bench.BenchOuterClass.Payload;

/** grpc-java's server of the benchmark `unary`; handlers run on the event loop. taskset chooses its core. */
public final class Server extends BenchGrpc.BenchImplBase {
  @Override
  public void unary(Payload request, StreamObserver<Payload> observer) {
    observer.onNext(Payload.newBuilder().setBody(request.getBody()).build());
    observer.onCompleted();
  }

  public static void main(String[] arguments) throws Exception {
    Flags flags = new Flags(arguments);
    int port = flags.take("--port", 0);
    flags.finish();
    io.grpc.Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port), InsecureServerCredentials.create())
            .directExecutor()
            .addService(new Server())
            .build()
            .start();
    System.out.println("listening on " + server.getPort());
    server.awaitTermination();
  }
}
