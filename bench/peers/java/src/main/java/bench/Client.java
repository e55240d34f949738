package bench;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.InsecureChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import rhei.bench.BenchGrpc;
import rhei.bench.BenchOuterClass.Payload;

/**
 * grpc-java's client of the benchmark `unary`: every connection a channel of its own, callbacks run on the event loop.
 * taskset chooses its core.
 */
public final class Client {
  /** One call after the other. */
  private record Caller(LoadRun run, BenchGrpc.BenchStub stub, Payload request, CountDownLatch active) {
    void call() {
      long begun = System.nanoTime();
      stub.unary(request, new StreamObserver<>() {
        private boolean echoed;

        @Override
        public void onNext(Payload reply) {
          echoed = reply.getBody().size() == request.getBody().size();
        }

        @Override
        public void onError(Throwable failure) {
          goOn(begun, failure);
        }

        @Override
        public void onCompleted() {
          goOn(begun, echoed ? null : new IllegalStateException("the reply has another size"));
        }
      });
    }

    private void goOn(long begun, Throwable failure) {
      if (run.end(begun, failure)) {
        call();
      } else {
        active.countDown();
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    Flags flags = new Flags(arguments);
    String target = "127.0.0.1:" + flags.take("--port", 0);
    int connections = flags.take("--connections", 1);
    int inFlight = flags.take("--in-flight", 1);
    Payload request =
        Payload.newBuilder().setBody(ByteString.copyFrom(new byte[flags.take("--payload", 16)])).build();
    LoadRun run =
        new LoadRun(flags.take("--warmup", 0.5), flags.take("--seconds", 2.0), flags.take("--server-pid", 0));
    flags.finish();

    CountDownLatch active = new CountDownLatch(connections * inFlight);
    List<ManagedChannel> channels = new ArrayList<>();
    for (int i = 0; i < connections; ++i) {
      channels.add(NettyChannelBuilder.forTarget(target, InsecureChannelCredentials.create()).directExecutor().build());
    }
    for (ManagedChannel channel : channels) {
      Caller caller = new Caller(run, BenchGrpc.newStub(channel), request, active);
      for (int i = 0; i < inFlight; ++i) caller.call();
    }
    active.await();
    System.out.println(run.toJson());
    channels.forEach(ManagedChannel::shutdownNow);
    System.exit(0);
  }
}
