// The official interoperability client, by rhei. README.md has the flags and the cases.
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cases.h"
#include "expect.h"
#include "rhei/rhei.h"

namespace {

using interop::Flag;
using interop::Flags;

const std::vector<Flag> kFlags = {
    {"server_host", Flag::Kind::kText, "localhost", "the server's host"},
    {"server_port", Flag::Kind::kNumber, "0", "the server's port"},
    {"server_host_override", Flag::Kind::kText, "", "the host that the server is told, instead of server_host"},
    {"test_case", Flag::Kind::kText, "large_unary", "the case to run, or 'all', or several with commas between"},
    {"additional_metadata", Flag::Kind::kText, "", "pairs for each call, as key:value;key:value"},
    {"soak_iterations", Flag::Kind::kNumber, "10", "calls"},
    {"soak_max_failures", Flag::Kind::kNumber, "0", "calls that may fail or be too slow"},
    {"soak_per_iteration_max_acceptable_latency_ms", Flag::Kind::kNumber, "1000", "the time for one call"},
    {"soak_overall_timeout_seconds", Flag::Kind::kNumber, "0", "the time for all; 0: that of one, for each"},
    {"soak_min_time_ms_between_rpcs", Flag::Kind::kNumber, "0", "from the begin of one call to the next one's"},
    {"soak_num_threads", Flag::Kind::kNumber, "1", "threads that call at the same time"},
    {"soak_request_size", Flag::Kind::kNumber, "271828", "bytes of a request's payload"},
    {"soak_response_size", Flag::Kind::kNumber, "314159", "bytes of a response's payload"},
    {"use_tls", Flag::Kind::kBool, "false", "TLS", "TLS"},
    {"use_test_ca", Flag::Kind::kBool, "false", "trust the test CA", "TLS"},
    {"use_alts", Flag::Kind::kBool, "false", "ALTS", "ALTS"},
    {"custom_credentials_type", Flag::Kind::kText, "", "credentials of a cloud", "credentials"},
    {"default_service_account", Flag::Kind::kText, "", "an account of a cloud", "credentials"},
    {"oauth_scope", Flag::Kind::kText, "", "the scope of a token", "credentials"},
    {"service_account_key_file", Flag::Kind::kText, "", "the key of an account", "credentials"},
    {"google_c2p_universe_domain", Flag::Kind::kText, "", "for google-c2p targets", "xDS"},
    {"service_config_json", Flag::Kind::kText, "", "a service config", "service config"},
};

// The metadata of --additional_metadata. Values may contain anything but semicolons.
rhei::CallOptions AdditionalMetadata(std::string_view text) {
  rhei::CallOptions options;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t colon = pair.find(':');
    const std::string_view key = pair.substr(0, colon);
    const std::string_view value = colon == std::string_view::npos ? "" : pair.substr(colon + 1);
    if (colon == std::string_view::npos) {
      throw interop::FlagError("--additional_metadata: expected key:value, got '" + std::string(pair) + "'");
    }
    if (const auto wrong = rhei::CheckMetadata(key, value)) {
      throw interop::FlagError("--additional_metadata: " + *wrong);
    }
    options.Metadata(key, value);
  }
  return options;
}

rhei::Channel ConnectTo(const Flags& flags) {
  // max_concurrent_streams_connection_scaling is about the second connection; no other case needs one.
  auto options = rhei::ChannelOptions().MaxConnectionsPerLoop(2);
  if (const std::string& host = flags.Text("server_host_override"); !host.empty()) options.Authority(host);
  const std::string target = flags.Text("server_host") + ":" + flags.Text("server_port");
  return rhei::Connect(target, options).With(AdditionalMetadata(flags.Text("additional_metadata")));
}

std::vector<interop::Case> CasesToRun(std::string_view names) {
  if (names == "all") return {interop::AllCases().begin(), interop::AllCases().end()};
  std::vector<interop::Case> cases;
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    const interop::Case* const found = interop::FindCase(name);
    if (found == nullptr) {
      throw interop::FlagError("--test_case=" + std::string(name) +
                               ": rhei's client has no such case; --help names all");
    }
    cases.push_back(*found);
  }
  return cases;
}

// Tells whether the case passed.
bool Run(const interop::Case& one, const Flags& flags) {
  try {
    one.run({ConnectTo(flags), ConnectTo, flags});
    std::cout << one.name << " ok" << std::endl;
    return true;
  } catch (const interop::Failure& failure) {
    std::cout << one.name << " FAILED: " << failure.what() << std::endl;
    return false;
  }
}

void Help() {
  std::cout << interop::Usage("interop_client", kFlags) << "cases:\n";
  for (const interop::Case& one : interop::AllCases()) std::cout << "  " << one.name << ": " << one.about << '\n';
}

}  // namespace

// 0: all cases passed; 1: one failed; 2: the command line is wrong.
int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    Help();
    return 0;
  }
  try {
    const Flags flags(kFlags, argc, argv);
    AdditionalMetadata(flags.Text("additional_metadata"));
    bool passed = true;
    for (const interop::Case& one : CasesToRun(flags.Text("test_case"))) passed = Run(one, flags) && passed;
    return passed ? 0 : 1;
  } catch (const interop::FlagError& error) {
    std::cerr << "interop_client: " << error.what() << '\n';
    return 2;
  }
}
