package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** Measures a load: bench/support/load_run.h tells how. Here every call is timed, and any thread may call. */
final class LoadRun {
  /** What the kernel counts CPU time in on every Linux: hundredths of a second. */
  private static final double TICKS_PER_SECOND = 100;

  /** What only grows; the window's figures are differences of two of these. */
  private record Reading(long time, long completed, long failed, double ownCpu, double serverCpu) {}

  private final long warmup;
  private final long window;
  private final int serverPid;
  private final long started = System.nanoTime();
  private long completed;
  private long failed;
  private long[] latencies = new long[1 << 20];
  private int recorded;
  private Reading first;
  private Reading last;

  /** Starts the warm-up. */
  LoadRun(double warmup, double seconds, int serverPid) {
    this.warmup = (long) (warmup * 1e9);
    this.window = (long) (seconds * 1e9);
    this.serverPid = serverPid;
  }

  /** A call that began then, by System.nanoTime, has ended. Returns whether the load should go on. */
  synchronized boolean end(long begun, Throwable failure) {
    if (failure == null) {
      ++completed;
    } else if (++failed == 1) {
      System.err.println("first failure: " + failure);
    }
    long now = System.nanoTime();
    if (first == null) {
      if (now - started >= warmup) first = read(now);
    } else if (last == null) {
      if (recorded == latencies.length) latencies = Arrays.copyOf(latencies, 2 * recorded);
      latencies[recorded++] = now - begun;
      if (now - first.time >= window) last = read(now);
    }
    return last == null;
  }

  private Reading read(long now) {
    return new Reading(now, completed, failed, cpuSeconds("self"), cpuSeconds(String.valueOf(serverPid)));
  }

  /** The CPU time of a process so far, user and system, all its threads; NaN where it cannot be told. */
  private static double cpuSeconds(String process) {
    try {
      String text = Files.readString(Path.of("/proc", process, "stat"));
      String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    } catch (IOException unknown) {
      return Double.NaN;
    }
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4f", value) : "null";
  }

  private String quantile(double share) {
    return recorded == 0 ? "null" : number(latencies[(int) (recorded * share)] / 1e3);
  }

  /** The results as LoadRun::ToJson of C++ has them. */
  synchronized String toJson() {
    long requests = last.completed - first.completed;
    Arrays.sort(latencies, 0, recorded);
    return String.format(Locale.ROOT,
        "{\"requests\": %d, \"seconds\": %.6f, \"errors\": %d, \"p50_us\": %s, \"p99_us\": %s, "
            + "\"server_cpu_us\": %s, \"client_cpu_us\": %s}",
        requests, (last.time - first.time) / 1e9, last.failed - first.failed, quantile(0.5), quantile(0.99),
        number((last.serverCpu - first.serverCpu) * 1e6 / requests),
        number((last.ownCpu - first.ownCpu) * 1e6 / requests));
  }
}
