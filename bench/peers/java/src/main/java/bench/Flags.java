package bench;

import java.util.HashMap;
import java.util.Map;

/** The flags of the command line, each with its value. */
final class Flags {
  private final Map<String, String> values = new HashMap<>();

  Flags(String[] arguments) {
    for (int i = 0; i + 1 < arguments.length; i += 2) values.put(arguments[i], arguments[i + 1]);
  }

  /** Takes a flag out; its default where it is not there. */
  double take(String name, double otherwise) {
    String value = values.remove(name);
    return value == null ? otherwise : Double.parseDouble(value);
  }

  int take(String name, int otherwise) {
    return (int) take(name, (double) otherwise);
  }

  /** Ends the program if a flag is left over. */
  void finish() {
    if (values.isEmpty()) return;
    System.err.println("wrong command line: there is no flag " + values.keySet());
    System.exit(2);
  }
}
